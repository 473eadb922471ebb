//! The page: what capabilities work and where they break, drawn for people (spec 8).
//!
//! Documents of [`crate::query`] go in, HTML and SVG come out. Nothing here asks, counts or reads a clock: whoever serves a page puts the
//! questions, so every figure on it is one that the API tells, too. All state stands in the address ([`Asked`]); a link is the
//! address of what it leads to, and a copied one opens the same. Text of others (titles, owners, hops, names of spans) reaches HTML only
//! through the escaping of the template engine, and an address only through [`links`].
//!
//! The road not taken: an application in the browser that fetches JSON. It would need a build step and a second set of tests for the
//! same figures, and would show nothing while it starts, on a phone in a corridor, in the minute that counts.

mod asked;
mod assets;
mod board;
mod budget;
mod capability;
pub mod chart;
mod explain;
pub mod flow;
mod frame;
mod health;
mod heatmap;
mod hops;
mod incidents;
pub mod links;
mod marks;
mod matching;
mod over_time;
mod pieces;
mod refused;
mod trace;
mod vocabulary;
pub mod words;

pub use asked::Asked;
pub use assets::{Asset, asset};
pub use board::{BoardFacts, board};
pub use budget::{BudgetFacts, budget};
pub use capability::{CapabilityFacts, capability};
pub use explain::explain;
pub use health::{HealthFacts, health};
pub use heatmap::{HeatmapFacts, heatmap};
pub use hops::hops;
pub use incidents::{incident, incidents};
pub use matching::matching;
pub use maud::Markup;
pub use refused::refused;
pub use trace::trace;
