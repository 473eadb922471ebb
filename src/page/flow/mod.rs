//! The flow map: a capability as a thread from the customer to the last hop, with the strand that ends where it breaks (spec 8.1).
//!
//! A [`Picture`] goes in, SVG and HTML come out. On the way small ways are folded (`fold`), hops get a layer and an order in it (`grid`,
//! `crossings`), a place (`place`), and ways their ports and lanes (`route`); only then is anything drawn (`draw`). All of that is a pure
//! function of the picture, and of who calls whom alone as long as the same ways are drawn: a refresh moves nothing.
//!
//! On a narrow screen the same facts are a list, and a table says them to who wants figures; the style sheet chooses between map and list.

mod crossings;
mod draw;
mod fold;
mod grid;
mod hop;
mod list;
mod picture;
mod place;
mod route;
mod strip;
mod table;
mod text;
mod told;
mod words;

#[cfg(test)]
mod draw_tests;
#[cfg(test)]
mod tests;

pub use picture::{Edge, Mode, Node, Picture};
pub use strip::{strip, strip_symbols};
pub use table::table;
pub(super) use text::fitting;
pub use words::story;

use draw::Drawing;
use maud::{Markup, html};

/// Where the map leads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Links<'a> {
    /// The same with all ways drawn; `None` if they are.
    pub more: Option<&'a str>,
    /// The same with small ways folded; `None` if they are.
    pub fewer: Option<&'a str>,
}

/// The flow map, and the list that stands in its place on a narrow screen. With [`Links::fewer`] small ways are drawn, too.
pub fn map(picture: &Picture, links: Links<'_>) -> Markup {
    let folded = fold::fold(picture, links.fewer.is_some());
    if folded.picture.nodes.is_empty() {
        return html! { p class="empty" { "No hop was called in this time." } };
    }
    let drawing = Drawing::new(&folded);
    html! {
        @if let (true, Some(worst)) = (drawing.size().0 > place::size::FITS, folded.picture.worst()) {
            p class="folded wider" { "Wider than this page: " a href="#culprit" { "go to " bdi { (fitting(&folded.picture.nodes[worst].hop, 60.0, 1.0)) } } "." }
        }
        div class="flow-map" { (drawing.svg(links.more)) }
        (list::list(&folded, drawing.reading()))
        (legend(&folded.picture))
        @if folded.hidden > 0 {
            p class="folded" {
                @if let Some(more) = links.more {
                    a href=(more) { "+ " (folded.hidden) " more" } " ways that fewer than 1 in 100 attempts take, without " (words::harmed(picture.mode)) "."
                } @else {
                    "+ " (folded.hidden) " more ways that are too many to draw; the table has all hops."
                }
            }
        } @else if let Some(fewer) = links.fewer {
            p class="folded" { a href=(fewer) { "Fold small ways" } }
        }
    }
}

/// What the signs mean that this picture has.
fn legend(picture: &Picture) -> Markup {
    let any = |is: fn(&Node) -> bool| picture.nodes.iter().any(is);
    let has_async = picture.edges.iter().any(|edge| edge.is_async);
    html! {
        p class="legend" {
            span { svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" { path class="band" stroke-width="8" d="M0 6h26" {} } "attempts" }
            @if picture.harmed > 0.0 {
                span {
                    svg class={ "key" @if picture.mode == Mode::Slow { " slow" } } viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" {
                        path class="strand" stroke-width="3" d="M0 6h18" {}
                        g class="cut lesser" { circle cx="19" cy="6" r="5" {} path d="M17 4l4 4m0-4l-4 4" {} }
                    }
                    (words::harm(picture.mode)) ", and where that ends"
                }
            }
            @if has_async {
                span { svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" { path class="band async" stroke-width="8" d="M0 6h26" {} } "nobody waits for it" }
            }
            @if any(|node| node.external) {
                span { svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" { g class="hop ext" { rect x="1" y="1" width="24" height="10" rx="3" {} } } "external" }
            }
            @if any(|node| node.absorbed > 0.0) {
                span { svg class="key" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" { g class="absorbed" { path d="M6 0v12" {} } } "errors that customers did not notice" }
            }
        }
    }
}
