//! The 28 shapes of failure, each as real spans with real attributes: tagged and judged with a real map, and each with a near miss,
//! where one fact is another one and so is the answer.
//!
//! The shapes are numbered as in the table of failure decisions that the product promises.

mod answers;
mod bench;
mod business;
mod refusals;
mod retries;
mod timeouts;
mod waits;
