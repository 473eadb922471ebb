//! The executions of each slice.

use super::dice::Dice;
use super::plan::{Blip, Kind, Plan};
use super::{DAY, HOUR, SLICE, USUAL};

/// A slice of ten seconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Slice {
    /// Failed.
    pub failed: u32,
    /// Served.
    pub ok: u32,
    /// Of these, too late.
    pub late: u32,
}

/// Executions a second at a moment, with so many an hour in the mean of a week: a fifth of the day's peak in the night, less at weekends.
pub fn rate(at: u64, an_hour: f64) -> f64 {
    let hour = (at % DAY) as f64 / HOUR as f64;
    let day = 1.0 + 0.7 * ((hour - 9.0) / 24.0 * std::f64::consts::TAU).sin();
    let week = if at / DAY % 7 >= 5 { 0.6 } else { 1.16 };
    an_hour / HOUR as f64 * day * week
}

/// All slices of so many days.
pub fn draw(seed: u64, days: u64, an_hour: f64, plan: &Plan) -> Vec<Slice> {
    let mut dice = Dice::new(seed ^ 0xfeed);
    let (mut incident, mut blip) = (0, 0);
    (0..days * DAY / SLICE)
        .map(|slice| {
            let at = slice * SLICE;
            let (mut times, [mut fails, mut late], mut more) = (1.0, USUAL, 0);
            while plan.blips.get(blip).is_some_and(|event| event.time.end <= at) {
                blip += 1;
            }
            while plan.incidents.get(incident).is_some_and(|event| event.time.end <= at) {
                incident += 1;
            }
            // Blips may overlap: the few that begin together.
            for event in plan.blips[blip..].iter().take(4).filter(|event| event.time.contains(&at)) {
                match event.kind {
                    Blip::One => more += 1,
                    Blip::Two => more += 2,
                    Blip::Burst => fails = 1.0,
                    Blip::Drizzle => fails = 0.02,
                    Blip::Lull => times = 0.5,
                    Blip::Crowd => times = 3.0,
                }
            }
            if let Some(event) = plan.incidents.get(incident).filter(|event| event.time.contains(&at)) {
                match event.kind {
                    Kind::Outage => fails = 1.0,
                    Kind::Partial => fails = 0.15,
                    Kind::OnAndOff if (at - event.time.start) % 600 < 180 => fails = 1.0,
                    Kind::OnAndOff => {}
                    Kind::Slow => fails = 0.01,
                    Kind::Late => late = 0.33,
                    Kind::Silence => times = 0.0,
                }
            }
            let all = dice.poisson(rate(at, an_hour) * SLICE as f64 * times);
            let failed = dice.of(all, fails);
            let late = dice.of(all - failed, late);
            Slice { failed: (failed + more) as u32, ok: (all - failed) as u32, late: late as u32 }
        })
        .collect()
}
