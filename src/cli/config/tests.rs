#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::cli::args::ServeArgs;
use crate::cli::limits;
use crate::query::API_VERSION;
use clap::{Arg, ArgAction};

/// A file with this text, and the command line that names it.
fn line(text: &str, more: &str) -> (tempfile::TempDir, Vec<OsString>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.yaml");
    std::fs::write(&path, text).unwrap();
    let words = ["steelthread", "serve"].into_iter().chain(more.split_whitespace()).map(OsString::from);
    let line = words.chain(["--config".into(), path.into()]).collect();
    (folder, line)
}

fn args(text: &str, more: &str) -> ServeArgs {
    let (_folder, line) = line(text, more);
    match read(line) {
        Ok(Read::Arguments(arguments)) => match arguments.command {
            Asked::Serve(args) => *args,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// What is told, without the folder.
fn refused(text: &str, more: &str) -> String {
    let (folder, line) = line(text, more);
    let told = match read(line) {
        Err(Refused::Told(error)) => format!("{error:#}"),
        Err(Refused::Usage(error)) => error.to_string(),
        Ok(taken) => panic!("{taken:?}"),
    };
    told.replace(&format!("{}/", folder.path().display()), "")
}

fn listed(text: &str, more: &str) -> String {
    let (folder, line) = line(text, more);
    let Ok(Read::Listing(told)) = read(line) else { panic!("no listing") };
    told.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn what_the_file_says_holds_unless_a_flag_says_otherwise() {
    let args = args("map: m.yaml\nquiet: 3s\nmax_age: 20s\nspans_per_trace: 77\nallow_anonymous: true\n", "--quiet 2s");
    assert_eq!((args.map.to_str(), args.waits.quiet.as_deref()), (Some("m.yaml"), Some("2s")));
    assert_eq!((args.waits.max_age.as_deref(), args.sizes.spans_per_trace), (Some("20s"), Some(77)));
    assert!(args.allow_anonymous && args.api == "127.0.0.1:4319");
}

#[test]
fn keys_may_be_nested_and_are_joined_to_the_name_of_the_flag() {
    let args =
        args("map: m.yaml\notlp: {grpc: '127.0.0.1:1'}\nopen:\n  trace-bytes: 64MiB\nmax_age: null\nallow: {anonymous: no}", "");
    assert_eq!((args.otlp_grpc.as_str(), args.sizes.open_trace_bytes.as_deref()), ("127.0.0.1:1", Some("64MiB")));
    assert_eq!((args.waits.max_age, args.allow_anonymous), (None, false));
}

#[test]
fn a_file_that_says_nothing_is_no_problem_and_the_map_may_come_from_the_line() {
    for text in ["", "# nothing\n\n", "---\n# nothing\n", "{}"] {
        assert_eq!(args(text, "--map m.yaml").map.to_str(), Some("m.yaml"), "{text:?}");
    }
}

#[test]
fn all_problems_of_a_file_are_told_at_once_with_place_and_way_out() {
    let text = "\
map: m.yaml
qiuet: 3s
otlp:
  grcp: 127.0.0.1:1
spans_per_trace: many
allow_anonymous: perhaps
api: [127.0.0.1:1]
quiet: 2s
quiet: 3s
config: other.yaml
weather: fine
tls: secret
names: {a: 1}
";
    let told = refused(text, "");
    let expected = "\
s.yaml:2:1: `qiuet` is no key of a configuration; write `quiet`
s.yaml:4:3: `otlp.grcp` is no key of a configuration; write `grpc`
s.yaml:5:18: `spans_per_trace` cannot be this (invalid digit found in string); write a NUMBER as for --spans-per-trace
s.yaml:6:18: `allow_anonymous` is a switch; write true or false
s.yaml:7:6: `api` is a list; write one value, without `-` and `[]`
s.yaml:9:1: `quiet` is set at s.yaml:8:1 already; leave one of them out
s.yaml:10:1: `config` cannot stand in a file; write --config behind 'steelthread serve'
s.yaml:11:1: `weather` is no key of a configuration; a key is a flag of 'steelthread serve --help' without its dashes, such as `otlp_grpc`
s.yaml:12:1: `tls` is no key of a configuration; write below it: cert, key, client_ca, api_client_ca
s.yaml:13:9: `names.a` is no key of a configuration; write `names`";
    assert_eq!(told, expected);
}

#[test]
fn a_file_that_is_no_configuration_is_refused() {
    assert!(refused("- a\n", "").starts_with("s.yaml:1:1: a configuration is a mapping; write `key: value`"));
    assert!(refused("a: [", "").starts_with("s.yaml:"));
    assert!(refused("a: 1\n---\nb: 1\n", "").starts_with("s.yaml:2:1: a second document"));
    assert!(refused(&"# long\n".repeat(200_000), "").contains("larger than 1 MiB"));
    let deep = format!("{}: 1", "{a: ".repeat(3) + &"[".repeat(100));
    assert!(refused(&deep, "").starts_with("s.yaml:1:"));
    let words = ["steelthread", "serve", "--config", "/nowhere/s.yaml"].map(OsString::from).to_vec();
    let Err(Refused::Told(error)) = read(words) else { panic!("taken") };
    assert!(format!("{error:#}").starts_with("cannot read the configuration '/nowhere/s.yaml': "), "{error:#}");
}

#[test]
fn what_is_only_found_wrong_later_is_told_at_its_place_and_without_the_value() {
    let args = args("map: m.yaml\nquiet: s3cr3t-word\n", "");
    let error = limits::resolve(&args.waits, &args.sizes).unwrap_err();
    assert!(format!("{error:#}").contains("s3cr3t-word"));
    let told = format!("{:#}", args.settings.placed(error));
    assert!(told.contains("s.yaml:2:8: --quiet: this is no length of time; write for example 30s"), "{told}");
    assert!(!told.contains("s3cr3t-word"), "{told}");
    let unplaced = args.settings.placed(anyhow::anyhow!("--map: what a flag says may be repeated"));
    assert!(unplaced.to_string().contains("s.yaml:1:6: --map: "));
    assert_eq!(args.settings.placed(anyhow::anyhow!("--api: as it was")).to_string(), "--api: as it was");
}

#[test]
fn no_problem_repeats_what_the_file_says() {
    for text in [
        "spans_per_trace: canary-9f3e\n",
        "allow_anonymous: canary-9f3e\n",
        "api: [canary-9f3e]\n",
        "weather: canary-9f3e\n",
        "weather: [canary-9f3e, {a: canary-9f3e}]\n",
        "map: [canary-9f3e\n",
        "canary-9f3e",
    ] {
        let told = refused(text, "");
        assert!(!told.contains("canary"), "{told}");
    }
}

#[test]
fn settings_are_listed_with_who_says_them() {
    let told = listed("map: my map.yaml\nquiet: 3s\nallow_anonymous: off\n", "--max-age 20s --print-config");
    for row in [
        "# Read: s.yaml",
        "map: \"my map.yaml\" # s.yaml:1",
        "quiet: 3s # s.yaml:2",
        "allow_anonymous: false # s.yaml:3",
        "max_age: 20s # flag",
        "otlp_grpc: 127.0.0.1:4317 # default",
        "no_entry: 60s # default",
        "store: null # default",
        "open_trace_bytes: null # default: a quarter of the machine's, at most 2GiB",
    ] {
        assert!(told.lines().any(|line| line == row), "no '{row}' in\n{told}");
    }
    let json: serde_json::Value = serde_json::from_str(&listed("quiet: 3s\n", "--print-config=json --allow-anonymous")).unwrap();
    let row = |key: &str| json["settings"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
    assert_eq!(json["apiVersion"], API_VERSION);
    assert_eq!(row("quiet"), serde_json::json!({ "key": "quiet", "value": "3s", "origin": "s.yaml:1" }));
    assert_eq!(row("allow_anonymous"), serde_json::json!({ "key": "allow_anonymous", "value": true, "origin": "flag" }));
    assert_eq!(row("map")["value"], serde_json::Value::Null);
}

#[test]
fn what_is_listed_is_a_file_that_says_the_same() {
    let told = listed("map: 'a: b # c.yaml'\nclock_skew: off\n", "--api [::1]:80 --print-config");
    let again = listed(&told, "--print-config");
    let values = |text: &str| {
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        rows.map(|line| line.rsplit_once(" # ").unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(&told), values(&again));
    assert!(told.contains("api: \"[::1]:80\" # flag") && told.contains("clock_skew: \"off\" # "), "{told}");
}

#[test]
fn defaults_that_are_listed_are_those_that_hold() {
    let told = listed("map: m.yaml\n", "--print-config");
    let args = args(&told, "");
    assert_eq!(limits::resolve(&args.waits, &args.sizes).unwrap(), crate::app::Limits::default());
    let told: Vec<_> = args.settings.all.iter().filter(|it| it.values.is_empty()).map(|it| it.key()).collect();
    assert!(!told.contains(&"quiet".to_owned()), "{told:?}");
}

/// A server with flags as there may be some day.
fn another_server() -> Command {
    let arg = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Append);
    Command::new("serve").arg(arg("extra-name")).arg(arg("api-token"))
}

#[test]
fn a_flag_that_may_be_repeated_takes_a_list_and_one_value_too() {
    for (text, values) in [("extra_name: [a, 2, 'c d']", vec!["a", "2", "c d"]), ("extra: {name: a}", vec!["a"])] {
        let entries = check::entries("s.yaml", text, &another_server()).unwrap();
        assert_eq!(entries[0].values, values);
        let words: Vec<_> = values.iter().map(|value| OsString::from(format!("--extra-name={value}"))).collect();
        assert_eq!(entries[0].words(), words);
    }
    let told = check::entries("s.yaml", "extra_name: [a, {b: c}]", &another_server()).unwrap_err().to_string();
    assert!(told.starts_with("s.yaml:1:17: a list under `extra_name` holds what is no text"), "{told}");
}

#[test]
fn a_setting_that_is_a_secret_is_not_listed_should_there_ever_be_one() {
    let entries = check::entries("s.yaml", "api_token: [one, two]\nextra_name: [three]", &another_server()).unwrap();
    let given = another_server().try_get_matches_from(["serve"]).unwrap();
    let settings = Settings::of(&another_server(), &given, None, entries);
    for form in [crate::cli::args::Listing::Yaml, crate::cli::args::Listing::Json] {
        let told = print::listing(form, &settings);
        assert!(told.contains("three") && told.contains("(hidden)") && !told.contains("one") && !told.contains("two"), "{told}");
    }
}

#[test]
fn passwords_and_keys_in_addresses_are_not_listed() {
    assert_eq!(print::without_password("https://me:word@there:1/a@b"), "https://(hidden)@there:1/a@b");
    assert_eq!(print::without_password("https://there/a@b"), "https://there/a@b");
    assert_eq!(print::without_password("https://there/v1/traces?api_key=word"), "https://there/v1/traces?(hidden)");
    assert_eq!(print::without_password("https://me:word@there?key=word#word"), "https://(hidden)@there?(hidden)");
    assert_eq!(print::without_password("https://there#word"), "https://there#(hidden)");
    assert_eq!(print::without_password("a@b"), "a@b");
}

#[test]
fn every_flag_of_a_server_is_a_variable_and_a_key_of_the_same_name() {
    let mut broken = Vec::new();
    for arg in serve().get_arguments().filter(|arg| check::is_key(arg)) {
        let flag = arg.get_long().unwrap();
        let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if variable != format!("STEELTHREAD_{}", flag.replace('-', "_").to_uppercase()) {
            broken.push(format!("--{flag} has the variable '{variable}'"));
        }
        let value = match (arg.get_action(), arg.get_possible_values().first()) {
            (ArgAction::SetTrue, _) => "true".to_owned(),
            (_, Some(one)) => one.get_name().to_owned(),
            _ => "1".to_owned(),
        };
        let file = format!("{}: {value}\n", check::as_key(flag));
        match check::entries("s.yaml", &file, &serve()) {
            Ok(entries) => assert_eq!(entries[0].flag, flag),
            Err(problems) => broken.push(problems.to_string()),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn wrong_arguments_and_help_are_told_as_ever() {
    let usage = |line: &str| match read(line.split(' ').map(OsString::from).collect()) {
        Err(Refused::Usage(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(usage("steelthread serve").contains("--map <MAP>"));
    assert!(usage("steelthread serve --spans-per-trace x").contains("'x'"));
    assert!(usage("steelthread serve --help").contains("--print-config"));
    assert!(usage("steelthread dance").contains("dance"));
}
