//! Which stretch of time an objective is about (spec 5.1). Calendar months and quarters are those of UTC.

use super::DAY_NS;
use crate::catalogue::{Calendar, Objective};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::ops::Range;

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The last so many nanoseconds.
    Rolling(u64),
    /// This month, or this quarter.
    Calendar(Calendar),
}

impl Default for Period {
    /// 30 days: what an objective has that names none.
    fn default() -> Self {
        Self::Rolling(30 * DAY_NS)
    }
}

impl Period {
    /// That of an objective.
    pub fn of(objective: &Objective) -> Self {
        match (objective.calendar, objective.window_ns) {
            (Some(calendar), _) => Self::Calendar(calendar),
            (None, Some(window_ns)) => Self::Rolling(window_ns),
            (None, None) => Self::default(),
        }
    }

    /// How long it is, nanoseconds: a month has 30 days here and a quarter 90, so that what follows from the length, such as the factors of
    /// alerts, is the same in February.
    pub fn length_ns(self) -> u64 {
        match self {
            Self::Rolling(length_ns) => length_ns,
            Self::Calendar(Calendar::Month) => 30 * DAY_NS,
            Self::Calendar(Calendar::Quarter) => 90 * DAY_NS,
        }
    }

    /// What of it is past at this moment: it ends there.
    pub fn so_far(self, now_ns: u64) -> Range<u64> {
        self.whole(now_ns).start..now_ns
    }

    /// All of it: of a month or quarter also what is still to come.
    pub fn whole(self, now_ns: u64) -> Range<u64> {
        let rolling = now_ns.saturating_sub(self.length_ns())..now_ns;
        match self {
            Self::Rolling(_) => rolling,
            Self::Calendar(calendar) => around(calendar, now_ns).unwrap_or(rolling),
        }
    }

    /// As answers write it: `28d`, `month`, `quarter`.
    pub fn text(self) -> String {
        match self {
            Self::Calendar(calendar) => calendar.as_str().to_owned(),
            Self::Rolling(length_ns) => {
                let units = [(DAY_NS, "d"), (super::HOUR_NS, "h"), (super::MINUTE_NS, "m"), (1_000_000_000, "s")];
                let whole = units.iter().find(|(unit, _)| length_ns.is_multiple_of(*unit) && length_ns > 0);
                whole.map_or_else(|| format!("{length_ns}ns"), |(unit, name)| format!("{}{name}", length_ns / unit))
            }
        }
    }
}

/// `None` where the calendar ends, some thousands of years from now.
fn around(calendar: Calendar, now_ns: u64) -> Option<Range<u64>> {
    let day = Timestamp::from_nanosecond(i128::from(now_ns)).ok()?.to_zoned_datetime(TimeZone::UTC).date();
    let (month, months) = match calendar {
        Calendar::Month => (day.month(), 1),
        Calendar::Quarter => (day.month() - (day.month() - 1) % 3, 3),
    };
    let first = Date::new(day.year(), month, 1).ok()?;
    let next = first.checked_add(months.months()).ok()?;
    Some(midnight(first)?..midnight(next)?)
}

fn midnight(day: Date) -> Option<u64> {
    u64::try_from(day.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp().as_nanosecond()).ok()
}
