//! Figures, times and names as people read them (spec 8.4).
//!
//! Spaces inside a figure are narrow and do not break. Percentages are cut, never rounded up: 99.94 % is not a goal of 99.95 %.

use crate::query::{Count, LostValue};
use maud::{Markup, html};

/// What stands where there is nothing to tell.
pub const NOTHING: &str = "–";

/// A narrow space at which no line breaks.
const THIN: char = '\u{202f}';

/// Most characters of a name that are shown in a row; the whole is told beside it.
const LONG: usize = 60;

/// Most characters of a sentence.
const MOST_TEXT: usize = 600;

/// A count: whole, with thin spaces in thousands. A weighted one that is small keeps a digit.
pub fn count(count: Count) -> String {
    let number = count.0;
    let has_digit = number.abs() < 100.0 && (number * 10.0).round() % 10.0 != 0.0;
    if has_digit { format!("{number:.1}") } else { grouped(number) }
}

/// A whole number with thin spaces in thousands.
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut told = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(THIN);
        }
        told.push(digit);
    }
    if number <= -0.5 { format!("\u{2212}{told}") } else { told }
}

/// A share of 0 to 1 with so many digits, cut off.
pub fn percent(share: Option<f64>, digits: usize) -> String {
    let Some(share) = share else { return NOTHING.into() };
    let scale = 10_f64.powi(digits as i32);
    // A hair, so that 0.29 (in binary a little less) is 29 and not 28.
    let cut = (share.abs() * 100.0 * scale + 1e-6).floor() / scale;
    let sign = if share < 0.0 && cut > 0.0 { "\u{2212}" } else { "" };
    let whole = grouped(cut.trunc());
    let told = if digits == 0 { whole } else { format!("{whole}{}", &format!("{:.digits$}", cut.fract())[1..]) };
    format!("{sign}{told}{THIN}%")
}

/// A part of a whole, rounded to whole percents; but only the whole is 100 %, and only nothing is 0 %.
pub fn part(share: Option<f64>) -> String {
    let Some(share) = share else { return NOTHING.into() };
    match (share * 100.0).round() {
        rounded if rounded >= 100.0 && share < 1.0 => format!("over 99{THIN}%"),
        rounded if rounded <= 0.0 && share > 0.0 => format!("under 1{THIN}%"),
        rounded => format!("{rounded:.0}{THIN}%"),
    }
}

/// Digits of a target such as 0.9995 (99.95 %).
pub fn digits_of(target: f64) -> usize {
    let text = format!("{:.6}", target * 100.0);
    text.trim_end_matches('0').split_once('.').map_or(0, |(_, digits)| digits.len())
}

/// A goal, as it is written in the map.
pub fn goal(target: f64) -> String {
    percent(Some(target), digits_of(target))
}

/// Milliseconds with three digits that matter, or more: `4.21 ms`, `1 240 ms`, `12.4 s`.
pub fn ms(ms: Option<f64>) -> String {
    match ms {
        None => NOTHING.into(),
        Some(ms) if ms < 9_999.5 => format!("{}{THIN}ms", three(ms)),
        Some(ms) if ms < 600_000.0 => format!("{}{THIN}s", three(ms / 1000.0)),
        Some(ms) => lasting(ms / 1000.0),
    }
}

fn three(number: f64) -> String {
    match number {
        _ if number == 0.0 => "0".into(),
        _ if number < 9.995 => format!("{number:.2}"),
        _ if number < 99.95 => format!("{number:.1}"),
        _ => grouped(number),
    }
}

/// A length of time of so many seconds in its two largest units: `29 min`, `3 h 12 min`, `2 d 4 h`.
pub fn lasting(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60);
    let told = |large: u64, unit: &str, small: u64, next: &str| match small {
        0 => format!("{large}{THIN}{unit}"),
        _ => format!("{large}{THIN}{unit} {small}{THIN}{next}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{whole}{THIN}s"),
        (0, 0, _) => told(minutes, "min", 0, ""),
        (0, _, _) => told(hours, "h", minutes, "min"),
        _ => told(days, "d", hours, "h"),
    }
}

/// So many in a minute.
pub fn a_minute(count: Count, seconds: f64) -> String {
    let rate = if seconds > 0.0 { count.0 * 60.0 / seconds } else { 0.0 };
    let told = if rate > 0.0 && rate < 9.95 { format!("{rate:.1}") } else { grouped(rate) };
    format!("{told}{THIN}/min")
}

/// A moment in RFC 3339, as text of a time element: the script tells it in local time where that is asked for.
pub fn moment(text: &str) -> Markup {
    html! { time datetime=(text) { (told_moment(text)) } }
}

/// `2026-09-01 11:20:00 UTC`; what is no moment as it is.
pub fn told_moment(text: &str) -> String {
    let Some((day, rest)) = text.split_once('T') else { return text.into() };
    let Some(clock) = rest.strip_suffix('Z') else { return text.into() };
    format!("{day} {} UTC", clock.split('.').next().unwrap_or(clock))
}

/// A moment of today or of a day nearby, for where there is little room: `11:20 UTC`.
pub fn clock(text: &str) -> Markup {
    let told = text.split_once('T').and_then(|(_, clock)| clock.get(..5)).map(|clock| format!("{clock} UTC"));
    html! { time datetime=(text) { (told.unwrap_or_else(|| text.into())) } }
}

/// An amount with thin spaces: `19 935.50 EUR`.
pub fn money(lost: &LostValue) -> String {
    let (sign, digits) = lost.amount.strip_prefix('-').map_or(("", lost.amount.as_str()), |rest| ("\u{2212}", rest));
    let (whole, cents) = digits.split_once('.').map_or((digits, None), |(whole, cents)| (whole, Some(cents)));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let cents = cents.map_or_else(String::new, |cents| format!(".{cents}"));
    format!("{sign}{whole}{cents}{THIN}{}", lost.currency)
}

/// What is lost in a minute, without cents where it is much; `None` where nothing is.
pub fn money_a_minute(lost: &LostValue, seconds: f64) -> Option<String> {
    let amount = lost.amount.parse::<f64>().ok().filter(|amount| *amount > 0.0 && seconds > 0.0)?;
    let each = amount * 60.0 / seconds;
    let told = if each < 9.995 { format!("{each:.2}") } else { grouped(each) };
    Some(format!("{told}{THIN}{}/min", lost.currency))
}

/// A name of somebody else's: cut where it is long, whole in its title, and in a direction of its own, so that it turns round nothing
/// but itself.
pub fn name(text: &str) -> Markup {
    html! {
        @match cut(text) {
            Some(cut) => { bdi title=(text.chars().take(MOST_TEXT).collect::<String>()) { (cut) "…" } }
            // Nothing in plain ASCII turns anything round; boards of hundreds of names are small by it.
            None => { @if text.is_ascii() { (text) } @else { bdi { (text) } } }
        }
    }
}

/// A sentence in which there may be names of others: whole up to what nobody reads any more.
pub fn text(text: &str) -> Markup {
    html! { bdi { (text.chars().take(MOST_TEXT).collect::<String>()) } }
}

/// The beginning of a text that is too long for a row; `None` if it is not.
pub fn cut(text: &str) -> Option<String> {
    text.char_indices().nth(LONG).map(|_| text.chars().take(LONG - 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With plain spaces.
    fn plain(text: String) -> String {
        text.replace(THIN, " ").replace('\u{2212}', "-")
    }

    #[test]
    fn percentages_are_never_rounded_up_to_the_goal() {
        let told = |share, digits| plain(percent(Some(share), digits));
        assert_eq!((told(0.99949, 2), told(0.999_999, 1), told(1.0, 1)), ("99.94 %".into(), "99.9 %".into(), "100.0 %".into()));
        assert_eq!((told(0.29, 0), told(-1.62, 0), told(-0.001, 0)), ("29 %".into(), "-162 %".into(), "0 %".into()));
        assert_eq!((told(-12.3456, 1), percent(None, 1)), ("-1 234.5 %".into(), "–".into()));
        assert_eq!(["0.99", "0.9995", "0.999"].map(|one| digits_of(one.parse().unwrap_or(0.0))), [0, 2, 1]);
        assert_eq!(plain(goal(0.9995)), "99.95 %");
    }

    #[test]
    fn only_the_whole_is_a_hundred_and_only_nothing_is_none() {
        let told = [0.0, 0.001, 0.917, 0.9996, 1.0].map(|one| plain(part(Some(one))));
        assert_eq!(told, ["0 %", "under 1 %", "92 %", "over 99 %", "100 %"]);
    }

    #[test]
    fn figures_have_units_and_thin_spaces() {
        let told = [0.0, 4.214, 84.21, 812.5, 1240.0, 12_400.0, 900_000.0].map(|one| plain(ms(Some(one))));
        assert_eq!(told, ["0 ms", "4.21 ms", "84.2 ms", "812 ms", "1 240 ms", "12.4 s", "15 min"]);
        let told = [0.0, 999.0, 1000.0, 1_234_567.0, -1234.0].map(|one| plain(grouped(one)));
        assert_eq!(told, ["0", "999", "1 000", "1 234 567", "-1 234"]);
        let told = [12.5, 2.99, 4321.5, 7.0].map(|one| plain(count(Count(one))));
        assert_eq!(told, ["12.5", "3", "4 322", "7"]);
        let told = [0.0, 59.0, 60.0, 1740.0, 11_520.0, 7200.0, 187_200.0].map(|one| plain(lasting(one)));
        assert_eq!(told, ["0 s", "59 s", "1 min", "29 min", "3 h 12 min", "2 h", "2 d 4 h"]);
        assert_eq!(plain(a_minute(Count(20.0), 3600.0)), "0.3 /min");
        assert_eq!(plain(a_minute(Count(12_840.0), 3600.0)), "214 /min");
    }

    #[test]
    fn times_say_their_zone() {
        assert_eq!(told_moment("2026-09-01T11:20:00.5Z"), "2026-09-01 11:20:00 UTC");
        assert_eq!(told_moment("soon"), "soon");
    }

    #[test]
    fn money_keeps_its_cents_in_a_sum_and_loses_them_in_a_rate() {
        let lost = |amount: &str| LostValue { amount: amount.into(), currency: "EUR".into() };
        assert_eq!(plain(money(&lost("19935.50"))), "19 935.50 EUR");
        assert_eq!(plain(money(&lost("7"))), "7 EUR");
        let rate = |amount: &str, seconds| money_a_minute(&lost(amount), seconds).map(plain);
        assert_eq!((rate("41220.00", 3600.0), rate("60.00", 3600.0)), (Some("687 EUR/min".into()), Some("1.00 EUR/min".into())));
        assert_eq!((rate("0.00", 3600.0), rate("1.00", 0.0)), (None, None));
    }

    #[test]
    fn names_of_others_are_inert_and_cut() {
        assert_eq!(name("<script>x</script>").into_string(), "&lt;script&gt;x&lt;/script&gt;");
        assert_eq!(name("abc\u{202e}gnp.exe").into_string(), "<bdi>abc\u{202e}gnp.exe</bdi>");
        let long = name(&"é".repeat(5000)).into_string();
        assert!(long.chars().count() < 700 && long.ends_with("…</bdi>"), "{long}");
    }
}
