//! What it costs to look at the alerts of 10,000 objectives, to feed them, and to sum them up again after a restart.
//!
//! `cargo run --release --example alert_cost -- [OBJECTIVES] [DAYS]`
//!
//! Half of the objectives are about availability, half about latency. A look is made for each second, a feed for each slice of ten seconds, so
//! their costs are shares of one core. The restart is that of a real server on a store with so many days (29) of hours, while somebody sends to it: it must
//! be ready at once, and answer as fast as ever.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "an example talks to whoever runs it, and measures")]

#[path = "cost/start.rs"]
mod start;

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steelthread::alert::{Engine, Moment};
use steelthread::catalogue::parse;
use steelthread::measure::{Key, SLICE_NS, Window, WithinLimit};
use steelthread::model::{Hops, Name, Names, Outcome, Weight};
use steelthread::objective::HOUR_NS;

const BEGIN_NS: u64 = 1_767_571_200_000_000_000;
const LOOKS: u32 = 60;

fn map(capabilities: usize) -> Result<String, std::fmt::Error> {
    let mut map = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n".to_owned();
    for at in 0..capabilities {
        writeln!(map, "- id: c{at}\n  threads: [{{id: web, entry: {{service: s{at}}}}}]")?;
        writeln!(map, "  objectives: [{{id: up, target: 99.9%}}, {{id: fast, target: 99%, under: 1s}}]")?;
    }
    Ok(map)
}

fn window(ok: u64, failed: u64) -> Window {
    let mut window = Window::default();
    window.outcomes[Outcome::Ok as usize].add(Weight::ONE, ok);
    window.outcomes[Outcome::Failed as usize].add(Weight::ONE, failed);
    let mut limit = WithinLimit { under_ns: 1_000_000_000, ..WithinLimit::default() };
    limit.all.add(Weight::ONE, ok);
    limit.good.add(Weight::ONE, ok);
    window.limits.push(limit);
    window
}

struct World {
    engine: Engine,
    capabilities: Vec<Name>,
    now_ns: u64,
}

impl World {
    /// One slice: the first so many capabilities fail half of what they do.
    fn feed(&mut self, failing: usize) -> Duration {
        let (good, bad) = (window(20, 0), window(10, 10));
        let began = Instant::now();
        for (at, capability) in self.capabilities.iter().enumerate() {
            let key = Key { slice_ns: self.now_ns, capability: *capability };
            self.engine.learn(key, SLICE_NS, if at < failing { &bad } else { &good });
        }
        self.now_ns += SLICE_NS;
        began.elapsed()
    }

    fn look(&mut self) -> Duration {
        let began = Instant::now();
        self.engine.evaluate(Moment { until_ns: self.now_ns, now_ns: self.now_ns, lag_ns: 0 });
        began.elapsed()
    }

    fn measure(&mut self, what: &str, failing: usize) {
        let (mut feeds, mut looks) = (Vec::new(), Vec::new());
        for _ in 0..LOOKS {
            feeds.push(self.feed(failing));
            looks.push(self.look());
        }
        feeds.sort();
        looks.sort();
        let firing = self.engine.alerts().filter(|shown| shown.alert.is_firing()).count();
        let told = |all: &[Duration]| {
            let of = |share: usize| all[(all.len() - 1) * share / 100].as_secs_f64() * 1e3;
            format!("{:.2} ms (10 % under {:.2}, 90 % under {:.2})", of(50), of(10), of(90))
        };
        let share = looks[looks.len() / 2].as_secs_f64() * 100.0 + feeds[feeds.len() / 2].as_secs_f64() * 10.0;
        println!("{what}: a look {}, a feed {}; {share:.2} % of one core; {firing} alerts last", told(&looks), told(&feeds));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let objectives: usize = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let names = Arc::new(Names::default());
    let catalogue = parse("map.yaml", &map(objectives / 2)?)?;
    let mut engine = Engine::new(names.clone(), Arc::new(Hops::default()));
    engine.watch(catalogue.capabilities());
    let capabilities = catalogue.capabilities().iter().map(|one| names.intern(one.id.as_bytes())).collect();
    let mut world = World { engine, capabilities, now_ns: BEGIN_NS };
    for _ in 0..30 * 24 {
        world.feed(0);
        world.now_ns += HOUR_NS - SLICE_NS;
    }
    println!("{} objectives", world.engine.objectives());
    world.measure("all well", 0);
    world.measure("one in twenty fails", objectives / 40);
    world.measure("all fail", objectives / 2);
    let days: u64 = std::env::args().nth(2).map_or(Ok(29), |text| text.parse())?;
    if days == 0 {
        return Ok(());
    }
    start::measure(&map(objectives / 2)?, days, &window(20, 0))
}
