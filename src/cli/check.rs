//! `check`: maps, with all their problems.

use super::exit::Ended;
use super::{maps, output, say};
use crate::app;
use crate::catalogue::{Catalogue, Problems};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

pub(super) fn run(paths: &[PathBuf]) -> Result<Ended> {
    let mut problems = Vec::new();
    for path in paths {
        match maps::read(path) {
            Ok(catalogue) => {
                // What a right map will not do is talk: the map is used all the same.
                for line in app::warnings(&path.display().to_string(), &catalogue) {
                    say(&line);
                }
                output::print(&fine(path, &catalogue))?;
            }
            Err(error) => match error.downcast::<Problems>() {
                Ok(found) => problems.extend(found.0),
                Err(error) => problems.push(format!("{}: {error:#}", path.display())),
            },
        }
    }
    if problems.is_empty() { Ok(Ended::Done) } else { bail!(Problems(problems)) }
}

fn fine(path: &Path, catalogue: &Catalogue) -> String {
    let all = catalogue.capabilities();
    let threads: usize = all.iter().map(|one| one.threads.len()).sum();
    let hops: usize = all.iter().map(|one| one.hops.len()).sum();
    let counted = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    format!(
        "{}: ok, {}, {}, {}\n",
        path.display(),
        counted(all.len(), "capability", "capabilities"),
        counted(threads, "thread", "threads"),
        counted(hops, "mapped hop", "mapped hops")
    )
}
