//! Why a file cannot be read at all.

/// A file that the system does not give us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("{name}: there is no such file; check the path (`-` is standard input)")]
    NotFound {
        /// The path as given.
        name: String,
    },
    /// It is a folder.
    #[error("{name}: is a folder; name the files in it, such as {name}/*")]
    Folder {
        /// The path as given.
        name: String,
    },
    /// The system refuses it.
    #[error("{name}: cannot be opened ({error})")]
    Refused {
        /// The path as given.
        name: String,
        /// What the system says.
        error: String,
    },
    /// The system fails in the middle of it.
    #[error("{name}: cannot be read behind byte {at} ({error})")]
    Broken {
        /// The path as given.
        name: String,
        /// Bytes read before.
        at: u64,
        /// What the system says.
        error: String,
    },
    /// Standard input can be read once.
    #[error("-: standard input is given twice; give it once")]
    StdinTwice,
}
