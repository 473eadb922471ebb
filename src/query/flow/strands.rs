//! Strands: failures counted at hops, led back to the customer along edges.
//!
//! How many failures a hop caused is known exactly; by which way each came to the customer is counted where it can be. So counts decide, and ways
//! only share out: from the hops farthest out to the nearest, what ends at a hop and what comes by it is shared among the edges that lead to it, in
//! proportion to their weights and without a rest. What comes in at a node is therefore what goes on and what ends there, whatever the weights are.

/// Whole executions, in units of 2^-16.
const ONE: u128 = 1 << 16;

/// Weights have no more bits, so that their products with a rest fit.
const WEIGHT_BITS: u32 = 40;

/// An edge without circles: its caller (`None`: the customer), whom it calls, and what it weighs when failures are shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub from: Option<usize>,
    pub to: usize,
    pub weight: u128,
    /// It weighs what is not by the weights of the others.
    pub rest: bool,
}

/// For each edge, what comes back by it. `own`: what ends at each node. `order`: nodes, callers before those they call.
///
/// The edges that lead to a node stand in an order that does not depend on how they came together: it decides who gets an odd one.
pub(super) fn strands(own: &[u128], order: &[usize], ways: &[Way]) -> Vec<u128> {
    let mut leading: Vec<Vec<usize>> = vec![Vec::new(); own.len()];
    for (at, way) in ways.iter().enumerate() {
        leading[way.to].push(at);
    }
    let mut flows = vec![0; ways.len()];
    let mut sums = own.to_vec();
    for &node in order.iter().rev() {
        let weights = weights(sums[node], leading[node].iter().map(|&at| &ways[at]));
        for (&at, part) in leading[node].iter().zip(shared_out(sums[node], &weights)) {
            flows[at] = part;
            if let Some(from) = ways[at].from {
                sums[from] = sums[from].saturating_add(part);
            }
        }
    }
    flows
}

fn weights<'a>(all: u128, ways: impl Iterator<Item = &'a Way> + Clone) -> Vec<u128> {
    let seen = ways.clone().filter(|way| !way.rest).fold(0_u128, |sum, way| sum.saturating_add(way.weight));
    ways.map(|way| if way.rest { all.saturating_sub(seen) } else { way.weight }).collect()
}

/// Parts in proportion to the weights that add up to `all`; whole executions, if it is of whole ones. Without any weight all weigh the same.
///
/// What is left after rounding down goes one by one to those that lost most by it, of equals to the first.
pub(super) fn shared_out(all: u128, weights: &[u128]) -> Vec<u128> {
    let step = if all.is_multiple_of(ONE) { ONE } else { 1 };
    let largest = weights.iter().copied().max().unwrap_or(0);
    let shift = (u128::BITS - largest.leading_zeros()).saturating_sub(WEIGHT_BITS);
    let weight = |weight: &u128| if largest == 0 { 1 } else { (weight >> shift).max(u128::from(*weight > 0)) };
    let weights: Vec<u128> = weights.iter().map(weight).collect();
    let sum: u128 = weights.iter().sum();
    if sum == 0 {
        return Vec::new();
    }
    // In two parts, so that no product is too large.
    let (whole, rest) = (all / step / sum, all / step % sum);
    let mut parts: Vec<u128> = weights.iter().map(|weight| whole * weight + rest * weight / sum).collect();
    let left = (all / step).saturating_sub(parts.iter().sum());
    let lost = |at: &usize| rest * weights[*at] % sum;
    let mut losers: Vec<usize> = (0..parts.len()).filter(|at| lost(at) > 0).collect();
    losers.sort_by_key(|at| std::cmp::Reverse(lost(at)));
    losers.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)).for_each(|at| parts[at] += 1);
    parts.into_iter().map(|part| part * step).collect()
}
