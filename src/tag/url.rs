//! Host and path of a URL, read in place.

use memchr::{memchr, memchr2, memrchr};

/// The parts of a URL that count here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Url<'a> {
    /// Without user, port and brackets; empty if there is none.
    pub host: &'a [u8],
    /// Without query and fragment.
    pub path: &'a [u8],
}

impl<'a> Url<'a> {
    /// Reads what can be read. What has no scheme has no host either: it could be a path as well.
    pub fn read(url: &'a [u8]) -> Self {
        // The query goes first: another URL may be in it.
        let url = &url[..memchr2(b'?', b'#', url).unwrap_or(url.len())];
        let scheme = memchr(b':', url).map_or(0, |colon| colon + 1);
        let Some(rest) = [scheme, 0].into_iter().find_map(|from| url[from..].strip_prefix(b"//")) else {
            return Self { host: b"", path: url };
        };
        let (authority, path) = rest.split_at(memchr(b'/', rest).unwrap_or(rest.len()));
        Self { host: host_in(authority), path: if path.is_empty() { b"/" } else { path } }
    }
}

fn host_in(authority: &[u8]) -> &[u8] {
    let host = memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..]);
    if let Some(in_brackets) = host.strip_prefix(b"[") {
        return memchr(b']', in_brackets).map_or(in_brackets, |end| &in_brackets[..end]);
    }
    memchr(b':', host).map_or(host, |end| &host[..end])
}
