//! Texts as YAML writes them.

use std::fmt::Write as _;

/// A scalar that is read back as this very text: plain where that is safe, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Words that a reader may take for something else than text are quoted, and so are numbers.
fn is_plain(text: &str) -> bool {
    const OTHERWISE: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let inside = |one: char| one.is_ascii_alphanumeric() || "-_./ %".contains(one);
    text.starts_with(|one: char| one.is_ascii_alphabetic())
        && text.chars().all(inside)
        && !text.ends_with(' ')
        && !OTHERWISE.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for one in text.chars() {
        match one {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Line ends of Unicode and the mark of byte order are not always taken for text.
            _ if one.is_control() || ['\u{2028}', '\u{2029}', '\u{feff}'].contains(&one) => {
                let _ = write!(out, "\\u{:04x}", one as u32);
            }
            _ => out.push(one),
        }
    }
    out.push('"');
    out
}

/// A list on one line.
pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(scalar).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalogue::document::{Body, Findings, read};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back_as_the_same_text(text in "(\\PC|[\\x00-\\x7f]){0,12}") {
            let mut findings = Findings::new("x");
            let node = read(&format!("a: {}\nb: [{}]\n", scalar(&text), scalar(&text)), &mut findings);
            prop_assert!(findings.is_empty(), "{:?}", findings.into_problems());
            let Body::Map(entries) = node.unwrap().body else { panic!("no mapping") };
            prop_assert_eq!(&entries[0].1.body, &Body::Text(text.clone()));
            let Body::List(list) = &entries[1].1.body else { panic!("no list") };
            prop_assert_eq!(&list[0].body, &Body::Text(text));
        }
    }
}
