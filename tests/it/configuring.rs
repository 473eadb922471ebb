//! Settings from files, the environment and flags, as a process sees them.

use crate::program::{refused, run, shop_map, steelthread};
use std::path::Path;
use std::process::Output;

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("settings.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn with_environment(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    steelthread().args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "map: m.yaml\nquiet: 1s\nmax_age: 20s\nno_entry: 30s\nallow_anonymous: true\n");
    let output = with_environment(
        &["serve", "--quiet", "3s", "--print-config"],
        &[
            ("STEELTHREAD_CONFIG", &file),
            ("STEELTHREAD_QUIET", "2s"),
            ("STEELTHREAD_MAX_AGE", "25s"),
            ("STEELTHREAD_ALLOW_ANONYMOUS", "false"),
        ],
    );
    assert_eq!(output.status.code(), Some(0));
    let told = text(output.stdout);
    for row in [
        format!("# Read: {file}"),
        "quiet: 3s # flag".into(),
        "max_age: 25s # environment STEELTHREAD_MAX_AGE".into(),
        "allow_anonymous: false # environment STEELTHREAD_ALLOW_ANONYMOUS".into(),
        format!("no_entry: 30s # {file}:4"),
        "otlp_grpc: 127.0.0.1:4317 # default".into(),
    ] {
        assert!(told.lines().any(|line| line == row), "no '{row}' in\n{told}");
    }
}

#[test]
fn a_variable_that_is_empty_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "map: m.yaml\nno_entry: 30s\n");
    let empty = ["CONFIG", "MAP", "STORE", "NO_ENTRY", "SPANS_PER_TRACE", "ALLOW_ANONYMOUS", "TLS_CERT", "API"];
    let empty: Vec<_> = empty.iter().map(|name| (format!("STEELTHREAD_{name}"), "")).collect();
    let variables: Vec<_> = empty.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let output = with_environment(&["serve", "--config", &file, "--print-config"], &variables);
    let told = text(output.stdout);
    for row in [format!("map: m.yaml # {file}:1"), format!("no_entry: 30s # {file}:2"), "api: 127.0.0.1:4319 # default".into()] {
        assert!(told.lines().any(|line| line == row), "no '{row}' in\n{told}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    for (rest, told) in [
        ("quite: 1s\n", ":2:1: `quite` is no key of a configuration; write `quiet`"),
        ("quiet: soon\n", ":2:8: --quiet: this is no length of time; write for example 30s"),
        ("quiet: 40s\n", ":2:8: --quiet (40s) is longer than --max-age (30s)"),
        ("api: 0.0.0.0:0\n", ":2:6: --api"),
        ("otlp: {grpc: here}\n", ":2:14: --otlp-grpc: this is no address"),
        ("message_bytes: 1TiB\n", ":2:16: --message-bytes: this is no size"),
        ("tls: {cert: tls.crt}\n", ":2:13: --tls-cert needs the private key"),
        ("api_token_file: /nowhere/tokens\n", ":2:17: --api-token-file: "),
    ] {
        let file = write(folder.path(), &format!("map: {map}\n{rest}"));
        let (code, said) = refused(&["serve", "--config", &file]);
        assert_eq!(code, 2, "{said}");
        assert!(said.starts_with(&format!("{file}{told}")), "{said}");
    }
    let (code, said) = refused(&["serve", "--config", "/nowhere/settings.yaml"]);
    assert_eq!(code, 2);
    assert!(said.contains("cannot read the configuration '/nowhere/settings.yaml'"), "{said}");
}

#[test]
fn what_is_wrong_with_a_variable_is_told_by_its_name_and_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    for (variable, told) in [
        ("STEELTHREAD_SPANS_PER_TRACE", "STEELTHREAD_SPANS_PER_TRACE: no value for --spans-per-trace; write a NUMBER"),
        ("STEELTHREAD_QUIET", "STEELTHREAD_QUIET: --quiet: this is no length of time"),
    ] {
        let output = with_environment(&["serve", "--map", &map, "--api", "127.0.0.1:0"], &[(variable, "canary-77aa")]);
        let said = text(output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told) && !said.contains("canary"), "{said}");
    }
}

#[test]
fn the_sample_file_is_understood_and_says_what_it_says() {
    let output = run(&["serve", "--config", "examples/steelthread.yaml", "--print-config"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    let told = text(output.stdout);
    for row in ["map: examples/smallest-map.yaml # examples/steelthread.yaml:", "open_trace_bytes: 512MiB # examples/"] {
        assert!(told.lines().any(|line| line.starts_with(row)), "no '{row}' in\n{told}");
    }
}

#[test]
fn what_is_commented_out_in_the_sample_file_would_be_understood_too() {
    let sample = std::fs::read_to_string("examples/steelthread.yaml").unwrap();
    let is_setting = |line: &&str| {
        line.split_once(':').is_some_and(|(key, _)| key.chars().all(|one| "_ #".contains(one) || one.is_ascii_lowercase()))
    };
    let uncommented: Vec<_> = sample
        .lines()
        .filter(|line| !line.starts_with("# ") || is_setting(&line.trim_start_matches("# ")))
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &uncommented.join("\n"));
    let output = run(&["serve", "--config", &file, "--print-config"]);
    let (told, said) = (text(output.stdout), text(output.stderr));
    for key in ["store: /var/lib/steelthread", "tls_client_ca: /etc/", "api_token_file: /etc/"] {
        assert!(told.lines().any(|line| line.starts_with(key)), "no '{key}' in\n{told}{said}");
    }
}

#[test]
fn a_new_token_is_printed_as_a_line_of_a_token_file() {
    let one = text(run(&["token", "new", "shop", "--scope", "intake,read"]).stdout);
    let words: Vec<_> = one.split_whitespace().collect();
    assert_eq!((words[0], words[2], words.len()), ("shop:", "intake,read", 3));
    assert_ne!(one, text(run(&["token", "new", "shop", "--scope", "intake,read"]).stdout));
    let (code, said) = refused(&["token", "new", "my shop"]);
    assert!(code == 2 && said.contains("letters, digits"), "{said}");
    assert_eq!(refused(&["token", "new", "shop", "--scope", "all"]).0, 2);
}
