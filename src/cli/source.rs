//! Who is asked: a server, a store folder, or recorded traces that are judged first.

use super::args::{LoginArgs, SourceArgs};
use super::login::Login;
use super::remote::{self, Remote};
use super::{maps, progress};
use crate::app::{self, AnalyzeSettings, Limits};
use crate::catalogue::Catalogue;
use crate::query::Answers;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who is asked.
#[derive(Debug)]
pub(super) enum Source {
    /// A running server.
    Server(String, LoginArgs),
    /// A store folder.
    Store(PathBuf),
    /// Recorded traces.
    Files {
        /// What to recognise in them.
        catalogue: Box<Catalogue>,
        /// `-` is standard input.
        inputs: Vec<PathBuf>,
    },
}

/// Answers, and whether they stand on an analysis that had to judge early.
pub(super) struct Opened {
    pub(super) answers: Arc<dyn Answers>,
    pub(super) judged_early: bool,
    /// A server answers: time goes on.
    pub(super) live: bool,
}

impl Source {
    /// Tells capabilities from inputs among the words of a command: the first word is a capability, unless a map is given that
    /// does not know it.
    pub(super) fn resolve(args: SourceArgs, mut words: Vec<String>) -> anyhow::Result<(Self, Option<String>)> {
        if let Some(map) = &args.map {
            let catalogue = maps::read(map)?;
            let capability = take_capability(&mut words, |word| catalogue.position(word).is_some());
            return Ok((Self::files(catalogue, words)?, capability));
        }
        ensure!(words.len() <= 1, "'{}' is one word too many: one capability, or --map MAP and recorded traces", words[1]);
        Ok((Self::server_or_store(args), words.pop()))
    }

    /// The same where all words are inputs.
    pub(super) fn of_inputs(args: SourceArgs, inputs: Vec<String>) -> anyhow::Result<Self> {
        let Some(map) = &args.map else {
            ensure!(inputs.is_empty(), "'{}' can only be read with a map: --map MAP", inputs[0]);
            return Ok(Self::server_or_store(args));
        };
        Self::files(maps::read(map)?, inputs)
    }

    fn server_or_store(args: SourceArgs) -> Self {
        if let Some(folder) = args.store {
            return Self::Store(folder);
        }
        let told = || std::env::var("STEELTHREAD_SERVER").ok().filter(|url| !url.is_empty());
        Self::Server(args.server.or_else(told).unwrap_or_else(|| remote::DEFAULT.into()), args.login)
    }

    fn files(catalogue: Catalogue, words: Vec<String>) -> anyhow::Result<Self> {
        ensure!(!words.is_empty(), "--map needs recorded traces to judge; write at least one INPUT (- is standard input)");
        let inputs: Vec<_> = words.into_iter().map(PathBuf::from).collect();
        readable(&inputs)?;
        Ok(Self::Files { catalogue: Box::new(catalogue), inputs })
    }

    /// Makes it ready to be asked.
    pub(super) fn open(self) -> anyhow::Result<Opened> {
        let live = matches!(self, Self::Server(..));
        let answers: Arc<dyn Answers> = match self {
            Self::Server(url, login) => Arc::new(Remote::new(&url, Login::resolve(&login, |name| std::env::var(name).ok())?)?),
            Self::Store(folder) => app::open_store(&folder)?,
            Self::Files { catalogue, inputs } => return analyze(analysis(*catalogue, inputs)),
        };
        Ok(Opened { answers, judged_early: false, live })
    }
}

fn take_capability(words: &mut Vec<String>, known: impl Fn(&str) -> bool) -> Option<String> {
    let first_is_known = words.first().is_some_and(|word| known(word));
    first_is_known.then(|| words.remove(0))
}

/// An analysis that only answers questions.
pub(super) fn analysis(catalogue: Catalogue, inputs: Vec<PathBuf>) -> AnalyzeSettings {
    AnalyzeSettings { catalogue, inputs, store: None, verdicts: None, reference_path: false, limits: Limits::default() }
}

/// Reads and judges, with a progress bar and warnings on standard error.
pub(super) fn analyze(settings: AnalyzeSettings) -> anyhow::Result<Opened> {
    read_and_judge(settings, app::analyze)
}

/// The same, and each verdict line has its tree of hops.
pub(super) fn analyze_with_trees(settings: AnalyzeSettings) -> anyhow::Result<Opened> {
    read_and_judge(settings, app::analyze_with_trees)
}

type Analyze = fn(AnalyzeSettings, &mut dyn FnMut(app::Progress)) -> Result<app::Analysis, app::Error>;

fn read_and_judge(settings: AnalyzeSettings, analyze: Analyze) -> anyhow::Result<Opened> {
    let inputs: Vec<_> = settings.inputs.iter().map(|input| input.display().to_string()).collect();
    let mut bar = progress::Bar::default();
    let analysis = analyze(settings, &mut |progress| bar.show(progress));
    drop(bar);
    let analysis = analysis?;
    for warning in &analysis.warnings {
        super::say(&format!("warning: {warning}"));
    }
    ensure!(!analysis.nothing_read, "no span could be read from {}", inputs.join(", "));
    if analysis.judged_early {
        super::say(
            "warning: memory ran short, so that some traces were judged before all was read; 'analyze --open-trace-bytes SIZE' gives more",
        );
    }
    Ok(Opened { answers: analysis.answers, judged_early: analysis.judged_early, live: false })
}

/// Told before anything long begins.
pub(super) fn readable(inputs: &[PathBuf]) -> anyhow::Result<()> {
    for input in inputs.iter().filter(|input| *input != Path::new("-")) {
        let found = std::fs::metadata(input).with_context(|| format!("cannot read '{}'", input.display()))?;
        ensure!(!found.is_dir(), "cannot read '{}': it is a folder; name the files in it", input.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn told(args: SourceArgs, words: &[&str]) -> String {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Source::resolve(args, words).map_or_else(|error| format!("{error:#}"), |found| format!("{found:?}"))
    }

    #[test]
    fn the_first_word_is_a_capability_only_if_the_map_knows_it() {
        let mut words = vec!["book-flight".to_owned(), "day.jsonl".to_owned()];
        assert_eq!(take_capability(&mut words, |word| word == "book-flight").as_deref(), Some("book-flight"));
        assert_eq!(take_capability(&mut words, |word| word == "book-flight"), None);
        assert_eq!(words, ["day.jsonl"]);
    }

    #[test]
    fn a_store_and_a_server_are_asked_where_they_are() {
        let store = SourceArgs { store: Some("counts".into()), ..SourceArgs::default() };
        assert_eq!(told(store, &["search"]), "(Store(\"counts\"), Some(\"search\"))");
        let server = SourceArgs { server: Some("http://there:1".into()), ..SourceArgs::default() };
        assert!(told(server, &[]).starts_with("(Server(\"http://there:1\", "));
    }

    #[test]
    fn words_that_cannot_be_understood_are_told() {
        let server = || SourceArgs { server: Some("http://there:1".into()), ..SourceArgs::default() };
        assert!(told(server(), &["search", "day.jsonl"]).contains("'day.jsonl' is one word too many"));
        let error = Source::of_inputs(server(), vec!["day.jsonl".into()]).unwrap_err().to_string();
        assert!(error.contains("only be read with a map"), "{error}");
        let map = SourceArgs { map: Some("/nowhere/map.yaml".into()), ..SourceArgs::default() };
        assert!(told(map, &["day.jsonl"]).starts_with("cannot read the map '/nowhere/map.yaml': "));
        let folder = std::env::temp_dir();
        assert!(readable(&[folder]).unwrap_err().to_string().contains("it is a folder"));
        assert!(readable(&["-".into()]).is_ok());
    }
}
