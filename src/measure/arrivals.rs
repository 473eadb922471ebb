//! What arrives: how many spans of each shape.
//!
//! Spans are counted beside their request, in a table of the worker that reads it, and only what the request touched is added to what
//! all workers share: one lock a request. So a span costs one look at a small table, whatever is sent.

use crate::model::{ShapeId, TraceId};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More shapes than a tagger stores.
const MOST_SHAPES: usize = 1 << 19;

/// Root shapes of traces in no execution that are told apart.
const MOST_ROOTS: usize = 1024;

/// What arrived of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Spans.
    pub spans: u64,
    /// Of them, without a parent.
    pub roots: u64,
    /// The last time: of receipt, or in a recording the end of a span; nanoseconds since 1970.
    pub last_ns: u64,
    /// One of the traces, of late.
    pub example: TraceId,
}

const NOTHING: Arrived = Arrived { spans: 0, roots: 0, last_ns: 0, example: TraceId(0) };

/// Spans of a request, by shape; used again for the next one.
#[derive(Debug, Default)]
pub struct Arriving {
    counts: Vec<(u32, u32)>,
    touched: Vec<(u32, TraceId, u64)>,
}

impl Arriving {
    /// A span of this shape.
    #[inline]
    pub fn note(&mut self, shape: ShapeId, trace: TraceId, is_root: bool, end_ns: u64) {
        match self.counts.get_mut(shape.0 as usize) {
            Some(count) if count.0 > 0 => *count = (count.0.saturating_add(1), count.1.saturating_add(u32::from(is_root))),
            _ => self.note_first(shape, trace, is_root, end_ns),
        }
    }

    /// The first of its shape in the request.
    #[inline(never)]
    fn note_first(&mut self, shape: ShapeId, trace: TraceId, is_root: bool, end_ns: u64) {
        let at = shape.0 as usize;
        if at >= self.counts.len() {
            if at >= MOST_SHAPES {
                return;
            }
            self.counts.resize(at + 1, (0, 0));
        }
        self.touched.push((shape.0, trace, end_ns));
        self.counts[at] = (1, u32::from(is_root));
    }

    /// The request was not taken.
    pub fn forget(&mut self) {
        while let Some((shape, ..)) = self.touched.pop() {
            self.counts[shape as usize] = (0, 0);
        }
    }
}

/// What arrived since the start, by shape. Belongs to a table of shapes.
#[derive(Debug, Default)]
pub struct Arrivals {
    inside: Mutex<Inside>,
    unmatched: Mutex<Unmatched>,
}

#[derive(Debug, Default)]
struct Inside {
    rows: Vec<Arrived>,
    first_ns: Option<u64>,
}

/// Complete traces that are in no execution.
#[derive(Debug, Clone, Default)]
pub struct Unmatched {
    /// How many.
    pub traces: u64,
    /// By shape of the root; bounded, so the sum may be less.
    pub roots: HashMap<ShapeId, (u64, TraceId), RandomState>,
}

impl Arrivals {
    /// The spans of a request, which was taken at this moment; 0: a recording, the spans have their own time.
    pub fn take(&self, arriving: &mut Arriving, now_ns: u64) {
        if arriving.touched.is_empty() {
            return;
        }
        let mut inside = self.lock();
        inside.first_ns.get_or_insert(now_ns);
        if inside.rows.len() < arriving.counts.len() {
            inside.rows.resize(arriving.counts.len(), NOTHING);
        }
        while let Some((shape, trace, end_ns)) = arriving.touched.pop() {
            let (spans, roots) = std::mem::take(&mut arriving.counts[shape as usize]);
            let row = &mut inside.rows[shape as usize];
            row.spans += u64::from(spans);
            row.roots += u64::from(roots);
            row.last_ns = row.last_ns.max(if now_ns > 0 { now_ns } else { end_ns });
            row.example = trace;
        }
    }

    /// A complete trace with a root of this shape is in no execution.
    pub fn unmatched(&self, root: ShapeId, trace: TraceId) {
        let mut unmatched = self.unmatched.lock().unwrap_or_else(PoisonError::into_inner);
        unmatched.traces += 1;
        if unmatched.roots.len() < MOST_ROOTS || unmatched.roots.contains_key(&root) {
            let entry = unmatched.roots.entry(root).or_insert((0, trace));
            *entry = (entry.0 + 1, trace);
        }
    }

    /// Shapes of which something arrived, in no order of meaning.
    pub fn by_shape(&self) -> Vec<(ShapeId, Arrived)> {
        let inside = self.lock();
        let rows = inside.rows.iter().zip(0u32..).filter(|(row, _)| row.spans > 0);
        rows.map(|(row, shape)| (ShapeId(shape), *row)).collect()
    }

    /// Traces that are in no execution.
    pub fn in_no_execution(&self) -> Unmatched {
        self.unmatched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the first span arrived.
    pub fn first_ns(&self) -> Option<u64> {
        self.lock().first_ns
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_counted_and_what_was_refused_is_not() {
        let (arrivals, mut arriving) = (Arrivals::default(), Arriving::default());
        arriving.note(ShapeId(7), TraceId(1), true, 5);
        arriving.forget();
        assert_eq!((arrivals.by_shape(), arrivals.first_ns()), (Vec::new(), None));
        arriving.note(ShapeId(2), TraceId(3), true, 50);
        arriving.note(ShapeId(7), TraceId(3), false, 60);
        arriving.note(ShapeId(2), TraceId(4), false, 70);
        arrivals.take(&mut arriving, 100);
        arriving.note(ShapeId(2), TraceId(5), true, 80);
        arrivals.take(&mut arriving, 90);
        let of_two = Arrived { spans: 3, roots: 2, last_ns: 100, example: TraceId(5) };
        let of_seven = Arrived { spans: 1, roots: 0, last_ns: 100, example: TraceId(3) };
        assert_eq!(arrivals.by_shape(), [(ShapeId(2), of_two), (ShapeId(7), of_seven)]);
        assert_eq!(arrivals.first_ns(), Some(100));
    }

    #[test]
    fn tables_are_bounded_whatever_comes() {
        let (arrivals, mut arriving) = (Arrivals::default(), Arriving::default());
        arriving.note(ShapeId(u32::MAX), TraceId(1), true, 5);
        arrivals.take(&mut arriving, 1);
        assert!(arrivals.by_shape().is_empty());
        (0..5000).for_each(|shape| arrivals.unmatched(ShapeId(shape), TraceId(1)));
        let unmatched = arrivals.in_no_execution();
        assert_eq!((unmatched.traces, unmatched.roots.len()), (5000, MOST_ROOTS));
    }
}
