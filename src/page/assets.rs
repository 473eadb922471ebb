//! Style, script and icon: part of the binary, under a name that holds a hash of what is in them, so that they can be kept for ever.

/// A file that pages refer to.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// How it begins and ends; the hash stands between.
    name: (&'static str, &'static str),
    hash: u64,
    /// Its media type.
    pub kind: &'static str,
    /// What is in it.
    pub text: &'static str,
}

impl Asset {
    const fn new(name: (&'static str, &'static str), kind: &'static str, text: &'static str) -> Self {
        Self { name, hash: hash(text.as_bytes()), kind, text }
    }

    /// Where it is found.
    pub fn path(&self) -> String {
        format!("/assets/{}", self.file())
    }

    fn file(&self) -> String {
        format!("{}-{:016x}{}", self.name.0, self.hash, self.name.1)
    }
}

/// How everything looks.
pub(super) const STYLE: Asset =
    Asset::new(("page", ".css"), "text/css; charset=utf-8", concat!(include_str!("style.css"), include_str!("pictures.css")));
/// What only a script can do.
pub(super) const SCRIPT: Asset = Asset::new(
    ("page", ".js"),
    "text/javascript; charset=utf-8",
    concat!(include_str!("script.js"), include_str!("dragging.js")),
);
/// Three stations on a line.
pub(super) const ICON: Asset = Asset::new(("icon", ".svg"), "image/svg+xml", include_str!("icon.svg"));

/// The file of this name; of another version there is none.
pub fn asset(file: &str) -> Option<Asset> {
    [STYLE, SCRIPT, ICON].into_iter().find(|asset| asset.file() == file)
}

/// FNV-1a: the same on every machine, and known when the program is built.
const fn hash(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_under_its_hash_alone() {
        let path = STYLE.path();
        let file = path.trim_start_matches("/assets/");
        assert_eq!(asset(file).map(|found| found.text), Some(STYLE.text));
        assert!(asset("page.css").is_none() && asset("page-0000000000000000.css").is_none());
        // The published test value of FNV-1a.
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn style_and_script_are_small() {
        for asset in [STYLE, SCRIPT] {
            assert!(asset.text.len() < 16_000, "{} has {} bytes", asset.path(), asset.text.len());
        }
    }
}
