//! What the fuzz targets check. The comparison itself is that of the wire room's own tests; only where messages come from differs.

pub use steelthread::{model, wire};

#[path = "../../src/wire/otlp/tests/compare.rs"]
pub mod compare;
#[path = "../../src/wire/seen.rs"]
pub mod seen;
#[path = "../../src/wire/otlp/tests/tape.rs"]
pub mod tape;

use compare::{Agreed, compare};
use wire::otlp::Scratch;

/// Takes the bytes as a message, and as a tape that describes one. In both cases the walk must give prost's verdict and show prost's spans.
///
/// # Panics
/// If the two differ: that is the finding.
pub fn check(bytes: &[u8]) -> [Agreed; 2] {
    [bytes, &tape::message(bytes)].map(|message| match compare(message, 128, &mut Scratch::default()) {
        Ok(agreed) => agreed,
        Err(differ) => panic!("{differ}\nmessage {message:02x?}"),
    })
}
