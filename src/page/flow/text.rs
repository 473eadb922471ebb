//! Text of others in a drawing, where nothing wraps: cut to the room that there is, and in a direction of its own.

/// As much of a text as fits into so many pixels, with an ellipsis where it was cut. `letter` is the width of a usual letter.
///
/// A server knows no fonts: narrow and wide letters are told apart, and those of scripts that are written wide count for two.
pub fn fitting(text: &str, room: f64, letter: f64) -> String {
    let wide = |one: char| match one {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | '[' | ']' | ' '
        | '/' | '-' => 0.56,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '\u{2026}' => 1.5,
        one if one.is_ascii_uppercase() || one == '_' => 1.18,
        one if one.is_ascii() => 1.0,
        one if (one as u32) < 0x1100 => 1.1,
        _ => 1.9,
    };
    let whole: f64 = text.chars().take(400).map(wide).sum::<f64>() * letter;
    if whole <= room && text.chars().nth(400).is_none() {
        return text.to_owned();
    }
    let mut left = room / letter - wide('\u{2026}');
    let fits = |one: &char| {
        left -= wide(*one);
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}\u{2026}", kept.trim_end())
}

/// A name of somebody else's inside a sentence: what turns round in it turns round nothing else. At most 200 letters of it.
pub fn isolated(text: &str) -> String {
    let kept: String = text.chars().take(200).collect();
    let end = if kept.len() < text.len() { "\u{2026}" } else { "" };
    if text.is_ascii() { format!("{kept}{end}") } else { format!("\u{2068}{kept}{end}\u{2069}") }
}
