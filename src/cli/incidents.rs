//! `incidents` as a table and as rows; one incident as a page.

use super::figures::{NOTHING, count, share};
use super::output::{Look, lines};
use super::status::number;
use crate::query::{IncidentHop, IncidentLine, IncidentsAnswer};
use comfy_table::Color;
use std::fmt::Write;

const NUMBERS: [&str; 4] = ["executions", "lost", "of all", "slow"];

/// For people: a table of all, or all about one.
pub(super) fn text(answer: &IncidentsAnswer, look: Look) -> String {
    let estimated =
        if answer.estimated { "counts are estimates: spans were sampled before they came here, and are weighted\n" } else { "" };
    match &answer.incidents[..] {
        [] => "no incident is known of this time\n".into(),
        [one] if !one.timeline.is_empty() => page(one, look) + estimated,
        all => table(all, look) + &more(answer) + estimated,
    }
}

fn more(answer: &IncidentsAnswer) -> String {
    if answer.more == 0 { String::new() } else { format!("and {} older ones: ask about an earlier time\n", answer.more) }
}

fn table(all: &[IncidentLine], look: Look) -> String {
    let head = ["id", "state", "severity", "capability", "objective", "start", "detected", "recovered"];
    let head: Vec<&str> = head.into_iter().chain(NUMBERS).chain(["most to blame", "system accident"]).collect();
    let mut table = look.table(&head, &NUMBERS);
    for one in all {
        let color = (one.state == "open").then_some(Color::Red);
        table.add_row(row(one).into_iter().enumerate().map(|(at, text)| look.cell(text, color.filter(|_| at == 1))));
    }
    lines(&table)
}

fn row(one: &IncidentLine) -> Vec<String> {
    let mut row = vec![one.id.clone(), one.state.clone(), one.severity.clone(), one.capability.clone(), one.objective.clone()];
    row.extend([one.start.clone(), one.detected.clone(), one.recovered.clone().unwrap_or_else(|| NOTHING.into())]);
    row.extend([count(one.executions), count(one.lost), share(one.lost_share), count(one.slow)]);
    row.extend([blamed(one.hops.first()), one.system_accident.clone()]);
    row
}

fn blamed(hop: Option<&IncidentHop>) -> String {
    hop.map_or_else(|| NOTHING.into(), |hop| format!("{} ({}) {}", hop.hop, hop.service, share(Some(hop.share))))
}

fn page(one: &IncidentLine, look: Look) -> String {
    let mut text = format!("{} '{}', {} by {}, {}\n", one.capability, one.objective, one.severity, one.tier, one.state);
    let _ = writeln!(text, "start      {}\ndetected   {}", one.start, one.detected);
    if let Some(peak) = &one.peak {
        let _ = writeln!(text, "peak       {}: {} broken, {}", peak.from, count(peak.broken), share(peak.broken_share));
    }
    let recovered = one.recovered.as_deref().unwrap_or("not yet");
    let (lost, all, of_all) = (count(one.lost), count(one.executions), share(one.lost_share));
    let _ = writeln!(
        text,
        "recovered  {recovered}\nlost       {lost} of {all} executions, {of_all}; {} more were slow",
        count(one.slow)
    );
    if let Some(value) = &one.lost_value {
        let _ = writeln!(text, "worth      {} {}", value.amount, value.currency);
    }
    let (broken, counted) = (count(one.broken), count(one.counted));
    let _ = writeln!(text, "objective  {broken} of {counted} broke it, {}", share(one.broken_share));
    let _ = writeln!(text, "system accident  {}", one.system_accident);
    if !one.hop_objectives_broken.is_empty() {
        let _ = writeln!(text, "broken by hops   {}", one.hop_objectives_broken.join(", "));
    }
    for hop in &one.hops {
        let _ = writeln!(text, "   {}: {} lost, {} slow", blamed(Some(hop)), count(hop.lost), count(hop.slow));
    }
    let mut table =
        look.table(&["from", "executions", "lost", "slow", "broken", "most to blame"], &["executions", "lost", "slow", "broken"]);
    for point in &one.timeline {
        let counts = [point.executions, point.lost, point.slow, point.broken].map(count);
        table.add_row([vec![point.from.clone()], counts.to_vec(), vec![blamed(point.hops.first())]].concat());
    }
    for it in &one.annotations {
        let until = if it.to == it.from { String::new() } else { format!(" to {}", it.to) };
        let _ = writeln!(text, "{:<10} {}{until}  {}", it.kind, it.from, it.text);
    }
    text + "\n" + &lines(&table) + &one.note.as_ref().map_or_else(String::new, |note| format!("{note}\n"))
}

/// For CSV: one row an incident.
pub(super) fn rows(answer: &IncidentsAnswer) -> Vec<Vec<String>> {
    let head = "id,state,severity,tier,capability,objective,owner,start,detected,peak,recovered,resolved,executions,lost,lost_share,slow,\
        counted,broken,broken_share,lost_value,currency,most_to_blame,most_to_blame_service,most_to_blame_share,system_accident";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    rows.extend(answer.incidents.iter().map(csv_row));
    rows
}

fn csv_row(one: &IncidentLine) -> Vec<String> {
    let labels =
        [&one.id, &one.state, &one.severity, &one.tier, &one.capability, &one.objective, &one.owner, &one.start, &one.detected];
    let mut row: Vec<String> = labels.into_iter().cloned().collect();
    row.push(one.peak.as_ref().map_or_else(String::new, |peak| peak.from.clone()));
    row.extend([one.recovered.clone().unwrap_or_default(), one.resolved.clone().unwrap_or_default()]);
    row.extend([one.executions.0.to_string(), one.lost.0.to_string(), number(one.lost_share), one.slow.0.to_string()]);
    row.extend([one.counted.0.to_string(), one.broken.0.to_string(), number(one.broken_share)]);
    let value = one.lost_value.as_ref();
    row.push(value.map_or_else(String::new, |value| value.amount.clone()));
    row.push(value.map_or_else(String::new, |value| value.currency.clone()));
    let most = one.hops.first();
    row.push(most.map_or_else(String::new, |hop| hop.hop.clone()));
    row.push(most.map_or_else(String::new, |hop| hop.service.clone()));
    row.extend([number(most.map(|hop| hop.share)), one.system_accident.clone()]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fakes;

    #[test]
    fn an_incident_is_a_row_among_others_and_a_page_by_itself() {
        let one = fakes::incidents();
        let told = text(&one, Look::PLAIN);
        for part in [
            "'available', page by 1h/5m, over",
            "lost       90 of 600 executions, 15.0%; 7 more were slow",
            "worth      3735 EUR",
            "deploy     2026-09-01T11:19:00Z  payments 1.4.2",
        ] {
            assert!(told.contains(part), "no '{part}' in {told}");
        }
        let mut many = one.clone();
        many.incidents[0].timeline.clear();
        many.more = 3;
        let told = text(&many, Look::PLAIN);
        assert!(
            told.contains("card-network (pay.acmepay.example) 66.7%")
                && told.ends_with("and 3 older ones: ask about an earlier time\n"),
            "{told}"
        );
        let rows = rows(&one);
        assert_eq!((rows[1].len(), rows[1][13].as_str()), (rows[0].len(), "90"));
        let none = IncidentsAnswer { incidents: Vec::new(), ..one };
        assert_eq!(text(&none, Look::PLAIN), "no incident is known of this time\n");
    }
}
