//! The document of incidents, and the annotations beside it.
#![allow(clippy::unwrap_used)]

use super::tests::{Office, golden, history, office};
use super::*;
use crate::alert::{Incident, Severity};
use crate::measure::SLICE_NS;
use crate::measure::testing::START_NS;

const S: u64 = 1_000_000_000;

fn incident(objective: &str, resolved_ns: Option<u64>) -> Incident {
    Incident {
        id: "1791194410-1a2b3c4d".into(),
        capability: "book-flight".into(),
        objective: objective.into(),
        tier: "1h/5m".into(),
        severity: Severity::Page,
        owner: "team-booking".into(),
        detected_ns: START_NS + 10 * S,
        resolved_ns,
        back_ns: 3600 * S,
        borne: 0.1,
        stretch: Some(START_NS / SLICE_NS * SLICE_NS..START_NS / SLICE_NS * SLICE_NS + 2 * SLICE_NS),
        settled: true,
    }
}

fn keep(office: &Office, one: &Incident) {
    let text = (format!("{INCIDENTS}{}", one.id), serde_json::to_string(one).unwrap());
    office.keeper.store().unwrap().put_texts(&[text], &[]).unwrap();
}

fn ask(office: &Office, id: Option<&str>) -> Result<IncidentsAnswer, QueryError> {
    office.desk.incidents(&IncidentsQuestion { id: id.map(str::to_owned), between: None })
}

fn post(office: &Office, json: &str) -> Result<Annotations, QueryError> {
    office.desk.annotate(&serde_json::from_str(json).unwrap(), START_NS)
}

#[test]
fn the_document_of_an_incident_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let office = office(Some(folder.path()));
    office.record(&history(&office.world));
    keep(&office, &incident("available", Some(START_NS + 900 * S)));
    post(&office, r#"{"text": "card-network 7", "kind": "deploy", "time": "now-5m"}"#).unwrap();
    golden("incidents", include_str!("golden/incidents.json"), &ask(&office, Some("1791194410-1a2b3c4d")).unwrap());
    let listed = ask(&office, None).unwrap();
    assert!(listed.incidents[0].timeline.is_empty() && listed.incidents[0].peak.is_some());
    assert_eq!(ask(&office, Some("1791194410")), Err(QueryError::NoSuchIncident("1791194410".into())));
}

#[test]
fn of_an_objective_of_latency_the_slow_ones_are_told_apart_and_one_that_goes_on_has_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let office = office(Some(folder.path()));
    office.record(&history(&office.world));
    keep(&office, &incident("fast", None));
    let one = ask(&office, None).unwrap().incidents.remove(0);
    assert_eq!((one.state.as_str(), &one.recovered, &one.resolved), ("open", &None, &None));
    let status = office.desk.status(&StatusQuestion { capability: Some("book-flight".into()), between: None }).unwrap();
    let status = &status.capabilities[0];
    assert_eq!((one.lost, one.slow, one.executions), (status.failed, status.slow, status.executions));
    assert_eq!((one.counted.0, one.broken), (status.objectives[1].good.0 + status.objectives[1].bad.0, status.objectives[1].bad));
}

#[test]
fn annotations_are_told_where_they_touch_and_about_whom_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let office = office(Some(folder.path()));
    keep(&office, &incident("available", Some(START_NS + 900 * S)));
    for json in [
        r#"{"text": "an hour before, and earlier", "from": "now-5h", "to": "now-59m"}"#,
        r#"{"text": "too early", "time": "now-2h"}"#,
        r#"{"text": "somebody else", "capability": "search"}"#,
        r#"{"text": "mine", "capability": "book-flight", "kind": "flag"}"#,
        r#"{"text": "mine", "capability": "book-flight", "kind": "flag"}"#,
    ] {
        post(&office, json).unwrap();
    }
    let texts = |lines: &[AnnotationLine]| lines.iter().map(|one| one.text.clone()).collect::<Vec<_>>();
    let one = ask(&office, None).unwrap().incidents.remove(0);
    assert_eq!(texts(&one.annotations), ["an hour before, and earlier", "mine"]);
    assert_eq!(office.desk.annotations(None).unwrap().annotations.len(), 4);
    let hour = Between { from_ns: START_NS - 3600 * S, to_ns: START_NS };
    assert_eq!(texts(&office.desk.annotations(Some(hour)).unwrap().annotations), ["an hour before, and earlier"]);
    let nobody = post(&office, r#"{"text": "a", "capability": "nope"}"#);
    assert!(matches!(nobody, Err(QueryError::NoSuchCapability { .. })), "{nobody:?}");
}

#[test]
fn a_recording_has_no_incidents() {
    assert!(matches!(ask(&office(None), None), Err(QueryError::Bad(_))));
}
