//! Who called whom in one execution.

use super::{Ending, HopId};

/// A hop as one caller used it. Its calls are taken together, whatever their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHop {
    /// The hop.
    pub hop: HopId,
    /// Position of the caller in the list, always before this one; [`TreeHop::TOP`] where nobody in the execution called.
    pub caller: u16,
    /// The worst end of a call.
    pub ending: Ending,
    /// Calls; 0 where it should have been called and was not.
    pub calls: u32,
    /// Calls in error, by what either side says.
    pub errors: u32,
    /// Calls that repeat a failed one.
    pub retries: u32,
    /// The longest call, nanoseconds.
    pub longest_ns: u64,
    /// Calls made from here, directly or further below, that the list has no room for.
    pub more: u32,
    /// Its caller did not wait for it.
    pub asynchronous: bool,
    /// It is to blame.
    pub blamed: bool,
    /// Between its caller in the list and it are others that the list has no room for.
    pub further: bool,
}

impl TreeHop {
    /// The caller of what nobody in the execution called.
    pub const TOP: u16 = u16::MAX;

    /// A hop without calls.
    pub fn new(hop: HopId, caller: u16) -> Self {
        Self {
            hop,
            caller,
            ending: Ending::Ok,
            calls: 0,
            errors: 0,
            retries: 0,
            longest_ns: 0,
            more: 0,
            asynchronous: false,
            blamed: false,
            further: false,
        }
    }
}
