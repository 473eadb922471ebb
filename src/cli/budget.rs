//! `budget` and `gate` as tables and as rows.

use super::figures::{NOTHING, count, digits_of, percent, share};
use super::output::{Look, lines};
use super::status::number;
use crate::query::{BudgetAnswer, Count, Decision, Excluded, GateAnswer, ObjectiveBudget, length_text};
use std::fmt::Write;

const NUMBERS: [&str; 6] = ["target", "counted", "allowed", "used", "left", "left share"];

/// For people.
pub(super) fn table(answer: &BudgetAnswer, look: Look) -> String {
    if answer.budgets.is_empty() {
        return "the map promises nothing: no objective stands in it\n".into();
    }
    let mut text = only_table(&answer.budgets, look) + "\n";
    answer.budgets.iter().for_each(|one| text += &below(one));
    let _ = writeln!(text, "windows end at {}", answer.at);
    if answer.estimated {
        text.push_str("counts are estimates: spans were sampled before they came here, and are weighted\n");
    }
    text
}

fn only_table(budgets: &[ObjectiveBudget], look: Look) -> String {
    let head = ["capability", "hop", "objective", "target", "window", "counted", "allowed", "used", "left", "left share"];
    let head: Vec<&str> = head.into_iter().chain(["gone at this rate", "used most by"]).collect();
    let mut table = look.table(&head, &NUMBERS);
    for one in budgets {
        table.add_row(row(one));
    }
    lines(&table)
}

fn row(one: &ObjectiveBudget) -> Vec<String> {
    let most = one.spent.first().map(|spender| format!("{} ({}) {}", spender.hop, spender.service, share(Some(spender.share))));
    vec![
        one.capability.clone(),
        one.hop.clone().unwrap_or_else(|| NOTHING.into()),
        one.objective.clone(),
        percent(Some(one.target), digits_of(one.target)),
        one.window.clone(),
        count(one.counted),
        count(one.allowed),
        count(one.used),
        count(one.left),
        percent(one.left_share, 1),
        if one.gone { "gone".into() } else { one.gone_at.clone().unwrap_or_else(|| NOTHING.into()) },
        most.unwrap_or_else(|| NOTHING.into()),
    ]
}

/// The sentences about a budget.
fn below(one: &ObjectiveBudget) -> String {
    let whose = one.hop.as_ref().map_or_else(|| one.capability.clone(), |hop| format!("{} at {hop}", one.capability));
    let mut text = String::new();
    if one.lately.used.0 > 0.0 {
        let length = length_text(one.lately.seconds);
        let _ = writeln!(text, "{whose} '{}': {} of it in the last {length}", one.objective, count(one.lately.used));
    }
    if let Some(Excluded { maintenance, counted, used }) = &one.excluded {
        let (counted, used) = (count(*counted), count(*used));
        let _ = writeln!(text, "{whose} '{}': left out {counted}, of which {used} broke it, in maintenance:", one.objective);
        for line in maintenance {
            let _ = writeln!(text, "   {} to {}: {}", line.from, line.to, line.reason);
        }
    }
    if let Some(note) = &one.note {
        let _ = writeln!(text, "{whose} '{}': {note}", one.objective);
    }
    text
}

/// One row a budget, with a head.
pub(super) fn rows(budgets: &[ObjectiveBudget]) -> Vec<Vec<String>> {
    let head = "capability,hop,objective,kind,target,window,from,to,counted,allowed,used,left,left_share,gone,gone_in_seconds,gone_at,\
        lately_used,lately_seconds,most_used_by,most_used_by_service,most_used_by_share,excluded_counted,excluded_used";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    rows.extend(budgets.iter().map(csv_row));
    rows
}

fn csv_row(one: &ObjectiveBudget) -> Vec<String> {
    let plain = |count: Count| count.0.to_string();
    let most = one.spent.first();
    let mut row = vec![one.capability.clone(), one.hop.clone().unwrap_or_default(), one.objective.clone(), one.kind.clone()];
    row.extend([one.target.to_string(), one.window.clone(), one.range.from.clone(), one.range.to.clone()]);
    row.extend([one.counted, one.allowed, one.used, one.left].map(plain));
    row.extend([number(one.left_share), one.gone.to_string()]);
    row.push(one.gone_in_seconds.map_or(String::new(), |seconds| seconds.to_string()));
    row.push(one.gone_at.clone().unwrap_or_default());
    row.extend([plain(one.lately.used), one.lately.seconds.to_string()]);
    row.push(most.map_or(String::new(), |spender| spender.hop.clone()));
    row.push(most.map_or(String::new(), |spender| spender.service.clone()));
    row.push(number(most.map(|spender| spender.share)));
    row.push(number(one.excluded.as_ref().map(|it| it.counted.0)));
    row.push(number(one.excluded.as_ref().map(|it| it.used.0)));
    row
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Freeze => "freeze",
    }
}

/// The decision first, and what it stands on below.
pub(super) fn gate_text(answer: &GateAnswer, look: Look) -> String {
    let mut text = format!("{}: {}\n{}\n", answer.capability, word(answer.decision), answer.reason);
    if !answer.exemptions.is_empty() {
        let _ = writeln!(text, "exempt: {}", answer.exemptions.join("; "));
    }
    if answer.budgets.is_empty() {
        return text;
    }
    text + "\n" + &only_table(&answer.budgets, look)
}

/// A row with its head.
pub(super) fn gate_rows(answer: &GateAnswer) -> Vec<Vec<String>> {
    let head = ["capability", "at", "decision", "reason", "exemptions"].map(str::to_owned).to_vec();
    let decision = word(answer.decision).to_owned();
    vec![head, vec![answer.capability.clone(), answer.at.clone(), decision, answer.reason.clone(), answer.exemptions.join("; ")]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fakes;

    #[test]
    fn a_budget_is_a_sum_with_what_was_left_out_below() {
        let expected = "\
capability   hop      objective  target  window  counted  allowed  used  left  left share  gone at this rate  used most by
book-flight  -        available   99.9%  28d       10000       10    12    -2      -20.0%  gone               card-network (pay.acmepay.example) 75.0%
book-flight  pricing  fast        99.0%  month         0        0     0     0           -  -                  -

book-flight 'available': 12 of it in the last 22h
book-flight 'available': left out 500, of which 400 broke it, in maintenance:
   2026-09-01T01:00:00Z to 2026-09-01T03:00:00Z: new disks
book-flight at pricing 'fast': nothing has been counted yet
windows end at 2026-09-01T12:00:00Z
";
        assert_eq!(table(&fakes::budget(), Look::PLAIN), expected);
        let rows = rows(&fakes::budget().budgets);
        assert!(rows.iter().all(|row| row.len() == rows[0].len()));
        assert_eq!(rows[1][8..15].join(","), "10000,10,12,-2,-0.2,true,0");
    }

    #[test]
    fn a_gate_says_its_decision_first() {
        let told = gate_text(&fakes::gate(), Look::PLAIN);
        let expected = "\
book-flight: freeze
the budget of 'available' is gone: of 10000 in 28d 10 may break it, and 12 did
exempt: what security needs; what mends it; 75 % was used by card-network (pay.acmepay.example)

capability ";
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(gate_rows(&fakes::gate())[1][2], "freeze");
        let nothing = BudgetAnswer { budgets: Vec::new(), ..fakes::budget() };
        assert_eq!(table(&nothing, Look::PLAIN), "the map promises nothing: no objective stands in it\n");
    }
}
