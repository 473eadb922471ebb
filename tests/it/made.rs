//! Answers held against what the shop made.

use serde_json::Value;
use steelthread::demo::Tally;

/// Counts of an answer to `status` against what the shop made.
pub fn holds(status: &Value, tally: &Tally) {
    for (capability, made) in &tally.endings {
        let rows = status["capabilities"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == *capability).unwrap();
        let told = |key: &str| row[key].as_u64().unwrap();
        assert_eq!((told("ok"), told("failed"), told("rejected")), (made.ok, made.failed, made.rejected), "{capability}");
        assert_eq!((told("slow"), told("executions")), (made.slow, made.executions()), "{capability}");
    }
}

/// Failures and absorbed errors of answers to `hops` against what the shop made.
pub fn hops_hold(hops: impl Fn(&str) -> Value, tally: &Tally) {
    for capability in tally.endings.keys() {
        let answer = hops(capability);
        let mut failures = Vec::new();
        let mut absorbed = Vec::new();
        for row in answer["hops"].as_array().unwrap() {
            let hop = row["hop"].as_str().unwrap().to_owned();
            let listed = |key: &str| row[key].as_object().unwrap().clone();
            failures.extend(listed("causes").into_iter().map(|(cause, n)| (hop.clone(), cause, n.as_u64().unwrap())));
            absorbed.extend(listed("absorbed").into_iter().map(|(kind, n)| (hop.clone(), kind, n.as_u64().unwrap())));
        }
        let wanted = |counts: &std::collections::BTreeMap<steelthread::demo::Key, u64>| {
            let own = counts.iter().filter(|(key, _)| key.0 == *capability);
            let mut rows: Vec<_> = own.map(|(key, n)| (key.1.to_owned(), key.2.to_owned(), *n)).collect();
            rows.sort();
            rows
        };
        let sorted = |mut rows: Vec<(String, String, u64)>| {
            rows.retain(|row| row.2 > 0);
            rows.sort();
            rows
        };
        assert_eq!(sorted(failures), wanted(&tally.failures), "{capability}");
        assert_eq!(sorted(absorbed), wanted(&tally.absorbed), "{capability}");
    }
}
