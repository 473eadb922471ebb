//! Who sends, and how much of the room each takes.
//!
//! Two bounds: bytes of all requests that have begun and are not yet handed on, and, if asked for, bytes a second of each sender. One
//! request may have 64 MiB, and there may be many: senders that are slow, or mean, would otherwise decide how much memory the server
//! takes. No sender holds more than half of the room, so that the others are never shut out by one.
//!
//! The road not taken: a limit on the number of requests, which small ones would reach long before the memory is gone.

use super::refused::{PAUSE, Reason, Refused};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Senders that are told apart; further ones share one allowance.
const MOST_SENDERS: usize = 65_536;
/// The table is only looked through when it has grown to this.
const FEW_SENDERS: usize = 1024;
/// And not more often than this.
const LOOK_THROUGH_EVERY_NS: u64 = 1_000_000_000;
/// A sender is never told to wait longer than this: it would give up.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const SECOND_NS: u128 = 1_000_000_000;

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SenderId {
    /// Whoever has the token of this name.
    Token(Arc<str>),
    /// Whoever is at this address.
    Address(IpAddr),
}

/// All senders.
#[derive(Debug)]
pub(super) struct Senders {
    under_way: AtomicUsize,
    most_under_way: usize,
    bytes_per_second: Option<u64>,
    known: Mutex<Known>,
    others: Arc<Sender>,
}

#[derive(Debug, Default)]
struct Known {
    senders: HashMap<SenderId, Arc<Sender>>,
    looked_through_ns: u64,
}

#[derive(Debug, Default)]
struct Sender {
    under_way: AtomicUsize,
    spent: Mutex<Spent>,
}

/// A bucket that holds what a sender may send in a second. It may be overdrawn by the message that empties it, so that a message that is
/// larger than the bucket still comes through.
#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    bytes: u64,
    at_ns: u64,
}

impl Spent {
    /// What is still spent at this moment.
    fn settle(&mut self, rate: u64, now_ns: u64) -> u64 {
        let since_ns = now_ns.saturating_sub(self.at_ns);
        let regained = u128::from(since_ns) * u128::from(rate) / SECOND_NS;
        self.bytes = self.bytes.saturating_sub(u64::try_from(regained).unwrap_or(u64::MAX));
        self.at_ns = self.at_ns.max(now_ns);
        self.bytes
    }
}

impl Senders {
    pub(super) fn new(most_under_way: usize, bytes_per_second: Option<u64>) -> Self {
        Self { under_way: AtomicUsize::new(0), most_under_way, bytes_per_second, known: Mutex::default(), others: Arc::default() }
    }

    /// A request of this sender begins.
    ///
    /// # Errors
    /// It has sent too much in too short a time.
    pub(super) fn begin(self: &Arc<Self>, id: &SenderId, now_ns: u64) -> Result<Holding, Refused> {
        let sender = self.sender(id, now_ns);
        if let Some(rate) = self.bytes_per_second {
            let spent = lock(&sender.spent).settle(rate, now_ns);
            if spent >= rate {
                return Err(too_fast(spent - rate, rate));
            }
        }
        Ok(Holding { senders: self.clone(), sender, mine: 0 })
    }

    fn sender(&self, id: &SenderId, now_ns: u64) -> Arc<Sender> {
        let mut known = lock(&self.known);
        if let Some(sender) = known.senders.get(id) {
            return sender.clone();
        }
        if known.senders.len() >= FEW_SENDERS && now_ns.saturating_sub(known.looked_through_ns) >= LOOK_THROUGH_EVERY_NS {
            known.looked_through_ns = now_ns;
            let rate = self.bytes_per_second.unwrap_or(0);
            known.senders.retain(|_, sender| Arc::strong_count(sender) > 1 || lock(&sender.spent).settle(rate, now_ns) > 0);
        }
        if known.senders.len() >= MOST_SENDERS {
            return self.others.clone();
        }
        known.senders.entry(id.clone()).or_default().clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_fast(over: u64, rate: u64) -> Refused {
    // Room for the first byte; rounded up.
    let wait_ns = (u128::from(over) + 1) * SECOND_NS / u128::from(rate.max(1)) + 1;
    let wait = Duration::from_nanos(u64::try_from(wait_ns).unwrap_or(u64::MAX)).min(LONGEST_WAIT);
    let told = format!("this sender has sent more than {rate} bytes a second; send this again later");
    Refused::for_now(Reason::SenderRate, told, wait)
}

/// What one request holds of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Holding {
    senders: Arc<Senders>,
    sender: Arc<Sender>,
    mine: usize,
}

impl Holding {
    /// So many bytes more are held.
    ///
    /// # Errors
    /// There is no room for them. A request that has the room to itself always goes through: it has a limit of its own.
    pub(super) fn add(&mut self, bytes: usize) -> Result<(), Refused> {
        self.mine += bytes;
        let most = self.senders.most_under_way;
        let own = self.sender.under_way.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let all = self.senders.under_way.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > most && all != self.mine {
            let told = format!("requests of more than {most} bytes are under way; send this again later");
            return Err(Refused::for_now(Reason::Overload, told, PAUSE));
        }
        if own > most / 2 && own != self.mine {
            let told = format!("requests of this sender of more than {} bytes are under way; send this again later", most / 2);
            return Err(Refused::for_now(Reason::Overload, told, PAUSE));
        }
        Ok(())
    }

    /// So many bytes are no longer held.
    pub(super) fn release(&mut self, bytes: usize) {
        let bytes = bytes.min(self.mine);
        self.mine -= bytes;
        self.sender.under_way.fetch_sub(bytes, Ordering::Relaxed);
        self.senders.under_way.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Charges the sender for a message of so many bytes.
    pub(super) fn charge(&self, bytes: usize, now_ns: u64) {
        if let Some(rate) = self.senders.bytes_per_second {
            let mut spent = lock(&self.sender.spent);
            spent.settle(rate, now_ns);
            spent.bytes = spent.bytes.saturating_add(bytes as u64);
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.release(self.mine);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn sender(number: u32) -> SenderId {
        SenderId::Address(IpAddr::from(number.to_be_bytes()))
    }

    fn begin(senders: &Arc<Senders>, number: u32, now_ns: u64) -> Result<Holding, Refused> {
        senders.begin(&sender(number), now_ns)
    }

    #[test]
    fn a_request_finds_no_room_while_others_take_it() {
        let senders = Arc::new(Senders::new(250, None));
        let (mut first, mut second, mut third) =
            (begin(&senders, 1, 0).unwrap(), begin(&senders, 2, 0).unwrap(), begin(&senders, 3, 0).unwrap());
        assert_eq!((first.add(100), second.add(100)), (Ok(()), Ok(())));
        let refused = third.add(100).unwrap_err();
        assert_eq!((refused.reason, refused.retry_after), (Reason::Overload, Some(PAUSE)));
        drop(third);
        drop(first);
        assert_eq!(second.add(100), Ok(()));
        assert_eq!(second.add(50), Ok(()));
    }

    #[test]
    fn no_sender_holds_more_than_half_in_several_requests() {
        let senders = Arc::new(Senders::new(200, None));
        let mut greedy: Vec<_> = (0..3).map(|_| begin(&senders, 1, 0).unwrap()).collect();
        assert_eq!((greedy[0].add(50), greedy[1].add(50)), (Ok(()), Ok(())));
        assert_eq!(greedy[2].add(1).unwrap_err().reason, Reason::Overload);
        let mut other = begin(&senders, 2, 0).unwrap();
        assert_eq!(other.add(90), Ok(()));
    }

    #[test]
    fn a_request_that_is_alone_always_has_room() {
        let senders = Arc::new(Senders::new(50, None));
        let mut only = begin(&senders, 1, 0).unwrap();
        assert_eq!((only.add(100), only.add(100)), (Ok(()), Ok(())));
        only.release(150);
        drop(only);
        assert_eq!(senders.under_way.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_sender_that_is_too_fast_is_told_when_it_may_go_on_and_others_go_on() {
        let senders = Arc::new(Senders::new(1 << 20, Some(100)));
        begin(&senders, 1, 0).unwrap().charge(350, 0);
        let refused = begin(&senders, 1, 0).unwrap_err();
        assert_eq!(refused.reason, Reason::SenderRate);
        let wait = refused.retry_after.unwrap();
        assert!(wait > Duration::from_millis(2500) && wait < Duration::from_millis(2520), "{wait:?}");
        assert!(begin(&senders, 2, 0).is_ok());
        assert!(begin(&senders, 1, 2 * SECOND).is_err());
        assert!(begin(&senders, 1, wait.as_nanos() as u64).is_ok());
    }

    #[test]
    fn nobody_is_told_to_wait_for_hours() {
        let senders = Arc::new(Senders::new(1 << 30, Some(1)));
        begin(&senders, 1, 0).unwrap().charge(1 << 30, 0);
        assert_eq!(begin(&senders, 1, 0).unwrap_err().retry_after, Some(LONGEST_WAIT));
    }

    #[test]
    fn the_table_of_senders_is_bounded_and_debts_are_not_forgotten() {
        let senders = Arc::new(Senders::new(1 << 20, Some(1_000_000)));
        begin(&senders, 0, 0).unwrap().charge(1_000_000_000, 0);
        for number in 1..100_000 {
            begin(&senders, number, 0).unwrap();
        }
        assert_eq!(lock(&senders.known).senders.len(), MOST_SENDERS);
        begin(&senders, 100_000, 2 * SECOND).unwrap();
        assert_eq!(lock(&senders.known).senders.len(), 2);
        assert!(begin(&senders, 0, 2 * SECOND).is_err());
    }
}
