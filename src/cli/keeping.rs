//! How things are kept, as written, becomes settings.

use super::args::StoreArgs;
use super::limits::size;
use crate::app::{Durability, Opening};
use anyhow::{bail, ensure};

/// A journal must hold the largest message, and some room to go on while old ones are worked off.
const LEAST_BYTES: u64 = 256 << 20;

/// What was not given is as usual.
pub(super) fn journal(args: &StoreArgs, message_bytes: usize) -> anyhow::Result<Opening> {
    let usual = Opening::default();
    let durability = match args.durability.as_deref() {
        None => usual.durability,
        Some("fsync") => Durability::Fsync,
        Some("os") => Durability::Os,
        Some("none") => Durability::None,
        Some(other) => bail!("--durability: '{other}' is not known; write fsync, os or none"),
    };
    let most_bytes = match &args.journal_bytes {
        None => usual.most_bytes,
        Some(text) => size("--journal-bytes", text)? as u64,
    };
    let least = LEAST_BYTES.max(4 * message_bytes as u64);
    ensure!(
        most_bytes >= least,
        "--journal-bytes: {most_bytes} bytes are too few; write at least {}MiB, or allow only smaller messages (--message-bytes)",
        least.div_ceil(1 << 20)
    );
    Ok(Opening { durability, most_bytes, ..usual })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn args(durability: &str, bytes: &str) -> StoreArgs {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        StoreArgs { durability: given(durability), journal_bytes: given(bytes) }
    }

    #[test]
    fn what_is_not_given_is_as_usual() {
        let journal = journal(&args("", ""), 64 << 20).unwrap();
        assert_eq!((journal.durability, journal.most_bytes), (Durability::Os, 10 << 30));
    }

    #[test]
    fn what_cannot_be_is_told_with_what_can() {
        let told = |durability, bytes| journal(&args(durability, bytes), 64 << 20).unwrap_err().to_string();
        assert_eq!(told("always", ""), "--durability: 'always' is not known; write fsync, os or none");
        assert!(
            told("", "1MiB").starts_with("--journal-bytes: 1048576 bytes are too few; write at least 256MiB"),
            "{}",
            told("", "1MiB")
        );
        assert_eq!(journal(&args("fsync", "1GiB"), 64 << 20).unwrap().most_bytes, 1 << 30);
    }
}
