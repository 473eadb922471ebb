//! The laws of the house: what ARCHITECTURE.md says that a room must not import, and a few habits that can be read off the text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The room that a file of `src/` is in; `None` for `main.rs` and `lib.rs`.
fn room(path: &Path) -> Option<String> {
    let inside = path.strip_prefix("src").ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    (first != "main.rs" && first != "lib.rs").then(|| first.trim_end_matches(".rs").to_owned())
}

/// Words between backticks, without a slash at their end.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(|word| word.trim_end_matches('/').to_owned()).collect()
}

/// From the table of ARCHITECTURE.md: for each room, the rooms that it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let rooms: BTreeSet<String> = rows.iter().flat_map(|row| quoted(row[0])).collect();
    let mut table = BTreeMap::new();
    for row in &rows {
        let named: BTreeSet<String> = quoted(row[2]).into_iter().collect();
        let may = if row[2].starts_with("everything but") {
            named
        } else {
            assert!(row[2].starts_with('`') || row[2] == "any other room" || row[2] == "-", "unreadable row: {row:?}");
            if row[2] == "any other room" { BTreeSet::new() } else { rooms.difference(&named).cloned().collect() }
        };
        for room in quoted(row[0]) {
            table.insert(room, may.clone());
        }
    }
    table
}

/// Rooms named by `crate::room` in code, also in groups such as `use crate::{model::X, query}`.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let path = regex::Regex::new(r"\bcrate::(?:(\w+)|\{([^;]*)\};)").unwrap();
    let nested = regex::Regex::new(r"\{[^{}]*\}").unwrap();
    let mut rooms = BTreeSet::new();
    for found in path.captures_iter(&code) {
        let mut names = found.get(1).or(found.get(2)).unwrap().as_str().to_owned();
        while nested.is_match(&names) {
            names = nested.replace_all(&names, "").into_owned();
        }
        rooms.extend(names.split(',').filter_map(|name| name.split("::").next()).map(|name| name.trim().to_owned()));
    }
    rooms
}

#[test]
fn no_room_imports_what_architecture_forbids() {
    let allowed = allowed();
    let mut broken = Vec::new();
    for (path, text) in sources("src") {
        let Some(room) = room(&path) else { continue };
        let may = allowed.get(&room).unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for {room}/"));
        for other in imports(&text) {
            if other != room && allowed.contains_key(&other) && !may.contains(&other) {
                broken.push(format!("{} imports {other}/, which {room}/ must not know", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_single_and_grouped_ones() {
    assert_eq!(imports("use crate::model::{Name, Kind};"), BTreeSet::from(["model".into()]));
    assert_eq!(imports("fn f() { crate::tag::go() }"), BTreeSet::from(["tag".into()]));
    assert!(imports("// crate::serve::x").is_empty());
    let grouped = imports("use crate::{model::{Name, Kind}, query::Status, serve};");
    assert_eq!(grouped, BTreeSet::from(["model".into(), "query".into(), "serve".into()]));
}

#[test]
fn every_room_of_the_table_is_there_and_has_a_prologue() {
    for room in allowed().keys() {
        let folder = root().join("src").join(room).join("mod.rs");
        let text = std::fs::read_to_string(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        assert!(text.starts_with("//! ") && !text.contains("not laid yet"), "{room}/mod.rs does not say what it is for");
    }
}

/// Files that may be longer than 500 lines, each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];

#[test]
fn no_file_is_over_500_lines_without_a_reason() {
    let folders = ["src", "tests", "benches", "examples"];
    let long: Vec<String> = folders
        .iter()
        .filter(|folder| root().join(folder).is_dir())
        .flat_map(|folder| sources(folder))
        .filter(|(path, text)| text.lines().count() > 500 && !LONG_FILES.iter().any(|(long, _)| Path::new(long) == path))
        .map(|(path, text)| format!("{} has {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn nothing_is_unfinished_or_skipped() {
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[ign", "ore")];
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        for word in words {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn only_one_module_reads_the_clock() {
    let calls = ["SystemTime::now", "Instant::now"];
    for (path, text) in sources("src") {
        let reads = calls.iter().any(|call| text.lines().any(|line| line.contains(call) && !line.trim_start().starts_with("//")));
        assert!(!reads || path == Path::new("src/app/clock.rs"), "{} reads the clock", path.display());
    }
}
