//! Reading maps.

use crate::catalogue::{self, Catalogue};
use anyhow::Context;
use std::path::Path;

/// Reads and compiles a map. Whoever needs one refuses the same maps with the same text.
pub(super) fn read(path: &Path) -> anyhow::Result<Catalogue> {
    let text = std::fs::read(path).with_context(|| format!("cannot read the map '{}'", path.display()))?;
    let text = String::from_utf8(text).with_context(|| format!("the map '{}' is not UTF-8 text", path.display()))?;
    Ok(catalogue::parse(&path.display().to_string(), &text)?)
}
