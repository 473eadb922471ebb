//! What failures cost (spec 5.5): decimal, never binary.
//!
//! A failed execution costs its value, less the share that comes back later. What the hops and buckets of a capability cost adds up
//! to what the capability costs, to the last cent: amounts are cut to the currency's digits, and what cutting took away is given to
//! those that lost most by it.

use super::LostValue;
use crate::catalogue::ValueRule;
use iso_currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};

/// Digits after the point; 2 for a currency that is not known or has no minor unit of its own.
fn minor_digits(currency: &str) -> u32 {
    Currency::from_code(currency).and_then(|known| known.exponent()).map_or(2, u32::from)
}

fn exact(units: u128, rule: &ValueRule) -> Option<Decimal> {
    rule.lost(units)
}

fn rounded(units: u128, rule: &ValueRule) -> Option<Decimal> {
    let digits = minor_digits(&rule.currency);
    Some(exact(units, rule)?.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero))
}

/// As answers write it.
pub(super) fn written(mut amount: Decimal, currency: &str) -> LostValue {
    amount.rescale(minor_digits(currency));
    LostValue { amount: amount.to_string(), currency: currency.into() }
}

/// What these failures (units of 2^-16) cost; `None` without a value per execution.
pub(super) fn lost(units: u128, rule: &ValueRule) -> Option<LostValue> {
    Some(written(rounded(units, rule)?, &rule.currency))
}

/// What each part of the failures costs; the amounts add up to what all of them cost. Between equals the first is served first.
pub(super) fn shared_out(parts: &[u128], rule: &ValueRule) -> Option<Vec<Decimal>> {
    let digits = minor_digits(&rule.currency);
    let all = parts.iter().fold(0u128, |sum, part| sum.saturating_add(*part));
    let exact: Vec<Decimal> = parts.iter().map(|part| exact(*part, rule)).collect::<Option<_>>()?;
    let whole = rounded(all, rule)?;
    let mut amounts: Vec<Decimal> = exact.iter().map(|amount| amount.trunc_with_scale(digits)).collect();
    let mut missing = amounts.iter().try_fold(whole, |left, amount| left.checked_sub(*amount))?;
    let cent = Decimal::new(1, digits);
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact[*at] - amounts[*at]));
    for at in order {
        if missing < cent {
            break;
        }
        amounts[at] += cent;
        missing -= cent;
    }
    Some(amounts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn rule(per_execution: &str, recovered_share: &str, currency: &str) -> ValueRule {
        ValueRule {
            per_execution: Some(per_execution.parse().unwrap()),
            currency: currency.into(),
            from_attribute: None,
            recovered_share: recovered_share.parse().unwrap(),
        }
    }

    fn told(failed: u128, rule: &ValueRule) -> String {
        lost(failed << 16, rule).unwrap().amount
    }

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        assert_eq!(told(12, &rule("41.50", "0.35", "EUR")), "323.70");
        assert_eq!(told(1, &rule("41.50", "0.35", "EUR")), "26.98");
        assert_eq!(told(3, &rule("4150", "0.35", "JPY")), "8093");
        assert_eq!(told(1, &rule("1", "0.3335", "KWD")), "0.667");
        assert_eq!(told(0, &rule("41.50", "0", "EUR")), "0.00");
        assert_eq!(lost(1 << 16, &ValueRule { per_execution: None, ..rule("1", "0", "EUR") }), None);
    }

    #[test]
    fn an_amount_beyond_all_numbers_is_not_told_rather_than_wrong() {
        assert_eq!(lost(u128::MAX, &rule("41.50", "0", "EUR")), None);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole_to_the_last_cent(parts in prop::collection::vec(0u128..10_000_000, 0..20), cents in 0i64..100_000) {
            let rule = ValueRule { per_execution: Some(Decimal::new(cents, 2)), ..rule("1", "0.35", "EUR") };
            let amounts = shared_out(&parts, &rule).unwrap();
            let sum: Decimal = amounts.iter().sum();
            prop_assert_eq!(written(sum, "EUR"), lost(parts.iter().sum(), &rule).unwrap());
            for (amount, part) in amounts.iter().zip(&parts) {
                prop_assert!((*amount - exact(*part, &rule).unwrap()).abs() < Decimal::new(1, 2));
            }
        }
    }
}
