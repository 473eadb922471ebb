//! Which capabilities are told about: those of the map in use, which may be replaced while questions are asked.

use super::QueryError;
use crate::catalogue::Capability;
use crate::model::{Name, Names};
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// The capabilities of the map in use, in its order. A capability that is gone is no longer told about; its figures stay where they
/// are kept, and are there again if it comes back, because they are kept under its id.
#[derive(Debug)]
pub struct Listing {
    now: ArcSwap<Vec<Listed>>,
}

/// A capability, and its id as a name.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: Name,
    pub(super) capability: Capability,
}

impl Listing {
    /// These capabilities.
    pub fn new(capabilities: &[Capability], names: &Names) -> Self {
        Self { now: ArcSwap::from_pointee(list(capabilities, names)) }
    }

    /// From now on these capabilities. An answer that is being made is still about those before.
    pub fn replace(&self, capabilities: &[Capability], names: &Names) {
        self.now.store(Arc::new(list(capabilities, names)));
    }

    pub(super) fn now(&self) -> Guard<Arc<Vec<Listed>>> {
        self.now.load()
    }
}

fn list(capabilities: &[Capability], names: &Names) -> Vec<Listed> {
    let listed =
        |capability: &Capability| Listed { name: names.intern(capability.id.as_bytes()), capability: capability.clone() };
    capabilities.iter().map(listed).collect()
}

/// The capabilities that are asked about; without an id all of them.
pub(super) fn asked<'a>(listed: &'a [Listed], capability: Option<&str>) -> Result<Vec<&'a Listed>, QueryError> {
    let Some(asked) = capability else { return Ok(listed.iter().collect()) };
    match listed.iter().find(|one| one.capability.id == asked) {
        Some(one) => Ok(vec![one]),
        None => {
            let known: Vec<&str> = listed.iter().take(20).map(|one| one.capability.id.as_str()).collect();
            Err(QueryError::NoSuchCapability { asked: asked.into(), known: known.join(", ") })
        }
    }
}
