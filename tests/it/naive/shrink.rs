//! Makes a trace that shows a difference smaller: spans out, fields empty, as long as the same kind of difference stays.

use super::differential::compare;
use super::feed::Real;
use super::map::Map;
use super::span::{Span, Status};

fn simpler(span: &Span) -> Vec<Span> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Span)| {
        let mut changed = span.clone();
        change(&mut changed);
        all.push(changed);
    };
    with(&|span| span.http = None);
    with(&|span| span.grpc = None);
    with(&|span| span.error_type = None);
    with(&|span| span.exception = None);
    with(&|span| span.error_flag = false);
    with(&|span| span.host = None);
    with(&|span| span.attributes.clear());
    with(&|span| span.status = Status::Unset);
    with(&|span| span.resend = 0);
    with(&|span| span.link = None);
    with(&|span| span.receives = false);
    with(&|span| span.far_link = false);
    all.retain(|one| format!("{one:?}") != format!("{span:?}"));
    all
}

pub fn shrink(real: &mut Real, map: &Map, trace: &[Span]) -> Vec<Span> {
    let kind = |found: &[(&'static str, String)]| found.first().map(|(kind, _)| *kind);
    let wanted = kind(&compare(real, map, trace));
    let mut small = trace.to_vec();
    let mut went_on = true;
    while went_on {
        went_on = false;
        let mut at = 0;
        while at < small.len() {
            let mut fewer = small.clone();
            let gone = fewer.remove(at);
            // What hung below it hangs one higher.
            let mut lifted = fewer.clone();
            lifted.iter_mut().filter(|span| span.parent == gone.id).for_each(|span| span.parent = gone.parent);
            let next = [lifted, fewer].into_iter().find(|next| !next.is_empty() && kind(&compare(real, map, next)) == wanted);
            match next {
                Some(next) => (small, went_on) = (next, true),
                None => at += 1,
            }
        }
        for at in 0..small.len() {
            for changed in simpler(&small[at]) {
                let mut next = small.clone();
                next[at] = changed;
                if kind(&compare(real, map, &next)) == wanted {
                    (small, went_on) = (next, true);
                    break;
                }
            }
        }
    }
    small
}
