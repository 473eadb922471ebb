//! Files of tokens: a line each. What is wrong with one is told by its line, and never with what stands in it.

use super::secret_file;
use super::tokens::{BadTokens, Scope, TokenFiles, check_name};
use std::sync::Arc;

/// A token is not longer, in bytes.
pub(super) const MOST_BYTES: usize = 512;

/// A shorter one can be guessed.
const FEWEST_BYTES: usize = 16;

/// All are compared with each that is shown.
const MOST_TOKENS: usize = 1000;

const FORM: &str = "write NAME: TOKEN, or NAME: TOKEN SCOPE,SCOPE";

/// A token, padded, so that all take the same time to compare.
pub(super) struct Known {
    pub(super) name: Arc<str>,
    pub(super) token: [u8; MOST_BYTES],
    pub(super) scopes: u8,
}

/// A file as it was read.
#[derive(Hash)]
pub(super) struct Text {
    flag: &'static str,
    file: String,
    text: String,
    /// What a line opens that does not say it.
    pub(super) usual: Scope,
    warning: Option<String>,
}

/// Reads the files that are named.
pub(super) fn texts(files: &TokenFiles) -> Result<Vec<Text>, BadTokens> {
    let all = [(&files.intake, "--intake-token-file", Scope::Intake), (&files.api, "--api-token-file", Scope::Read)];
    let mut texts = Vec::new();
    for (path, flag, usual) in all {
        let Some(path) = path else { continue };
        let file = path.display().to_string();
        let bytes = secret_file::read(path).map_err(|why| BadTokens(format!("{flag}: {why}")))?;
        let text = String::from_utf8(bytes).map_err(|_| BadTokens(format!("{flag}: '{file}' is no text")))?;
        texts.push(Text { flag, file, text, usual, warning: secret_file::too_open(path) });
    }
    Ok(texts)
}

/// Understands them.
pub(super) fn known(texts: &[Text], warnings: &mut Vec<String>) -> Result<Vec<Known>, BadTokens> {
    let mut all = Vec::new();
    for text in texts {
        warnings.extend(text.warning.clone());
        take(text, &mut all, warnings)?;
    }
    Ok(all)
}

fn take(text: &Text, all: &mut Vec<Known>, warnings: &mut Vec<String>) -> Result<(), BadTokens> {
    let Text { flag, file, usual, .. } = text;
    for (at, line) in text.text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{file}:{}", at + 1);
        let wrong = |why: String| BadTokens(format!("{flag}: {place}: {why}"));
        let known = read_line(line, *usual).map_err(wrong)?;
        if is_short(&known) {
            let instead = "'steelthread token new NAME' makes a better one";
            warnings.push(format!("{place}: a token shorter than {FEWEST_BYTES} characters can be guessed; {instead}"));
        }
        add(known, all).map_err(wrong)?;
    }
    if !all.iter().any(|known| known.scopes & usual.bit() > 0) {
        let (word, instead) = (usual.word(), "'steelthread token new NAME' prints a line for it");
        return Err(BadTokens(format!(
            "{flag}: no token with the scope {word} is in '{file}', so that nobody could come in; {instead}"
        )));
    }
    Ok(())
}

/// The same line in both files opens both doors.
fn add(new: Known, all: &mut Vec<Known>) -> Result<(), String> {
    let many = all.len();
    match all.iter_mut().find(|known| known.token == new.token) {
        None if many == MOST_TOKENS => return Err(format!("more than {MOST_TOKENS} tokens; let senders share some")),
        None => all.push(new),
        Some(known) if known.name == new.name => known.scopes |= new.scopes,
        Some(_) => return Err("this token stands above under another name; give each its own".into()),
    }
    Ok(())
}

fn is_short(known: &Known) -> bool {
    known.token[FEWEST_BYTES - 1] == 0
}

/// All have one length, so that comparing takes one time.
pub(super) fn padded(token: &[u8]) -> Option<[u8; MOST_BYTES]> {
    let mut padded = [0; MOST_BYTES];
    padded.get_mut(..token.len())?.copy_from_slice(token);
    (!token.contains(&0)).then_some(padded)
}

/// `NAME: TOKEN`, `NAME TOKEN`, each also with scopes behind it.
fn read_line(line: &str, usual: Scope) -> Result<Known, String> {
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
