//! Bearer tokens: who may send spans, and who may ask.
//!
//! Tokens come from files only: what stands in a command line is seen by everybody on the machine. A token that is shown is compared
//! with all that are known, each in the same time whatever it is, so that nobody can find one out letter by letter.

use super::secret_file;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio_rustls::rustls::crypto::ring;

/// A token is not longer, in bytes.
const MOST_BYTES: usize = 512;

/// A shorter one can be guessed.
const FEWEST_BYTES: usize = 16;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    fn of(word: &str) -> Option<Self> {
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
pub struct BadTokens(String);

/// A token, padded, so that all take the same time to compare.
struct Known {
    name: Arc<str>,
    token: [u8; MOST_BYTES],
    scopes: u8,
}

/// The tokens that are known, and the doors that ask for one.
#[derive(Default)]
pub struct Tokens {
    known: Vec<Known>,
    /// Scopes without which nobody comes in.
    asked: u8,
    warnings: Vec<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({} known)", self.known.len())
    }
}

impl Tokens {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be read, or a line of it not be understood.
    pub fn open(files: &TokenFiles) -> Result<Self, BadTokens> {
        let mut tokens = Self::default();
        for (path, flag, scope) in
            [(&files.intake, "--intake-token-file", Scope::Intake), (&files.api, "--api-token-file", Scope::Read)]
        {
            let Some(path) = path else { continue };
            let name = path.display().to_string();
            let bytes = secret_file::read(path).map_err(|why| BadTokens(format!("{flag}: {why}")))?;
            let text = String::from_utf8(bytes).map_err(|_| BadTokens(format!("{flag}: '{name}' is no text")))?;
            tokens.warnings.extend(secret_file::too_open(path));
            tokens.take(flag, &name, &text, scope)?;
        }
        Ok(tokens)
    }

    fn take(&mut self, flag: &str, file: &str, text: &str, usual: Scope) -> Result<(), BadTokens> {
        self.asked |= usual.bit();
        let before = self.known.len();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: String| BadTokens(format!("{flag}: {file}:{}: {why}", at + 1));
            let known = read_line(line, usual).map_err(wrong)?;
            if is_short(&known) {
                let instead = "'steelthread token new NAME' makes a better one";
                let told = format!("{file}:{}: a token shorter than {FEWEST_BYTES} characters can be guessed; {instead}", at + 1);
                self.warnings.push(told);
            }
            self.add(known).map_err(wrong)?;
        }
        if self.known.len() == before && !self.known.iter().any(|known| known.scopes & usual.bit() > 0) {
            let word = usual.word();
            return Err(BadTokens(format!(
                "{flag}: no token is in '{file}', so that nobody could come in; 'steelthread token new NAME --scope {word}' makes a line"
            )));
        }
        Ok(())
    }

    /// The same line in both files opens both doors.
    fn add(&mut self, new: Known) -> Result<(), String> {
        match self.known.iter_mut().find(|known| known.token == new.token) {
            None => self.known.push(new),
            Some(known) if known.name == new.name => known.scopes |= new.scopes,
            Some(_) => {
                return Err("this token stands above under another name; give each its own".into());
            }
        }
        Ok(())
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
        if !self.asks(scope) {
            return Ok(None);
        }
        let shown = shown(headers)?;
        let mut found = None;
        for known in &self.known {
            // All are compared, whichever it is.
            if bool::from(known.token.ct_eq(&shown)) {
                found = Some(known);
            }
        }
        match found {
            None => Err(Denied::Unauthenticated("the token is not known here")),
            Some(known) if known.scopes & scope.bit() == 0 => {
                Err(Denied::Forbidden { name: Arc::clone(&known.name), lacks: scope })
            }
            Some(known) => Ok(Some(Arc::clone(&known.name))),
        }
    }
}

fn is_short(known: &Known) -> bool {
    known.token[FEWEST_BYTES - 1] == 0
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

fn padded(token: &[u8]) -> Option<[u8; MOST_BYTES]> {
    let mut padded = [0; MOST_BYTES];
    padded.get_mut(..token.len())?.copy_from_slice(token);
    (!token.contains(&0)).then_some(padded)
}

/// `NAME: TOKEN`, `NAME TOKEN`, each also with scopes behind it.
fn read_line(line: &str, usual: Scope) -> Result<Known, String> {
    const FORM: &str = "write NAME: TOKEN, or NAME: TOKEN SCOPE,SCOPE";
    let (name, rest) = line.split_once([':', ' ', '\t']).ok_or_else(|| format!("a line with one word; {FORM}"))?;
    let mut words = rest.split_whitespace();
    let token = words.next().ok_or_else(|| format!("a name without a token; {FORM}"))?;
    let scopes = words.next();
    if words.next().is_some() {
        return Err(format!("more than three words; {FORM}"));
    }
    check_name(name).map_err(|why| format!("{why}; {FORM}"))?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) || token.len() > MOST_BYTES {
        return Err(format!("a token has at most {MOST_BYTES} characters, all of ASCII; {FORM}"));
    }
    let token = padded(token.as_bytes()).ok_or_else(|| FORM.to_owned())?;
    let scopes = scopes.map_or(Ok(usual.bit()), scopes_of)?;
    Ok(Known { name: name.into(), token, scopes })
}

fn scopes_of(words: &str) -> Result<u8, String> {
    let of = |word: &str| Scope::of(word).map(Scope::bit);
    words.split(',').try_fold(0, |bits, word| of(word).map(|bit| bits | bit)).ok_or_else(|| {
        "what follows the token is no list of scopes; write intake, read, admin, or several joined by commas".into()
    })
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
