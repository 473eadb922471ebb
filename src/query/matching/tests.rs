//! What is said of a map and of spans that nearly fit it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::catalogue::{Catalogue, Field, Scope, parse};
use crate::measure::testing::START_NS;
use crate::measure::{Arrivals, Arriving, Ledger, SeriesLimits, Windows};
use crate::model::{Fate, Fates, Hops, Kind, Name, Names, Shape, ShapeId, Shapes, SpanId, TraceId, Value};
use crate::query::{Answers, Desk, FailedTest, Matching, QueryError, Sources, StatusQuestion, why_not};
use crate::store::Keeper;
use arc_swap::ArcSwap;
use std::sync::Arc;

const MAP: &str = "apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: book
    threads:
      - id: web
        entry: {service: web-bff, kind: server, name: 'POST /bookings'}
      - id: mobile
        entry: {service: mobile-bff, attributes: {http.route: /v2/bookings}}
    outcome: {ignored_when: [{name: 'POST /test'}]}
  - id: pay
    threads: [{id: api, entry: {service: payment}}]
  - id: tagged
";

struct World {
    catalogue: Arc<Catalogue>,
    names: Arc<Names>,
    shapes: Arc<Shapes>,
    arrivals: Arc<Arrivals>,
    ledger: Arc<Ledger>,
    desk: Desk,
}

fn world(map: &str) -> World {
    let catalogue = Arc::new(parse("map.yaml", map).unwrap());
    let (names, hops, shapes) = (Arc::new(Names::default()), Arc::new(Hops::default()), Arc::new(Shapes::default()));
    let windows = Arc::new(Windows::new(hops.clone(), [], SeriesLimits::default()));
    let (arrivals, ledger) = (Arc::new(Arrivals::default()), Arc::new(Ledger::default()));
    let keeper = Arc::new(Keeper::new(windows, None));
    let desk =
        Desk::new(catalogue.capabilities(), names.clone(), hops, keeper, Some(ledger.clone()), None).with_arrivals(Arc::new(
            ArcSwap::from_pointee(Sources { catalogue: catalogue.clone(), shapes: shapes.clone(), arrivals: arrivals.clone() }),
        ));
    World { catalogue, names, shapes, arrivals, ledger, desk }
}

impl World {
    /// The shape that spans of this service, kind and name have, with this route.
    fn shape(&self, service: &str, kind: Kind, name: &str, route: Option<&str>) -> ShapeId {
        let intern = |text: &str| self.names.intern(text.as_bytes());
        let mut facts = Vec::new();
        self.catalogue.facts_of_field(Field::Service, &[service], &mut facts);
        self.catalogue.facts_of_field(Field::Name, &[name], &mut facts);
        let keys = self.catalogue.keys(Scope::Span);
        let key = keys.iter().position(|key| key == "http.route");
        if let Some(key) = key {
            let value = route.map(|route| Value::Text(route.as_bytes()));
            self.catalogue.facts_of_attribute(Scope::Span, key, value.as_ref(), &mut facts);
        }
        facts.sort_unstable();
        let tags = self.catalogue.tags_of(kind, &facts, None);
        let first_values = key.iter().map(|key| (*key as u32, route.map(Into::into))).collect();
        self.shapes.push(Shape { facts: facts.into(), tags, first_values, ..Shape::plain(intern(service), intern(name), kind) })
    }

    fn came(&self, spans: u64, shape: ShapeId) {
        let mut arriving = Arriving::default();
        (0..spans).for_each(|at| arriving.note(shape, TraceId(u128::from(at) + 1), true, 0));
        self.arrivals.take(&mut arriving, START_NS);
        self.fate(Fate::Unmatched, spans);
    }

    fn fate(&self, fate: Fate, spans: u64) {
        let mut fates = Fates::default();
        fates[fate] = spans;
        self.ledger.received(&fates);
    }

    fn matching(&self) -> Matching {
        self.desk.matching(None).unwrap()
    }

    fn why(&self, id: &str) -> String {
        let status = self.desk.status(&StatusQuestion { capability: Some(id.into()), between: None }).unwrap();
        let why = status.capabilities[0].why_empty.clone().unwrap();
        assert_eq!(self.desk.matching(Some(id)).unwrap().capabilities[0].why.as_ref(), Some(&why));
        why
    }
}

#[test]
fn a_name_that_is_wrong_by_a_letter_is_named_with_the_line_of_the_map_to_change() {
    let world = world(MAP);
    world.came(900, world.shape("web-bff", Kind::Server, "GET /health", None));
    world.came(412, world.shape("web-bff", Kind::Server, "POST /booking", None));
    world.came(2000, world.shape("booking", Kind::Server, "POST /bookings", None));
    assert_eq!(
        world.why("book"),
        "no span matched; nearest: 412 spans of web-bff, kind server, name 'POST /booking'; \
         the rule of thread web (line 7 of the map) wants name='POST /bookings'"
    );
    let entry = &world.matching().capabilities[0].entries[0];
    assert_eq!((entry.rule.as_str(), entry.line, entry.matched), ("service='web-bff' kind=server name='POST /bookings'", 7, 0));
    let near = &entry.nearly[0];
    assert_eq!((near.spans, near.what.as_str()), (412, "service='web-bff' kind=server name='POST /booking'"));
    assert_eq!(near.holds, ["service", "kind"]);
    let wanted = "'POST /bookings'".to_owned();
    assert_eq!(near.fails, [FailedTest { key: "name".into(), wanted, found: Some("'POST /booking'".into()) }]);
    // The others fail one test as well: the most frequent first.
    let others: Vec<_> = entry.nearly[1..].iter().map(|near| (near.service.as_str(), near.fails[0].key.as_str())).collect();
    assert_eq!(others, [("booking", "service"), ("web-bff", "name")]);
}

#[test]
fn what_was_meant_is_found_among_many_names_and_although_capital_letters_are_wrong() {
    let world = world(MAP);
    for at in 0..1500u32 {
        world.came(9, world.shape("web-bff", Kind::Server, &format!("GET /users/{at}"), None));
    }
    world.came(1, world.shape("web-bff", Kind::Server, "Post /Bookings", None));
    assert!(
        world.why("book").contains("nearest: 1 span of web-bff, kind server, name 'Post /Bookings'"),
        "{}",
        world.why("book")
    );
}

#[test]
fn a_wrong_kind_and_a_wrong_attribute_are_named_with_what_was_found() {
    let world = world(MAP);
    world.came(5, world.shape("web-bff", Kind::Client, "POST /bookings", None));
    world.came(7, world.shape("mobile-bff", Kind::Server, "POST", Some("/v1/bookings")));
    world.came(7, world.shape("mobile-bff", Kind::Internal, "render", None));
    let entries = world.matching().capabilities.swap_remove(0).entries;
    let fails = |at: usize, near: usize| {
        let test = &entries[at].nearly[near].fails[0];
        (test.key.clone(), test.found.clone().unwrap())
    };
    assert_eq!(fails(0, 0), ("kind".into(), "client".into()));
    assert_eq!(fails(1, 0), ("attributes.http.route".into(), "'/v1/bookings'".into()));
    assert_eq!(fails(1, 1), ("attributes.http.route".into(), "nothing".into()));
    assert!(world.why("book").contains("wants kind=server"), "{}", world.why("book"));
}

#[test]
fn where_nothing_comes_near_it_is_told_what_comes() {
    let world = world(MAP);
    world.came(3, world.shape("shop", Kind::Server, "GET /", None));
    world.came(9, world.shape("search", Kind::Server, "GET /search", None));
    assert_eq!(
        world.why("pay"),
        "no span matched, and none comes near; the rule wants service='payment'; spans come from search, shop"
    );
    world.came(2, world.shape("paymnet", Kind::Server, "charge", None));
    assert!(world.why("pay").contains("nearest: 2 spans of paymnet,"), "{}", world.why("pay"));
    assert!(world.why("tagged").contains("no entry rule") && world.why("tagged").contains("steelthread.capability='tagged'"));
}

#[test]
fn a_tag_that_is_wrong_by_a_letter_is_named() {
    let world = world(MAP);
    world.came(3, world.shape("shop", Kind::Server, "GET /", None));
    world.ledger.unknown_capability(world.names.intern(b"taged"), 3);
    assert_eq!(
        world.why("tagged"),
        "no span matched; 3 spans carried steelthread.capability='taged', which is not in the map; send 'tagged'"
    );
    assert!(!world.why("pay").contains("taged"));
}

#[test]
fn an_empty_screen_says_when_nothing_came_or_nothing_could_be_taken() {
    let nothing = world(MAP);
    assert!(nothing.why("book").starts_with("no span has arrived since the start; point an OpenTelemetry collector"));
    let bad = world(MAP);
    bad.fate(Fate::Malformed, 12);
    assert_eq!(bad.why("book"), "12 spans arrived, and all were malformed; their sender is told why");
    let full = world(MAP);
    full.fate(Fate::Shed, 1);
    assert!(full.why("book").starts_with("1 span arrived, and all were refused because of overload"));
    full.fate(Fate::Malformed, 1);
    assert_eq!(full.why("book"), "2 spans arrived: 1 were malformed, 1 were refused because of overload");
}

#[test]
fn what_matched_and_was_not_judged_is_told_as_that() {
    let world = world(MAP);
    world.fate(Fate::InFlight, 1);
    world.came(2, world.shape("web-bff", Kind::Server, "POST /bookings", None));
    assert!(world.why("book").starts_with("2 spans matched, and none is judged yet"), "{}", world.why("book"));
    let told = world.desk.why_empty().unwrap();
    assert_eq!(
        told.iter().map(|one| (one.id.as_str(), one.waits)).collect::<Vec<_>>(),
        [("book", true), ("pay", false), ("tagged", false)]
    );
    let matching = world.matching();
    assert_eq!((matching.capabilities[0].entries[0].matched, matching.capabilities[0].entries[0].nearly.len()), (2, 0));
    assert_eq!(matching.arriving[0].entry_of, ["book"]);
    let once = StatusQuestion { capability: Some("book".into()), between: Some(crate::query::Between { from_ns: 1, to_ns: 2 }) };
    let status = world.desk.status(&once).unwrap();
    assert_eq!(
        status.capabilities[0].why_empty.as_deref(),
        Some("no execution in this range; the last span that matched came at 2026-10-05T10:00:00Z")
    );
}

#[test]
fn what_arrives_is_listed_most_first_and_traces_in_no_execution_by_what_they_began_with() {
    let world = world(MAP);
    for at in 0..60u32 {
        world.came(u64::from(at) + 1, world.shape("shop", Kind::Server, &format!("GET /{at}"), None));
    }
    let root = world.shape("shop", Kind::Server, "GET /59", Some("/59"));
    world.came(100, root);
    world.arrivals.unmatched(root, TraceId(7));
    world.arrivals.unmatched(root, TraceId(8));
    let told = world.matching();
    assert_eq!((told.arriving.len(), told.arriving_more), (50, 10));
    let first = &told.arriving[0];
    assert_eq!((first.name.as_str(), first.spans, first.roots), ("GET /59", 160, 160));
    assert_eq!(first.last_seen, "2026-10-05T10:00:00Z");
    let roots = &told.unmatched.roots;
    assert_eq!((told.unmatched.traces, roots.len(), roots[0].traces, roots[0].name.as_str()), (2, 1, 2, "GET /59"));
}

#[test]
fn a_store_does_not_know_what_arrived_and_says_who_does() {
    let names = Arc::new(Names::default());
    let hops = Arc::new(Hops::default());
    let keeper = Arc::new(Keeper::new(Arc::new(Windows::new(hops.clone(), [], SeriesLimits::default())), None));
    let catalogue = parse("map.yaml", MAP).unwrap();
    let desk = Desk::new(catalogue.capabilities(), names, hops, keeper, None, None);
    let error = desk.matching(None).unwrap_err();
    assert!(matches!(&error, QueryError::Bad(told) if told.contains("ask a running server")), "{error}");
    let status = desk.status(&StatusQuestion::default()).unwrap();
    assert!(status.capabilities.iter().all(|one| one.why_empty.is_none()));
}

#[test]
fn a_trace_is_held_against_each_rule_span_by_span() {
    let world = world(MAP);
    let told = |shapes: &[ShapeId]| {
        let spans: Vec<_> = shapes.iter().zip(1..).map(|(shape, at)| (SpanId(at), world.shapes.get(*shape))).collect();
        why_not(&world.catalogue, &world.names, 0, TraceId(1), &spans)
    };
    let health = world.shape("web-bff", Kind::Server, "GET /health", None);
    let misspelt = world.shape("web-bff", Kind::Server, "POST /booking", None);
    let near = told(&[health, misspelt]);
    assert_eq!(near.said, "no span of this trace meets one of the 2 entry rules of book");
    let nearest = near.entries[0].nearest.as_ref().unwrap();
    assert_eq!((nearest.span_id.as_str(), nearest.fails[0].key.as_str()), ("0000000000000002", "name"));
    assert_eq!(near.entries[1].nearest.as_ref().unwrap().fails.len(), 2);
    let entry = world.shape("web-bff", Kind::Server, "POST /bookings", None);
    let held = told(&[health, entry]);
    assert_eq!(held.said, "it does hold one: span 0000000000000002 is an entry of book");
    assert_eq!((held.entries[0].matched.len(), &held.entries[0].nearest), (1, &None));
    let ignored = world.shape("mobile-bff", Kind::Server, "POST /test", Some("/v2/bookings"));
    assert!(told(&[ignored]).said.contains("ignored_when of the map holds for it"));
    assert_eq!(told(&[]).said, "no span of this trace is in what was read");
}

#[test]
fn spans_whose_names_were_too_many_to_keep_break_nothing() {
    let world = world(MAP);
    world.came(4, world.shapes.push(Shape::plain(Name::OTHER, Name::OTHER, Kind::Server)));
    assert!(world.why("book").contains("spans come from (other)"), "{}", world.why("book"));
}
