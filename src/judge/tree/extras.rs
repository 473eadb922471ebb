//! What few spans have beside their records.

use crate::judge::Trace;
use crate::model::{SpanExtra, SpanId, SpanRecord};

/// Extras by the record they are of.
///
/// They come with the id of their span, and two spans may have one id (E5); but they come in the order of the records that have them.
#[derive(Debug, Default)]
pub struct Extras {
    /// Position of the record, position of the extra; by record.
    pairs: Vec<(u32, u32)>,
}

impl Extras {
    /// Joins the n-th extra of an id with the n-th record of that id that has one.
    pub fn find(&mut self, trace: &Trace<'_>) {
        self.pairs.clear();
        if trace.extras.is_empty() {
            return;
        }
        let mut extras: Vec<(SpanId, u32)> = trace.extras.iter().zip(0..).map(|(extra, at)| (extra.span, at)).collect();
        let flagged = trace.spans.iter().zip(0..).filter(|(span, _)| span.flags & SpanRecord::EXTRA != 0);
        let mut records: Vec<(SpanId, u32)> = flagged.map(|(span, at)| (span.id, at)).collect();
        extras.sort_unstable();
        records.sort_unstable();
        let mut extras = extras.into_iter().peekable();
        for (id, record) in records {
            while extras.next_if(|(of, _)| *of < id).is_some() {}
            if let Some((_, extra)) = extras.next_if(|(of, _)| *of == id) {
                self.pairs.push((record, extra));
            }
        }
        self.pairs.sort_unstable();
    }

    /// The extra of a record.
    pub fn of<'a>(&self, trace: &Trace<'a>, record: u32) -> Option<&'a SpanExtra> {
        let at = self.pairs.binary_search_by_key(&record, |(of, _)| *of).ok()?;
        trace.extras.get(self.pairs[at].1 as usize)
    }
}
