//! Who is told when, on made-up time.

use super::{MINUTE, SECOND, START, firing, labels, page, resolved};
use crate::alert::{Notice, Severity};
use crate::notify::{Habit, Outbox, Parcel, Sent};
use std::sync::Arc;
use std::time::Duration;

const REPEAT: Habit = Habit::Repeat { every: Duration::from_secs(60), ended_for: Duration::from_secs(900) };

fn observe(outbox: &mut Outbox, all: &[Notice], now_ns: u64) {
    let all: Vec<_> = all.iter().cloned().map(Arc::new).collect();
    outbox.observe(&all, now_ns);
}

fn later(after: Option<Duration>) -> Sent {
    Sent::Later { why: "no".into(), after, may_have_arrived: false }
}

/// All that is taken at this time.
fn told(outbox: &mut Outbox, now_ns: u64) -> Vec<Parcel> {
    let mut all = Vec::new();
    while let Some(parcel) = outbox.next(now_ns) {
        outbox.done(&parcel, &Sent::Taken, now_ns);
        all.push(parcel);
    }
    all
}

fn told_as(outbox: &mut Outbox, now_ns: u64) -> Vec<bool> {
    told(outbox, now_ns).iter().map(Parcel::is_firing).collect()
}

#[test]
fn an_alert_is_told_once_when_it_begins_and_once_when_it_ends() {
    for habit in [Habit::OncePerAlert, Habit::OncePerObjective] {
        let (mut outbox, alert) = (Outbox::new(habit), page("availability"));
        for minute in 0..10 {
            observe(&mut outbox, std::slice::from_ref(&alert), START + minute * MINUTE);
            assert_eq!(told_as(&mut outbox, START + minute * MINUTE), vec![true; usize::from(minute == 0)]);
        }
        let ended = resolved(&alert, START + 10 * MINUTE);
        for minute in 10..30 {
            observe(&mut outbox, std::slice::from_ref(&ended), START + minute * MINUTE);
            assert_eq!(told_as(&mut outbox, START + minute * MINUTE), vec![false; usize::from(minute == 10)]);
        }
        assert!(outbox.is_empty());
    }
}

#[test]
fn alertmanager_is_told_each_minute_and_fifteen_minutes_longer_that_it_has_ended() {
    let (mut outbox, alert) = (Outbox::new(REPEAT), page("availability"));
    let mut messages = Vec::new();
    for second in 0..30 * 60 {
        let now_ns = START + second * SECOND;
        let state = if second < 300 { alert.clone() } else { resolved(&alert, START + 300 * SECOND) };
        observe(&mut outbox, &[state], now_ns);
        messages.extend(told(&mut outbox, now_ns).iter().map(|parcel| (second, parcel.is_firing())));
    }
    let firing: Vec<u64> = messages.iter().filter(|(_, is_firing)| *is_firing).map(|(second, _)| *second).collect();
    let ended: Vec<u64> = messages.iter().filter(|(_, is_firing)| !is_firing).map(|(second, _)| *second).collect();
    assert_eq!(firing, [0, 60, 120, 180, 240]);
    assert_eq!(ended, (0..15).map(|minute| 300 + 60 * minute).collect::<Vec<_>>());
    assert!(outbox.is_empty());
}

#[test]
fn a_sink_that_was_away_for_ten_minutes_hears_once_of_what_is_and_not_of_what_came_and_went() {
    for habit in [Habit::OncePerAlert, Habit::OncePerObjective] {
        let mut outbox = Outbox::new(habit);
        let (stays, blip) = (page("availability"), page("latency"));
        let mut attempts = 0;
        for second in 0..600 {
            let now_ns = START + second * SECOND;
            let blip = if second < 100 { blip.clone() } else { resolved(&blip, START + 100 * SECOND) };
            observe(&mut outbox, &[stays.clone(), blip], now_ns);
            while let Some(parcel) = outbox.next(now_ns) {
                outbox.done(&parcel, &later(None), now_ns);
                attempts += 1;
            }
        }
        assert!((40..130).contains(&attempts), "one each ten seconds or so: {attempts}");
        let back = told(&mut outbox, START + 700 * SECOND);
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].notices[0].labels.objective, "availability");
    }
}

#[test]
fn an_answer_that_got_lost_makes_the_end_worth_telling() {
    let (mut outbox, alert) = (Outbox::new(Habit::OncePerObjective), page("availability"));
    observe(&mut outbox, std::slice::from_ref(&alert), START);
    let parcel = outbox.next(START).unwrap();
    outbox.done(&parcel, &Sent::Later { why: "timeout".into(), after: None, may_have_arrived: true }, START);
    observe(&mut outbox, &[resolved(&alert, START + SECOND)], START + SECOND);
    assert_eq!(told_as(&mut outbox, START + MINUTE), [false], "it may have called somebody");
}

#[test]
fn a_message_that_was_on_its_way_when_the_server_was_killed_is_not_forgotten() {
    let (mut outbox, alert) = (Outbox::new(Habit::OncePerObjective), page("availability"));
    observe(&mut outbox, std::slice::from_ref(&alert), START);
    let _ = outbox.next(START).unwrap();
    let mut outbox = Outbox::restore(Habit::OncePerObjective, outbox.state());
    observe(&mut outbox, &[], START + MINUTE);
    assert_eq!(told_as(&mut outbox, START + MINUTE), [false]);
}

#[test]
fn all_tiers_of_an_objective_are_one_incident_that_is_opened_anew_when_it_becomes_a_page_or_a_ticket() {
    let mut outbox = Outbox::new(Habit::OncePerObjective);
    let ticket = firing(labels("availability", "1d/2h", Severity::Ticket), START);
    let page = |tier: &str, minute: u64| firing(labels("availability", tier, Severity::Page), START + minute * MINUTE);
    let mut step = |minute: u64, all: &[Notice]| {
        observe(&mut outbox, all, START + minute * MINUTE);
        let messages = told(&mut outbox, START + minute * MINUTE);
        messages.iter().map(|one| (one.is_firing(), one.notices[0].labels.severity)).collect::<Vec<_>>()
    };
    assert_eq!(step(0, std::slice::from_ref(&ticket)), [(true, Severity::Ticket)]);
    let woken = step(1, &[ticket.clone(), page("1h/5m", 1)]);
    assert_eq!(woken.iter().map(|one| one.0).collect::<Vec<_>>(), [false, true], "who has seen the ticket is woken");
    assert_eq!(woken[1].1, Severity::Page);
    assert_eq!(step(2, &[ticket.clone(), page("1h/5m", 1), page("6h/30m", 2)]), [], "it is a page already");
    let calmer = step(3, std::slice::from_ref(&ticket));
    assert_eq!(calmer.iter().map(|one| one.0).collect::<Vec<_>>(), [false, true]);
    assert_eq!(calmer[1].1, Severity::Ticket, "the ticket lasts");
    let again = step(4, &[ticket.clone(), page("1h/5m", 4)]);
    assert_eq!(again.last(), Some(&(true, Severity::Page)), "a second page within one ticket wakes again");
    assert_eq!(step(5, &[]).iter().map(|one| one.0).collect::<Vec<_>>(), [false]);
}

#[test]
fn pages_are_told_before_tickets_and_one_that_fails_does_not_stand_in_the_way() {
    let mut outbox = Outbox::new(Habit::OncePerAlert);
    let all = [
        firing(labels("a", "1d/2h", Severity::Ticket), START),
        firing(labels("b", "1h/5m", Severity::Page), START + SECOND),
        firing(labels("c", "1h/5m", Severity::Page), START),
    ];
    observe(&mut outbox, &all, START);
    let first = outbox.next(START).unwrap();
    assert_eq!(first.notices[0].labels.objective, "c");
    outbox.done(&first, &later(None), START);
    assert!(outbox.next(START).is_none(), "the sink is given a rest");
    let order: Vec<_> =
        told(&mut outbox, START + MINUTE).iter().map(|parcel| parcel.notices[0].labels.objective.clone()).collect();
    assert_eq!(order, ["b", "a", "c"]);
}

#[test]
fn what_is_refused_is_not_sent_again_until_it_is_something_else() {
    let (mut outbox, alert) = (Outbox::new(Habit::OncePerAlert), page("availability"));
    observe(&mut outbox, std::slice::from_ref(&alert), START);
    let parcel = outbox.next(START).unwrap();
    outbox.done(&parcel, &Sent::Never { why: "HTTP 400".into() }, START);
    assert!(outbox.next(START + 60 * MINUTE).is_none());
    assert_eq!((outbox.counts().refused, outbox.due_ns()), (1, None));
    let mut again = Outbox::restore(Habit::OncePerAlert, outbox.state());
    assert_eq!(told_as(&mut again, START + 60 * MINUTE), [true], "after a restart, perhaps with the right key");
    let anew = firing(alert.labels.clone(), START + 90 * MINUTE);
    observe(&mut outbox, &[anew], START + 90 * MINUTE);
    assert_eq!(told_as(&mut outbox, START + 90 * MINUTE), [true]);
}

#[test]
fn alertmanager_that_refuses_is_asked_again_at_the_next_turn() {
    let mut outbox = Outbox::new(REPEAT);
    observe(&mut outbox, &[page("availability")], START);
    let parcel = outbox.next(START).unwrap();
    outbox.done(&parcel, &Sent::Never { why: "HTTP 400".into() }, START);
    assert!(outbox.next(START + 59 * SECOND).is_none());
    assert!(outbox.next(START + 60 * SECOND).is_some());
}

#[test]
fn an_alert_that_nobody_speaks_of_any_more_has_ended() {
    let (mut outbox, alert) = (Outbox::new(Habit::OncePerAlert), page("availability"));
    observe(&mut outbox, std::slice::from_ref(&alert), START);
    assert_eq!(told_as(&mut outbox, START), [true]);
    observe(&mut outbox, &[], START + MINUTE);
    let ended = told(&mut outbox, START + MINUTE);
    assert_eq!(ended[0].notices[0].resolved_ns, Some(START + MINUTE));
}

#[test]
fn after_a_restart_nothing_is_told_twice_and_the_end_is_still_told() {
    let (mut outbox, alert) = (Outbox::new(Habit::OncePerAlert), page("availability"));
    observe(&mut outbox, std::slice::from_ref(&alert), START);
    assert_eq!(told_as(&mut outbox, START), [true]);
    let kept = serde_json::to_string(&outbox.state()).unwrap();
    let mut outbox = Outbox::restore(Habit::OncePerAlert, serde_json::from_str(&kept).unwrap());
    observe(&mut outbox, std::slice::from_ref(&alert), START + MINUTE);
    assert!(outbox.next(START + MINUTE).is_none());
    observe(&mut outbox, &[resolved(&alert, START + 2 * MINUTE)], START + 2 * MINUTE);
    assert_eq!(told_as(&mut outbox, START + 2 * MINUTE), [false]);
}

#[test]
fn after_a_restart_alertmanager_is_told_at_once_also_of_what_ended_before() {
    let (mut outbox, lasts, ended) = (Outbox::new(REPEAT), page("a"), page("b"));
    observe(&mut outbox, &[lasts.clone(), ended.clone()], START);
    told(&mut outbox, START);
    observe(&mut outbox, &[lasts.clone(), resolved(&ended, START + MINUTE)], START + MINUTE);
    told(&mut outbox, START + MINUTE);
    let mut outbox = Outbox::restore(REPEAT, outbox.state());
    let first = told(&mut outbox, START + MINUTE + SECOND);
    assert_eq!((first.len(), first[0].notices.len()), (1, 2));
    observe(&mut outbox, &[lasts], START + 16 * MINUTE);
    assert_eq!(told(&mut outbox, START + 16 * MINUTE)[0].notices.len(), 1, "fifteen minutes are over");
}

#[test]
fn a_message_to_alertmanager_holds_256_alerts_and_the_rest_follows() {
    let mut outbox = Outbox::new(REPEAT);
    let all: Vec<_> = (0..600).map(|at| page(&format!("o{at}"))).collect();
    observe(&mut outbox, &all, START);
    let sizes: Vec<_> = told(&mut outbox, START).iter().map(|parcel| parcel.notices.len()).collect();
    assert_eq!(sizes.iter().max(), Some(&256));
    assert_eq!(outbox.waiting(START), 0);
}

#[test]
fn there_is_an_end_to_what_an_outbox_holds() {
    let mut outbox = Outbox::new(Habit::OncePerAlert);
    let all: Vec<_> = (0..10_050).map(|at| page(&format!("o{at}"))).collect();
    observe(&mut outbox, &all, START);
    assert_eq!((outbox.len(), outbox.counts().dropped), (10_000, 50));
}

#[test]
fn what_a_sink_asks_for_is_waited() {
    let mut outbox = Outbox::new(Habit::OncePerAlert);
    observe(&mut outbox, &[page("a")], START);
    let parcel = outbox.next(START).unwrap();
    outbox.done(&parcel, &later(Some(Duration::from_secs(100))), START);
    assert!(outbox.next(START + 99 * SECOND).is_none());
    assert!(outbox.due_ns().unwrap() >= START + 100 * SECOND);
    assert!(outbox.next(START + 111 * SECOND).is_some());
}
