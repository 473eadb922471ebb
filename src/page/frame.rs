//! What all views share: head, navigation, the time that is asked about, and how to have the same without a page.

use super::assets::{ICON, SCRIPT, STYLE};
use super::{Asked, links, marks, words};
use crate::query::moment_text;
use maud::{DOCTYPE, Markup, html};

/// Where a view belongs in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Board,
    Hops,
    Incidents,
    Matching,
    Health,
    Nowhere,
}

const PLACES: [(Place, &str, &str); 5] = [
    (Place::Board, "/", "Capabilities"),
    (Place::Hops, "/hops", "Hops"),
    (Place::Incidents, "/incidents", "Incidents"),
    (Place::Matching, "/matching", "Matching"),
    (Place::Health, "/health", "Health"),
];

/// Lengths of time that are one click away.
const LENGTHS: [&str; 6] = ["15m", "1h", "6h", "24h", "7d", "30d"];

/// What the script does to keep a view fresh: words of `refresh`, and how they are told.
const REFRESHES: [(&str, &str); 4] = [("live", "live"), ("30s", "every 30 s"), ("5m", "every 5 min"), ("off", "off")];

/// A view, but for what it shows.
pub(super) struct Frame<'a> {
    pub(super) asked: &'a Asked,
    pub(super) place: Place,
    pub(super) title: &'a str,
    /// The address of the same figures as a document.
    pub(super) json: Option<String>,
    /// The same question on the command line.
    pub(super) command: Option<String>,
    /// It is about a range of time.
    pub(super) has_range: bool,
}

impl Frame<'_> {
    /// The whole page around what is shown.
    pub(super) fn around(&self, main: &Markup) -> Markup {
        let title = words::cut(self.title).map_or_else(|| self.title.to_owned(), |cut| cut + "…");
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · steelthread" }
                    link rel="stylesheet" href=(STYLE.path());
                    link rel="icon" type="image/svg+xml" href=(ICON.path());
                    script src=(SCRIPT.path()) defer {}
                }
                body data-refresh=(self.refresh()) data-tz=(if self.asked.is_local() { "local" } else { "utc" }) {
                    a.skip href="#main" { "Skip to the figures" }
                    (self.header())
                    main #main tabindex="-1" { (main) }
                    (self.footer())
                    (help())
                }
            }
        }
    }

    /// How often, as the script reads it: nothing changes in the past.
    fn refresh(&self) -> &str {
        if !self.asked.is_live() {
            return "off";
        }
        let asked = self.asked.word("refresh");
        REFRESHES.iter().find(|(word, _)| Some(*word) == asked).map_or("live", |(word, _)| word)
    }

    fn header(&self) -> Markup {
        html! {
            header {
                a.logo href=(self.asked.link("/")) { (marks::logo()) "steelthread" }
                nav aria-label="Views" {
                    @for (place, path, word) in PLACES {
                        a href=(self.asked.link(path)) aria-current=[(place == self.place).then_some("page")] { (word) }
                    }
                }
                @if self.has_range { (self.picker()) }
            }
        }
    }

    fn picker(&self) -> Markup {
        let asked = self.asked;
        let zone = if asked.is_local() { "local" } else { "UTC" };
        let fresh = self.refresh();
        let told = REFRESHES.iter().find(|(word, _)| *word == fresh).map_or("", |(_, told)| told);
        let fresh_told = if asked.is_live() {
            told
        } else if asked.word("refresh") == Some("off") {
            "paused"
        } else {
            "past"
        };
        html! {
            details.range #range {
                summary title="Time, zone and refresh" { (asked.range_told()) " · " (zone) " · " span.fresh { (fresh_told) } }
                div.panel {
                    p { "The last "
                        @for length in LENGTHS {
                            a.pick href=(asked.with_last(length)) aria-current=[(is_last(asked, length)).then_some("true")] { (length) }
                        }
                    }
                    form method="get" action=(asked.path()) {
                        @for (name, value) in asked.words_but(&["last", "from", "to"]) {
                            input type="hidden" name=(name) value=(value);
                        }
                        label { "From" input name="from" value=[asked.word("from")] placeholder="now-3h" autocomplete="off"; }
                        label { "To" input name="to" value=[asked.word("to")] placeholder="now" autocomplete="off"; }
                        button { "Show" }
                        small { "A moment as 2026-09-01T12:00:00Z, now, or such as now-3h." }
                    }
                    p { "Times in "
                        a.pick href=(asked.with("tz", None)) aria-current=[(!asked.is_local()).then_some("true")] { "UTC" }
                        a.pick href=(asked.with("tz", Some("local"))) aria-current=[asked.is_local().then_some("true")] { "local time" }
                        noscript { small { "Local time needs the script." } }
                    }
                    p { "Refresh "
                        @for (word, told) in REFRESHES {
                            a.pick href=(asked.with("refresh", (word != "live").then_some(word)))
                                aria-current=[(fresh == word).then_some("true")] { (told) }
                        }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let now = moment_text(self.asked.now_ns());
        html! {
            footer {
                @if self.asked.now_ns() > 0 { span { "As of " (words::moment(&now)) } }
                a href=(self.asked.with("", None)) data-key="r" { "Refresh" }
                @if self.has_range { a #frozen href=(self.asked.frozen()) { "Link to exactly this time" } }
                @if let Some(json) = self.json.as_deref().and_then(links::safe) { a href=(json) { "JSON" } }
                @if let Some(command) = &self.command { code.command { (command) } }
            }
        }
    }
}

fn is_last(asked: &Asked, length: &str) -> bool {
    asked.word("from").is_none() && asked.word("to").is_none() && asked.word("last").unwrap_or(super::asked::USUAL) == length
}

/// What keys do. Shown by the script.
fn help() -> Markup {
    let keys = [
        ("/", "search"),
        ("r", "refresh now"),
        ("g then b, h, i, m", "board, hops, incidents, matching"),
        ("?", "this list"),
        ("Esc", "close"),
    ];
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { "Keys" }
            dl { @for (key, told) in keys { dt { kbd { (key) } } dd { (told) } } }
            form method="dialog" { button { "Close" } }
        }
    }
}
