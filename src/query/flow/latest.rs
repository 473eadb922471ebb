//! The flows of all capabilities at once, for a picture of each thread in a row of many.
//!
//! Who calls whom hardly ever changes, and counting it anew over the whole range of a board would take longer than all the rest of it: hundreds
//! of capabilities times hundreds of windows with all their hops. So it is read off the latest minutes of the range; only of capabilities without
//! any execution in them more is read, and those are the ones of which there is little. Figures of failures must come from `status`.

use super::super::listing::Listed;
use super::super::{Between, Desk, Flow, QueryError, Range};
use super::gathered::Gathered;
use super::told::flow;
use crate::measure::Window;
use crate::model::Name;
use std::collections::HashMap;

const MINUTE_NS: u64 = 60_000_000_000;

/// Stretches at the end of a range that are tried one after the other, nanoseconds.
const TRIED_NS: [u64; 3] = [2 * MINUTE_NS, 60 * MINUTE_NS, 24 * 60 * MINUTE_NS];

/// Of more capabilities without an execution in the latest stretch nothing is looked for: there is nothing to see of them.
const MOST_SEARCHED: usize = 12;

impl Desk {
    /// By id; capabilities without an execution in the last day of the range have none.
    pub(in super::super) fn told_latest_flows(&self, between: Between) -> Result<HashMap<String, Flow>, QueryError> {
        let listed = self.listing.now();
        let until_ns = between.to_ns.min(self.keeper.extent()?.map_or(0, |extent| extent.end));
        let mut found: HashMap<Name, (Range, Gathered)> = HashMap::new();
        let mut to_ns = until_ns;
        for (at, length_ns) in TRIED_NS.into_iter().enumerate() {
            let mut wanted: Vec<&Listed> = listed.iter().filter(|one| !found.contains_key(&one.name)).collect();
            let from_ns = until_ns.saturating_sub(length_ns).max(between.from_ns);
            if wanted.is_empty() || from_ns >= to_ns {
                break;
            }
            let tried = Between { from_ns, to_ns };
            let mut add = |name: Name, window: &Window| {
                if window.executions().raw > 0 {
                    found.entry(name).or_insert_with(|| (Range::from(tried), Gathered::default())).1.add(window);
                }
            };
            if at == 0 {
                self.each_window(&wanted, Some(tried), tried, false, &mut add)?;
            } else {
                // One by one: reading a day of all for the sake of a few would take longer than the board may.
                wanted.truncate(MOST_SEARCHED);
                for one in wanted {
                    self.each_window(&[one], Some(tried), tried, false, &mut add)?;
                }
            }
            to_ns = from_ns;
        }
        let told = |one: &Listed| {
            let (range, gathered) = found.get(&one.name)?;
            Some((one.capability.id.clone(), flow(one, range.clone(), gathered, &self.names, &self.hops)))
        };
        Ok(listed.iter().filter_map(told).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::office;
    use super::*;
    use crate::measure::testing::START_NS;
    use crate::model::{Cause, Verdict};
    use crate::query::Answers;

    #[test]
    fn who_had_executions_of_late_is_told_by_them_and_others_by_what_there_was_before() {
        let office = office(None);
        let of = |id: &str, verdict: Verdict, minutes: u64| {
            let capability = office.world.names.intern(id.as_bytes());
            Verdict { capability, end_ns: START_NS + minutes * MINUTE_NS, ..verdict }
        };
        let failed = |id, hop| office.world.failed(id, office.world.hop(hop), Cause::AppError);
        office.record(&[
            of("book-flight", office.world.ok(1), 100),
            of("book-flight", failed(2, 3), 10),
            of("pay", failed(3, 4), 45),
        ]);
        let asked = |from: u64| Between { from_ns: START_NS + from * MINUTE_NS, to_ns: START_NS + 500 * MINUTE_NS };
        let told = office.desk.latest_flows(asked(0)).unwrap();
        let mut known: Vec<(&str, f64, f64)> =
            told.iter().map(|(id, flow)| (id.as_str(), flow.executions.0, flow.failed.0)).collect();
        known.sort_by_key(|one| one.0);
        assert_eq!(known, [("book-flight", 1.0, 0.0), ("pay", 1.0, 1.0)], "and nothing of search, which had no execution");
        assert_eq!(told["book-flight"].nodes.len(), 1);
        let later = office.desk.latest_flows(asked(60)).unwrap();
        assert_eq!(later.keys().collect::<Vec<_>>(), ["book-flight"], "nothing from before the range");
    }
}
