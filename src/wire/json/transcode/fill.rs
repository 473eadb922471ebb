//! Messages filled field by field.

use super::fill_all;
use crate::wire::hex;
use crate::wire::lenient::{Reading, Scalar, Wanted, scalar};
use serde::de::{MapAccess, SeqAccess};

/// A message that is filled from an object. A field given twice is read twice: lists go on, else the last one counts.
pub(super) trait Fill: Default {
    /// Reads the value of the field of this name.
    fn field<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Wants an object for a message. Gives back whether there is one: `null` is none, anything else stands there empty.
pub(super) struct Only<'t, T>(pub(super) &'t mut T);

impl<'de, T: Fill> Wanted<'de> for Only<'_, T> {
    type Out = bool;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        fill_all(self.0, &mut map)?;
        Ok(true)
    }

    fn other(self, found: Scalar<'de>) -> bool {
        found != Scalar::Absent
    }
}

/// A message that need not be there.
pub(super) fn optional<'de, T: Fill, A: MapAccess<'de>>(into: &mut Option<T>, map: &mut A) -> Result<(), A::Error> {
    let mut one = T::default();
    *into = map.next_value_seed(Reading(Only(&mut one)))?.then_some(one);
    Ok(())
}

/// Wants a list of objects, a message each.
pub(super) struct Each<'t, T>(pub(super) &'t mut Vec<T>);

impl<T: Fill> Each<'_, T> {
    pub(super) fn read<'de, A: MapAccess<'de>>(self, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(Reading(self))
    }
}

impl<'de, T: Fill> Wanted<'de> for Each<'_, T> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            let mut one = T::default();
            match list.next_element_seed(Reading(Only(&mut one)))? {
                None => return Ok(()),
                Some(true) => self.0.push(one),
                Some(false) => {}
            }
        }
    }

    fn other(self, _: Scalar<'de>) {}
}

/// Wants a list of texts.
struct Texts<'t>(&'t mut Vec<String>);

impl<'de> Wanted<'de> for Texts<'_> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(found) = list.next_element_seed(Reading(crate::wire::lenient::Anything))? {
            if let Scalar::Text(text) = found {
                self.0.push(text.into_owned());
            }
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

pub(super) fn texts<'de, A: MapAccess<'de>>(into: &mut Vec<String>, map: &mut A) -> Result<(), A::Error> {
    map.next_value_seed(Reading(Texts(into)))
}

/// A text; empty where something else stands.
pub(super) fn text<'de, A: MapAccess<'de>>(into: &mut String, map: &mut A) -> Result<(), A::Error> {
    *into = match scalar(map)? {
        Scalar::Text(text) => text.into_owned(),
        _ => String::new(),
    };
    Ok(())
}

/// An id in hex; empty where something else stands.
pub(super) fn id<'de, A: MapAccess<'de>>(into: &mut Vec<u8>, map: &mut A) -> Result<(), A::Error> {
    *into = match scalar(map)? {
        Scalar::Text(text) => hex::decode(&text).map(|id| id.to_vec()).unwrap_or_default(),
        _ => Vec::new(),
    };
    Ok(())
}

/// A number of 64 bits; 0 where something else stands.
pub(super) fn uint64<'de, A: MapAccess<'de>>(into: &mut u64, map: &mut A) -> Result<(), A::Error> {
    *into = scalar(map)?.uint().unwrap_or(0);
    Ok(())
}

/// A number of 32 bits; 0 where something else stands.
pub(super) fn uint32<'de, A: MapAccess<'de>>(into: &mut u32, map: &mut A) -> Result<(), A::Error> {
    *into = scalar(map)?.uint().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    Ok(())
}

/// The number of an enum value; 0 where something else stands.
pub(super) fn int32<'de, A: MapAccess<'de>>(into: &mut i32, map: &mut A) -> Result<(), A::Error> {
    *into = scalar(map)?.int().and_then(|number| i32::try_from(number).ok()).unwrap_or(0);
    Ok(())
}
