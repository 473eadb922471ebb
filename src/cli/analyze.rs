//! `analyze`: recorded traces, judged; then their status.

use super::args::{AnalyzeArgs, CriticalPath, Format, WaitArgs};
use super::exit::Ended;
use super::output::{self, Look};
use super::{hops, limits, maps, source, status};
use crate::app::AnalyzeSettings;
use crate::query::{Answers, CapabilityStatus, HopsQuestion, StatusQuestion};
use std::fmt::Write;
use std::path::Path;

/// Hops of a capability, and capabilities, of which the worst hops are shown under the status.
const HOPS: usize = 5;
const CAPABILITIES: usize = 10;

pub(super) fn run(args: AnalyzeArgs) -> anyhow::Result<Ended> {
    let format = args.output.output;
    let settings = resolve(args)?;
    let out_is_taken = settings.verdicts.as_deref() == Some(Path::new("-"));
    let opened = source::analyze(settings)?;
    if out_is_taken {
        super::say(report(&*opened.answers, format, Look::PLAIN)?.trim_end());
    } else {
        output::print(&report(&*opened.answers, format, Look::of_stdout())?)?;
    }
    Ok(if opened.judged_early { Ended::No } else { Ended::Done })
}

fn resolve(args: AnalyzeArgs) -> anyhow::Result<AnalyzeSettings> {
    let limits = limits::resolve(&WaitArgs::default(), &args.sizes)?;
    let catalogue = maps::read(&args.map)?;
    source::readable(&args.inputs)?;
    Ok(AnalyzeSettings {
        catalogue,
        inputs: args.inputs,
        store: args.store,
        verdicts: args.verdicts,
        reference_path: args.critical_path == CriticalPath::Reference,
        limits,
    })
}

/// The status; as a table with the worst hops below it.
pub(super) fn report(answers: &dyn Answers, format: Format, look: Look) -> anyhow::Result<String> {
    let status = answers.status(&StatusQuestion::default())?;
    let mut text = output::render(format, &status, |status| status::table(status, look), status::rows)?;
    if format == Format::Table {
        let broken: Vec<_> = status.capabilities.iter().filter(|one| one.failed.0 > 0.0).collect();
        for one in broken.iter().take(CAPABILITIES) {
            worst(&mut text, answers, one, look)?;
        }
        if broken.len() > CAPABILITIES {
            let _ = writeln!(text, "\n{} more capabilities have failures: ask with hops CAP", broken.len() - CAPABILITIES);
        }
    }
    Ok(text)
}

fn worst(text: &mut String, answers: &dyn Answers, one: &CapabilityStatus, look: Look) -> anyhow::Result<()> {
    let question = HopsQuestion { capability: Some(one.id.clone()), ..HopsQuestion::default() };
    let mut answer = answers.hops(&question)?;
    answer.hops.retain(|hop| hop.failures.0 > 0.0);
    let more = answer.hops.len().saturating_sub(HOPS);
    let whole = hops::below(&answer);
    answer.hops.truncate(HOPS);
    let _ = write!(text, "\nworst hops of {}\n{}", one.id, hops::only_table(&answer, look));
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
    text.push_str(whole.lines().find(|line| !line.is_empty()).unwrap_or_default());
    text.push('\n');
    Ok(())
}
