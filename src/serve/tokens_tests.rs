//! Who comes in, and that no token is ever told.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Denied, Scope, TokenFiles, Tokens};
use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

const LONG: &str = "q8Zr3vXw0LkT5mYb";

fn open(intake: Option<&str>, api: Option<&str>) -> Result<Tokens, String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: Option<&str>| {
        text.map(|text| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
    };
    let files = TokenFiles { intake: write("intake.txt", intake), api: write("api.txt", api) };
    Tokens::open(files).map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn headers(values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect()
}

fn who(tokens: &Tokens, values: &[&str], scope: Scope) -> Result<Option<String>, Denied> {
    tokens.check(&headers(values), scope).map(|name| name.map(|name| name.to_string()))
}

#[test]
fn a_door_without_a_file_is_open() {
    let tokens = Tokens::default();
    assert_eq!(who(&tokens, &[], Scope::Intake), Ok(None));
    assert_eq!(who(&tokens, &["Bearer whatever"], Scope::Read), Ok(None));
    let tokens = open(Some(&format!("shop: {LONG}")), None).unwrap();
    assert!(tokens.asks(Scope::Intake) && !tokens.asks(Scope::Read));
    assert_eq!(who(&tokens, &[], Scope::Read), Ok(None));
}

#[test]
fn lines_are_read_in_both_forms_with_and_without_scopes() {
    let text = format!("# senders\n\n shop: {LONG}1\nfleet {LONG}2\r\nboth:{LONG}3 intake,read\nreader {LONG}4 read\n");
    let tokens = open(Some(&text), None).unwrap();
    let shown = |number: u8| who(&tokens, &[&format!("bearer {LONG}{number}")], Scope::Intake);
    assert_eq!(shown(1).unwrap().as_deref(), Some("shop"));
    assert_eq!(shown(2).unwrap().as_deref(), Some("fleet"));
    assert_eq!(shown(3).unwrap().as_deref(), Some("both"));
    assert_eq!(shown(4), Err(Denied::Forbidden { name: "reader".into(), lacks: Scope::Intake }));
}

#[test]
fn who_may_only_ask_changes_nothing() {
    let tokens = open(None, Some(&format!("ops: {LONG}1\nboss: {LONG}2 read,admin\n"))).unwrap();
    let change = |number: &str| tokens.check_change(&headers(&[&format!("Bearer {LONG}{number}")]));
    assert_eq!(change("1"), Err(Denied::Forbidden { name: "ops".into(), lacks: Scope::Admin }));
    assert_eq!(change("2").unwrap().as_deref(), Some("boss"));
    assert!(matches!(change("3"), Err(Denied::Unauthenticated(_))));
    assert_eq!(Tokens::default().check_change(&headers(&[])), Ok(None));
}

#[test]
fn a_token_of_the_other_file_is_known_but_opens_nothing_here() {
    let tokens = open(Some(&format!("shop: {LONG}1")), Some(&format!("ops: {LONG}2"))).unwrap();
    let ops = [&*format!("Bearer {LONG}2")];
    assert_eq!(who(&tokens, &ops, Scope::Read).unwrap().as_deref(), Some("ops"));
    let denied = who(&tokens, &ops, Scope::Intake).unwrap_err();
    assert_eq!(denied.to_string(), "the token of 'ops' is not for this: it lacks the scope 'intake'");
    let both = open(Some(&format!("one: {LONG}")), Some(&format!("one: {LONG}"))).unwrap();
    for scope in [Scope::Intake, Scope::Read] {
        assert_eq!(who(&both, &[&format!("Bearer {LONG}")], scope).unwrap().as_deref(), Some("one"));
    }
}

#[test]
fn whoever_shows_no_right_token_is_told_what_to_send_and_not_what_was_wrong_with_it() {
    let tokens = open(Some(&format!("shop: {LONG}")), None).unwrap();
    let nearly = LONG.get(..15).unwrap();
    for values in [
        vec![],
        vec!["Bearer "],
        vec!["Basic c2hvcDpxOA=="],
        vec!["Bearer"],
        vec![LONG],
        vec!["Bearer x", "Bearer y"],
        vec!["Bearer ü"],
    ] {
        assert!(matches!(who(&tokens, &values, Scope::Intake), Err(Denied::Unauthenticated(_))), "{values:?}");
    }
    for wrong in [nearly.to_owned(), format!("{LONG}x"), LONG.to_lowercase(), "x".repeat(10_000)] {
        let denied = who(&tokens, &[&format!("Bearer {wrong}")], Scope::Intake).unwrap_err();
        assert_eq!(denied, Denied::Unauthenticated("the token is not known here"));
    }
}

#[test]
fn files_that_cannot_be_understood_are_told_by_line_and_without_a_token() {
    for (text, told) in [
        ("a: b\nSECRETWORD\n", "intake.txt:2: a line with one word"),
        ("shop:\n", "intake.txt:1: a name without a token"),
        ("shop: SECRETWORD fly\n", "intake.txt:1: what follows the token is no list of scopes; write intake, read, admin"),
        ("shop: SECRETWORD intake, read\n", "intake.txt:1: more than three words"),
        (": SECRETWORD\n", "intake.txt:1: a name has letters"),
        ("shop: SECRETWÖRD\n", "intake.txt:1: a token has at most 512 characters"),
        ("shop: SECRETWORD\nother: SECRETWORD\n", "intake.txt:2: this token stands above under another name"),
        ("shop: SECRETWORD read\n", "no token with the scope intake is in 'intake.txt'"),
        ("# nobody\n", "no token with the scope intake is in 'intake.txt', so that nobody could come in"),
    ] {
        let error = open(Some(text), None).unwrap_err();
        assert!(error.starts_with("--intake-token-file: ") && error.contains(told), "{error}");
        assert!(!error.contains("SECRETW"), "{error}");
    }
    assert!(open(None, Some(&format!("a: {}", "x".repeat(513)))).unwrap_err().starts_with("--api-token-file: api.txt:1: "));
    let files = TokenFiles { intake: Some("/nowhere/tokens".into()), api: None };
    let error = Tokens::open(files).unwrap_err().to_string();
    assert!(error.starts_with("--intake-token-file: '/nowhere/tokens' cannot be read: "), "{error}");
}

#[test]
fn tokens_that_can_be_guessed_and_files_that_others_can_read_are_warned_about() {
    let tokens = open(None, Some(&format!("ops: short\nfine: {LONG}\n"))).unwrap();
    let told = tokens.warnings().join("\n");
    assert!(told.contains("api.txt:1: a token shorter than 16 characters") && !told.contains("short\n"), "{told}");
    assert!(!told.contains("api.txt:2") && !told.contains(LONG), "{told}");
    assert_eq!(format!("{tokens:?}"), "Tokens(2 known)");
}

#[test]
fn tokens_that_have_changed_are_believed_when_they_were_found_twice_and_bad_ones_never() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write(&format!("ops: {LONG}1"));
    let tokens = Tokens::open(TokenFiles { intake: None, api: Some(path.clone()) }).unwrap();
    let opens = |number: u8| who(&tokens, &[&format!("Bearer {LONG}{number}")], Scope::Read).is_ok();
    assert_eq!((tokens.look_again(), opens(1), opens(2)), (Ok(false), true, false));
    write(&format!("ops: {LONG}2"));
    assert_eq!((tokens.look_again(), opens(1)), (Ok(false), true));
    assert_eq!((tokens.look_again(), opens(1), opens(2)), (Ok(true), false, true));
    write("ops");
    assert_eq!(tokens.look_again(), Ok(false));
    assert!(tokens.look_again().unwrap_err().to_string().contains("tokens:1: a line with one word"));
    assert_eq!((tokens.look_again(), opens(2)), (Ok(false), true));
    std::fs::remove_file(&path).unwrap();
    assert!(tokens.look_again().is_err() && opens(2));
}

#[cfg(unix)]
#[test]
fn only_the_owner_should_be_able_to_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    std::fs::write(&path, format!("ops: {LONG}")).unwrap();
    let warned = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Tokens::open(TokenFiles { intake: None, api: Some(path.clone()) }).unwrap().warnings().to_vec()
    };
    assert_eq!(warned(0o600), Vec::<String>::new());
    for mode in [0o640, 0o604] {
        assert!(warned(mode)[0].contains("can be read by others than its owner; 'chmod 600 "));
    }
}
