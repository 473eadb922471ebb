//! The 28 shapes of failure, each as real spans with real attributes: tagged and judged with a real map; and each with near misses,
//! where one fact is another one and so is the answer. All are sent in several ways (backwards, at another time, by attributes of
//! another year), on which no answer may depend.
//!
//! The shapes are numbered as in the table of failure decisions that the product promises.

mod answers;
mod bench;
mod business;
mod change;
mod fallbacks;
mod guesses;
mod messages;
mod refusals;
mod retries;
mod siblings;
mod timeouts;
mod waits;

const TESTS: [&str; 9] = [
    include_str!("answers.rs"),
    include_str!("business.rs"),
    include_str!("fallbacks.rs"),
    include_str!("guesses.rs"),
    include_str!("messages.rs"),
    include_str!("refusals.rs"),
    include_str!("retries.rs"),
    include_str!("siblings.rs"),
    include_str!("timeouts.rs"),
];
const WAITS: &str = include_str!("waits.rs");

#[test]
fn each_of_the_28_shapes_has_at_least_three_near_misses() {
    let tests: Vec<&str> = TESTS.into_iter().chain([WAITS]).flat_map(|text| text.split("#[test]").skip(1)).collect();
    for shape in 1..=28 {
        let of_shape = tests.iter().filter(|test| test.trim_start().starts_with(&format!("fn shape_{shape}_")));
        let near_misses: usize = of_shape.map(|test| rows_of_near_misses(test)).sum();
        assert!(near_misses >= 3, "shape {shape} has {near_misses}");
    }
}

/// A row begins with its change on a line of its own.
fn rows_of_near_misses(test: &str) -> usize {
    let lists = test.split("near_misses(&[").skip(1).filter_map(|rest| rest.split("]);").next()?.split("])\n").next());
    lists.map(|list| list.lines().filter(|line| line.trim_start().starts_with('(')).count()).sum()
}
