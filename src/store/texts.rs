//! Texts that are kept beside the figures, each under its name, such as which alerts last.

use super::tables::TEXTS;
use super::{Store, StoreError};

impl Store {
    /// The text of this name; empty if there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(&self, name: &str) -> Result<String, StoreError> {
        self.reading(|transaction| {
            Ok(transaction.open_table(TEXTS)?.get(name)?.map_or_else(String::new, |text| text.value().into()))
        })
    }

    /// Keeps a text in the place of the one before. The name `map` belongs to commits.
    ///
    /// # Errors
    /// The disk cannot be written. Nothing was changed then.
    pub fn put_text(&self, name: &str, text: &str) -> Result<(), StoreError> {
        self.writing(|transaction| {
            transaction.open_table(TEXTS)?.insert(name, text)?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_text_is_kept_under_its_name_and_beside_the_map() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "the map", Arc::default(), Arc::default()).unwrap();
        assert_eq!(store.text("alerts").unwrap(), "");
        store.put_text("alerts", "one").unwrap();
        store.put_text("alerts", "two").unwrap();
        drop(store);
        let store = Store::open(folder.path(), Arc::default(), Arc::default()).unwrap();
        assert_eq!((store.text("alerts").unwrap().as_str(), store.map().unwrap().as_str()), ("two", "the map"));
    }
}
