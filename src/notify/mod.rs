//! Alerts are told to others: Alertmanager, a webhook, PagerDuty, Slack.
//!
//! This room decides what each receiver is told and when; whether there is an alert is decided before (`alert/`). Three ideas shape it:
//!
//! - **A sink is told what is, not what was.** An [`Outbox`] holds the state of each alert, not a queue of messages: whoever was away for ten
//!   minutes hears of each alert once when it is back, and nothing of what came and went meanwhile. So it is bounded by the number of
//!   alerts, however long a sink is away.
//! - **Documents are pure functions** of notices (`alertmanager`, `webhook`, `pagerduty`, `slack`), as is the reading of an answer. Which
//!   failures are worth another attempt is what each receiver documents, not one rule for all.
//! - **What opens a door is never shown.** Keys and URLs of sinks are [`Secret`]s, and what a receiver answers is repeated without them:
//!   many a proxy quotes the path of a request in its error page.
//!
//! The road not taken: handing everything to Alertmanager, and letting it tell the others. Those who have one do that by naming nothing
//! else; those who have none would have to run one for a single page.

mod alertmanager;
mod courier;
mod outbox;
mod pagerduty;
mod secret;
mod sink;
mod slack;
mod subject;
#[cfg(test)]
mod tests;
mod text;
mod webhook;

pub use crate::outgoing::Headers;
pub use courier::{Couriers, Figures, Settings, State};
pub use outbox::{Counts, Outbox, Parcel, SavedOutbox};
pub use pagerduty::{Key, USUAL_URL as PAGERDUTY_URL, dedup_key};
pub use secret::{Secret, Url};
pub use sink::{Message, Sender, Sent, Sink};
pub use subject::{Fact, Habit};
