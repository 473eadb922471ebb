//! Addresses made of text of others. A link is the one place where escaping is not enough: `javascript:` needs no angle bracket.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a part of a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A part of a path.
pub fn part(text: &str) -> String {
    // These two are folded away by whoever follows the link, however they are written.
    if text == "." || text == ".." { String::new() } else { utf8_percent_encode(text, PLAIN).to_string() }
}

/// The page of a capability.
pub fn capability(id: &str) -> String {
    format!("/c/{}", part(id))
}

/// The page of an incident.
pub fn incident(id: &str) -> String {
    format!("/incidents/{}", part(id))
}

/// The page of a trace.
pub fn trace(trace_id: &str) -> String {
    format!("/trace/{}", part(trace_id))
}

/// The address, if it can do nothing but lead somewhere by HTTP: `https`, `http`, or a path of this server.
pub fn safe(address: &str) -> Option<&str> {
    let lower = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    let leads_out = lower.starts_with("https://") || lower.starts_with("http://");
    let is_path = address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    let is_clean = !address.chars().any(|one| one.is_control() || one.is_whitespace());
    (is_clean && (leads_out || is_path)).then_some(address)
}

/// The address of a trace at somebody else's, from a template with `{trace_id}` in it. Ids that are none lead nowhere.
pub fn of_trace(template: &str, trace_id: &str) -> Option<String> {
    let is_id = trace_id.len() == 32 && trace_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let address = is_id.then(|| template.replace("{trace_id}", trace_id))?;
    safe(&address).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_and_own_paths_are_followed() {
        for good in ["https://jaeger.example/trace/1", "HTTP://x", "/trace/1?last=1h", "/"] {
            assert_eq!(safe(good), Some(good));
        }
        let bad =
            ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "", "x"];
        for bad in
            bad.into_iter().chain([" https://x", "java\nscript:alert(1)", "https://x\u{0}", "/a\nb", "ftp://x", "vbscript:x"])
        {
            assert_eq!(safe(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_part_of_a_path_stays_one() {
        assert_eq!(capability("book-flight"), "/c/book-flight");
        assert_eq!(part("a/b?c#d e<é"), "a%2Fb%3Fc%23d%20e%3C%C3%A9");
        assert_eq!(part(".."), "");
    }

    #[test]
    fn only_an_id_gets_into_a_template() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(of_trace("https://j/trace/{trace_id}", id), Some(format!("https://j/trace/{id}")));
        assert_eq!(of_trace("https://j/trace/{trace_id}", "x/../y"), None);
        assert_eq!(of_trace("javascript:{trace_id}", id), None);
    }
}
