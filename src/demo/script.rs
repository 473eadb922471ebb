//! The script of faults: what breaks, when, and what one should then see.

use super::Error;
use std::time::Duration;

/// What is broken in the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nothing.
    Calm,
    /// The card network, which is not ours, answers 503 or not at all.
    CardNetwork,
    /// The pricing service throws.
    Pricing,
    /// The network to and from the inventory service is slow; the service itself is not.
    SlowInventory,
    /// Recommendations fail, and the product page does without.
    Recommendations,
    /// The card network refuses at first and accepts the second attempt.
    Retries,
}

impl Fault {
    /// The name of the scenario that shows it alone.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::CardNetwork => "card-network",
            Self::Pricing => "pricing",
            Self::SlowInventory => "slow-inventory",
            Self::Recommendations => "recommendations",
            Self::Retries => "retries",
        }
    }

    /// For people: what is broken now, and what one should see.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Calm => (
                "all is well",
                "both capabilities succeed; now and then a customer sends an empty cart, which is rejected and nobody's fault",
            ),
            Self::CardNetwork => (
                "the card network, an outside supplier, answers 503 or not at all",
                "checkout fails; web and payment show errors too, but the blame is card-network's: dependency_error, timeout_no_server",
            ),
            Self::Pricing => (
                "the pricing service throws on some prices",
                "checkout and browse fail; web and cart only hand the error on: pricing, app_error",
            ),
            Self::SlowInventory => (
                "the network to the inventory service is slow, while the service itself answers as fast as ever",
                "nothing fails, but executions are slow; `hops --by latency` charges the time between caller and callee to inventory",
            ),
            Self::Recommendations => (
                "recommendations fail, and the product page leaves them out",
                "browse stays at 100 %: the errors are absorbed (suppressed) at recommendations",
            ),
            Self::Retries => (
                "the card network refuses many first attempts and accepts the second",
                "checkout stays at 100 %: the errors are absorbed (masked_retry) at card-network",
            ),
        }
    }
}

/// Scenarios by name, with the share of the time that each fault gets.
const SCENARIOS: [(&str, &[(Fault, u32)]); 8] = [
    (
        "default",
        &[
            (Fault::Calm, 3),
            (Fault::CardNetwork, 5),
            (Fault::Calm, 2),
            (Fault::Pricing, 5),
            (Fault::SlowInventory, 4),
            (Fault::Recommendations, 4),
            (Fault::Retries, 4),
            (Fault::Calm, 1),
        ],
    ),
    ("all", &[]),
    ("card-network", &[(Fault::Calm, 1), (Fault::CardNetwork, 3), (Fault::Calm, 1)]),
    ("pricing", &[(Fault::Calm, 1), (Fault::Pricing, 3), (Fault::Calm, 1)]),
    ("slow-inventory", &[(Fault::Calm, 1), (Fault::SlowInventory, 3), (Fault::Calm, 1)]),
    ("recommendations", &[(Fault::Calm, 1), (Fault::Recommendations, 3), (Fault::Calm, 1)]),
    ("retries", &[(Fault::Calm, 1), (Fault::Retries, 3), (Fault::Calm, 1)]),
    ("calm", &[(Fault::Calm, 1)]),
];

/// Names of the scenarios that can be asked for.
pub fn scenarios() -> Vec<&'static str> {
    SCENARIOS.iter().map(|(name, _)| *name).collect()
}

/// A stretch of the run with one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// What is broken.
    pub fault: Fault,
    /// Since the run began, microseconds.
    pub from_us: u64,
    /// Since the run began, microseconds; belongs to the next phase.
    pub to_us: u64,
}

/// Phases without gaps, from the start of the run to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// In the order of time.
    pub phases: Vec<Phase>,
}

impl Script {
    /// The phases of a scenario, scaled to the length of the run.
    ///
    /// # Errors
    /// There is no scenario of this name; the error names those that there are.
    pub fn new(scenario: &str, lasting: Duration) -> Result<Self, Error> {
        let name = if scenario == "all" { "default" } else { scenario };
        let Some((_, parts)) = SCENARIOS.iter().find(|(known, _)| *known == name) else {
            return Err(Error::NoSuchScenario { asked: scenario.into(), known: scenarios().join(", ") });
        };
        let whole: u64 = parts.iter().map(|(_, share)| u64::from(*share)).sum();
        let lasting_us = u64::try_from(lasting.as_micros()).unwrap_or(u64::MAX);
        let at = |part: u64| (u128::from(lasting_us) * u128::from(part) / u128::from(whole.max(1))) as u64;
        let mut done = 0;
        let phases = parts.iter().map(|(fault, share)| {
            let from_us = at(done);
            done += u64::from(*share);
            Phase { fault: *fault, from_us, to_us: at(done) }
        });
        Ok(Self { phases: phases.collect() })
    }

    /// Position of the phase at this moment since the start; `None` after the end.
    pub fn phase_at(&self, at_us: u64) -> Option<usize> {
        self.phases.iter().position(|phase| (phase.from_us..phase.to_us).contains(&at_us))
    }

    /// When the last phase ends, microseconds since the start.
    pub fn ends_us(&self) -> u64 {
        self.phases.last().map_or(0, |phase| phase.to_us)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn every_scenario_fills_the_run_without_gaps() {
        for name in scenarios() {
            for seconds in [10, 60, 3601] {
                let script = Script::new(name, Duration::from_secs(seconds)).unwrap();
                assert_eq!(script.phases[0].from_us, 0, "{name}");
                assert_eq!(script.ends_us(), seconds * 1_000_000, "{name}");
                assert!(script.phases.windows(2).all(|two| two[0].to_us == two[1].from_us), "{name}");
                assert!(script.phases.iter().all(|phase| phase.from_us < phase.to_us), "{name}");
            }
        }
    }

    #[test]
    fn the_default_scenario_shows_every_fault_and_all_is_its_other_name() {
        let script = Script::new("default", Duration::from_secs(60)).unwrap();
        for fault in
            [Fault::Calm, Fault::CardNetwork, Fault::Pricing, Fault::SlowInventory, Fault::Recommendations, Fault::Retries]
        {
            assert!(script.phases.iter().any(|phase| phase.fault == fault), "{fault:?}");
        }
        assert_eq!(script, Script::new("all", Duration::from_secs(60)).unwrap());
    }

    #[test]
    fn an_unknown_scenario_is_refused_with_the_names_of_the_known_ones() {
        let told = Script::new("earthquake", Duration::from_secs(60)).unwrap_err().to_string();
        assert_eq!(
            told,
            "there is no scenario 'earthquake'; write one of: default, all, card-network, pricing, slow-inventory, \
             recommendations, retries, calm"
        );
    }

    #[test]
    fn a_moment_belongs_to_one_phase_and_the_end_to_none() {
        let script = Script::new("card-network", Duration::from_secs(10)).unwrap();
        assert_eq!(script.phase_at(0), Some(0));
        assert_eq!(script.phase_at(1_999_999), Some(0));
        assert_eq!(script.phase_at(2_000_000), Some(1));
        assert_eq!(script.phase_at(10_000_000), None);
    }
}
