//! What of a journal cannot be read, for people.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// Places that are told one by one; of more only the sum is.
const MOST_LISTED: usize = 100;

/// A place where messages are lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub segment: PathBuf,
    /// The byte where it begins.
    pub at: u64,
    /// Messages that are lost.
    pub offsets: Range<u64>,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong with a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DamageKind {
    /// The header of a message is not what was written.
    Header,
    /// A message is not what was written.
    Message,
    /// The beginning of the file is not what was written: nothing in it can be read.
    Beginning,
    /// The file ends too early.
    End,
    /// The file that should come before this one is not there.
    Missing,
    /// The system cannot read it.
    Unreadable(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, at) = (self.segment.display(), self.at);
        match &self.kind {
            DamageKind::Header => write!(f, "'{file}' is damaged at byte {at}, in the header of a message")?,
            DamageKind::Message => write!(f, "'{file}' is damaged at byte {at}, inside a message")?,
            DamageKind::Beginning => write!(f, "'{file}' is damaged at its beginning")?,
            DamageKind::End => write!(f, "'{file}' ends too early, at byte {at}")?,
            DamageKind::Missing => write!(f, "the segment before '{file}' is missing")?,
            DamageKind::Unreadable(why) => write!(f, "'{file}' cannot be read from byte {at} on ({why})")?,
        }
        match self.offsets.end.saturating_sub(self.offsets.start) {
            1 => write!(f, ": message {} is lost", self.offsets.start),
            lost => write!(f, ": {lost} messages are lost, {} to {}", self.offsets.start, self.offsets.end.saturating_sub(1)),
        }
    }
}

/// All that is lost: the first places one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damages {
    /// The first hundred places, in order.
    pub listed: Vec<Damage>,
    /// How many places there are.
    pub places: u64,
    /// How many messages are lost there.
    pub lost: u64,
}

impl Damages {
    /// Whether everything could be read.
    pub fn is_empty(&self) -> bool {
        self.places == 0
    }

    pub(super) fn add(&mut self, damage: Damage) {
        self.places += 1;
        self.lost += damage.offsets.end - damage.offsets.start;
        if self.listed.len() < MOST_LISTED {
            self.listed.push(damage);
        }
    }
}
