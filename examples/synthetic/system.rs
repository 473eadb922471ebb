//! A system: services in layers, operations that call those of deeper layers.

use super::dice::Dice;

/// How a system writes its spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// HTTP attributes; errors by code.
    Http,
    /// gRPC attributes; errors by code and status.
    Rpc,
    /// Names and kinds, nothing else: no status, no peer.
    Bare,
}

/// A call that an operation makes.
#[derive(Debug, Clone)]
pub struct Call {
    /// Operation that is called.
    pub to: usize,
    /// How often it is made.
    pub chance: f64,
    /// So many times, one after the other.
    pub times: usize,
    /// Whether its failure fails the operation.
    pub required: bool,
    /// Attempts at most.
    pub attempts: usize,
}

/// A database, which sends no spans.
#[derive(Debug, Clone)]
pub struct Queries {
    /// Number of the database.
    pub base: usize,
    /// So many times, one after the other.
    pub times: usize,
    /// Median of one, milliseconds.
    pub ms: f64,
}

/// What a service can do.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Whose it is.
    pub service: usize,
    /// Its span's name.
    pub name: String,
    /// Median of its own work, milliseconds.
    pub own_ms: f64,
    /// How much that varies.
    pub sigma: f64,
    /// In this order.
    pub calls: Vec<Call>,
    /// All calls at once.
    pub parallel: bool,
    /// Queries, before the calls.
    pub queries: Option<Queries>,
    /// Share that fails in fair weather.
    pub fails: f64,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct System {
    /// How its spans are written.
    pub style: Style,
    /// How many services.
    pub services: usize,
    /// Deepest first, so that an operation calls those of smaller numbers.
    pub operations: Vec<Operation>,
    /// Where requests come in, and how often compared with others.
    pub entries: Vec<(usize, f64)>,
    /// Median of the way between two services, one direction, milliseconds.
    pub way_ms: f64,
    /// How much a service differs from one ten seconds to the next (deviation of the logarithm).
    pub unrest: f64,
}

impl System {
    /// A system from this chance. Its requests have 4 to 70 spans on average.
    pub fn draw(dice: &mut Dice) -> Self {
        loop {
            let system = Self::try_draw(dice);
            let spans = system.spans();
            if (4.0..70.0).contains(&spans) {
                return system;
            }
        }
    }

    fn try_draw(dice: &mut Dice) -> Self {
        let style = [Style::Http, Style::Rpc, Style::Bare][dice.below(3)];
        let services = dice.scale(5.0, 42.0) as usize;
        let depth = 2 + dice.below(4);
        let mut layers: Vec<usize> = (1..services).map(|_| 1 + dice.below(depth)).collect();
        layers.insert(0, 0);
        let mut order: Vec<usize> = (0..services).collect();
        order.sort_by_key(|service| std::cmp::Reverse(layers[*service]));
        let (way_ms, unrest) = (dice.scale(0.2, 4.0), dice.between(0.02, 0.15));
        let mut system = Self { style, services, operations: Vec::new(), entries: Vec::new(), way_ms, unrest };
        for service in order {
            system.add_service(service, &layers, dice);
        }
        system
    }

    fn add_service(&mut self, service: usize, layers: &[usize], dice: &mut Dice) {
        let deeper: Vec<usize> =
            (0..self.operations.len()).filter(|one| layers[self.operations[*one].service] > layers[service]).collect();
        let count = if service == 0 { 2 + dice.below(4) } else { 1 + dice.below(3) };
        let base = dice.hit(0.5).then(|| if dice.hit(0.3) { 0 } else { service });
        for number in 0..count {
            let wanted = if service == 0 { 1 + dice.below(5) } else { dice.below(4) };
            let calls = (0..wanted).filter(|_| !deeper.is_empty()).map(|_| draw_call(deeper[dice.below(deeper.len())], dice));
            let calls = calls.collect::<Vec<_>>();
            let queries =
                base.map(|base| Queries { base, times: 1 + dice.below(3), ms: dice.scale(0.5, 15.0) }).filter(|_| dice.hit(0.8));
            let operation = Operation {
                service,
                name: format!("Op{number}"),
                own_ms: dice.scale(0.3, 40.0),
                sigma: dice.between(0.2, 0.9),
                calls,
                parallel: dice.hit(0.25),
                queries,
                fails: if dice.hit(0.3) { dice.scale(0.0005, 0.01) } else { 0.0 },
            };
            self.operations.push(operation);
            if service == 0 {
                self.entries.push((self.operations.len() - 1, dice.scale(0.1, 1.0)));
            }
        }
    }

    /// Name of a service.
    pub fn service(&self, service: usize) -> String {
        format!("svc-{service:02}")
    }

    /// Where a database answers.
    pub fn base(base: usize) -> String {
        format!("db-{base:02}.internal")
    }

    /// Calls per request by operation, without faults.
    pub fn uses(&self) -> Vec<f64> {
        let all: f64 = self.entries.iter().map(|(_, often)| often).sum();
        let mut uses = vec![0.0; self.operations.len()];
        self.entries.iter().for_each(|(entry, often)| uses[*entry] += often / all);
        for at in (0..uses.len()).rev() {
            for call in &self.operations[at].calls {
                uses[call.to] += uses[at] * call.chance * call.times as f64;
            }
        }
        uses
    }

    fn spans(&self) -> f64 {
        let of = |operation: &Operation| 2.0 + operation.queries.as_ref().map_or(0.0, |queries| queries.times as f64);
        self.uses().iter().zip(&self.operations).map(|(uses, operation)| uses * of(operation)).sum()
    }
}

fn draw_call(to: usize, dice: &mut Dice) -> Call {
    let chance = if dice.hit(0.6) { 1.0 } else { dice.between(0.1, 1.0) };
    let times = if dice.hit(0.15) { 2 + dice.below(4) } else { 1 };
    let attempts = if dice.hit(0.2) { 3 } else { 1 };
    Call { to, chance, times, required: dice.hit(0.75), attempts }
}
