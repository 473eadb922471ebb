//! What became of a span (spec 3.1): every span received ends in exactly one of these.

use std::ops::{AddAssign, Index, IndexMut};

/// What became of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Fate {
    /// In a judged execution.
    Measured,
    /// In a complete trace, but in no execution.
    Unmatched,
    /// In an execution that `ignored_when` leaves out.
    Ignored,
    /// Came after its trace was judged.
    Late,
    /// Same trace id, span id and kind as a span that came before.
    Duplicate,
    /// Its ids are of the wrong length or zero, or the line or message that held it could not be read as a span.
    Malformed,
    /// Over a limit on spans per trace.
    OverLimit,
    /// Refused with a retryable answer.
    Shed,
    /// Waiting for the rest of its trace.
    InFlight,
}

impl Fate {
    /// All fates, in the order of the specification.
    pub const ALL: [Self; 9] = [
        Self::Measured,
        Self::Unmatched,
        Self::Ignored,
        Self::Late,
        Self::Duplicate,
        Self::Malformed,
        Self::OverLimit,
        Self::Shed,
        Self::InFlight,
    ];

    /// The name in answers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Unmatched => "unmatched",
            Self::Ignored => "ignored",
            Self::Late => "late",
            Self::Duplicate => "duplicate",
            Self::Malformed => "malformed",
            Self::OverLimit => "over_limit",
            Self::Shed => "shed",
            Self::InFlight => "in_flight",
        }
    }
}

/// Spans by fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fates([u64; 9]);

impl Fates {
    /// All spans: what was received.
    pub fn received(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Fates with their counts, in the order of the specification.
    pub fn iter(&self) -> impl Iterator<Item = (Fate, u64)> + '_ {
        Fate::ALL.into_iter().map(|fate| (fate, self[fate]))
    }
}

impl Index<Fate> for Fates {
    type Output = u64;
    fn index(&self, fate: Fate) -> &u64 {
        &self.0[fate as usize]
    }
}

impl IndexMut<Fate> for Fates {
    fn index_mut(&mut self, fate: Fate) -> &mut u64 {
        &mut self.0[fate as usize]
    }
}

impl AddAssign for Fates {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}
