//! What could not be read: the first few in words, the rest as a number.

/// Warnings, bounded however broken the input is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Warnings {
    kept: Vec<String>,
    /// How many of the kept ones are about whole files.
    of_files: usize,
    more: u64,
}

/// How many are kept in words, of places in files and of whole files each: many bad lines must not hide a broken archive.
const KEPT: usize = 20;

impl Warnings {
    pub(super) fn add(&mut self, warning: String) {
        let places = self.kept.len() - self.of_files;
        self.add_if(places < KEPT, warning);
    }

    /// Adds one that is about the rest of a file.
    pub(super) fn add_of_file(&mut self, warning: String) {
        let room = self.of_files < KEPT;
        self.of_files += usize::from(room);
        self.add_if(room, warning);
    }

    fn add_if(&mut self, room: bool, warning: String) {
        if room {
            self.kept.push(warning);
        } else {
            self.more += 1;
        }
    }

    /// The first 20 of places in files and the first 20 of whole files, each with file and place, in the order in which they came.
    pub fn kept(&self) -> &[String] {
        &self.kept
    }

    /// How many there were beyond those.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.more
    }

    /// Whether everything could be read.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}
