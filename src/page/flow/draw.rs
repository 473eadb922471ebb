//! The flow map as SVG: bands first, strands on them, hops over both, and the cut over all.
//!
//! Nothing is coloured here: classes name what a thing is, the style sheet what that looks like in which theme. The picture is a group and not an
//! image for who listens to it, because its hops are links; its title and its story come first.

use super::fold::Folded;
use super::grid::{Grid, Who};
use super::picture::{Mode, Node, Picture};
use super::place::{Lines, Places, place, size};
use super::route::{Route, routes, whole_strand};
use super::text::{fitting, isolated};
use super::words;
use maud::{Markup, html};

/// A letter of a hop's name is so wide on average, pixels; of the smaller lines.
const LETTER: (f64, f64) = (8.5, 6.6);

/// A drawing, before it is written down.
pub struct Drawing<'a> {
    folded: &'a Folded,
    places: Places,
    routes: Vec<Route>,
    /// Nodes in the order in which they are read: by layer, from top to bottom.
    reading: Vec<usize>,
}

impl<'a> Drawing<'a> {
    /// Lays a picture out.
    pub fn new(folded: &'a Folded) -> Self {
        let picture = &folded.picture;
        let grid = Grid::new(picture);
        let places = place(&grid, picture, &|node| lines(folded, node));
        let routes = routes(picture, &grid, &places);
        let cells = grid.rows.iter().flatten().map(|cell| grid.cells[*cell].who);
        let reading = cells.filter_map(|who| if let Who::Node(node) = who { Some(node) } else { None });
        Self { folded, reading: reading.collect(), places, routes }
    }

    /// Nodes by layer, from top to bottom.
    pub fn reading(&self) -> &[usize] {
        &self.reading
    }

    /// Left, top, width and height of a node's frame.
    pub fn frame(&self, node: usize) -> (f64, f64, f64, f64) {
        // Cells of nodes follow the customer's.
        (self.places.left[node + 1], self.places.y[node + 1] - size::NODE / 2.0, self.places.node, size::NODE)
    }

    /// The ways.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Width and height.
    pub fn size(&self) -> (f64, f64) {
        (self.places.width, self.places.height)
    }

    /// The whole picture. `more` is the address at which folded ways are drawn, too.
    pub fn svg(&self, more: Option<&str>) -> Markup {
        let picture = &self.folded.picture;
        let (width, height) = self.size();
        let class = match picture.mode {
            Mode::Failures => "flow",
            Mode::Slow => "flow slow",
        };
        let fits = match width {
            width if width <= size::SMALL => " small",
            width if width <= size::FITS => " fits",
            _ => " wide",
        };
        html! {
            svg class={ (class) (fits) } viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="group"
                aria-labelledby="flow-title" aria-describedby="flow-story" {
                title id="flow-title" { "Flow of " (isolated(&picture.title)) }
                desc id="flow-story" { (words::story(picture)) }
                g class="ways" {
                    @for route in &self.routes { (band(picture, route)) }
                }
                g class="strands" {
                    @for route in self.routes.iter().filter(|route| route.strand > 0.0) { (strand(picture, route)) }
                }
                (self.customer())
                @for node in &self.reading { (self.node(*node, more)) }
                @for node in &self.reading { (self.cuts(*node)) }
            }
        }
    }

    fn customer(&self) -> Markup {
        let picture = &self.folded.picture;
        let (x, y) = (size::FIGURE_AT, self.places.y[0]);
        let share = words::fine_percent(picture.harmed_share());
        let line = |at: f64| y + 48.0 + at * 15.0;
        let buckets = [
            ("the caller", picture.caller, "ended with the customer's own request"),
            ("cannot know", picture.unknown, "cannot be blamed on a hop"),
        ];
        let ends = self.routes.iter().filter(|route| picture.edges[route.edge].from.is_none());
        let below = ends.map(|route| route.start.1 + route.band / 2.0).fold(y - 4.0, f64::max) + 7.0;
        html! {
            g class="customer" {
                title { (words::count(picture.harmed)) " of " (words::count(picture.executions)) " attempts were " (words::harm(picture.mode)) }
                @if picture.caller > 0.0 {
                    @let wide = (whole_strand(picture) * picture.part(picture.caller)).max(super::route::THIN_STRAND);
                    path class="strand" stroke-width=(format!("{wide:.1}")) d=(format!("M{} {below:.1}h32", size::DOOR - 14.0)) {}
                    (small_cut(size::DOOR + 18.0, below))
                }
                circle class="who" cx=(x) cy=(y - 11.0) r="7" {}
                path class="who" d=(format!("M{} {}q0-13 12-13t12 13", x - 12.0, y + 12.0)) {}
                text class="nn" x=(x) y=(y + 32.0) text-anchor="middle" { (fitting(&picture.customer, 124.0, LETTER.0)) }
                @if picture.executions > 0.0 {
                    text class=(if picture.harmed > 0.0 { "ns harm" } else { "ns" }) x=(x) y=(line(0.0)) text-anchor="middle" {
                        (share) " " (words::harm(picture.mode))
                    }
                }
                @for (at, (name, many, why)) in buckets.iter().filter(|(_, many, _)| *many > 0.0).enumerate() {
                    text class="ns" x=(x) y=(line(at as f64 + 1.0)) text-anchor="middle" {
                        title { (words::percent(picture.part(*many))) " of " (words::harmed(picture.mode)) " " (why) }
                        (words::percent(picture.part(*many))) ": " (name)
                    }
                }
                @if self.folded.more_entries > 0 {
                    text class="ns" x=(x) y=(line(3.0)) text-anchor="middle" { "+ " (self.folded.more_entries) " more" }
                }
            }
        }
    }

    fn node(&self, at: usize, more: Option<&str>) -> Markup {
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
    fn cuts(&self, at: usize) -> Markup {
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

/// How many lines of words stand at a hop.
fn lines(folded: &Folded, node: usize) -> Lines {
    let (picture, of) = (&folded.picture, &folded.picture.nodes[node]);
    let has_cause = picture.is_culprit(node) && of.cause.is_some();
    let has_note = of.absorbed > 0.0 || folded.more[node] > 0;
    Lines { above: u8::from(words::above(picture, node).is_some()), below: u8::from(has_cause) + u8::from(has_note) }
}

/// Whether most of it ended before it reached the hop.
fn ends_on_the_way(node: &Node) -> bool {
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

fn band(picture: &Picture, route: &Route) -> Markup {
    let edge = &picture.edges[route.edge];
    let from = edge.from.map_or(picture.customer.as_str(), |from| &picture.nodes[from].hop);
    let to = &picture.nodes[edge.to].hop;
    html! {
        path class=(if edge.is_async { "band async" } else { "band" }) stroke-width=(route.band) d=(route.band_path()) {
            title {
                (isolated(from)) " \u{2192} " (isolated(to)) ": " (words::fine_percent(edge.share)) " of attempts"
                @if edge.strand > 0.0 { ", " (words::count(edge.strand)) " " (words::harm(picture.mode)) }
                @if edge.is_async { "; nobody waits for it" }
            }
        }
    }
}

fn strand(picture: &Picture, route: &Route) -> Markup {
    let node = &picture.nodes[picture.edges[route.edge].to];
    let goes_on = picture.edges[route.edge].strand > node.ends;
    let path = if ends_on_the_way(node) && !goes_on { route.cut_path().0 } else { route.strand_path() };
    html! { path class="strand" stroke-width=(route.strand) d=(path) {} }
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
fn small_cut(x: f64, y: f64) -> Markup {
    html! {
        g class="cut lesser" {
            circle cx=(x) cy=(y) r="5.5" {}
            path d=(format!("M{:.1} {:.1}l4.4 4.4m0-4.4l-4.4 4.4", x - 2.2, y - 2.2)) {}
        }
    }
}
