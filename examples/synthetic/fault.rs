//! What can be wrong with a service.

use super::dice::Dice;
use super::system::{Style, System};

/// A sort of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its own work takes 1.5 to 10 times as long.
    Slower,
    /// One of its operations takes 20 to 500 ms more.
    Later,
    /// It gets no time to work, to receive, nor to send.
    Starved,
    /// Packets from it and to it are late.
    Delay,
    /// Some packets from it and to it are sent again.
    Loss,
    /// It answers with errors.
    Errors,
    /// The same, where those who call it do without.
    Absorbed,
    /// It returns before it makes its calls.
    Early,
    /// It stops half way, with an error if its spans can tell.
    Exception,
    /// It is not there: calls are refused.
    Killed,
    /// It hangs: calls end by timeout.
    Hangs,
    /// It works and sends no spans.
    Silent,
    /// Its database is slow.
    Database,
    /// A garbage collector stops it now and then.
    Pauses,
}

impl Kind {
    /// All sorts.
    pub const ALL: [Self; 14] = [
        Self::Slower,
        Self::Later,
        Self::Starved,
        Self::Delay,
        Self::Loss,
        Self::Errors,
        Self::Absorbed,
        Self::Early,
        Self::Exception,
        Self::Killed,
        Self::Hangs,
        Self::Silent,
        Self::Database,
        Self::Pauses,
    ];
}

/// A fault in force.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its sort.
    pub kind: Kind,
    /// Where; for a database its number.
    pub at: usize,
    /// Only this operation, or all.
    pub operation: Option<usize>,
    /// How strong: a factor.
    pub factor: f64,
    /// How strong: milliseconds.
    pub ms: f64,
    /// Share of the calls that it meets.
    pub share: f64,
}

impl Fault {
    /// A fault of this sort somewhere in the system that it can be seen at; `None` if there is no such place.
    pub fn draw(kind: Kind, system: &System, dice: &mut Dice) -> Option<Self> {
        let uses = system.uses();
        let fits = |at: usize| -> bool {
            let operation = &system.operations[at];
            let inner = operation.service != 0 || matches!(kind, Kind::Slower | Kind::Starved | Kind::Early | Kind::Exception);
            let fits = match kind {
                Kind::Early => operation.calls.iter().map(|call| call.chance).sum::<f64>() > 0.3,
                Kind::Database => operation.queries.is_some(),
                // Whose spans say nothing of errors shows one by what is not done.
                Kind::Exception => system.style != Style::Bare || !operation.calls.is_empty(),
                Kind::Errors | Kind::Absorbed => system.style != Style::Bare,
                _ => true,
            };
            uses[at] >= 0.05 && inner && fits
        };
        let places: Vec<usize> = (0..uses.len()).filter(|at| fits(*at)).collect();
        if places.is_empty() {
            return None;
        }
        let place = places[dice.below(places.len())];
        let service = system.operations[place].service;
        let one = matches!(kind, Kind::Later | Kind::Early | Kind::Exception) || (kind == Kind::Errors && dice.hit(0.5));
        let at = match (&system.operations[place].queries, kind) {
            (Some(queries), Kind::Database) => queries.base,
            _ => service,
        };
        Some(Self {
            kind,
            at,
            operation: one.then_some(place),
            factor: dice.scale(2.0, 10.0),
            ms: dice.scale(20.0, 500.0),
            share: if matches!(kind, Kind::Early | Kind::Exception | Kind::Errors | Kind::Absorbed) {
                dice.scale(0.25, 1.0)
            } else {
                1.0
            },
        })
    }

    /// Whether this operation is met.
    pub fn meets(&self, operation: usize, service: usize) -> bool {
        self.kind != Kind::Database && self.at == service && self.operation.is_none_or(|one| one == operation)
    }

    /// The name under which it should be found.
    pub fn label(&self, system: &System) -> String {
        if self.kind == Kind::Database { System::base(self.at) } else { system.service(self.at) }
    }
}
