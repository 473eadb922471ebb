//! The order within layers: by barycentre, then by name, as long as that makes fewer ways cross.

use super::grid::Grid;

/// How often layers are looked through, there and back. More hardly ever finds anything.
const SWEEPS: usize = 8;

/// Orders the cells of each layer.
pub fn reduce(grid: &mut Grid) {
    let mut best = grid.rows.clone();
    sort_by_rank(grid, &mut best);
    let mut rows = best.clone();
    let mut places = places(grid, &rows);
    let mut fewest = all(grid, &rows, &places);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let forward = sweep % 2 == 0;
        let layers = rows.len();
        for step in 1..layers {
            let layer = if forward { step } else { layers - 1 - step };
            sort(grid, &mut rows[layer], &mut places, forward);
        }
        swap_neighbours(grid, &mut rows, &mut places);
        let crossings = all(grid, &rows, &places);
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&rows);
        }
    }
    grid.rows = best;
}

fn sort_by_rank(grid: &Grid, rows: &mut [Vec<usize>]) {
    rows.iter_mut().for_each(|row| row.sort_by_key(|cell| grid.cells[*cell].rank));
}

/// Where in its layer each cell is.
fn places(grid: &Grid, rows: &[Vec<usize>]) -> Vec<usize> {
    let mut places = vec![0; grid.cells.len()];
    rows.iter().for_each(|row| settle(row, &mut places));
    places
}

fn settle(row: &[usize], places: &mut [usize]) {
    row.iter().enumerate().for_each(|(place, cell)| places[*cell] = place);
}

fn sort(grid: &Grid, row: &mut [usize], places: &mut [usize], by_before: bool) {
    let centre = |cell: usize| {
        let joined = if by_before { &grid.cells[cell].before } else { &grid.cells[cell].after };
        if joined.is_empty() {
            return places[cell] as f64;
        }
        joined.iter().map(|other| places[*other]).sum::<usize>() as f64 / joined.len() as f64
    };
    let mut keyed: Vec<(f64, (usize, usize), usize)> =
        row.iter().map(|cell| (centre(*cell), grid.cells[*cell].rank, *cell)).collect();
    keyed.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    row.iter_mut().zip(keyed).for_each(|(place, (_, _, cell))| *place = cell);
    settle(row, places);
}

/// Neighbours change places where that makes fewer crossings.
fn swap_neighbours(grid: &Grid, rows: &mut [Vec<usize>], places: &mut [usize]) {
    for row in rows.iter_mut() {
        for at in 1..row.len() {
            let (upper, lower) = (row[at - 1], row[at]);
            if between(grid, upper, lower, places) > between(grid, lower, upper, places) {
                row.swap(at - 1, at);
                places[lower] = at - 1;
                places[upper] = at;
            }
        }
    }
}

/// Crossings between the ways of two neighbours, if one stands above the other.
fn between(grid: &Grid, upper: usize, lower: usize, places: &[usize]) -> usize {
    let count = |uppers: &[usize], lowers: &[usize]| -> usize {
        uppers.iter().map(|one| lowers.iter().filter(|other| places[**other] < places[*one]).count()).sum()
    };
    let (upper, lower) = (&grid.cells[upper], &grid.cells[lower]);
    count(&upper.before, &lower.before) + count(&upper.after, &lower.after)
}

/// All crossings.
fn all(grid: &Grid, rows: &[Vec<usize>], places: &[usize]) -> usize {
    rows.windows(2).map(|pair| of_layers(grid, &pair[0], pair[1].len(), places)).sum()
}

/// Crossings between two layers: pairs out of order, counted with a tree of sums, because a wide layer has many of them.
fn of_layers(grid: &Grid, row: &[usize], width: usize, places: &[usize]) -> usize {
    let mut sums = vec![0usize; width + 1];
    let (mut seen, mut crossings) = (0, 0);
    for cell in row {
        let mut ends: Vec<usize> = grid.cells[*cell].after.iter().map(|after| places[*after]).collect();
        ends.sort_unstable();
        for end in &ends {
            let mut above = 0;
            let mut at = end + 1;
            while at > 0 {
                above += sums[at];
                at &= at - 1;
            }
            crossings += seen - above;
        }
        for end in &ends {
            let mut at = end + 1;
            while at <= width {
                sums[at] += 1;
                at += at & at.wrapping_neg();
            }
        }
        seen += ends.len();
    }
    crossings
}
