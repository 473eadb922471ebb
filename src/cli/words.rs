//! Words of the documents as people say them.

use crate::model::Fate;
use crate::query::{ExplainKind, State};

/// A cause (spec 2.4), for the sentence "because …".
pub(super) fn cause(word: &str) -> &str {
    match word {
        "app_error" => "the operation itself failed",
        "dependency_error" => "something outside answered with an error",
        "unreachable" => "nothing answered: no connection",
        "timeout_no_server" => "no answer in time, and no sign that the callee began",
        "timeout_slow_server" => "no answer in time from a callee that was at work",
        "timeout_budget" => "somebody before had used up the time",
        "caller_error" => "it was asked for something wrong",
        "saturation" => "out of capacity or quota",
        "async_error" => "a required asynchronous step failed",
        "business_failure" => "no error anywhere, but the business outcome says so",
        "missing_step" => "a step that must be there is not",
        "self_time" => "its own work",
        "edge_gap" => "the way between caller and callee",
        "queue" => "waiting before the callee began",
        other => other,
    }
}

/// A remark that goes with a blame.
pub(super) fn evidence(word: &str) -> &str {
    match word {
        "missing_server_span" => "the callee answered, but its span never came",
        "server_finished_without_error" => "the callee had finished without error",
        "orphan" => "part of the way is known only by a span without parent",
        other => other,
    }
}

/// Why an error did not matter.
pub(super) fn absorbed(word: &str) -> &str {
    match word {
        "masked_retry" => "a later attempt worked",
        "suppressed" => "the caller did without",
        "async_error" => "in an asynchronous step that is not required",
        other => other,
    }
}

/// What a stretch of the critical path was spent on.
pub(super) fn section(kind: &str) -> &str {
    match kind {
        "self" => "own work",
        "gap" => "on the way",
        "queue" => "waiting",
        other => other,
    }
}

/// A state.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Degraded => "degraded",
        State::Failing => "failing",
        State::NoData => "no data",
        State::TooFew => "too few",
    }
}

/// The same as in the documents.
pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Degraded => "degraded",
        State::Failing => "failing",
        State::NoData => "no_data",
        State::TooFew => "too_few",
    }
}

/// What was out of the ordinary, as a headline.
pub(super) fn explained(kind: ExplainKind) -> &'static str {
    match kind {
        ExplainKind::HopFailure => "a hop fails",
        ExplainKind::HopSlow => "a hop is slow",
        ExplainKind::Edge => "the way to a hop is slow",
        ExplainKind::MissingStep => "calls that are normally made are missing",
        ExplainKind::Caller => "more requests than normal are wrong",
        ExplainKind::Traffic => "the number of executions is not normal",
        ExplainKind::SystemAccident => "worse as a whole, and no hop by itself is",
        ExplainKind::NothingUnusual => "nothing unusual",
    }
}

/// What became of spans, after their number.
pub(super) fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Measured => "in judged executions",
        Fate::Unmatched => "in no execution",
        Fate::Ignored => "in executions that the map ignores",
        Fate::Late => "late: their trace was judged before they came",
        Fate::Duplicate => "duplicates",
        Fate::Malformed => "malformed",
        Fate::OverLimit => "over a limit",
        Fate::Shed => "refused because of overload",
        Fate::InFlight => "waiting for the rest of their trace",
    }
}
