//! A hop of the flow map: its frame, what stands in it, above it and below it, and the cut where the strand ends.

use super::draw::{Drawing, LETTER};
use super::fold::Folded;
use super::picture::{Mode, Node, Picture};
use super::place::{Lines, size};
use super::text::{fitting, isolated};
use super::words;
use maud::{Markup, html};

/// How many lines of words stand at a hop.
pub(super) fn lines(folded: &Folded, node: usize) -> Lines {
    let (picture, of) = (&folded.picture, &folded.picture.nodes[node]);
    let has_cause = picture.is_culprit(node) && of.cause.is_some();
    let has_note = of.absorbed > 0.0 || folded.more[node] > 0;
    Lines { above: u8::from(words::above(picture, node).is_some()), below: u8::from(has_cause) + u8::from(has_note) }
}

impl Drawing<'_> {
    pub(super) fn node(&self, at: usize, more: Option<&str>) -> Markup {
        let picture = &self.folded.picture;
        let node = &picture.nodes[at];
        let body = html! {
            title { (told(picture, at)) }
            (self.frame_of(at))
        };
        html! {
            @if let Some(href) = &node.href {
                a class=(classes(picture, at)) href=(href) { (body) }
            } @else {
                g class=(classes(picture, at)) tabindex="0" role="img" aria-label=(told(picture, at)) { (body) }
            }
            (self.below(at, more))
        }
    }

    fn frame_of(&self, at: usize) -> Markup {
        let picture = &self.folded.picture;
        let node = &picture.nodes[at];
        let (x, y, width, height) = self.frame(at);
        let inset = if node.queue { 20.0 } else { 12.0 };
        let room = width - 2.0 * inset;
        html! {
            rect x=(x) y=(y) width=(width) height=(height) rx=(if node.queue { height / 2.0 } else { 6.0 }) {}
            text class="nn" x=(x + inset) y=(y + 19.0) { (fitting(&node.hop, room, LETTER.0)) }
            text class="ns" x=(x + inset) y=(y + 35.0) { (what(picture, at, room)) }
            @if let Some(words) = words::above(picture, at) {
                text class=(if picture.is_culprit(at) { "verdict halo" } else { "ns halo" }) x=(x + 2.0) y=(y - 7.0) { (words) }
            }
            @if let (true, Some(cause)) = (picture.is_culprit(at), &node.cause) {
                text class="verdict halo" x=(x + 2.0) y=(y + height + 16.0) { (fitting(words::cause(cause), width, LETTER.1)) }
            }
        }
    }

    /// What stands below a hop: errors that nobody noticed, and ways that are not drawn.
    fn below(&self, at: usize, more: Option<&str>) -> Markup {
        let picture = &self.folded.picture;
        let node = &picture.nodes[at];
        let (x, y, width, height) = self.frame(at);
        let line = if picture.is_culprit(at) && node.cause.is_some() { size::LINE } else { 0.0 };
        let bottom = y + height;
        let folded = self.folded.more[at];
        let folded_text = html! {
            text class="ns" x=(x + width - 2.0) y=(bottom + 15.0 + line) text-anchor="end" { "+ " (folded) " more" }
        };
        html! {
            @if node.absorbed > 0.0 {
                g class="absorbed" {
                    title { (words::count(node.absorbed)) " errors here that customers did not notice" }
                    path d=(format!("M{} {bottom}v{}", x + 6.0, 10.0 + line)) {}
                    text class="ns" x=(x + 12.0) y=(bottom + 14.0 + line) { (words::count(node.absorbed)) " absorbed" }
                }
            }
            @if folded > 0 {
                @if let Some(more) = more {
                    a class="more" href=(more) {
                        title { (folded) " ways from here that fewer than 1 in 100 attempts take, without failures" }
                        rect x=(x + width - 64.0) y=(bottom + 1.0 + line) width="64" height="24" {}
                        (folded_text)
                    }
                } @else { (folded_text) }
            }
        }
    }

    /// Where the strand ends at this hop.
    pub(super) fn cuts(&self, at: usize) -> Markup {
        let picture = &self.folded.picture;
        let node = &picture.nodes[at];
        if node.ends <= 0.0 {
            return html! {};
        }
        let arriving = self.routes.iter().filter(|route| picture.edges[route.edge].to == at && route.strand > 0.0);
        let is_culprit = picture.is_culprit(at);
        let on_the_way = ends_on_the_way(node);
        let mut ends: Vec<(f64, (f64, f64))> =
            arriving.map(|route| (route.strand, if on_the_way { route.cut_path().1 } else { route.strand_end() })).collect();
        if ends.is_empty() {
            let (x, y, _, height) = self.frame(at);
            ends.push((0.0, (x, y + height / 2.0)));
        }
        let widest = ends.iter().map(|end| end.0).fold(0.0, f64::max);
        let large = ends.iter().position(|end| end.0 >= widest).filter(|_| is_culprit);
        html! {
            @for (place, (_, (x, y))) in ends.iter().enumerate() {
                @if large == Some(place) { (cut(*x, *y)) } @else { (small_cut(*x, *y)) }
            }
        }
    }
}

/// Whether most of it ended before it reached the hop.
pub(super) fn ends_on_the_way(node: &Node) -> bool {
    node.on_the_way * 2.0 > node.ends
}

fn classes(picture: &Picture, at: usize) -> String {
    let node = &picture.nodes[at];
    let mut classes = "hop".to_owned();
    let named = [(node.external, " ext"), (node.queue, " queue"), (picture.is_culprit(at), " bad")];
    named.into_iter().filter(|(is, _)| *is).for_each(|(_, name)| classes.push_str(name));
    classes
}

/// All that is known of a hop, in a line.
fn told(picture: &Picture, at: usize) -> String {
    let node = &picture.nodes[at];
    let what = words::what(picture, at);
    let mut told = isolated(&node.hop);
    if !what.is_empty() {
        told += &format!(", {}", isolated(&what));
    }
    told += &format!("; called in {} of attempts", words::fine_percent(node.share));
    if node.ends > 0.0 {
        let why = node.cause.as_deref().map(|cause| format!(", {}", words::cause(cause))).unwrap_or_default();
        told += &format!(
            "; {} of {} end here: {}{why}",
            words::percent(picture.part(node.ends)),
            words::harmed(picture.mode),
            words::count(node.ends)
        );
    } else if node.passes_on && picture.mode == Mode::Failures {
        told += "; passes errors on";
    }
    if node.absorbed > 0.0 {
        told += &format!("; {} errors absorbed", words::count(node.absorbed));
    }
    told
}

/// The second line of a hop, cut before its time: the time is short and matters more than the end of a name.
fn what(picture: &Picture, at: usize, room: f64) -> String {
    let (name, time) = words::what_parts(picture, at);
    match (name, time) {
        (Some(name), Some(time)) => {
            let end = format!(" \u{b7} {time}");
            let left = room - end.chars().count() as f64 * LETTER.1;
            format!("{}{end}", fitting(&name, left, LETTER.1))
        }
        (Some(name), None) => fitting(&name, room, LETTER.1),
        (None, time) => time.unwrap_or_default(),
    }
}

/// The cut at the culprit.
fn cut(x: f64, y: f64) -> Markup {
    html! {
        g class="cut" {
            circle cx=(x) cy=(y) r="11" {}
            path d=(format!("M{} {}l8 8m0-8l-8 8", x - 4.0, y - 4.0)) {}
        }
    }
}

/// The cut where less ends.
pub(super) fn small_cut(x: f64, y: f64) -> Markup {
    html! {
        g class="cut lesser" {
            circle cx=(x) cy=(y) r="5.5" {}
            path d=(format!("M{:.1} {:.1}l4.4 4.4m0-4.4l-4.4 4.4", x - 2.2, y - 2.2)) {}
        }
    }
}
