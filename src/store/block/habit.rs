//! What tokens of a hop in a column usually are: its latency is mostly about what it was.

use super::column::Column;

/// The mean of the last few tokens.
#[derive(Debug, Clone, Copy, Default)]
struct Habit {
    /// In sixteenths of a token.
    mean: i16,
    seen: i16,
}

/// More than so many do not make a habit firmer.
const FIRM: i16 = 15;

impl Habit {
    fn usual(self) -> u8 {
        ((self.mean + 8) >> 4) as u8
    }

    fn see(&mut self, token: u8) {
        self.mean += (i16::from(token) * 16 - self.mean) / (self.seen + 1);
        self.seen = (self.seen + 1).min(FIRM);
    }
}

/// Habits by hop and column.
#[derive(Debug, Default)]
pub(super) struct Habits {
    of_hops: Vec<[Habit; Column::HABITS]>,
    now: usize,
}

impl Habits {
    /// What follows is of this hop.
    pub(super) fn turn_to(&mut self, hop: usize) {
        self.now = hop;
    }

    fn of(&mut self, column: Column) -> &mut Habit {
        if self.of_hops.len() <= self.now {
            self.of_hops.resize(self.now + 1, Default::default());
        }
        &mut self.of_hops[self.now][column.habit()]
    }

    /// How far the token is from the usual one; small for little to either side.
    pub(super) fn distance(&mut self, column: Column, token: u8) -> u8 {
        let habit = self.of(column);
        let distance = token.wrapping_sub(habit.usual()) as i8;
        habit.see(token);
        ((distance << 1) ^ (distance >> 7)) as u8
    }

    /// The token so far from the usual one.
    pub(super) fn token(&mut self, column: Column, distance: u8) -> u8 {
        let habit = self.of(column);
        let token = habit.usual().wrapping_add((distance >> 1) ^ (distance & 1).wrapping_neg());
        habit.see(token);
        token
    }
}
