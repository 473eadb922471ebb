//! How a command ends: the only place that decides about exit codes.

use super::question::NoExecution;
use crate::query::QueryError;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// A command that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Done: 0.
    Done,
    /// The answer is no, or stands on less than was asked for: 1.
    No,
}

/// Says what went wrong, and gives the code.
pub(super) fn code(ended: anyhow::Result<Ended>) -> ExitCode {
    let number = number(&ended);
    if let (Err(error), 1..) = (&ended, number) {
        // There is nowhere left to say it if standard error is gone.
        let _ = writeln!(io::stderr(), "{}", told(error));
    }
    ExitCode::from(number)
}

/// 0 done, 1 the answer is no, 2 wrong use, bad map or bad input.
fn number(ended: &anyhow::Result<Ended>) -> u8 {
    match ended {
        Ok(Ended::Done) => 0,
        Ok(Ended::No) => 1,
        // Whoever reads has seen enough (`| head`).
        Err(error) if is_broken_pipe(error) => 0,
        Err(error) if is_no(error) => 1,
        Err(_) => 2,
    }
}

/// Says what cannot be understood about the arguments; help and version, which clap also calls errors, too.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    // There is nowhere left to say it if the stream is gone.
    let _ = error.print();
    ExitCode::from(usage_number(error))
}

/// 0 for help and version, else 2.
pub(super) fn usage_number(error: &clap::Error) -> u8 {
    if error.use_stderr() { 2 } else { 0 }
}

/// Problems of a map stand for themselves, one line each with its file; everything else is told as an error of this program.
fn told(error: &anyhow::Error) -> String {
    if error.is::<crate::catalogue::Problems>() { error.to_string() } else { format!("steelthread: {error:#}") }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}

fn is_no(error: &anyhow::Error) -> bool {
    let not_kept = |cause: &(dyn Error + 'static)| matches!(cause.downcast_ref(), Some(QueryError::NoSuchTrace(_)));
    error.chain().any(|cause| not_kept(cause) || cause.is::<NoExecution>())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::model::TraceId;
    use anyhow::Context;

    #[test]
    fn codes_are_those_of_the_specification() {
        let of = |error: anyhow::Error| number(&Err(error));
        assert_eq!((number(&Ok(Ended::Done)), number(&Ok(Ended::No))), (0, 1));
        assert_eq!(of(QueryError::NoSuchTrace(TraceId(1)).into()), 1);
        assert_eq!(of(QueryError::Bad("no such hop".into()).into()), 2);
        assert_eq!(of(anyhow::anyhow!("no such file")), 2);
        let pipe = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot write").unwrap_err();
        assert_eq!(of(pipe), 0);
    }

    #[test]
    fn problems_of_a_map_are_told_as_they_are() {
        let problems = crate::catalogue::Problems(vec!["m.yaml:1:2: a".into(), "m.yaml:3:4: b".into()]);
        assert_eq!(told(&problems.into()), "m.yaml:1:2: a\nm.yaml:3:4: b");
        assert_eq!(told(&anyhow::anyhow!("why").context("what")), "steelthread: what: why");
    }
}
