//! `export` and `import`: what other tools read and write.

use super::args::{ExportArgs, ExportKind, ImportKind};
use super::exit::Ended;
use super::{maps, output, say};
use crate::app;
use crate::catalogue::Catalogue;
use crate::exchange::{Carried, export_openslo, export_prometheus_rules, import_openslo};
use anyhow::{Context, bail};
use std::io::Read;
use std::path::Path;

pub(super) fn export(args: &ExportArgs) -> anyhow::Result<Ended> {
    let (file, map) = map_of(args)?;
    told(&match args.what {
        ExportKind::Openslo => export_openslo(&file, &map),
        ExportKind::PrometheusRules => export_prometheus_rules(&file, &map),
    })
}

pub(super) fn import(what: ImportKind, file: &Path) -> anyhow::Result<Ended> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.with_context(|| format!("cannot read '{}'", file.display()))?;
    match what {
        ImportKind::Openslo => told(&import_openslo(&file.display().to_string(), &text)?),
    }
}

/// The map, and the name that its places are told under.
fn map_of(args: &ExportArgs) -> anyhow::Result<(String, Catalogue)> {
    match (&args.map, &args.store) {
        (Some(file), _) => Ok((file.display().to_string(), maps::read(file)?)),
        (None, Some(folder)) => Ok((format!("the map in {}", folder.display()), app::map_of_store(folder)?)),
        (None, None) => bail!("of which map? write --map MAP, or --store DIR for the one that a store holds"),
    }
}

/// What was carried over to standard output, what was not to standard error.
fn told(carried: &Carried) -> anyhow::Result<Ended> {
    for line in &carried.lost {
        say(line);
    }
    output::print(&carried.text)?;
    Ok(Ended::Done)
}
