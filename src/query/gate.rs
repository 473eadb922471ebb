//! May we release? An answer made of budgets, and of nothing else (spec 6).
//!
//! The objectives of the capability decide: they are what its customers were promised. A hop whose budget is gone is told, and stops
//! nobody, because the capability may do well without it.

use super::{API_VERSION, BudgetAnswer, Decision, GateAnswer, ObjectiveBudget, Spender};

/// From the budgets of one capability.
pub(super) fn gate(capability: &str, answer: BudgetAnswer) -> GateAnswer {
    let own = || answer.budgets.iter().filter(|one| one.hop.is_none());
    let gone: Vec<&ObjectiveBudget> = own().filter(|one| one.gone).collect();
    let (decision, mut reason) = match gone.as_slice() {
        [] => (Decision::Allow, why_allowed(own())),
        gone => (Decision::Freeze, gone.iter().map(|one| why_frozen(one)).collect::<Vec<_>>().join("; ")),
    };
    let hops = answer.budgets.iter().filter(|one| one.gone).filter_map(|one| Some((one.hop.as_deref()?, one.objective.as_str())));
    for (hop, objective) in hops {
        reason += &format!("; the hop '{hop}' has used up its own budget '{objective}'");
    }
    let exemptions = if gone.is_empty() { Vec::new() } else { exemptions(&gone) };
    GateAnswer {
        api_version: API_VERSION.into(),
        capability: capability.to_owned(),
        at: answer.at,
        decision,
        reason,
        exemptions,
        budgets: answer.budgets,
    }
}

fn why_frozen(one: &ObjectiveBudget) -> String {
    format!(
        "the budget of '{}' is gone: of {} in {} {} may break it, and {} did",
        one.objective,
        number(one.counted.0),
        one.window,
        number(one.allowed.0),
        number(one.used.0)
    )
}

fn why_allowed<'a>(own: impl Iterator<Item = &'a ObjectiveBudget>) -> String {
    let own: Vec<&ObjectiveBudget> = own.collect();
    if own.is_empty() {
        return "the map promises nothing of it".to_owned();
    }
    let known = own.iter().filter_map(|one| Some((one.left_share?, one)));
    let Some((share, least)) = known.min_by(|one, other| one.0.total_cmp(&other.0)) else {
        return "nothing was counted that could break an objective".to_owned();
    };
    let mut text = format!("the budget of '{}' has {:.1} % left", least.objective, (share * 1000.0).floor() / 10.0);
    if let Some(gone_at) = &least.gone_at {
        text += &format!("; at the rate of late it is gone at {gone_at}");
    }
    text
}

/// What may be released all the same: what is worse to leave out, and what ends the trouble.
fn exemptions(gone: &[&ObjectiveBudget]) -> Vec<String> {
    let spender = gone.iter().find_map(|one| one.spent.first());
    let fix = match spender {
        Some(Spender { hop, service, share, .. }) if hop != service => {
            format!("what mends it; {:.0} % was used by {hop} ({service})", share * 100.0)
        }
        Some(Spender { hop, share, .. }) => format!("what mends it; {:.0} % was used by {hop}", share * 100.0),
        None => "what mends it".to_owned(),
    };
    vec!["what security needs".to_owned(), fix]
}

/// Whole, or with two digits.
fn number(count: f64) -> String {
    if count.fract() == 0.0 { format!("{count:.0}") } else { format!("{count:.2}") }
}
