//! Every setting with its value and where that comes from.

use super::check::{as_key, is_key, without};
use super::file::Entry;
use crate::catalogue::Problems;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::path::PathBuf;

/// Who says a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The command line.
    Flag,
    /// The environment, by this name.
    Environment(String),
    /// A file.
    File {
        /// `FILE:LINE`.
        line: String,
        /// `FILE:LINE:COLUMN`.
        place: String,
    },
    /// Nobody.
    Default,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The flag without dashes at its front.
    pub(super) flag: String,
    /// As written; nothing if it is not set and has no default that could be written.
    pub(super) values: Vec<String>,
    /// It may be given more than once.
    pub(super) is_list: bool,
    /// It is there or not.
    pub(super) is_switch: bool,
    /// Who says so.
    pub(super) origin: Origin,
    /// What its help says holds if nobody says anything.
    pub(super) usual: Option<String>,
}

impl Setting {
    /// Its key in a file.
    pub(super) fn key(&self) -> String {
        as_key(&self.flag)
    }
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Settings {
    /// In the order of the help.
    pub(super) all: Vec<Setting>,
    /// What was read.
    pub(super) file: Option<PathBuf>,
}

impl Settings {
    /// From what was given on the command line and in the environment, and what the file says.
    pub(super) fn of(serve: &Command, given: &ArgMatches, file: Option<PathBuf>, entries: Vec<Entry>) -> Self {
        let all = serve.get_arguments().filter(|arg| is_key(arg)).map(|arg| setting(arg, given, &entries)).collect();
        Self { all, file }
    }

    fn of_flag(&self, told: &str) -> Option<&Setting> {
        let end = told.find(|one: char| !one.is_ascii_alphanumeric() && one != '-').unwrap_or(told.len());
        let flag = told.get(..end)?.strip_prefix("--")?;
        self.all.iter().find(|setting| setting.flag == flag)
    }

    /// An error that begins with a flag gets the place of the file, or the name in the environment, where it was said, and does not
    /// repeat what was said there.
    pub(in crate::cli) fn placed(&self, error: anyhow::Error) -> anyhow::Error {
        let told = format!("{error:#}");
        let Some(setting) = self.of_flag(&told) else { return error };
        let discreet = || setting.values.iter().fold(told.clone(), |told, value| without(&told, value));
        match &setting.origin {
            Origin::File { place, .. } => Problems(vec![format!("{place}: {}", discreet())]).into(),
            Origin::Environment(name) => anyhow::anyhow!("{name}: {}", discreet()),
            Origin::Flag | Origin::Default => error,
        }
    }

    /// What to tell instead of an error of the parser, if it is about something that no flag has said.
    pub(super) fn about(&self, error: &clap::Error) -> Option<anyhow::Error> {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        let word = text(ContextKind::InvalidArg)?;
        let setting = self.of_flag(&word)?;
        if matches!(setting.origin, Origin::Flag | Origin::Default) {
            return None;
        }
        let rendered = error.render().to_string();
        let first = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Some(self.placed(anyhow::anyhow!("--{}: {first}; 'steelthread serve --help' says more", setting.flag)))
    }
}

fn setting(arg: &Arg, given: &ArgMatches, entries: &[Entry]) -> Setting {
    let id = arg.get_id().as_str();
    let is_switch = !arg.get_action().takes_values();
    let flag = arg.get_long().unwrap_or_default().to_owned();
    let usual = usual(arg);
    let told = |given: &ArgMatches| match is_switch {
        true => vec![given.get_flag(id).to_string()],
        false => given.get_raw(id).map(|raw| raw.map(|it| it.to_string_lossy().into_owned()).collect()).unwrap_or_default(),
    };
    let (values, origin) = match (given.value_source(id), entries.iter().find(|entry| entry.id == id)) {
        (Some(ValueSource::CommandLine), _) => (told(given), Origin::Flag),
        (Some(ValueSource::EnvVariable), _) => {
            let name = arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            (told(given), Origin::Environment(name))
        }
        (_, Some(entry)) => (entry.values.clone(), Origin::File { line: entry.line.clone(), place: entry.place.clone() }),
        (Some(_), None) => (told(given), Origin::Default),
        // A default that is not the parser's to know stands in the help; one word of it can be written, a sentence cannot.
        (None, None) => (usual.iter().filter(|it| !it.contains(' ')).cloned().collect(), Origin::Default),
    };
    Setting { flag, values, is_list: matches!(arg.get_action(), clap::ArgAction::Append), is_switch, origin, usual }
}

/// What stands in the help as `[default: …]`.
fn usual(arg: &Arg) -> Option<String> {
    let help = arg.get_help()?.to_string();
    let (_, rest) = help.rsplit_once("[default: ")?;
    rest.split_once(']').map(|(usual, _)| usual.to_owned())
}
