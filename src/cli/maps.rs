//! Reading maps.

use crate::app::MapFile;
use crate::catalogue::{self, Catalogue};
use crate::query::parse_length;
use anyhow::Context;
use std::path::Path;
use std::time::Duration;

/// Reads and compiles a map. Whoever needs one refuses the same maps with the same text.
pub(super) fn read(path: &Path) -> anyhow::Result<Catalogue> {
    let text = std::fs::read(path).with_context(|| format!("cannot read the map '{}'", path.display()))?;
    let text = String::from_utf8(text).with_context(|| format!("the map '{}' is not UTF-8 text", path.display()))?;
    Ok(catalogue::parse(&path.display().to_string(), &text)?)
}

/// How often a map is looked at when nothing else is said.
const POLL: Duration = Duration::from_secs(2);

/// The map's file as it is looked at while a server runs. `poll` is `off`, or a length of time.
pub(super) fn watched(path: &Path, poll: Option<&str>) -> anyhow::Result<MapFile> {
    let poll = match poll {
        None => Some(POLL),
        Some(text) if text.trim().eq_ignore_ascii_case("off") => None,
        Some(text) => {
            let every = parse_length(text).context("--map-poll takes off, or how often to look whether the map has changed")?;
            Some(Duration::from_nanos(every))
        }
    };
    Ok(MapFile { path: path.into(), poll, ..MapFile::default() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_map_is_looked_at_every_two_seconds_unless_told_otherwise() {
        let poll = |text: Option<&str>| watched(Path::new("map.yaml"), text).map(|file| file.poll);
        assert_eq!(poll(None).unwrap(), Some(Duration::from_secs(2)));
        assert_eq!(poll(Some("500ms")).unwrap(), Some(Duration::from_millis(500)));
        assert_eq!(poll(Some("off")).unwrap(), None);
        for text in ["", "never", "0s", "-1s"] {
            let told = format!("{:#}", poll(Some(text)).unwrap_err());
            assert!(told.starts_with("--map-poll takes off, or "), "{told}");
        }
    }
}
