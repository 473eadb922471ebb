//! The flow map as SVG: bands first, strands on them, hops over both, and the cut over all.
//!
//! Nothing is coloured here: classes name what a thing is, the style sheet what that looks like in which theme. The picture is a group and not an
//! image for who listens to it, because its hops are links; its title and its story come first.

use super::fold::Folded;
use super::grid::{Grid, Who};
use super::hop::{ends_on_the_way, lines, small_cut};
use super::picture::{Mode, Picture};
use super::place::{Places, place, size};
use super::route::{Route, routes, whole_strand};
use super::text::{fitting, isolated};
use super::words;
use maud::{Markup, html};

/// A letter of a hop's name is so wide on average, pixels; of the smaller lines.
pub(super) const LETTER: (f64, f64) = (8.5, 6.6);

/// A drawing, before it is written down.
pub struct Drawing<'a> {
    pub(super) folded: &'a Folded,
    places: Places,
    /// The ways.
    pub(super) routes: Vec<Route>,
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
