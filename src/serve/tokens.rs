//! Bearer tokens: who may send spans, and who may ask.
//!
//! Tokens come from files only: what stands in a command line is seen by everybody on the machine. A token that is shown is compared
//! with all that are known, each in the same time whatever it is, so that nobody can find one out letter by letter.

use super::secret_file::Settling;
use super::token_file::{self, Known, MOST_BYTES, padded};
use arc_swap::ArcSwap;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio_rustls::rustls::crypto::ring;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Spans may be sent.
    Intake,
    /// Questions may be asked.
    Read,
    /// The server may be changed.
    Admin,
}

impl Scope {
    const ALL: [(Self, &'static str); 3] = [(Self::Intake, "intake"), (Self::Read, "read"), (Self::Admin, "admin")];

    /// All of them, as they are written.
    pub fn words() -> [&'static str; 3] {
        Self::ALL.map(|(_, word)| word)
    }

    /// As it is written.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, word)| word)
    }

    pub(super) fn bit(self) -> u8 {
        1 << (self as u8)
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(scope, _)| *scope)
    }
}

/// Where tokens lie. A door whose file is not named is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFiles {
    /// For those who send spans.
    pub intake: Option<PathBuf>,
    /// For those who ask.
    pub api: Option<PathBuf>,
}

/// Why nobody comes in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No token, or one that is not known. UNAUTHENTICATED, 401.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// A known token that does not open this door. PERMISSION_DENIED, 403.
    #[error("the token of '{name}' is not for this: it lacks the scope '{}'", .lacks.word())]
    Forbidden {
        /// Whose.
        name: Arc<str>,
        /// What it does not open.
        lacks: Scope,
    },
}

/// Why a file of tokens cannot be used: file, line, what is wrong, what to write instead. No token is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTokens(pub(super) String);

/// The tokens that are known, and the doors that ask for one.
#[derive(Default)]
pub struct Tokens {
    files: TokenFiles,
    /// Scopes without which nobody comes in.
    asked: u8,
    known: ArcSwap<Vec<Known>>,
    seen: Settling,
    warnings: Vec<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({} known)", self.known.load().len())
    }
}

impl Tokens {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be read, or a line of it not be understood.
    pub fn open(files: TokenFiles) -> Result<Self, BadTokens> {
        let texts = token_file::texts(&files)?;
        let mut warnings = Vec::new();
        let known = token_file::known(&texts, &mut warnings)?;
        let asked = texts.iter().fold(0, |bits, text| bits | text.usual.bit());
        let seen = Settling::new(&texts);
        Ok(Self { files, asked, known: ArcSwap::from_pointee(known), seen, warnings })
    }

    /// Looks at the files again; true if from now on other tokens are known. What has changed is believed when it was found twice, so
    /// that a file that is being written is not taken for a short one.
    ///
    /// # Errors
    /// They have changed and cannot be used. What was known before still is. It is told once.
    pub fn look_again(&self) -> Result<bool, BadTokens> {
        let texts = token_file::texts(&self.files)?;
        if !self.seen.has_settled_otherwise(&texts) {
            return Ok(false);
        }
        self.known.store(Arc::new(token_file::known(&texts, &mut Vec::new())?));
        Ok(true)
    }

    /// What should be said at the start: one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether a door asks for a token.
    pub fn asks(&self, scope: Scope) -> bool {
        self.asked & scope.bit() > 0
    }

    /// Whose token the headers hold; `None` if the door asks for none.
    ///
    /// # Errors
    /// They hold none that opens it.
    pub fn check(&self, headers: &HeaderMap, scope: Scope) -> Result<Option<Arc<str>>, Denied> {
        self.check_behind(headers, scope, scope)
    }

    /// Whose token the headers hold, of somebody who changes something behind the door of those who ask; `None` if that asks for none.
    ///
    /// # Errors
    /// They hold none for changing it.
    pub fn check_change(&self, headers: &HeaderMap) -> Result<Option<Arc<str>>, Denied> {
        self.check_behind(headers, Scope::Read, Scope::Admin)
    }

    fn check_behind(&self, headers: &HeaderMap, door: Scope, scope: Scope) -> Result<Option<Arc<str>>, Denied> {
        if !self.asks(door) {
            return Ok(None);
        }
        let shown = shown(headers)?;
        let known = self.known.load();
        // All are compared, whichever it is.
        let found =
            known.iter().fold(None, |found, known| if bool::from(known.token.ct_eq(&shown)) { Some(known) } else { found });
        match found {
            None => Err(Denied::Unauthenticated("the token is not known here")),
            Some(known) if known.scopes & scope.bit() == 0 => {
                Err(Denied::Forbidden { name: Arc::clone(&known.name), lacks: scope })
            }
            Some(known) => Ok(Some(Arc::clone(&known.name))),
        }
    }
}

/// The token behind `Authorization: Bearer`, padded.
fn shown(headers: &HeaderMap) -> Result<[u8; MOST_BYTES], Denied> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let value = all.next().ok_or(Denied::Unauthenticated("a token is needed: send 'Authorization: Bearer TOKEN'"))?;
    if all.next().is_some() {
        return Err(Denied::Unauthenticated("more than one Authorization header; send one"));
    }
    let bytes = value.as_bytes();
    let scheme = bytes.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case(b"bearer "));
    let token = scheme.map(|_| bytes[7..].trim_ascii()).filter(|token| !token.is_empty());
    let token = token.ok_or(Denied::Unauthenticated("the Authorization header holds no bearer token: send 'Bearer TOKEN'"))?;
    padded(token).ok_or(Denied::Unauthenticated("the token is not known here"))
}

/// Whether a token may be of this name.
///
/// # Errors
/// One sentence that does not repeat it: a token may stand where a name should.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let is_good = !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || "-_.@".contains(one));
    is_good.then_some(()).ok_or("a name has letters, digits and -_.@")
}

/// A new token: 256 random bits.
///
/// # Errors
/// The machine gives none.
pub fn new_token() -> std::io::Result<String> {
    let mut bits = [0; 32];
    let filled = ring::default_provider().secure_random.fill(&mut bits);
    filled.map_err(|_| std::io::Error::other("the system's source of random numbers fails"))?;
    Ok(bits.iter().fold("st_".to_owned(), |text, byte| format!("{text}{byte:02x}")))
}
