//! `alerts` as a table and as rows.

use super::output::{Look, lines};
use crate::query::{AlertLine, Alerts};
use comfy_table::Color;

/// For people: what lasts, then what is over.
pub(super) fn text(answer: &Alerts, look: Look) -> String {
    if answer.until.is_empty() {
        return "the server has just begun; alerts are looked at with its first commit\n".into();
    }
    if answer.alerts.is_empty() {
        return format!("no alert lasts, and none ended of late; looked at up to {}\n", answer.until);
    }
    let mut table =
        look.table(&["state", "severity", "alert", "capability", "objective", "tier", "burn", "since", "until", "what"], &[]);
    for one in &answer.alerts {
        let color = match (one.state.as_str(), one.severity.as_str()) {
            ("firing", "page") => Some(Color::Red),
            ("firing", _) => Some(Color::Yellow),
            _ => None,
        };
        table.add_row(row(one).into_iter().enumerate().map(|(at, text)| look.cell(text, color.filter(|_| at == 0))));
    }
    format!("{}looked at up to {}\n", lines(&table), answer.until)
}

fn row(one: &AlertLine) -> [String; 10] {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"));
    let burn =
        if one.burn_state.is_some() { format!("{} {}", rate(one.burn_long), rate(one.burn_short)) } else { "-".to_owned() };
    [
        one.state.clone(),
        one.severity.clone(),
        one.alertname.clone(),
        or_dash(&one.capability),
        or_dash(&one.objective),
        or_dash(&one.tier),
        burn,
        one.since.clone(),
        or_dash(one.resolved.as_deref().unwrap_or_default()),
        one.summary.clone(),
    ]
}

/// For CSV.
pub(super) fn rows(answer: &Alerts) -> Vec<Vec<String>> {
    let head = "state,severity,alertname,capability,objective,tier,owner,since,resolved,burn_long,burn_short,burn_state,summary";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    let rate = |rate: Option<f64>| rate.map_or_else(String::new, |rate| rate.to_string());
    rows.extend(answer.alerts.iter().map(|one| {
        let labels =
            [&one.state, &one.severity, &one.alertname, &one.capability, &one.objective, &one.tier, &one.owner, &one.since];
        let mut row: Vec<String> = labels.into_iter().cloned().collect();
        row.push(one.resolved.clone().unwrap_or_default());
        row.extend([rate(one.burn_long), rate(one.burn_short), one.burn_state.clone().unwrap_or_default(), one.summary.clone()]);
        row
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: &str) -> AlertLine {
        AlertLine {
            alertname: "BudgetBurn".into(),
            capability: "book-flight".into(),
            objective: "available".into(),
            tier: "1h/5m".into(),
            severity: "page".into(),
            owner: String::new(),
            state: state.into(),
            since: "2026-10-05T10:00:00Z".into(),
            resolved: None,
            burn_long: Some(24.04),
            burn_short: None,
            burn_state: Some("recovering".into()),
            summary: "book-flight is failing 12 %".into(),
            annotations: Default::default(),
        }
    }

    #[test]
    fn alerts_are_told_with_what_burns_and_since_when() {
        let answer = Alerts { until: "2026-10-05T10:10:00Z".into(), alerts: vec![line("firing")], ..Alerts::default() };
        let look = Look { fitted: false, coloured: false };
        let told = text(&answer, look);
        for part in ["firing", "page", "24.0 -", "2026-10-05T10:00:00Z", "failing 12 %", "looked at up to 2026-10-05T10:10:00Z"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(rows(&answer)[1][9], "24.04");
        let none = Alerts { alerts: Vec::new(), ..answer };
        assert!(text(&none, look).starts_with("no alert lasts"));
        assert!(text(&Alerts::default(), look).contains("just begun"));
    }
}
