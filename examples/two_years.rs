//! What two years of history take on the disk, and how long questions about 90 days of it, and about budgets of 28, take.
//!
//! `cargo run --release --example two_years -- [--folder FOLDER] [--rate N] [--capabilities N] [--hops N] [--days N] [--minute-days N]
//! [--slice-hours N]`
//!
//! Executions come at a mean rate (a capability and minute) that follows the day and the week, and go through commits and the roll as
//! in a server. To end in minutes, what is older than `--minute-days` comes in one slice an hour, and what is older than
//! `--slice-hours` in one slice a minute.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "an example measures, and talks to whoever runs it")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use steelthread::catalogue;
use steelthread::measure::{Key, SLICE_NS, SeriesLimits, Window, Windows};
use steelthread::model::{Blame, Cause, Confidence, Hop, HopId, HopUse, Hops, Name, Names, Outcome, TraceId, Verdict, Weight};
use steelthread::query::{Answers, Between, BudgetQuestion, By, Desk, ExplainQuestion, HopsQuestion, Level, StatusQuestion};
use steelthread::store::{Commit, Keeper, Retention, STORE_FILE, Store};

/// As the program has it: what is measured is mostly small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MINUTE_NS: u64 = 60_000_000_000;
const HOUR_NS: u64 = 60 * MINUTE_NS;
const DAY_NS: u64 = 24 * HOUR_NS;
/// A midnight.
const END_NS: u64 = 20_601 * DAY_NS;

struct Asked {
    folder: Option<PathBuf>,
    rate: f64,
    capabilities: u64,
    hops: u64,
    days: u64,
    minute_days: u64,
    slice_hours: u64,
}

fn arguments() -> Result<Asked, Box<dyn Error>> {
    let mut asked = Asked { folder: None, rate: 1.0, capabilities: 50, hops: 30, days: 730, minute_days: 30, slice_hours: 48 };
    let mut words = std::env::args().skip(1);
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word.as_str() {
            "--folder" => asked.folder = Some(value.into()),
            "--rate" => asked.rate = value.parse()?,
            "--capabilities" => asked.capabilities = value.parse()?,
            "--hops" => asked.hops = value.parse()?,
            "--days" => asked.days = value.parse()?,
            "--minute-days" => asked.minute_days = value.parse()?,
            "--slice-hours" => asked.slice_hours = value.parse()?,
            other => return Err(format!("unknown word '{other}'; the first lines of this file tell which there are").into()),
        }
    }
    Ok(asked)
}

/// Numbers that look random (SplitMix64).
struct Dice(u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn part(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Log-normal around this.
    fn about(&mut self, median: f64) -> u64 {
        let normal = (-2.0 * self.part().ln()).sqrt() * (std::f64::consts::TAU * self.part()).cos();
        (median * (0.5 * normal).exp()) as u64
    }
}

/// Windows to draw from, for each capability a few of 1, 10, 100, ... executions: so a busy hour is a few sums and not thousands of
/// verdicts.
struct Pool {
    names: Vec<Name>,
    windows: Vec<Vec<Vec<Window>>>,
}

const VARIANTS: usize = 12;
const SIZES: u32 = 4;

impl Pool {
    fn new(asked: &Asked, names: &Names, hops: &Arc<Hops>, dice: &mut Dice) -> Self {
        let capabilities: Vec<Name> =
            (0..asked.capabilities).map(|at| names.intern(format!("capability-{at}").as_bytes())).collect();
        let mut pool = Vec::new();
        for (at, capability) in capabilities.iter().enumerate() {
            let of = |hop: u64| Hop {
                hop: names.intern(format!("POST /api/v{at}/operation-{hop}").as_bytes()),
                service: names.intern(format!("service-{}", (at as u64 * 7 + hop) % 120).as_bytes()),
                external: hop % 10 == 9,
            };
            let hops_of: Vec<HopId> = (0..asked.hops).map(|hop| hops.intern(of(hop))).collect();
            let draw = |executions: u64, dice: &mut Dice| {
                let counting = Windows::new(hops.clone(), [(*capability, vec![800_000_000])], SeriesLimits::default());
                (0..executions).for_each(|_| counting.record(&execution(*capability, &hops_of, dice)));
                let mut sum = Window::default();
                counting.visit(|_, window| sum.merge(window));
                sum
            };
            let mut sizes = vec![(0..VARIANTS).map(|_| draw(1, dice)).collect::<Vec<_>>()];
            sizes.push((0..VARIANTS).map(|_| draw(10, dice)).collect());
            for size in 2..SIZES as usize {
                let larger = (0..VARIANTS).map(|_| {
                    let mut sum = Window::default();
                    (0..10).for_each(|_| sum.merge(&sizes[size - 1][dice.bits() as usize % VARIANTS]));
                    sum
                });
                sizes.push(larger.collect());
            }
            pool.push(sizes);
        }
        Self { names: capabilities, windows: pool }
    }

    /// A window of so many executions.
    fn draw(&self, capability: usize, executions: u64, dice: &mut Dice) -> Window {
        let mut sum = Window::default();
        for size in (0..SIZES).rev() {
            let each = 10u64.pow(size);
            let times = if size + 1 == SIZES { executions / each } else { executions / each % 10 };
            (0..times).for_each(|_| sum.merge(&self.windows[capability][size as usize][dice.bits() as usize % VARIANTS]));
        }
        sum
    }
}

fn execution(capability: Name, hops: &[HopId], dice: &mut Dice) -> Verdict {
    let mut verdict = Verdict {
        orphans: 0,
        corrected: false,
        trace_id: TraceId(u128::from(dice.bits()) << 64 | u128::from(dice.bits() | 1)),
        capability,
        thread: Name::EMPTY,
        entry_span_id: steelthread::model::SpanId(dice.bits() | 1),
        outcome: Outcome::Ok,
        slow: false,
        start_ns: END_NS,
        end_ns: END_NS,
        duration_ns: dice.about(2e8),
        weight: Weight::ONE,
        blame: None,
        suspects: Vec::new(),
        slow_blame: None,
        absorbed: Vec::new(),
        critical_path: Vec::new(),
        hops: Vec::new(),
        tree: Vec::new(),
        spans: hops.len() as u32,
    };
    for (at, hop) in hops.iter().enumerate() {
        let took = dice.about(5e5 * 1.24f64.powi(at as i32));
        let mut usage = HopUse::new(*hop);
        (usage.calls, usage.latencies_ns) = (1, vec![took]);
        if at % 3 == 0 {
            (usage.self_ns, usage.edge_gap_ns) = (took / 2, dice.about(4e5));
            usage.critical_path_ns = usage.self_ns + usage.edge_gap_ns;
        }
        verdict.hops.push(usage);
    }
    if dice.bits().is_multiple_of(100) {
        let hop = hops[dice.bits() as usize % hops.len()];
        let (cause, confidence) = (Cause::AppError, Confidence::High);
        verdict.outcome = Outcome::Failed;
        verdict.blame = Some(Blame { hop, cause, confidence, evidence: None, span: steelthread::model::SpanId(9), rule: 5 });
    }
    verdict
}

/// How many executions there are in a stretch of time, by the hour of the day and the day of the week.
fn executions(asked: &Asked, at_ns: u64, length_ns: u64, dice: &mut Dice) -> u64 {
    let hour = (at_ns / HOUR_NS % 24) as f64;
    let week = if at_ns / DAY_NS % 7 >= 5 { 0.5 } else { 1.2 };
    let day = 1.0 + 0.8 * ((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos();
    let mean = asked.rate * week * day * length_ns as f64 / MINUTE_NS as f64;
    let whole = (mean * (0.9 + 0.2 * dice.part())) as u64;
    whole + u64::from(dice.part() < mean - mean.floor())
}

fn commit(store: &Store, pool: &Pool, asked: &Asked, stretch: (u64, u64), dice: &mut Dice) -> Result<(), Box<dyn Error>> {
    let (at_ns, length_ns) = stretch;
    let mut windows = Vec::new();
    for (at, capability) in pool.names.iter().enumerate() {
        let executions = executions(asked, at_ns, length_ns, dice);
        if executions > 0 {
            let slice_ns = at_ns + dice.bits() % (length_ns / SLICE_NS) * SLICE_NS;
            windows.push((Key { slice_ns, capability: *capability }, pool.draw(at, executions, dice)));
        }
    }
    store.commit(&Commit { windows: &windows, ..Commit::default() })?;
    Ok(())
}

fn write(store: &Store, pool: &Pool, asked: &Asked, dice: &mut Dice) -> Result<(), Box<dyn Error>> {
    let (minutes_ns, slices_ns) = (END_NS - asked.minute_days * DAY_NS, END_NS - asked.slice_hours * HOUR_NS);
    let (mut at_ns, begun) = (END_NS - asked.days * DAY_NS, Instant::now());
    let (mut commits, mut rolled_ns, mut rolling, mut longest) = (0u64, at_ns, 0.0, 0);
    while at_ns < END_NS {
        let length_ns = if at_ns < minutes_ns {
            HOUR_NS
        } else if at_ns < slices_ns {
            MINUTE_NS
        } else {
            SLICE_NS
        };
        commit(store, pool, asked, (at_ns, length_ns), dice)?;
        (at_ns, commits) = (at_ns + length_ns, commits + 1);
        if at_ns - rolled_ns >= (6 * length_ns).max(HOUR_NS) || at_ns >= END_NS {
            let started = Instant::now();
            store.roll(at_ns, &Retention::default())?;
            (rolled_ns, rolling) = (at_ns, rolling + started.elapsed().as_secs_f64());
            longest = longest.max(std::fs::metadata(store.folder().join(STORE_FILE))?.len() >> 20);
        }
        if commits.is_multiple_of(1_000) {
            println!(
                "{commits} commits, {:.0} s, of these {rolling:.0} s for the roll; {} days to come; the file was never longer than {longest} MB",
                begun.elapsed().as_secs_f64(),
                (END_NS - at_ns) / DAY_NS
            );
        }
    }
    println!(
        "written in {:.0} s, of these {rolling:.0} s for the roll; the file was never longer than {longest} MB",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn map(asked: &Asked) -> String {
    let mut text = String::from("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n");
    for at in 0..asked.capabilities {
        let _ = writeln!(
            text,
            "  - id: capability-{at}\n    objectives: [{{id: available, target: 99.9%, window: 28d}}, {{id: fast, target: 99%, under: 500ms, window: 28d}}]"
        );
    }
    text
}

/// The median time of nine answers, milliseconds.
fn median<T>(ask: impl Fn() -> Result<T, steelthread::query::QueryError>) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        ask()?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[4])
}

fn ask(desk: &Desk) -> Result<(), Box<dyn Error>> {
    // Not on the hour, so that both ends are in finer windows.
    let ends = [("until now", END_NS), ("until a week ago, at 13:37:20", END_NS - 7 * DAY_NS - 37_360_000_000_000)];
    for (when, to_ns) in ends {
        for days in [1, 90] {
            let between = Some(Between { from_ns: to_ns - days * DAY_NS, to_ns });
            let capability = Some("capability-0".to_string());
            let all = median(|| desk.status(&StatusQuestion { capability: None, between }))?;
            let one = median(|| desk.status(&StatusQuestion { capability: capability.clone(), between }))?;
            let (level, by) = (Level::default(), By::default());
            let hops = median(|| desk.hops(&HopsQuestion { capability: capability.clone(), between, level, by }))?;
            let question = ExplainQuestion { capability: "capability-0".into(), between, baseline: None, level };
            let explain = median(|| desk.explain(&question))?;
            println!(
                "{days} days {when}: status of all {all:.1} ms, of one {one:.1} ms; hops of one {hops:.1} ms; explain of one {explain:.1} ms"
            );
        }
        let budget = |capability: Option<&str>| {
            let question = BudgetQuestion { capability: capability.map(str::to_owned), at_ns: Some(to_ns) };
            median(|| desk.budget(&question))
        };
        println!("28 days {when}: budgets of all {:.1} ms, of one {:.1} ms", budget(None)?, budget(Some("capability-0"))?);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let asked = arguments()?;
    let temporary = tempfile::tempdir()?;
    let folder = asked.folder.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    let (names, hops) = (Arc::new(Names::default()), Arc::new(Hops::default()));
    let mut dice = Dice(42);
    let pool = Pool::new(&asked, &names, &hops, &mut dice);
    let map = map(&asked);
    let mut store = Store::create(&folder, &map, names.clone(), hops.clone())?;
    if store.extent()?.is_none() {
        write(&store, &pool, &asked, &mut dice)?;
        let compacted = store.compact(&mut |_| ())?;
        println!("compacted from {} to {} MB", compacted.before_bytes >> 20, compacted.after_bytes >> 20);
    }
    for size in store.sizes()? {
        let mb = size.bytes as f64 / (1u64 << 20) as f64;
        println!(
            "windows of {:>6} s: {:>9} loose, {:>8} blocks, {mb:>8.1} MB",
            size.length_ns / 1_000_000_000,
            size.loose,
            size.blocks
        );
    }
    let catalogue = catalogue::parse("two years", &map).map_err(|problems| problems.to_string())?;
    let windows = Arc::new(Windows::new(hops.clone(), [], SeriesLimits::default()));
    let keeper = Arc::new(Keeper::new(windows, Some(store)));
    ask(&Desk::new(catalogue.capabilities(), names, hops, keeper, None, None))
}
