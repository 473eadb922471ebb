//! Windows as they come of an ordinary load: for measuring blocks.

use crate::measure::testing::{START_NS, World};
use crate::measure::{SeriesLimits, Window, Windows};
use crate::model::{Blame, CallerUse, Cause, Confidence, Hop, HopId, HopUse, Names, Outcome, TraceId, Verdict};

/// One capability with thirty hops. Latencies are log-normal with sigma 0.5, from half a millisecond to a third of a second; two of
/// three hops are leaves; some are only partly on the critical path; one execution in a hundred fails.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Executions a minute, at random moments.
    pub per_minute: f64,
    /// Whether callers are seen too, so that there is time between caller and callee.
    pub gaps: bool,
    /// Whether two hops each belong to one service.
    pub paired: bool,
}

const HOPS: usize = 30;

/// Numbers that look random (splitmix64).
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Over 0 and at most 1.
    fn part(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    fn log_normal(&mut self, median: f64) -> u64 {
        let normal = (-2.0 * self.part().ln()).sqrt() * (std::f64::consts::TAU * self.part()).cos();
        (median * (0.5 * normal).exp()) as u64
    }
}

impl Load {
    /// Windows of this length that are not empty, of so many slices one after the other.
    pub fn windows(&self, world: &World, slice_ns: u64, slices: u64) -> Vec<(u64, Window)> {
        let hops = self.hops(world);
        let mut chance = Chance(slice_ns ^ slices);
        let mut windows = Vec::new();
        for slice in 0..slices {
            let start = START_NS / slice_ns * slice_ns + slice * slice_ns;
            let mut window = Window::default();
            let mut at = 0.0;
            let counting =
                Windows::new(world.hops.clone(), [(world.capabilities[0], vec![2_000_000_000])], SeriesLimits::default());
            loop {
                at -= chance.part().ln() * 60e9 / self.per_minute;
                if at >= slice_ns as f64 {
                    break;
                }
                counting.record(&Verdict { end_ns: start, ..self.execution(world, &hops, &mut chance) });
            }
            counting.visit(|_, counted| window.merge(counted));
            if window != Window::default() {
                windows.push((start, window));
            }
        }
        windows
    }

    fn hops(&self, world: &World) -> Vec<HopId> {
        let name = |text: String| -> crate::model::Name { Names::intern(&world.names, text.as_bytes()) };
        let of = |at: usize| Hop {
            hop: name(format!("POST /api/v2/operation-{at}")),
            service: name(format!("service-{}", if self.paired { at / 2 } else { at })),
            external: false,
        };
        (0..HOPS).map(|at| world.hops.intern(of(at))).collect()
    }

    fn execution(&self, world: &World, hops: &[HopId], chance: &mut Chance) -> Verdict {
        let trace = TraceId((u128::from(chance.bits()) << 64) | u128::from(chance.bits()));
        let failing = (chance.part() < 0.01).then(|| chance.bits() as usize % HOPS);
        let reached = failing.map_or(HOPS, |at| at + 1);
        let mut uses: Vec<HopUse> = (0..reached).map(|at| self.usage(hops, at, chance)).collect();
        let duration_ns = uses.iter().map(|usage| usage.critical_path_ns).sum();
        let mut verdict = Verdict { trace_id: trace, duration_ns, ..world.ok(1) };
        if let Some(at) = failing {
            uses[at].errors = 1;
            let cause = Cause::ALL[at % 3];
            let blame = Blame {
                hop: hops[at],
                cause,
                confidence: Confidence::High,
                evidence: None,
                span: verdict.entry_span_id,
                rule: 5,
            };
            (verdict.outcome, verdict.blame) = (Outcome::Failed, Some(blame));
        }
        Verdict { hops: uses, ..verdict }
    }

    fn usage(&self, hops: &[HopId], at: usize, chance: &mut Chance) -> HopUse {
        let latency = chance.log_normal(5e5 * (at as f64 / 4.5).exp());
        let gap = if self.gaps { chance.log_normal(3e5) } else { 0 };
        // Every third waits for others; some of the others run beside what takes longer.
        let part = if at.is_multiple_of(3) || at % 10 == 7 { 0.1 + 0.5 * chance.part() } else { 1.0 };
        let own = (latency as f64 * part) as u64;
        let caller = CallerUse { calls: 1, gap_ns: gap, ..CallerUse::new(hops[at / 3]) };
        HopUse {
            calls: 1,
            self_ns: own,
            edge_gap_ns: gap,
            critical_path_ns: own + gap,
            latencies_ns: vec![latency],
            callers: vec![caller],
            ..HopUse::new(hops[at])
        }
    }
}
