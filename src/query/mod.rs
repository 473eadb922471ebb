//! Questions and answers: the numbers of spec 4.2, from what is measured live and what is kept, merged.

mod answer;
mod question;

pub use answer::*;
pub use question::*;
