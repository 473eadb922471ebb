//! The ways, as they are drawn: where at a hop they begin and end, through which lanes they run, how wide they are.
//!
//! Ways leave a hop stacked in the order in which they go on, and come in stacked in the order from which they come; so none crosses another
//! at a port (spec 8.1). Where more come than fit, they are pressed together, in the same order.

use super::grid::Grid;
use super::picture::Picture;
use super::place::{Places, round, size};
use std::cmp::Ordering;
use std::fmt::Write;

/// A band that all executions take is so wide.
const BAND: f64 = 10.0;

/// The thinnest band that can still be seen.
const THIN_BAND: f64 = 1.5;

/// The thinnest strand.
pub const THIN_STRAND: f64 = 1.6;

/// The strand of all that is harmed, if hardly anybody is; all are as wide as the band.
const STRAND: f64 = 3.0;

/// Ports stay so far away from the corners of a node.
const CORNER: f64 = 6.0;

/// Between bands at a port.
const BETWEEN: f64 = 1.5;

/// Ways that lead back turn around as far out as this.
const TURN: f64 = 44.0;

/// Bands go so far under the node, because its ends may be round.
const UNDER: f64 = 14.0;

/// A way as it is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Route {
    /// Of which edge.
    pub edge: usize,
    /// Width of the band.
    pub band: f64,
    /// Width of the strand in it; 0 without one.
    pub strand: f64,
    /// Where it leaves.
    pub start: (f64, f64),
    /// Straight pieces between hops, as they are travelled: from x, to x, y.
    pub lanes: Vec<(f64, f64, f64)>,
    /// Where it arrives.
    pub end: (f64, f64),
}

/// Width of the strand that is the whole harm of a picture, so that all others are parts of it.
pub fn whole_strand(picture: &Picture) -> f64 {
    STRAND + (BAND - STRAND) * picture.harmed_share()
}

/// Width of a strand of so many executions.
pub fn strand_width(picture: &Picture, count: f64) -> f64 {
    if count > 0.0 { (whole_strand(picture) * picture.part(count)).max(THIN_STRAND) } else { 0.0 }
}

/// Width of the band that this share of executions takes.
pub fn band_width(share: f64) -> f64 {
    (BAND * share.clamp(0.0, 1.0).sqrt()).max(THIN_BAND)
}

/// All ways of a picture whose cells have places.
pub fn routes(picture: &Picture, grid: &Grid, places: &Places) -> Vec<Route> {
    let mut routes: Vec<Route> = (0..picture.edges.len()).map(|at| unported(picture, grid, places, at)).collect();
    for cell in 0..=picture.nodes.len() {
        let leaving = |at: &usize| Grid::ends(&picture.edges[*at]).0 == cell;
        let arriving = |at: &usize| Grid::ends(&picture.edges[*at]).1 == cell;
        let mut out: Vec<usize> = (0..routes.len()).filter(leaving).collect();
        let mut into: Vec<usize> = (0..routes.len()).filter(arriving).collect();
        let next = |at: usize| routes[at].lanes.first().map_or(routes[at].end.1, |lane| lane.2);
        let last = |at: usize| routes[at].lanes.last().map_or(routes[at].start.1, |lane| lane.2);
        sort(&mut out, &grid.back, &next, places.y[cell]);
        sort(&mut into, &grid.back, &last, places.y[cell]);
        let out = stacked(&out, &routes);
        let into = stacked(&into, &routes);
        out.into_iter().for_each(|(at, off)| routes[at].start.1 = round(places.y[cell] + off));
        into.into_iter().for_each(|(at, off)| routes[at].end.1 = round(places.y[cell] + off));
    }
    routes
}

/// With its ends in the middle of its hops.
fn unported(picture: &Picture, grid: &Grid, places: &Places, at: usize) -> Route {
    let edge = &picture.edges[at];
    let (from, to) = Grid::ends(edge);
    let (first, last) = (grid.cells[from].layer, grid.cells[to].layer);
    let right = if from == 0 { size::DOOR } else { places.x[first] + places.node };
    let strand = strand_width(picture, edge.strand);
    let lane = |cell: &usize| {
        let left = places.x[grid.cells[*cell].layer];
        let (one, other) = if grid.back[at] { (left + places.node, left) } else { (left, left + places.node) };
        (round(one), round(other), places.y[*cell])
    };
    Route {
        edge: at,
        // Who is turned away took the way, too: the strand lies in the band.
        band: round(band_width(edge.share).max(strand)),
        strand: round(strand),
        start: (round(right), places.y[from]),
        lanes: grid.lanes[at].iter().map(lane).collect(),
        end: (round(places.x[last]), places.y[to]),
    }
}

/// In the order in which they go on, or come from; those that lead back turn around outside of all others.
fn sort(list: &mut [usize], back: &[bool], towards: &dyn Fn(usize) -> f64, own: f64) {
    let outside = |at: usize| match (back[at], towards(at) < own) {
        (false, _) => 0,
        (true, true) => -1,
        (true, false) => 1,
    };
    list.sort_by(|one, other| {
        let sides = outside(*one).cmp(&outside(*other));
        let turned = |order: Ordering| if back[*one] && back[*other] { order.reverse() } else { order };
        sides.then(turned(towards(*one).total_cmp(&towards(*other)))).then(one.cmp(other))
    });
}

/// How far from the middle of the port the middle of each is.
fn stacked(list: &[usize], routes: &[Route]) -> Vec<(usize, f64)> {
    let between = BETWEEN * list.len().saturating_sub(1) as f64;
    let total = list.iter().map(|at| routes[*at].band).sum::<f64>() + between;
    let room = size::NODE - 2.0 * CORNER;
    let pressed = if total > room { room / total } else { 1.0 };
    let mut top = -total / 2.0;
    let mut offsets = Vec::with_capacity(list.len());
    for at in list {
        let band = routes[*at].band;
        offsets.push((*at, (top + band / 2.0) * pressed));
        top += band + BETWEEN;
    }
    offsets
}

impl Route {
    /// How far below the middle of its band the strand lies: on the lower side.
    fn sunk(&self) -> f64 {
        (self.band - self.strand) / 2.0
    }

    /// Where the strand arrives.
    pub fn strand_end(&self) -> (f64, f64) {
        (self.end.0, round(self.end.1 + self.sunk()))
    }

    /// The line of the band, from below one hop to below the other.
    pub fn band_path(&self) -> String {
        let mut path = self.path(0.0, true);
        let _ = write!(path, "h{UNDER}");
        path
    }

    /// The line of the strand, as far as the hop.
    pub fn strand_path(&self) -> String {
        self.path(self.sunk(), true)
    }

    /// The line of a strand that ends on the way, and where that is.
    pub fn cut_path(&self) -> (String, (f64, f64)) {
        let sunk = self.sunk();
        let from = self.lanes.last().map_or(self.start, |lane| (lane.1, lane.2));
        let (from, to) = ((from.0, from.1 + sunk), (self.end.0, self.end.1 + sunk));
        let [first, second] = self.handles(from, to, self.lanes.len());
        let [_, one, two, end] = first_part([from, first, second, to], 0.6);
        let mut path = self.path(sunk, false);
        let _ = write!(path, "C{} {} {}", text(one), text(two), text(end));
        (path, (round(end.0), round(end.1)))
    }

    /// The handles of the curve that is this piece of the way: level at both ends, in the direction of travel.
    fn handles(&self, from: (f64, f64), to: (f64, f64), piece: usize) -> [(f64, f64); 2] {
        let back = self.lanes.first().is_some_and(|lane| lane.1 < lane.0);
        let direction = |at_a_hop: bool| if back && !at_a_hop { -1.0 } else { 1.0 };
        let (out, into) = (direction(piece == 0), direction(piece == self.lanes.len()));
        let reach = if out == into { (to.0 - from.0).abs() / 2.0 } else { TURN };
        [(from.0 + out * reach, from.1), (to.0 - into * reach, to.1)]
    }

    fn path(&self, sunk: f64, to_the_end: bool) -> String {
        let mut path = format!("M{} {}H{}", round(self.start.0 - UNDER), round(self.start.1 + sunk), self.start.0);
        let mut at = (self.start.0, self.start.1 + sunk);
        let ends = self.lanes.iter().map(|(one, other, y)| ((*one, *y), Some(*other)));
        let last = to_the_end.then_some((self.end, None));
        for (piece, ((x, y), onward)) in ends.chain(last).enumerate() {
            let to = (x, y + sunk);
            let [one, two] = self.handles(at, to, piece);
            if (at.1 - to.1).abs() < 0.05 {
                let _ = write!(path, "H{}", round(to.0));
            } else {
                let _ = write!(path, "C{} {} {}", text(one), text(two), text(to));
            }
            at = to;
            if let Some(onward) = onward {
                let _ = write!(path, "H{}", round(onward));
                at.0 = onward;
            }
        }
        path
    }
}

fn text((x, y): (f64, f64)) -> String {
    format!("{} {}", round(x), round(y))
}

/// The first part of a curve, up to `at` of it (de Casteljau).
fn first_part([a, b, c, d]: [(f64, f64); 4], at: f64) -> [(f64, f64); 4] {
    let mix = |one: (f64, f64), other: (f64, f64)| (one.0 + (other.0 - one.0) * at, one.1 + (other.1 - one.1) * at);
    let (ab, bc, cd) = (mix(a, b), mix(b, c), mix(c, d));
    let (abc, bcd) = (mix(ab, bc), mix(bc, cd));
    [a, ab, abc, mix(abc, bcd)]
}
