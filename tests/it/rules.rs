//! Each numbered rule of attribution has a test that is called by its number: `b4_...` for B4.

use std::path::{Path, PathBuf};

/// Beginnings of the names of tests, by the part of the specification that they are about.
const RULES: [(&str, &str); 8] = [
    ("2.1 the execution", "e1 e2 e3 e4 e5 e6"),
    ("2.2 reading one span", "c1 c2 c3 c4 c5 error_type timeout_class unreachable_class"),
    ("2.2 whose it is", "h1 h2 h3 receive"),
    ("2.3 outcome", "outcome_1 outcome_2 outcome_3 outcome_4 outcome_5 outcome_6 outcome_7 outcome_8 slow_is"),
    ("2.4 blame", "b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12 b13 b14"),
    ("2.4 slow blame", "slow_blame queue"),
    ("2.5 and 2.6 times", "path skew"),
    ("3.5 weights", "weight"),
];

#[test]
fn each_rule_has_a_test_that_is_called_by_its_number() {
    let names = names_of_tests();
    for (part, rules) in RULES {
        for rule in rules.split_whitespace() {
            let tested = names.iter().any(|name| name.starts_with(&format!("{rule}_")));
            assert!(tested, "{part}: no test is called {rule}_...");
        }
    }
}

fn names_of_tests() -> Vec<String> {
    let folders = ["src/judge/tests", "src/tag/tests", "src/catalogue/tests"];
    let files = folders.iter().flat_map(|folder| files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)));
    let after = |text: &str| -> Vec<String> {
        let tests = text.split("#[test]").skip(1);
        tests.filter_map(|test| Some(test.split("fn ").nth(1)?.split('(').next()?.to_owned())).collect()
    };
    files.flat_map(|file| after(&std::fs::read_to_string(file).unwrap())).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
