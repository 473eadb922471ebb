//! Alerts: what must be told to whom is on call, and when it begins and ends.
//!
//! An [`Engine`] watches all objectives of a map on a clock that is an argument: sums of good and bad come in, alerts begin and end. One incident is
//! one alert: what was told counts as good afterwards, and an alert ends only when what came since is surely better. All that is needed to go
//! on after a restart is [`Kept`].
//!
//! What leaves this room is a [`Notice`]: an alert with a name that never changes while it lasts, and a text that may. Who gets it, over
//! which protocol, and what became of it, is decided elsewhere (`notify/`).

mod engine;
mod evaluating;
mod gone;
mod guilty;
mod incident;
mod intake;
mod notice;
mod rule;
mod state;
mod surge;
mod text;
mod usual;
mod watched;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;

pub use crate::objective::Severity;
pub use engine::{Engine, Kept, Moment, Shown};
pub use incident::{Incident, Incidents, MOST_INCIDENTS};
pub use notice::{Labels, Notice, annotation};
pub use rule::TRICKLE;
pub use state::{Alert, Kind};
pub use text::{Facts, blames, notice};
pub use watched::Burning;
