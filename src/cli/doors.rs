//! Limits of connections and senders, as written, become limits.

use super::args::DoorArgs;
use super::limits::{number, size, wait};
use crate::app::ConnectionLimits;
use anyhow::Context;

/// What was not given is as usual.
pub(super) fn connections(args: &DoorArgs) -> anyhow::Result<ConnectionLimits> {
    let usual = ConnectionLimits::default();
    let head = wait("--header-timeout", args.header_timeout.as_deref(), usual.head)?;
    Ok(ConnectionLimits {
        connections: number("--connections", args.connections, usual.connections)?,
        handshake: head,
        head,
        pause: wait("--pause-timeout", args.pause_timeout.as_deref(), usual.pause)?,
        body: wait("--body-timeout", args.body_timeout.as_deref(), usual.body)?,
        idle: wait("--idle-timeout", args.idle_timeout.as_deref(), usual.idle)?,
        streams: small("--streams-per-connection", args.streams_per_connection.map(|number| number as usize), usual.streams)?,
        head_bytes: match &args.header_bytes {
            Some(text) => small("--header-bytes", Some(size("--header-bytes", text)?), usual.head_bytes)?,
            None => usual.head_bytes,
        },
    })
}

/// `None`: as much as it likes.
pub(super) fn sender_bytes_per_second(args: &DoorArgs) -> anyhow::Result<Option<u64>> {
    let flag = "--sender-bytes-per-second";
    args.sender_bytes_per_second.as_deref().map(|text| size(flag, text).map(|bytes| bytes as u64)).transpose()
}

fn small(flag: &'static str, given: Option<usize>, usual: u32) -> anyhow::Result<u32> {
    let given = number(flag, given, usual as usize)?;
    u32::try_from(given).with_context(|| format!("{flag}: {given} is more than can be kept to; write a smaller number"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_not_given_is_as_usual() {
        assert_eq!(connections(&DoorArgs::default()).unwrap(), ConnectionLimits::default());
        assert_eq!(sender_bytes_per_second(&DoorArgs::default()).unwrap(), None);
    }

    #[test]
    fn what_is_given_holds() {
        let args = DoorArgs {
            connections: Some(9),
            header_bytes: Some("8KiB".into()),
            header_timeout: Some("2s".into()),
            sender_bytes_per_second: Some("10MiB".into()),
            ..DoorArgs::default()
        };
        let limits = connections(&args).unwrap();
        assert_eq!((limits.connections, limits.head_bytes, limits.head), (9, 8192, Duration::from_secs(2)));
        assert_eq!(sender_bytes_per_second(&args).unwrap(), Some(10 << 20));
    }

    #[test]
    fn nonsense_is_refused_with_its_flag() {
        let told = |args: DoorArgs| format!("{:#}", connections(&args).unwrap_err());
        assert!(told(DoorArgs { connections: Some(0), ..DoorArgs::default() }).contains("--connections"));
        assert!(told(DoorArgs { header_bytes: Some("8GiB".into()), ..DoorArgs::default() }).contains("--header-bytes"));
        assert!(told(DoorArgs { idle_timeout: Some("soon".into()), ..DoorArgs::default() }).contains("--idle-timeout"));
    }
}
