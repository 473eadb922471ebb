//! Words of the documents as people say them (spec 1), short enough for a row.

use crate::query::ExplainKind;

/// A cause.
pub(super) fn cause(word: &str) -> &str {
    match word {
        "app_error" => "failed by itself",
        "dependency_error" => "answered with an error",
        "unreachable" => "could not be reached",
        "timeout_no_server" => "no answer in time",
        "timeout_slow_server" => "too slow to answer in time",
        "timeout_budget" => "the time was used up before",
        "caller_error" => "asked for something wrong",
        "saturation" => "out of capacity or quota",
        "async_error" => "a required asynchronous step failed",
        "business_failure" => "no error, but the business outcome says so",
        "missing_step" => "was not called at all",
        "self_time" => "its own work",
        "edge_gap" => "the way to it and back",
        "queue" => "waiting before it began",
        other => other,
    }
}

/// Why an error did not matter.
pub(super) fn absorbed(word: &str) -> &str {
    match word {
        "masked_retry" => "a later attempt worked",
        "suppressed" => "the caller did without",
        "async_error" => "asynchronous, not required",
        other => other,
    }
}

/// An outcome: class of its chip, and word.
pub(super) fn outcome(word: &str) -> (&'static str, &str) {
    match word {
        "ok" => ("ok", "ok"),
        "failed" => ("fail", "failed"),
        other => ("unknown", other),
    }
}

/// What was out of the ordinary.
pub(super) fn explained(kind: ExplainKind) -> &'static str {
    match kind {
        ExplainKind::HopFailure => "A hop fails",
        ExplainKind::HopSlow => "A hop is slow",
        ExplainKind::Edge => "The way to a hop is slow",
        ExplainKind::MissingStep => "Calls that are normally made are missing",
        ExplainKind::Caller => "More requests than normal are wrong",
        ExplainKind::Traffic => "The number of attempts is not normal",
        ExplainKind::SystemAccident => "Worse as a whole, and no hop by itself is",
        ExplainKind::NothingUnusual => "Nothing unusual",
    }
}

/// What became of spans.
pub(super) fn fate(word: &str) -> &str {
    match word {
        "measured" => "in judged executions",
        "unmatched" => "in no execution",
        "ignored" => "in executions that the map ignores",
        "late" => "came after their trace was judged",
        "duplicate" => "came twice",
        "malformed" => "malformed",
        "over_limit" => "over a limit",
        "shed" => "refused because of overload",
        "in_flight" => "wait for the rest of their trace",
        other => other,
    }
}

/// A stretch of a critical path.
pub(super) fn section(word: &str) -> &str {
    match word {
        "self" => "own work",
        "gap" => "on the way",
        "queue" => "waiting",
        other => other,
    }
}
