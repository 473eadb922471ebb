//! OpenSLO v1: services, objectives and indicators as a vendor-neutral YAML.
//!
//! A capability is a `Service`; each of its objectives, and of those of its hops, an `SLO` with its indicator in it. What is said of an
//! objective that OpenSLO has no field for (its id, its hop, its limit) stands in annotations of the SLO; how executions are recognised is
//! not said there at all, and told to be lost. What comes in is read the same way: an SLO of another tool becomes an objective of the
//! capability that is called like its service, and everything else in the file is told with its place.

mod document;
mod draft;
mod indicator;
mod lost;
mod read;
#[cfg(test)]
mod tests;
mod window;
mod write;

pub use read::import;
pub use write::export;

/// `apiVersion` of all documents.
const API_VERSION: &str = "openslo/v1";

/// Annotations of an SLO: id of the objective, of its hop, and its limit.
const OBJECTIVE: &str = "steelthread/objective";
const HOP: &str = "steelthread/hop";
const UNDER: &str = "steelthread/under";
