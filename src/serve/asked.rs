//! Words of a question, as they stand in an address, and what they mean.

use crate::query::{
    Between, By, ExplainQuestion, HistoryQuestion, HopsQuestion, Level, QueryError, StatusQuestion, parse_range, parse_step,
};
use clap::ValueEnum;
use serde::Deserialize;

/// A question without words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoWords {}

/// `?from=…&to=…` or `?last=…`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusWords {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) last: Option<String>,
}

/// The same, with the order and the level of hops.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HopsWords {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) last: Option<String>,
    pub(super) by: Option<String>,
    pub(super) level: Option<String>,
}

/// The range, and the length of a point.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryWords {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) last: Option<String>,
    pub(super) step: Option<String>,
    pub(super) durations: Option<bool>,
}

impl HistoryWords {
    pub(super) fn question(self, capability: String, now_ns: u64) -> Result<HistoryQuestion, QueryError> {
        let between = parse_range(self.last.as_deref(), self.from.as_deref(), self.to.as_deref(), now_ns)?;
        let step_ns = self.step.as_deref().map(parse_step).transpose()?;
        Ok(HistoryQuestion { capability, between, step_ns, durations: self.durations.unwrap_or_default() })
    }
}

/// The range, the level, and what is normal.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainWords {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) last: Option<String>,
    pub(super) baseline_from: Option<String>,
    pub(super) baseline_to: Option<String>,
    pub(super) level: Option<String>,
}

impl ExplainWords {
    pub(super) fn question(self, capability: String, now_ns: u64) -> Result<ExplainQuestion, QueryError> {
        let between = parse_range(self.last.as_deref(), self.from.as_deref(), self.to.as_deref(), now_ns)?;
        let baseline: Option<Between> = parse_range(None, self.baseline_from.as_deref(), self.baseline_to.as_deref(), now_ns)?;
        Ok(ExplainQuestion { capability, between, baseline, level: word::<Level>("level", self.level.as_deref())? })
    }
}

impl StatusWords {
    pub(super) fn question(self, capability: Option<String>, now_ns: u64) -> Result<StatusQuestion, QueryError> {
        let between = parse_range(self.last.as_deref(), self.from.as_deref(), self.to.as_deref(), now_ns)?;
        Ok(StatusQuestion { capability, between })
    }
}

impl HopsWords {
    pub(super) fn question(self, capability: Option<String>, now_ns: u64) -> Result<HopsQuestion, QueryError> {
        let between = parse_range(self.last.as_deref(), self.from.as_deref(), self.to.as_deref(), now_ns)?;
        Ok(HopsQuestion {
            capability,
            between,
            by: word::<By>("by", self.by.as_deref())?,
            level: word::<Level>("level", self.level.as_deref())?,
        })
    }
}

/// One of the words that the command line takes for the same thing.
pub(super) fn word<T: ValueEnum + Default>(name: &str, text: Option<&str>) -> Result<T, QueryError> {
    let Some(text) = text else { return Ok(T::default()) };
    T::from_str(text, false).map_err(|_| {
        let known: Vec<_> = T::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
        let known: Vec<_> = known.iter().map(|one| one.get_name()).collect();
        QueryError::Bad(format!("'{text}' is no value of '{name}'; write one of {}", known.join(", ")))
    })
}
