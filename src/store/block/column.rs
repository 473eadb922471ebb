//! Columns: tokens of a kind, of all windows and hops of a block one after the other, compressed for themselves.

/// What a column tells. Numbers are on disk: a column keeps its number for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column(u8);

/// Which histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Durations,
    Latency,
    SelfTime,
    Gap,
    Critical,
}

/// What of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// How it is written.
    Mode,
    /// The largest value.
    Max,
    /// Per bucket, from the highest down: buckets left out since the one above, and the count. A plain byte, no token.
    Shape,
    /// What distances have that are too far for it.
    Far,
    /// What counts have that are too high for it.
    Many,
    /// The sum, as its distance from what the buckets say.
    Rest,
    /// How far values have moved from those of another histogram: two to a plain byte.
    Moves,
}

impl Column {
    pub(super) const TEXT: Self = Self(0);
    pub(super) const LENGTHS: Self = Self(1);
    pub(super) const TABLE: Self = Self(2);
    pub(super) const START: Self = Self(3);
    pub(super) const OUTCOMES: Self = Self(4);
    pub(super) const SLOW: Self = Self(5);
    pub(super) const ABSORBED: Self = Self(6);
    pub(super) const LIMITS: Self = Self(7);
    pub(super) const UNDER: Self = Self(8);
    pub(super) const GOOD: Self = Self(9);
    pub(super) const PATH: Self = Self(10);
    pub(super) const SKEWED: Self = Self(11);
    pub(super) const FAILED: Self = Self(12);
    pub(super) const FAILED_HOP: Self = Self(13);
    pub(super) const FAILED_CAUSE: Self = Self(14);
    pub(super) const FAILURES: Self = Self(15);
    pub(super) const FRACTIONS: Self = Self(16);
    pub(super) const WEIGHTS: Self = Self(17);
    pub(super) const EXCESS: Self = Self(18);
    pub(super) const STEPS: Self = Self(19);
    pub(super) const UNITS: Self = Self(20);
    pub(super) const HOP: Self = Self(21);
    pub(super) const CALLS: Self = Self(22);
    pub(super) const SHARE: Self = Self(23);
    pub(super) const EXECUTIONS: Self = Self(24);
    pub(super) const WITH_ERROR: Self = Self(25);
    pub(super) const OK_UNITS: Self = Self(26);
    pub(super) const OK_SELF: Self = Self(27);
    pub(super) const OK_GAP: Self = Self(28);
    pub(super) const TROUBLE: Self = Self(29);
    pub(super) const SAMPLES: Self = Self(30);
    pub(super) const CALLERS: Self = Self(31);
    pub(super) const CALLER: Self = Self(32);
    pub(super) const CALLER_CALLS: Self = Self(33);
    pub(super) const CALLER_GAP: Self = Self(34);
    pub(super) const SLOWEST: Self = Self(35);
    pub(super) const TRACE: Self = Self(36);
    pub(super) const JOINT: Self = Self(37);
    pub(super) const LATE: Self = Self(38);
    pub(super) const MENDED: Self = Self(39);
    // Of the eight numbers of each histogram the last is not used by it.
    pub(super) const CALLER_EXECUTIONS: Self = Self(47);
    pub(super) const CALLER_WAYS: Self = Self(55);
    pub(super) const CALLER_WAY: Self = Self(63);

    /// How many there are.
    pub(super) const COUNT: usize = 80;

    pub(super) const fn of(kind: Kind, part: Part) -> Self {
        Self(40 + kind as u8 * 8 + part as u8)
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether numbers of a hop are mostly as large as they were before: then the distance of the token from the usual one is
    /// written in its place.
    pub(super) const fn is_habitual(self) -> bool {
        // The critical path is told by its distance from own work and gap, which is nothing or something.
        self.0 >= 40 && matches!(self.0 % 8, 1 | 5) && self.0 != Self::of(Kind::Critical, Part::Max).0
    }

    /// How many columns have habits.
    pub(super) const HABITS: usize = 10;

    /// Which of these, if it has.
    pub(super) const fn habit(self) -> usize {
        (self.0 as usize - 40) / 8 * 2 + (self.0 as usize % 8) / 4
    }
}
