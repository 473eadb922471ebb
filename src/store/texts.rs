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

    /// Name and text of those whose names begin like this, in the order of names.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn texts(&self, beginning: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.reading(|transaction| {
            let mut found = Vec::new();
            for entry in transaction.open_table(TEXTS)?.range(beginning..)? {
                let (name, text) = entry?;
                if !name.value().starts_with(beginning) {
                    break;
                }
                found.push((name.value().to_owned(), text.value().to_owned()));
            }
            Ok(found)
        })
    }

    /// Keeps some texts in the place of those before, and forgets others, all at once. The name `map` belongs to commits.
    ///
    /// # Errors
    /// The disk cannot be written. Nothing was changed then.
    pub fn put_texts(&self, kept: &[(String, String)], forgotten: &[String]) -> Result<(), StoreError> {
        self.writing(|transaction| {
            let mut table = transaction.open_table(TEXTS)?;
            for (name, text) in kept {
                table.insert(name.as_str(), text.as_str())?;
            }
            for name in forgotten {
                table.remove(name.as_str())?;
            }
            Ok(())
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
        let put = |name: &str| (name.to_owned(), name.to_uppercase());
        store.put_texts(&[put("a/2"), put("a/1"), put("a/3"), put("b/1")], &[]).unwrap();
        store.put_texts(&[], &["a/3".into()]).unwrap();
        assert_eq!(store.texts("a/").unwrap(), [("a/1".into(), "A/1".into()), ("a/2".into(), "A/2".into())]);
        assert_eq!((store.text("alerts").unwrap().as_str(), store.map().unwrap().as_str()), ("two", "the map"));
    }
}
