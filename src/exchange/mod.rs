//! Promises in the words of other tools: OpenSLO, and rules for Prometheus.
//!
//! Whoever comes from another tool has objectives, and whoever has another tool wants to see ours in it. Both ways something is lost, because no
//! two of these languages can say the same things. So what cannot be carried over is told, with its place and a sentence, and nothing
//! disappears in silence. The road not taken: annotations that smuggle the whole map through a language that does not know it. Somebody
//! would edit the one and not the other.

mod openslo;
mod rules;
mod text;

pub use openslo::{export as export_openslo, import as import_openslo};
pub use rules::export as export_prometheus_rules;

/// What was written in another language, and what that language has no words for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// YAML.
    pub text: String,
    /// One line each, `FILE:LINE:COLUMN: what is not carried over; why, or what to do about it`.
    pub lost: Vec<String>,
}
