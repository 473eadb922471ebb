//! A page that says why there is none.

use super::Asked;
use super::frame::{Frame, Place};
use maud::{Markup, html};

/// Why a view cannot be shown, and where to go from here.
pub fn refused(asked: &Asked, why: &str) -> Markup {
    let why: String = why.chars().take(2000).collect();
    let frame = Frame { asked, place: Place::Nowhere, title: "Not to be shown", json: None, command: None, has_range: true };
    frame.around(&html! {
        h1 { "This cannot be shown" }
        p.say { bdi { (why) } }
        p { a href="/" { "All capabilities, of the last hour" } }
    })
}
