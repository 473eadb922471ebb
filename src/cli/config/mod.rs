//! Where settings of a server come from: flag, else environment, else file, else default.
//!
//! This room decides what a configuration file may say and who wins. Every flag of `serve` is a key by itself: what the file says is
//! checked and read by the same parser as the flags, so that a key can never mean something else than its flag, and a flag that is
//! added tomorrow is a key tomorrow. A mapping's keys are joined: `forward: {endpoint: …}` is `forward_endpoint` is
//! `--forward-endpoint`. All problems of a file are told at once, each with its place. What a file says is never repeated in a
//! problem: a secret that landed behind the wrong key would go to the log.
//!
//! The road not taken: a struct of settings for the file beside the one for the flags. Two lists of the same things differ one day.

mod check;
mod file;
mod print;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use settings::Settings;

use super::args::{AlertCommand, Arguments, Command as Asked};
use anyhow::Context;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use file::Entry;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Arguments, completed by the file that they name.
#[derive(Debug)]
pub(super) enum Read {
    /// To be done.
    Arguments(Box<Arguments>),
    /// To be printed, and nothing else.
    Listing(String),
}

/// Why arguments cannot be understood.
#[derive(Debug)]
pub(super) enum Refused {
    /// By the command line; help and version, too.
    Usage(clap::Error),
    /// By the environment or the file.
    Told(anyhow::Error),
}

impl From<clap::Error> for Refused {
    fn from(error: clap::Error) -> Self {
        Self::Usage(error)
    }
}

/// The command whose settings may come from a file.
const SERVE: &str = "serve";
/// A command that reads what the same file says about alerts, and its subcommand.
const ALERT: (&str, &str) = ("alert", "test");

/// Reads the arguments of the process, its environment and the file that they name.
pub(super) fn read(line: Vec<OsString>) -> Result<Read, Refused> {
    // What is needed may stand in the file, and which file stands in the arguments.
    let first = match relaxed().try_get_matches_from(&line) {
        Ok(first) => first,
        Err(error) => return about_environment(&error, &line).map_or_else(|| plain(&line), |told| Err(Refused::Told(told))),
    };
    let Some((of, given)) = with_a_file(&first) else { return plain(&line) };
    let file = given.get_one::<PathBuf>("config").cloned();
    let mut entries = match &file {
        Some(path) => entries(path).map_err(Refused::Told)?,
        None => Vec::new(),
    };
    entries.retain(|entry| of.get_arguments().any(|arg| *arg.get_id() == entry.id));
    let line = completed(line, given, &entries);
    if let (SERVE, Some(form)) = (of.get_name(), given.try_get_one("print_config").ok().flatten()) {
        let settings = Settings::of(&of, given, file, entries);
        return Ok(Read::Listing(print::listing(*form, &settings)));
    }
    let matches =
        Arguments::command().try_get_matches_from(&line).map_err(|error| told(error, &of, given, file.as_deref(), &entries))?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    let settings = Settings::of(&of, given, file, entries);
    match &mut arguments.command {
        Asked::Serve(args) => args.settings = settings,
        Asked::Alert { command: AlertCommand::Test(args) } => args.settings = settings,
        _ => {}
    }
    Ok(Read::Arguments(Box::new(arguments)))
}

/// The command that was given, with its flags, if a file may complete what was said.
fn with_a_file(first: &ArgMatches) -> Option<(Command, &ArgMatches)> {
    match first.subcommand()? {
        (SERVE, given) => Some((serve(), given)),
        (command, given) if command == ALERT.0 => {
            let given = given.subcommand_matches(ALERT.1)?;
            let mut all = self::command();
            all.build();
            Some((all.find_subcommand(ALERT.0)?.find_subcommand(ALERT.1)?.clone(), given))
        }
        _ => None,
    }
}

/// An error about a value that no argument holds is about the environment, and is told without the value.
fn about_environment(error: &clap::Error, line: &[OsString]) -> Option<anyhow::Error> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = word.split([' ', '=']).next()?;
    let said = line.iter().any(|word| word.to_string_lossy().starts_with(flag));
    let serve = serve();
    let arg = serve.get_arguments().find(|arg| arg.get_long() == flag.strip_prefix("--"))?;
    let name = arg.get_env()?.to_string_lossy();
    let told = || anyhow::anyhow!("{name}: no value for {flag}; {}", check::instead(error, arg));
    (line.get(1).is_some_and(|word| word == SERVE) && !said && error.get(ContextKind::InvalidValue).is_some()).then(told)
}

fn plain(line: &[OsString]) -> Result<Read, Refused> {
    let matches = command().try_get_matches_from(line)?;
    Ok(Read::Arguments(Box::new(Arguments::from_arg_matches(&matches)?)))
}

/// All commands. A variable that is empty says nothing: that is how templates of deployments leave one out.
fn command() -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let heard = |arg: Arg| if arg.get_env().is_some_and(is_empty) { arg.env(None::<&'static str>) } else { arg };
    let of_alerts = |alert: Command| alert.mut_subcommand(ALERT.1, |test| test.mut_args(heard));
    Arguments::command().mut_subcommand(SERVE, |serve| serve.mut_args(heard)).mut_subcommand(ALERT.0, of_alerts)
}

/// All commands, `serve` without arguments that must be there.
fn relaxed() -> Command {
    command().mut_subcommand(SERVE, |serve| serve.mut_args(|arg| arg.required(false)))
}

/// `serve`, with its flags.
fn serve() -> Command {
    let mut all = command();
    all.build();
    all.find_subcommand(SERVE).cloned().unwrap_or_default()
}

fn entries(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration '{name}'"))?;
    Ok(check::entries(&name, &text, &serve())?)
}

/// The arguments with what only the file says at their end, as if it had been written there.
fn completed(mut line: Vec<OsString>, given: &ArgMatches, entries: &[Entry]) -> Vec<OsString> {
    for entry in entries.iter().filter(|entry| !is_given(given, &entry.id)) {
        line.extend(entry.words());
    }
    line
}

/// Whether the command line or the environment say it, and the file therefore does not.
fn is_given(given: &ArgMatches, id: &str) -> bool {
    matches!(given.value_source(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

/// An error about what stands in the file or the environment names that place instead of a flag that nobody wrote.
fn told(error: clap::Error, of: &Command, given: &ArgMatches, file: Option<&Path>, entries: &[Entry]) -> Refused {
    let settings = Settings::of(of, given, file.map(Path::to_owned), entries.to_vec());
    match settings.about(&error) {
        Some(told) => Refused::Told(told),
        None => Refused::Usage(error),
    }
}
