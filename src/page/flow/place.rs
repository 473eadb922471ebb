//! Where on the paper each hop stands.
//!
//! The order within layers is given; what is left is how far down. Each cell wants to be level with what it is joined to, those of a layer must
//! keep apart, and the sum of squares of what is missing shall be least: a regression that keeps an order, which pooling of neighbours solves
//! exactly. A few rounds, there and back, and long ways become straight.

use super::grid::{Grid, Who};
use super::picture::Picture;

/// All sizes of the drawing, pixels.
pub mod size {
    /// What the drawing is made for; deeper flows are wider and scroll.
    pub const WIDE: f64 = 1180.0;
    /// So wide it is drawn as large as it is; up to the next it shrinks a little; beyond, it scrolls.
    pub const SMALL: f64 = 1000.0;
    /// As said.
    pub const FITS: f64 = 1340.0;
    /// Column of the customer.
    pub const CUSTOMER: f64 = 150.0;
    /// Where its figure stands.
    pub const FIGURE_AT: f64 = 66.0;
    /// Where ways begin, right of the figure.
    pub const DOOR: f64 = 104.0;
    /// Height of a node.
    pub const NODE: f64 = 46.0;
    /// A node is at least so wide, and at most.
    pub const NODE_WIDE: (f64, f64) = (150.0, 232.0);
    /// Above a node: a line of words.
    pub const ABOVE: f64 = 20.0;
    /// Below it: a line of words, or a tick.
    pub const BELOW: f64 = 21.0;
    /// Above and below a node without words, where there are many.
    pub const BARE: f64 = 7.0;
    /// A layer with more hops than this keeps no room for words that nobody says.
    pub const MANY: usize = 10;
    /// The longest line above a node may reach over its right border.
    pub const WORDS: f64 = 204.0;
    /// A second line of words.
    pub const LINE: f64 = 14.0;
    /// Half of a lane.
    pub const LANE: f64 = 9.0;
    /// Between layers at least, and at most.
    pub const GAP: (f64, f64) = (46.0, 150.0);
    /// Around the drawing.
    pub const MARGIN: f64 = 8.0;
    /// The customer: above and below the middle.
    pub const FIGURE: (f64, f64) = (30.0, 84.0);
}

/// Rounds of levelling.
const ROUNDS: usize = 16;

/// A straight piece of a lane pulls as much as this many hops.
const STRAIGHT: f64 = 6.0;

/// Where all cells stand.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Middle of each cell, from the top.
    pub y: Vec<f64>,
    /// Left border of each layer.
    pub x: Vec<f64>,
    /// Left border of each cell.
    pub left: Vec<f64>,
    /// Width of a node.
    pub node: f64,
    /// Of all.
    pub width: f64,
    /// Of all.
    pub height: f64,
}

/// Lines of words at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lines {
    /// Above it, 0 or 1.
    pub above: u8,
    /// Below it, 0 to 2.
    pub below: u8,
}

/// Gives each cell its place. Room for one line is kept above and below each node, whether it is said or not, so that a word that
/// comes or goes moves nothing.
pub fn place(grid: &Grid, picture: &Picture, lines: &dyn Fn(usize) -> Lines) -> Places {
    let fullest = grid.rows.iter().map(Vec::len).max().unwrap_or(0).min(picture.nodes.len());
    let room = |words: u8, line: f64| match words {
        0 if fullest > size::MANY => size::BARE,
        0 | 1 => line,
        _ => line + size::LINE,
    };
    let reach = |cell: usize| match grid.cells[cell].who {
        Who::Customer => size::FIGURE,
        Who::Node(node) => {
            let Lines { above, below } = lines(node);
            (size::NODE / 2.0 + room(above, size::ABOVE), size::NODE / 2.0 + room(below, size::BELOW))
        }
        Who::Lane(_) => (size::LANE, size::LANE),
    };
    let mut y = levelled(grid, &reach);
    let top = (0..y.len()).map(|cell| y[cell] - reach(cell).0).fold(f64::INFINITY, f64::min);
    y.iter_mut().for_each(|y| *y = round(*y - top + size::MARGIN));
    let bottom = (0..y.len()).map(|cell| y[cell] + reach(cell).1).fold(0.0, f64::max);
    let layers = grid.rows.len().saturating_sub(1) as f64;
    let (node, gap) = widths(layers, fullest);
    // Room right of the last layer: only what leads back needs it.
    let right = if grid.back.iter().any(|back| *back) { gap } else { size::MARGIN.max(size::WORDS - node) };
    let x: Vec<f64> = (0..grid.rows.len()).map(|layer| if layer == 0 { 0.0 } else { left_of(layer, node, gap) }).collect();
    let left = grid.cells.iter().map(|cell| x[cell.layer]).collect();
    let width = if layers > 0.0 { left_of(grid.rows.len() - 1, node, gap) + node + right } else { size::CUSTOMER };
    Places { y, x, left, node, width: round(width), height: round(bottom + size::MARGIN) }
}

fn left_of(layer: usize, node: f64, gap: f64) -> f64 {
    round(size::CUSTOMER + gap + (layer.saturating_sub(1)) as f64 * (node + gap))
}

/// Width of a node, and of the gap between layers: wide layers need room for steep ways, few layers share what there is.
fn widths(layers: f64, fullest: usize) -> (f64, f64) {
    let least = size::GAP.0 + (fullest.saturating_sub(2) as f64 * 5.0).min(60.0);
    let room = size::WIDE - size::CUSTOMER - size::MARGIN;
    let node = (room / layers.max(1.0) - least).clamp(size::NODE_WIDE.0, size::NODE_WIDE.1).floor();
    let gap = (room / layers.max(1.0) - node).clamp(least, size::GAP.1.max(least)).floor();
    (node, gap)
}

/// To tenths of a pixel: nobody sees less, and the text of a picture stays short.
pub fn round(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

fn levelled(grid: &Grid, reach: &dyn Fn(usize) -> (f64, f64)) -> Vec<f64> {
    let mut y = vec![0.0; grid.cells.len()];
    // For each layer, how far each cell is below the first at least.
    let apart: Vec<Vec<f64>> = grid.rows.iter().map(|row| distances(row, reach)).collect();
    for (row, apart) in grid.rows.iter().zip(&apart) {
        let middle = apart.last().copied().unwrap_or(0.0) / 2.0;
        row.iter().zip(apart).for_each(|(cell, below)| y[*cell] = below - middle);
    }
    for round in 0..ROUNDS {
        let last = round + 2 >= ROUNDS;
        let forward = round % 2 == 0;
        for step in 0..grid.rows.len() {
            let layer = if forward { step } else { grid.rows.len() - 1 - step };
            let wanted: Vec<(f64, f64)> = grid.rows[layer]
                .iter()
                .map(|cell| {
                    let cell_of = &grid.cells[*cell];
                    let before = (forward || last).then_some(&cell_of.before);
                    let after = (!forward || last).then_some(&cell_of.after);
                    wish(grid, *cell, before.into_iter().chain(after).flatten(), &y)
                })
                .collect();
            for (cell, new) in grid.rows[layer].iter().zip(in_order(&wanted, &apart[layer])) {
                y[*cell] = new;
            }
        }
    }
    y
}

fn distances(row: &[usize], reach: &dyn Fn(usize) -> (f64, f64)) -> Vec<f64> {
    let mut below = 0.0;
    let mut distances = Vec::with_capacity(row.len());
    for (at, cell) in row.iter().enumerate() {
        if at > 0 {
            below += reach(row[at - 1]).1 + reach(*cell).0;
        }
        distances.push(below);
    }
    distances
}

/// Where a cell wants to be, and how much.
fn wish<'a>(grid: &Grid, cell: usize, joined: impl Iterator<Item = &'a usize>, y: &[f64]) -> (f64, f64) {
    let is_lane = |cell: usize| matches!(grid.cells[cell].who, Who::Lane(_));
    let (mut sum, mut weight) = (0.0, 0.0);
    for other in joined {
        let pull = if is_lane(cell) && is_lane(*other) { STRAIGHT } else { 1.0 };
        sum += y[*other] * pull;
        weight += pull;
    }
    if weight > 0.0 { (sum / weight, weight) } else { (y[cell], 0.1) }
}

/// The places nearest to the wished ones that keep their distances: least squares, by pooling neighbours that would come too close.
fn in_order(wanted: &[(f64, f64)], apart: &[f64]) -> Vec<f64> {
    // (mean, weight, how many)
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(wanted.len());
    for ((wish, weight), below) in wanted.iter().zip(apart) {
        pools.push((wish - below, *weight, 1));
        while let [.., upper, lower] = pools.as_slice() {
            if upper.0 <= lower.0 {
                break;
            }
            let weight = upper.1 + lower.1;
            let pool = ((upper.0 * upper.1 + lower.0 * lower.1) / weight, weight, upper.2 + lower.2);
            pools.truncate(pools.len() - 2);
            pools.push(pool);
        }
    }
    let means = pools.into_iter().flat_map(|(mean, _, many)| std::iter::repeat_n(mean, many));
    means.zip(apart).map(|(mean, below)| mean + below).collect()
}
