//! What happens in one execution: a walk through the shop, with the fault of the moment. Whoever plants a fault also writes down
//! what it made of the execution, so that the truth does not come from reading spans.

use super::calls::{self, Http, Network};
use super::rng::Rng;
use super::script::Fault;
use super::sketch::{PlannedSpan, Service, Sketch};
use super::truth::{Ending, Made};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

/// Ids of `map.yaml`.
pub(super) const CHECKOUT: &str = "checkout";
pub(super) const BROWSE: &str = "browse";
pub(super) const PRICING: &str = "pricing";
pub(super) const INVENTORY: &str = "inventory";
pub(super) const CARD_NETWORK: &str = "card-network";
pub(super) const RECOMMENDATIONS: &str = "recommendations";

/// Latency limits of `map.yaml`, microseconds.
pub(super) const CHECKOUT_UNDER_US: u64 = 800_000;
pub(super) const BROWSE_UNDER_US: u64 = 400_000;

const APP_ERROR: Ending = Ending::Failed { hop: PRICING, cause: "app_error" };

/// An execution, planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Parents before children; the first one is the entry.
    pub spans: Vec<PlannedSpan>,
    /// What the shop made of it.
    pub made: Made,
}

impl Plan {
    /// When its last span ends, microseconds since it began.
    pub fn length_us(&self) -> u64 {
        self.spans.iter().map(|span| span.end_us).max().unwrap_or(0)
    }
}

/// Something went wrong on the way: what the caller is told, and whose doing it is.
type Failed = (u16, Ending);

/// An execution of a capability chosen by the dice.
pub(super) fn plan(rng: &mut Rng, fault: Fault) -> Plan {
    if rng.chance(45) { checkout(rng, fault) } else { browse(rng, fault) }
}

fn checkout(rng: &mut Rng, fault: Fault) -> Plan {
    let mut sketch = Sketch::new(rng);
    let attributes = calls::http_server(Service::Web, "POST", "/checkout", "/checkout");
    let entry = sketch.open(Service::Web, SpanKind::Server, "POST /checkout", None, attributes);
    sketch.pass(1_000, 4_000);
    let mut absorbed = None;
    let walked = order(&mut sketch, entry, fault, &mut absorbed);
    let (status, ending) = walked.unwrap_or((201, Ending::Ok));
    let producer = (status == 201).then(|| calls::send_confirmation(&mut sketch, entry));
    sketch.pass(500, 2_000);
    calls::answered(&mut sketch, entry, status);
    sketch.close(entry);
    if let Some(producer) = producer {
        calls::mail_confirmation(&mut sketch, producer);
    }
    let slow_by = slow_by(&sketch, entry, CHECKOUT_UNDER_US, fault);
    Plan { spans: sketch.finish(), made: Made { capability: CHECKOUT, ending, slow_by, absorbed } }
}

/// From the cart to the money; `Some` where it ended early.
fn order(
    sketch: &mut Sketch<'_>,
    entry: usize,
    fault: Fault,
    absorbed: &mut Option<(&'static str, &'static str)>,
) -> Option<Failed> {
    let pricing_fails = fault == Fault::Pricing && sketch.rng.chance(50);
    let cart = Http {
        to: Service::Cart,
        method: "GET",
        route: "/carts/{id}",
        server_name: "GET /carts/{id}",
        path: "/carts/7",
        network: Network::GOOD,
    };
    let status = calls::http(sketch, entry, cart, |sketch, server| {
        sketch.pass(1_000, 3_000);
        let code = quote(sketch, server, pricing_fails);
        sketch.pass(500, 2_000);
        if code == "OK" { 200 } else { 500 }
    });
    if status != 200 {
        return Some((500, APP_ERROR));
    }
    if sketch.rng.chance(3) {
        return Some((422, Ending::Rejected));
    }
    stock(sketch, entry, fault, "POST", "UPDATE");
    let payment = pay(sketch, entry, fault);
    if payment.masked {
        *absorbed = Some((CARD_NETWORK, "masked_retry"));
    }
    payment.failed_by.map(|cause| (503, Ending::Failed { hop: CARD_NETWORK, cause }))
}

fn browse(rng: &mut Rng, fault: Fault) -> Plan {
    let mut sketch = Sketch::new(rng);
    let attributes = calls::http_server(Service::Web, "GET", "/products/{id}", "/products/42");
    let entry = sketch.open(Service::Web, SpanKind::Server, "GET /products/{id}", None, attributes);
    sketch.pass(500, 2_000);
    let pricing_fails = fault == Fault::Pricing && sketch.rng.chance(30);
    let mut absorbed = None;
    let (mut status, mut ending) = (200, Ending::Ok);
    if quote(&mut sketch, entry, pricing_fails) == "OK" {
        stock(&mut sketch, entry, fault, "GET", "SELECT");
        absorbed = recommend(&mut sketch, entry, fault).then_some((RECOMMENDATIONS, "suppressed"));
        let page = sketch.open(Service::Web, SpanKind::Internal, "render page", Some(entry), Vec::new());
        sketch.pass(3_000, 12_000);
        sketch.close(page);
    } else {
        (status, ending) = (500, APP_ERROR);
    }
    calls::answered(&mut sketch, entry, status);
    sketch.close(entry);
    let slow_by = slow_by(&sketch, entry, BROWSE_UNDER_US, fault);
    Plan { spans: sketch.finish(), made: Made { capability: BROWSE, ending, slow_by, absorbed } }
}

/// Who made it slow: only two faults can, and without them everything is far under the limits.
fn slow_by(sketch: &Sketch<'_>, entry: usize, under_us: u64, fault: Fault) -> Option<&'static str> {
    let hop = match fault {
        Fault::SlowInventory => INVENTORY,
        Fault::CardNetwork => CARD_NETWORK,
        _ => return None,
    };
    (sketch.duration_us(entry) > under_us).then_some(hop)
}

/// A price from the pricing service; gives the gRPC status.
fn quote(sketch: &mut Sketch<'_>, parent: usize, fails: bool) -> &'static str {
    calls::grpc(sketch, parent, Service::Pricing, "shop.v1.Pricing/Quote", |sketch, server| {
        sketch.pass(4_000, 15_000);
        if fails {
            sketch.throw(server, "shop.pricing.RuleMissing");
            return "INTERNAL";
        }
        "OK"
    })
}

/// Asks for stock, or reserves it.
fn stock(sketch: &mut Sketch<'_>, parent: usize, fault: Fault, method: &'static str, operation: &'static str) {
    let slow = fault == Fault::SlowInventory && sketch.rng.chance(70);
    let (server_name, summary) = match method {
        "GET" => ("GET /stock/{id}", "SELECT items"),
        _ => ("POST /stock/{id}", "UPDATE items"),
    };
    let network = if slow { Network::SLOW } else { Network::GOOD };
    let call = Http { to: Service::Inventory, method, route: "/stock/{id}", server_name, path: "/stock/42", network };
    calls::http(sketch, parent, call, |sketch, server| {
        sketch.pass(2_000, 8_000);
        calls::query(sketch, server, operation, summary);
        sketch.pass(500, 2_000);
        200
    });
}

/// Asks what others bought; gives whether that failed. The page can do without.
fn recommend(sketch: &mut Sketch<'_>, parent: usize, fault: Fault) -> bool {
    let fails = fault == Fault::Recommendations && sketch.rng.chance(70);
    let call = Http {
        to: Service::Recommendations,
        method: "GET",
        route: "/recommendations/{id}",
        server_name: "GET /recommendations/{id}",
        path: "/recommendations/42",
        network: Network::GOOD,
    };
    if fails && sketch.rng.chance(40) {
        calls::http_refused(sketch, parent, call);
        return true;
    }
    let status = calls::http(sketch, parent, call, |sketch, server| {
        sketch.pass(15_000, 50_000);
        if fails {
            sketch.throw(server, "shop.recommendations.ModelMissing");
        }
        if fails { 500 } else { 200 }
    });
    status != 200
}

/// How the card network answers an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accepted,
    Refused,
    Silence,
}

/// What came of a payment.
struct Paid {
    /// Cause, where it failed.
    failed_by: Option<&'static str>,
    /// The first attempt failed and the second did not.
    masked: bool,
}

/// Takes the money: the payment service asks the card network, at most twice.
fn pay(sketch: &mut Sketch<'_>, entry: usize, fault: Fault) -> Paid {
    let answers = match fault {
        Fault::CardNetwork if sketch.rng.chance(60) => {
            let answer = if sketch.rng.chance(50) { Answer::Refused } else { Answer::Silence };
            [answer, answer]
        }
        Fault::Retries if sketch.rng.chance(60) => [Answer::Refused, Answer::Accepted],
        _ => [Answer::Accepted, Answer::Accepted],
    };
    let call = Http {
        to: Service::Payment,
        method: "POST",
        route: "/payments",
        server_name: "POST /payments",
        path: "/payments",
        network: Network::GOOD,
    };
    calls::http(sketch, entry, call, |sketch, server| {
        sketch.pass(1_000, 3_000);
        charge(sketch, server, answers[0], 0);
        if answers[0] != Answer::Accepted {
            sketch.pass(5_000, 10_000);
            charge(sketch, server, answers[1], 1);
        }
        sketch.pass(500, 2_000);
        if answers[1] == Answer::Accepted { 200 } else { 502 }
    });
    let failed_by = match answers[1] {
        Answer::Accepted => None,
        Answer::Refused => Some("dependency_error"),
        Answer::Silence => Some("timeout_no_server"),
    };
    Paid { failed_by, masked: answers[0] != Answer::Accepted && failed_by.is_none() }
}

/// One attempt at the card network, which sends no spans.
fn charge(sketch: &mut Sketch<'_>, parent: usize, answer: Answer, resends: i64) {
    let host = "api.cardnet.example";
    let mut attributes = calls::http_client("POST", format!("https://{host}/v2/charges"), host.into(), 443);
    if resends > 0 {
        attributes.push(KeyValue::new("http.request.resend_count", resends));
    }
    let client = sketch.open(Service::Payment, SpanKind::Client, "POST", Some(parent), attributes);
    match answer {
        Answer::Accepted => sketch.pass(60_000, 140_000),
        Answer::Refused => sketch.pass(20_000, 60_000),
        Answer::Silence => sketch.pass(600_000, 601_000),
    }
    match answer {
        Answer::Accepted => calls::answered(sketch, client, 200),
        Answer::Refused => calls::answered(sketch, client, 503),
        Answer::Silence => sketch.fail(client, "timeout"),
    }
    sketch.close(client);
}
