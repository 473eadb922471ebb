//! Some weeks of traffic with known incidents and blips: every incident that breaks an objective is told in time, once, and no blip wakes anybody.

#[path = "../../examples/year/mod.rs"]
mod year;

use year::plan::Plan;
use year::run::year;

#[test]
fn incidents_are_told_in_time_and_once_and_blips_wake_nobody() {
    const DAYS: u64 = 45;
    let plan = Plan::draw(3, DAYS, 8, 30);
    for (an_hour, least_told) in [(50.0, 6), (1000.0, 8)] {
        let year = year(3, DAYS, &plan, an_hour);
        let told = year.cases.iter().filter(|case| case.formula.is_some()).count();
        assert!(told >= least_told, "{told} incidents break an objective at {an_hour} an hour");
        for case in &year.cases {
            assert!(case.is_in_time(), "{an_hour} an hour: {case:?}");
            assert!(case.pages <= 1, "{an_hour} an hour: {case:?}");
        }
        // A burst that happens to meet three of fifty executions an hour is none.
        assert!(year.strays.len() <= 1 && year.strays.iter().all(|(_, holds)| *holds), "{an_hour} an hour: {:?}", year.strays);
    }
}
