//! How things are kept, as written, becomes settings.

use super::args::{RetentionArgs, StoreArgs};
use super::limits::size;
use crate::app::{Durability, Opening, Retention};
use crate::query::parse_length;
use anyhow::{Context, bail, ensure};

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

/// What was not given is as the specification says.
pub(super) fn retention(args: &RetentionArgs) -> anyhow::Result<Retention> {
    let usual = Retention::default();
    let kept = |flag: &'static str, text: &Option<String>, usual: u64| {
        text.as_deref().map_or(Ok(usual), |text| parse_length(text).context(flag))
    };
    let retention = Retention {
        slices_ns: kept("--keep-10s", &args.keep_10s, usual.slices_ns)?,
        minutes_ns: kept("--keep-1m", &args.keep_1m, usual.minutes_ns)?,
        hours_ns: kept("--keep-1h", &args.keep_1h, usual.hours_ns)?,
        days_ns: kept("--keep-1d", &args.keep_1d, usual.days_ns)?,
    };
    let lengths = [
        ("--keep-10s", retention.slices_ns),
        ("--keep-1m", retention.minutes_ns),
        ("--keep-1h", retention.hours_ns),
        ("--keep-1d", retention.days_ns),
    ];
    for pair in lengths.windows(2) {
        let ((finer, finer_ns), (coarser, coarser_ns)) = (pair[0], pair[1]);
        ensure!(
            finer_ns <= coarser_ns,
            "{finer} is longer than {coarser}, but longer windows are made of shorter ones and outlive them; write a longer {coarser}"
        );
    }
    Ok(retention)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn args(durability: &str, bytes: &str) -> StoreArgs {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        StoreArgs { durability: given(durability), journal_bytes: given(bytes), ..StoreArgs::default() }
    }

    #[test]
    fn what_is_not_given_is_as_usual() {
        let journal = journal(&args("", ""), 64 << 20).unwrap();
        assert_eq!((journal.durability, journal.most_bytes), (Durability::Os, 10 << 30));
    }

    #[test]
    fn shorter_windows_do_not_outlive_longer_ones() {
        let kept = |keep_10s: &str, keep_1m: &str| {
            let (keep_10s, keep_1m) = (Some(keep_10s.to_owned()), Some(keep_1m.to_owned()));
            retention(&RetentionArgs { keep_10s, keep_1m, ..RetentionArgs::default() })
        };
        assert_eq!(kept("1h", "90d").unwrap().minutes_ns, 90 * 86_400_000_000_000);
        assert!(kept("31d", "30d").unwrap_err().to_string().starts_with("--keep-10s is longer than --keep-1m"));
        assert!(format!("{:#}", kept("soon", "30d").unwrap_err()).starts_with("--keep-10s: 'soon' is no length of time"));
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
