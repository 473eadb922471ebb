//! The log says why a capability stays empty though spans arrive: seldom, and less and less often while nothing changes.

use super::pipeline::Pipeline;
use crate::query::Empty;

const SECOND_NS: u64 = 1_000_000_000;
/// After the first span, what is to come has so long to come.
const FIRST_NS: u64 = 5 * SECOND_NS;
/// Between two lines; doubled as long as the same capabilities are empty.
const LEAST_NS: u64 = 60 * SECOND_NS;
const MOST_NS: u64 = 3600 * SECOND_NS;
/// Capabilities that a line names.
const NAMED: usize = 3;

/// What was told, and when the next line is due.
#[derive(Debug, Default)]
pub(super) struct Teller {
    since_ns: Option<u64>,
    due_ns: u64,
    wait_ns: u64,
    ids: Vec<String>,
}

impl Teller {
    /// The line that is due, if one is.
    pub(super) fn line(&mut self, pipeline: &Pipeline, now_ns: u64) -> Option<String> {
        if pipeline.ledger.fates().received() == 0 {
            return None;
        }
        let since_ns = *self.since_ns.get_or_insert(now_ns);
        if now_ns < self.due_ns.max(since_ns.saturating_add(FIRST_NS)) {
            return None;
        }
        let empty = pipeline.desk().why_empty().ok()?;
        self.line_of(empty, now_ns)
    }

    fn line_of(&mut self, empty: Vec<Empty>, now_ns: u64) -> Option<String> {
        self.due_ns = now_ns.saturating_add(LEAST_NS);
        // What matched and waits for being judged is empty for a moment only.
        let empty: Vec<Empty> = empty.into_iter().filter(|one| !one.waits).collect();
        let ids: Vec<String> = empty.iter().map(|one| one.id.clone()).collect();
        self.wait_ns = if ids == self.ids { self.wait_ns.saturating_mul(2).clamp(LEAST_NS, MOST_NS) } else { LEAST_NS };
        self.ids = ids;
        if empty.is_empty() {
            return None;
        }
        self.due_ns = now_ns.saturating_add(self.wait_ns);
        let told: Vec<String> = empty.iter().take(NAMED).map(|one| format!("{}: {}", one.id, one.why)).collect();
        let more = empty.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and {more} more (steelthread matching)") } else { String::new() };
        Some(format!("spans arrive, and no execution has been counted since the start of {}{more}", told.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(ids: &[&str], waits: bool) -> Vec<Empty> {
        ids.iter().map(|id| Empty { id: (*id).to_owned(), why: "no span matched".to_owned(), waits }).collect()
    }

    #[test]
    fn a_line_names_three_capabilities_and_comes_less_and_less_often_while_nothing_changes() {
        let mut teller = Teller::default();
        let line = teller.line_of(empty(&["a", "b", "c", "d"], false), 0).unwrap_or_default();
        assert!(line.contains("a: no span matched; b: no span matched; c: ") && line.contains("and 1 more"), "{line}");
        let mut waits = Vec::new();
        for _ in 0..8 {
            let now_ns = teller.due_ns;
            teller.line_of(empty(&["a", "b", "c", "d"], false), now_ns);
            waits.push((teller.due_ns - now_ns) / SECOND_NS);
        }
        assert_eq!(waits, [120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        let now_ns = teller.due_ns;
        assert!(teller.line_of(empty(&["b"], false), now_ns).is_some());
        assert_eq!((teller.due_ns - now_ns) / SECOND_NS, 60);
    }

    #[test]
    fn what_is_not_empty_or_only_waits_is_not_told() {
        let mut teller = Teller::default();
        assert_eq!(teller.line_of(Vec::new(), 0), None);
        assert_eq!(teller.line_of(empty(&["a"], true), 0), None);
    }
}
