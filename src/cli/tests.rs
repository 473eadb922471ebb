//! What people see, and a command line that asks a real server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::args::{Arguments, Command, Format, LoginArgs};
use super::login::Login;
use super::output::{Look, render};
use super::remote::Remote;
use super::{analyze, exit, explain, history, hops, manual, matching, status, trace};
use crate::model::TraceId;
use crate::query::*;
use crate::serve::fakes::{self, FakeAnswers, FakeHealth, KNOWN, NOON};
use clap::{CommandFactory, Parser};
use std::sync::Arc;

fn anonymous() -> Login {
    Login::resolve(&LoginArgs::default(), |_| None).unwrap()
}

fn the_trace() -> TraceAnswer {
    TraceAnswer { api_version: API_VERSION.into(), verdicts: vec![fakes::verdict()] }
}

#[test]
fn status_is_a_table_with_what_became_of_the_spans() {
    let expected = "\
capability   state    executions  ok  failed  rejected  abandoned  incomplete  success  slow      p50     p95  worst hop                                 lost value
book-flight  failing         120  88      12        15          4           1    88.0%     9  84.2 ms  812 ms  card-network (pay.acmepay.example) 75.0%  498.00 EUR
search       no data           0   0       0         0          0           0        -     0        -       -  -                                                  -
search: no span matched; nearest: 412 spans of search, kind server, name 'GET /serch'
book-flight misses its objective 'available': 88.0% of 99.9%

from 2026-09-01T11:00:00Z to 2026-09-01T12:00:00Z
1000 spans received
   900 in judged executions
    80 in no execution
     3 late: their trace was judged before they came
     2 duplicates
     1 malformed
    14 waiting for the rest of their trace
4 spans name the capability 'bok-flight', which is not in the map
";
    assert_eq!(status::table(&fakes::status(), Look::PLAIN), expected);
}

#[test]
fn what_one_capability_lacks_is_told_in_a_line_and_nothing_where_it_lacks_nothing() {
    let mut status = fakes::status();
    status.capabilities.truncate(1);
    let told = status::table(&status, Look::PLAIN);
    let line = "not complete: 7 spans late, 3 spans whose parent never came, 1 execution without entry span, 4 culprits corrected by late spans";
    assert!(told.lines().any(|one| one == line), "{told}");
    status.capabilities[0].completeness = Completeness::default();
    assert!(!status::table(&status, Look::PLAIN).contains("not complete"));
}

#[test]
fn an_empty_status_says_why_it_is_empty() {
    let mut status = fakes::status();
    status.capabilities.remove(0);
    let told = |status: &Status| status::table(status, Look::PLAIN);
    assert!(told(&status).contains("no execution in this range"));
    let mut only = |fate: &str| {
        status.spans.fates.values_mut().for_each(|spans| *spans = 0);
        status.spans.fates.insert(fate.into(), 1000);
        told(&status)
    };
    assert!(only("unmatched").contains("compare the entry rules of the map"));
    assert!(only("in_flight").contains("ask again soon"));
    status.spans.received = 0;
    assert!(told(&status).contains("no span has been received; point an OpenTelemetry collector"));
}

#[test]
fn estimates_are_told_with_what_was_seen_and_how_far_they_go() {
    use crate::query::{Count, Interval};
    let mut status = fakes::status();
    status.estimated = true;
    let one = &mut status.capabilities[0];
    one.sampled = Some([("executions".into(), 8), ("failed".into(), 1)].into());
    let interval = |low, high| Interval { low: Count(low), high: Some(Count(high)) };
    let open = Interval { high: None, ..interval(1.0, 0.0) };
    one.intervals = Some([("executions".into(), interval(61.0, 250.0)), ("failed".into(), open)].into());
    let table = status::table(&status, Look::PLAIN);
    let line = "  book-flight: 8 executions seen, which stand for 61 to 250; 1 failures seen, which stand for 1 to any number\n";
    assert!(table.contains(line), "{table}");
}

#[test]
fn matching_tells_what_arrives_and_which_test_fails() {
    let expected = "\
book-flight: 120 executions, a span last matched at 2026-09-01T12:00:00Z
  thread web (line 7 of the map): service='web-bff' kind=server name='POST /bookings'
    120 spans matched

search: 0 executions
  no span matched; nearest: 412 spans of search
  thread web (line 7 of the map): service='search' kind=server name='GET /search'
    0 spans matched
    nearly: 412 spans with service='search' kind=server name='GET /serch', such as trace 0af7651916cd43dd8448eb211c80319c
      fails: name is 'GET /serch', and the rule wants 'GET /search'

4 spans name the capability 'bok-flight', which is not in the map

412 complete traces are in no execution
began with  kind    name        traces  such as
search      server  GET /serch     412  0af7651916cd43dd8448eb211c80319c

arriving  kind    name            spans  roots  entry of     last seen
search    server  GET /serch        412    412  -            2026-09-01T12:00:00Z
web-bff   server  POST /bookings    120    120  book-flight  2026-09-01T12:00:00Z
and 3 more (-o json shows the first fifty)
";
    assert_eq!(matching::text(&fakes::matching(), Look::PLAIN), expected);
}

#[test]
fn hops_is_a_table_whose_failures_add_up() {
    let expected = "\
hop           service                         failures  share  causes                                   slow  errors/calls  retries  resilience      p95   critical path  lost value
card-network  pay.acmepay.example (external)         9  75.0%  timeout_no_server 7, dependency_error 2     3        14/108        8       35.7%   1.50 s  66.4 ms  52.1%  373.50 EUR
pricing       pricing                                2  16.7%  app_error 2                                 0         2/120        0        0.0%  12.5 ms  7.90 ms   7.4%           -

book-flight: 12 failed executions: 11 blamed on hops, 0 on the caller, 1 on nobody that can be named
from 2026-09-01T11:00:00Z to 2026-09-01T12:00:00Z
";
    assert_eq!(hops::table(&fakes::hops(), Look::PLAIN), expected);
}

#[test]
fn an_explanation_is_told_in_sentences_best_suspect_first() {
    let expected = "\
book-flight: a hop fails (hop_failure)
from 2026-09-01T11:00:00Z to 2026-09-01T12:00:00Z, 120 executions; normal is 2026-08-31T11:00:00Z to 2026-09-01T11:00:00Z, 2400 executions

1. card-network of pay.acmepay.example   share 100.0%, score 0.222
   - 9 of 120 executions failed because of card-network (7.5%), normally 0.1%: timeout_no_server 9
   traces: 0af7651916cd43dd8448eb211c80319c
";
    assert_eq!(explain::text(&fakes::explanation()), expected);
    let nothing = Explanation { kind: ExplainKind::NothingUnusual, suspects: Vec::new(), ..fakes::explanation() };
    assert!(explain::text(&nothing).ends_with("no difference from what is normal is statistically sure\n"));
}

#[test]
fn a_trace_is_told_in_sentences_with_its_critical_path_as_bars() {
    let expected = "\
trace 0af7651916cd43dd8448eb211c80319c
book-flight, thread web: failed and slow after 2.01 s
  to blame: card-network (pay.acmepay.example): no answer in time, and no sign that the callee began (timeout_no_server)
    confidence medium, by rule B9, at span 00f067aa0ba902b9
  suspects, best first: card-network (pay.acmepay.example), payment
  slow because of card-network (pay.acmepay.example): its own work (self_time)
  an error at pricing did not matter: a later attempt worked (masked_retry)
  who called whom:
    hop                                       calls  longest  ended
    web-bff                                       1   2.00 s  error
    ├─ pricing                                   ×2   2.00 s  error  1 of 2 in error; 1 repeats a failed call; ~ did not matter: a later attempt worked
    └─ payment                                    1   2.00 s  error
       └─ card-network (pay.acmepay.example)      1   2.00 s  error  ◀ to blame: no answer in time, and no sign that the callee began; ◷ slow because of it: its own work
  critical path, 2.01 s:
    hop           spent on       began     took  share
    web-bff       own work       +0 ms  6.00 ms   0.3%  █
    payment       on the way  +6.00 ms  2.00 ms   0.1%  █
    card-network  own work    +8.00 ms   2.00 s  99.5%  ███████████████████████████████
    web-bff       own work     +2.01 s  2.00 ms   0.1%  ·······························█
";
    assert_eq!(trace::text(&the_trace(), Look::PLAIN), expected);
}

#[test]
fn a_culprit_that_was_corrected_is_told_to_be() {
    let mut trace = the_trace();
    trace.verdicts[0].corrected = true;
    assert!(trace::text(&trace, Look::PLAIN).contains("    corrected: somebody else was to blame until late spans came\n"));
}

#[test]
fn times_that_make_no_sense_do_not_break_the_bars() {
    let mut answer = the_trace();
    let path = &mut answer.verdicts[0].critical_path;
    (path[0].start_ns, path[0].end_ns) = (u64::MAX, 0);
    (path[1].start_ns, path[1].end_ns) = (0, u64::MAX);
    assert!(trace::text(&answer, Look::PLAIN).contains("critical path"));
    answer.verdicts[0].critical_path.truncate(1);
    assert!(trace::text(&answer, Look::PLAIN).contains("nothing took any time"));
}

#[test]
fn colours_are_only_there_where_they_are_wanted() {
    let coloured = Look { fitted: false, coloured: true };
    assert!(status::table(&fakes::status(), coloured).contains('\u{1b}'));
    assert!(!status::table(&fakes::status(), Look::PLAIN).contains('\u{1b}'));
}

#[test]
fn csv_has_a_row_for_each_and_all_rows_are_as_long_as_the_head() {
    for rows in [
        status::rows(&fakes::status()),
        hops::rows(&fakes::hops()),
        history::rows(&fakes::history()),
        trace::rows(&the_trace()),
        explain::rows(&fakes::explanation()),
        matching::rows(&fakes::matching()),
    ] {
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    }
    let text = render(Format::Csv, &fakes::hops(), |_| String::new(), hops::rows).unwrap();
    let row = "book-flight,card-network,pay.acmepay.example,true,100,108,14,9,0.75,dependency_error=2;timeout_no_server=7,3,\
        masked_retry=5,8,0.357,41,120,1502,2000,2000,66.4,1490,0.521,66.4,1490,,,0,373.50,EUR,,,";
    assert_eq!(text.lines().nth(1), Some(row));
}

#[test]
fn rows_of_a_sampled_stream_say_what_was_seen() {
    let seen = |counts: &[(&str, u64)]| Some(counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect());
    let cell = |rows: Vec<Vec<String>>, head: &str| {
        let at = rows[0].iter().position(|name| name == head).unwrap();
        [&rows[1][at], &rows[2][at]].map(Clone::clone)
    };
    let mut told = fakes::status();
    told.capabilities[0].sampled = seen(&[("executions", 30), ("failed", 3)]);
    assert_eq!(cell(status::rows(&told), "sampled_executions"), ["30", ""]);
    assert_eq!(cell(status::rows(&told), "sampled_failed"), ["3", ""]);
    let mut told = fakes::hops();
    told.hops[0].sampled = seen(&[("executions", 25), ("calls", 27), ("failures", 2)]);
    assert_eq!(cell(hops::rows(&told), "sampled_executions"), ["25", ""]);
    assert_eq!(cell(hops::rows(&told), "sampled_calls"), ["27", ""]);
    assert_eq!(cell(hops::rows(&told), "sampled_failures"), ["2", ""]);
    let mut told = fakes::matching();
    told.capabilities[0].sampled = seen(&[("executions", 30)]);
    assert_eq!(cell(matching::rows(&told), "sampled_executions"), ["30", ""]);
    assert!(matching::text(&told, Look::PLAIN).contains("book-flight: 120 executions (an estimate: 30 were seen"));
}

#[test]
fn json_and_yaml_are_the_same_document() {
    let rendered = |format| render(format, &fakes::status(), |_| String::new(), status::rows).unwrap();
    let json: Status = serde_json::from_str(&rendered(Format::Json)).unwrap();
    let yaml: Status = serde_saphyr::from_str(&rendered(Format::Yaml)).unwrap();
    assert_eq!((&json, &yaml), (&fakes::status(), &fakes::status()));
}

#[test]
fn an_analysis_shows_the_worst_hops_of_what_fails_below_the_status() {
    let text = analyze::report(&FakeAnswers::default(), Format::Table, Look::PLAIN).unwrap();
    let (status, worst) = text.split_once("\nworst hops of book-flight\n").unwrap();
    assert!(status.starts_with("capability") && !worst.contains("worst hops of search"));
    assert!(worst.contains("\ncard-network ") && worst.ends_with("1 on nobody that can be named\n"), "{worst}");
    let json = analyze::report(&FakeAnswers::default(), Format::Json, Look::PLAIN).unwrap();
    assert_eq!(serde_json::from_str::<Status>(&json).unwrap(), fakes::status());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_as_if_it_were_asked_in_its_own_process() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answers = Arc::new(FakeAnswers::default());
    let health = Arc::new(FakeHealth::default());
    tokio::spawn(crate::serve::api(
        crate::serve::Port::plain(listener),
        Arc::clone(&answers) as _,
        Arc::clone(&answers) as _,
        health,
        || NOON,
        None,
        std::future::pending(),
    ));
    let asked = tokio::task::spawn_blocking(move || {
        let server = Remote::new(&url, anonymous()).unwrap();
        assert_eq!(server.status(&StatusQuestion::default()).unwrap(), fakes::status());
        let question = HopsQuestion {
            capability: Some("book-flight".into()),
            between: Some(Between { from_ns: 1, to_ns: NOON + 7 }),
            by: By::Resilience,
            level: Level::Service,
        };
        assert_eq!(server.hops(&question).unwrap().level, Level::Service);
        assert_eq!(answers.asked.lock().unwrap().pop().unwrap(), format!("{question:?}"));
        let over_time = HistoryQuestion {
            capability: "book-flight".into(),
            between: question.between,
            step_ns: Some(90_000_000_000),
            durations: false,
        };
        assert_eq!(server.history(&over_time).unwrap(), fakes::history());
        assert_eq!(answers.asked.lock().unwrap().pop().unwrap(), format!("{over_time:?}"));
        let why = ExplainQuestion {
            capability: "book-flight".into(),
            between: question.between,
            baseline: Some(Between { from_ns: 1, to_ns: NOON }),
            level: Level::Service,
        };
        assert_eq!(server.explain(&why).unwrap(), Explanation { level: Level::Service, ..fakes::explanation() });
        assert_eq!(answers.asked.lock().unwrap().pop().unwrap(), format!("{why:?}"));
        assert_eq!(server.trace(TraceId::parse(KNOWN).unwrap()).unwrap(), the_trace());
        let unknown = StatusQuestion { capability: Some("a/b c".into()), ..StatusQuestion::default() };
        let told = server.status(&unknown).unwrap_err().to_string();
        assert_eq!(told, "there is no capability 'a/b c' in the map; there are: book-flight, search");
        assert_eq!(server.trace(TraceId(1)), Err(QueryError::NoSuchTrace(TraceId(1))));
    });
    asked.await.unwrap();
}

#[test]
fn a_server_that_is_not_there_is_told_with_what_to_do() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told =
        Remote::new(&format!("http://{free}"), anonymous()).unwrap().status(&StatusQuestion::default()).unwrap_err().to_string();
    assert!(
        told.contains(&format!("no server answers at http://{free}")) && told.contains("steelthread serve --map MAP"),
        "{told}"
    );
    for wrong in ["127.0.0.1:4319", "ftp://there", "http://", "https://", ""] {
        assert!(
            Remote::new(wrong, anonymous()).is_err_and(|error| error.to_string().contains("is no address of a server")),
            "{wrong}"
        );
    }
}

#[test]
fn arguments_are_consistent_and_each_command_has_a_manual_page() {
    Arguments::command().debug_assert();
    assert!(manual(None).unwrap().contains("steelthread"));
    assert!(manual(Some("hops")).unwrap().contains("resilience"));
    assert!(manual(Some("dance")).unwrap_err().to_string().contains("no command 'dance'"));
}

#[test]
fn arguments_are_read_as_the_specification_writes_them() {
    let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
    let Command::Hops(hops) =
        parse("steelthread hops book-flight --by latency --level service -o csv --watch --last 1h").unwrap().command
    else {
        panic!("not hops");
    };
    assert_eq!((hops.words, hops.by, hops.level), (vec!["book-flight".to_owned()], By::Latency, Level::Service));
    assert_eq!((hops.output.output, hops.watch.watch.as_deref()), (Format::Csv, Some("2s")));
    for line in [
        "serve --map m.yaml --store d --otlp-grpc 127.0.0.1:0 --otlp-http 127.0.0.1:0 --api 127.0.0.1:0 --quiet 1s",
        "demo --for 30s --scenario default",
        "analyze --map m.yaml --verdicts - --critical-path reference -o json a.jsonl -",
        "check a.yaml b.yaml",
        "status --map m.yaml book-flight a.jsonl --from now-2h --to now-1h",
        "explain book-flight --store d --from now-1h --to now --baseline-from now-2d --baseline-to now-1d --level service",
        "explain book-flight --last 15m",
        "backup --store d --to copy.redb",
        "backup --server http://there --to d --token-file t -o json",
        "compact --store d -o csv",
        "history book-flight --step 1h",
        "history --map m.yaml book-flight a.jsonl --last 2y -o csv",
        "trace 0af7651916cd43dd8448eb211c80319c --server http://there",
        "completions bash",
        "man",
        "version",
    ] {
        parse(&format!("steelthread {line}")).unwrap();
    }
}

#[test]
fn wrong_arguments_end_with_2_and_help_with_0() {
    let code = |line: &str| exit::usage_number(&Arguments::try_parse_from(line.split(' ')).unwrap_err());
    for line in [
        "steelthread",
        "steelthread dance",
        "steelthread analyze --map m.yaml",
        "steelthread check",
        "steelthread status --store d --server http://there",
        "steelthread status --last 1h --from now-1h",
        "steelthread hops --by name",
        "steelthread explain",
        "steelthread history",
        "steelthread backup --store d",
        "steelthread backup --store d --server http://there --to x",
        "steelthread compact",
    ] {
        assert_eq!(code(line), 2, "{line}");
    }
    assert_eq!(code("steelthread --help"), 0);
    assert_eq!(code("steelthread --version"), 0);
}
