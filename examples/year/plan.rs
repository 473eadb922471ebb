//! What happens in the year.

use super::dice::Dice;
use super::{DAY, HOUR};
use std::ops::Range;

/// Six kinds of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Everything fails.
    Outage,
    /// 15 % fail.
    Partial,
    /// All of it fails for three minutes of every ten.
    OnAndOff,
    /// 1 % fails, for a day or more.
    Slow,
    /// A third of what is served comes too late.
    Late,
    /// Nothing comes in.
    Silence,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Outage, Self::Partial, Self::OnAndOff, Self::Slow, Self::Late, Self::Silence];

    pub fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Partial => "15 % fail",
            Self::OnAndOff => "on and off",
            Self::Slow => "1 % fails",
            Self::Late => "a third late",
            Self::Silence => "silence",
        }
    }

    /// Seconds, at least and at most.
    fn lasts(self) -> (u64, u64) {
        match self {
            Self::Outage => (HOUR / 6, 2 * HOUR),
            Self::Partial => (HOUR / 2, 6 * HOUR),
            Self::OnAndOff => (HOUR, 4 * HOUR),
            Self::Slow => (DAY, 2 * DAY),
            Self::Late => (HOUR, 6 * HOUR),
            Self::Silence => (6 * HOUR, DAY),
        }
    }
}

/// Six kinds of what should wake nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blip {
    /// One execution fails.
    One,
    /// Two do.
    Two,
    /// All fail for twenty seconds: 40 % of the hourly loss that pages.
    Burst,
    /// 2 % fail for five minutes.
    Drizzle,
    /// Half of the usual traffic, for some hours.
    Lull,
    /// Three times the usual traffic.
    Crowd,
}

impl Blip {
    pub const ALL: [Self; 6] = [Self::One, Self::Two, Self::Burst, Self::Drizzle, Self::Lull, Self::Crowd];
}

/// Something that happens for a while.
#[derive(Debug, Clone)]
pub struct Event<K> {
    pub kind: K,
    /// Seconds.
    pub time: Range<u64>,
}

#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub incidents: Vec<Event<Kind>>,
    pub blips: Vec<Event<Blip>>,
}

/// Before the first incident, so that it is known what is usual.
pub const QUIET_DAYS: u64 = 21;

impl Plan {
    /// Incidents evenly over so many days, each at any time of its share of them; blips at any time that lies half a day from
    /// all incidents and seven hours from each other: at five executions an hour, two blips in six hours are three failures of thirty executions, and no blip any more.
    pub fn draw(seed: u64, days: u64, incidents: u64, blips: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut plan = Self::default();
        let share = (days - QUIET_DAYS) * DAY / incidents;
        for number in 0..incidents {
            let kind = Kind::ALL[(number % 6) as usize];
            let (least, most) = kind.lasts();
            let lasts = dice.between(least, most) / 10 * 10;
            let start = QUIET_DAYS * DAY + number * share + dice.between(0, share - lasts.min(share - 10)) / 10 * 10;
            plan.incidents.push(Event { kind, time: start..start + lasts });
        }
        while (plan.blips.len() as u64) < blips {
            let kind = Blip::ALL[plan.blips.len() % 6];
            let lasts = match kind {
                Blip::One | Blip::Two => 10,
                Blip::Burst => 20,
                Blip::Drizzle => 300,
                Blip::Lull | Blip::Crowd => dice.between(HOUR, 4 * HOUR) / 10 * 10,
            };
            let start = dice.between(DAY, days * DAY - HOUR * 6) / 10 * 10;
            let far = |event: &Event<Kind>| start + lasts + DAY / 2 < event.time.start || start > event.time.end + DAY / 2;
            let apart = |blip: &Event<Blip>| start > blip.time.end + 7 * HOUR || start + lasts + 7 * HOUR < blip.time.start;
            if plan.incidents.iter().all(far) && plan.blips.iter().all(apart) {
                plan.blips.push(Event { kind, time: start..start + lasts });
            }
        }
        plan.blips.sort_by_key(|blip| blip.time.start);
        plan
    }
}
