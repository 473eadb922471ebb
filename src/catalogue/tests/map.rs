//! What a right map says.

use super::super::{CallerErrors, Expect, Objective, ObjectiveKind, parse};
use super::*;
use rust_decimal::Decimal;

const BOOK_FLIGHT: &str = include_str!("../../../tests/maps/book-flight.yaml");
const DAY_NS: u64 = 86_400_000_000_000;

fn objective(id: &str, target: f64, under_ns: Option<u64>, window_ns: Option<u64>) -> Objective {
    let kind = under_ns.map_or(ObjectiveKind::Availability, |under_ns| ObjectiveKind::Latency { under_ns });
    Objective { id: id.to_owned(), target, kind, window_ns, calendar: None }
}

#[test]
fn the_map_of_the_specification_says_what_it_says_about_the_capability() {
    let map = read(BOOK_FLIGHT);
    assert_eq!(map.text(), BOOK_FLIGHT);
    assert_eq!((map.position("book-flight"), map.position("fly")), (Some(0), None));
    let one = &map.capabilities()[0];
    assert_eq!((one.id.as_str(), one.title.as_str()), ("book-flight", "Book a flight"));
    assert_eq!((one.owner.as_deref(), one.customer.as_deref()), (Some("team-booking"), Some("traveller")));
    assert_eq!(one.audience.as_deref().unwrap(), ["booking", "executives"]);
    let value = one.value.as_ref().unwrap();
    assert_eq!(value.per_execution, Some(Decimal::new(4150, 2)));
    assert_eq!((value.currency.as_str(), value.from_attribute.as_deref()), ("EUR", Some("booking.amount")));
    assert_eq!(value.recovered_share, Decimal::new(35, 2));
    assert_eq!(one.threads.iter().map(|thread| thread.id.as_str()).collect::<Vec<_>>(), ["web", "mobile"]);
    assert_eq!(one.caller_errors, CallerErrors::Reject);
    let window = Some(28 * DAY_NS);
    assert_eq!(one.objectives, [objective("available", 0.999, None, window), objective("fast", 0.99, Some(800_000_000), window)]);
    assert_eq!(one.slow_over_ns(), Some(800_000_000));
}

#[test]
fn the_map_of_the_specification_says_what_it_says_about_the_hops() {
    let map = read(BOOK_FLIGHT);
    let [pricing, network] = map.capabilities()[0].hops.as_slice() else { panic!("two hops") };
    assert_eq!((pricing.id.as_str(), pricing.external, pricing.expect), ("pricing", false, Expect::Usually));
    assert_eq!(
        pricing.objectives,
        [objective("available", 0.9995, None, None), objective("fast", 0.99, Some(100_000_000), None)]
    );
    assert_eq!(pricing.literal_service.as_deref(), Some("pricing"));
    assert_eq!((network.id.as_str(), network.external, network.expect), ("card-network", true, Expect::Always));
    assert_eq!((network.supplier.as_deref(), network.failure_domain.as_deref()), (Some("AcmePay"), Some("isp-1")));
    assert_eq!((network.called_by.as_slice(), network.async_required), (["booking".to_owned()].as_slice(), false));
    assert_eq!(network.literal_service, None);
}

#[test]
fn the_map_of_the_specification_recognises_its_spans() {
    let map = read(BOOK_FLIGHT);
    let web = Seen::of("web-bff").name("POST /bookings");
    assert_eq!(*web.tags(&map, Kind::Server).entries, [(0, Some(0))]);
    assert!(web.tags(&map, Kind::Client).entries.is_empty());
    let mobile = Seen::of("mobile-bff").text("http.route", "/v2/bookings");
    assert_eq!(*mobile.tags(&map, Kind::Server).entries, [(0, Some(1))]);
    let failed = Seen::of("booking").text("booking.outcome", "timeout").tags(&map, Kind::Internal);
    assert_eq!((&*failed.failed, &*failed.ignored), ([0].as_slice(), [].as_slice()));
    let robot = web.text("user_agent.synthetic.type", "bot").tags(&map, Kind::Server);
    assert_eq!((&*robot.failed, &*robot.ignored), ([].as_slice(), [0].as_slice()));
    assert_eq!(Seen::of("booking").peer("api.acmepay.example").hop(&map, Kind::Client).as_deref(), Some("card-network"));
    assert_eq!(Seen::of("pricing").hop(&map, Kind::Server).as_deref(), Some("pricing"));
}

#[test]
fn what_is_left_out_has_its_default() {
    let map = read(&capability(""));
    let one = &map.capabilities()[0];
    assert_eq!((one.title.as_str(), one.owner.as_deref(), &one.audience, &one.value), ("shop", None, &None, &None));
    assert!(one.threads.is_empty() && one.hops.is_empty() && one.objectives.is_empty());
    assert_eq!((one.caller_errors, one.slow_over_ns()), (CallerErrors::Reject, None));
}

#[test]
fn words_of_the_map_are_read() {
    let map = read(&capability(
        "outcome: {caller_errors: fail}\n\
         hops:\n\
         - {id: a, match: {service: a}, async: required, expect: optional}\n\
         - {id: b, match: {service: b}, async: ignored, expect: usually, external: false}",
    ));
    let one = &map.capabilities()[0];
    assert_eq!(one.caller_errors, CallerErrors::Fail);
    assert_eq!((one.hops[0].async_required, one.hops[0].expect), (true, Expect::Optional));
    assert_eq!((one.hops[1].async_required, one.hops[1].expect), (false, Expect::Usually));
    let map = read(&capability("outcome: {caller_errors: ok}"));
    assert_eq!(map.capabilities()[0].caller_errors, CallerErrors::Ok);
}

#[test]
fn durations_and_targets_are_exact() {
    let limits =
        [("800ms", 800_000_000), ("1.5s", 1_500_000_000), ("2m", 120_000_000_000), ("1h", 3_600_000_000_000), ("7d", 7 * DAY_NS)];
    for (text, nanoseconds) in limits {
        let map = read(&capability(&format!("objectives: [{{id: a, target: 99%, under: {text}}}]")));
        assert_eq!(map.capabilities()[0].slow_over_ns(), Some(nanoseconds), "{text}");
    }
    for (text, share) in
        [("99.9%", 0.999), ("'99.95 %'", 0.9995), ("99.99", 0.9999), ("0.999", 0.999), ("100%", 1.0), ("0%", 0.0)]
    {
        let map = read(&capability(&format!("objectives: [{{id: a, target: {text}}}]")));
        assert_eq!(map.capabilities()[0].objectives[0].target, share, "{text}");
    }
}

#[test]
fn the_smallest_latency_limit_makes_slow() {
    let map =
        read(&capability("objectives: [{id: a, target: 99%, under: 2s}, {id: b, target: 90%, under: 1s}, {id: c, target: 90%}]"));
    assert_eq!(map.capabilities()[0].slow_over_ns(), Some(1_000_000_000));
}

#[test]
fn anchors_and_merged_mappings_are_read_as_if_written_out() {
    let text = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n\
                - &base {id: a, owner: team, title: A}\n- {<<: *base, id: b}\n";
    let map = read(text);
    let b = &map.capabilities()[1];
    assert_eq!((b.id.as_str(), b.owner.as_deref(), b.title.as_str()), ("b", Some("team"), "A"));
}

#[test]
fn of_ten_thousand_capabilities_the_right_one_is_found() {
    let mut text = String::from("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n");
    for number in 0..10_000 {
        text += &format!(
            "  - id: c{number}\n    threads: [{{id: web, entry: {{service: shop, kind: server, attributes: {{http.route: /r/{number}}}}}}}]\n"
        );
    }
    let map = parse("map.yaml", &text).unwrap();
    assert_eq!(map.keys(Scope::Span), ["http.route"]);
    let seen = Seen::of("shop").text("http.route", "/r/9876");
    assert_eq!(seen.facts(&map).len(), 2);
    assert_eq!(*seen.tags(&map, Kind::Server).entries, [(9876, Some(0))]);
    assert!(Seen::of("shop").tags(&map, Kind::Server).entries.is_empty());
}
