//! What lost executions are worth (spec 5.5): decimal, never binary.

use super::compiled::ValueRule;
use iso_currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};

impl ValueRule {
    /// What so many failed executions (units of 2^-16) lose for good, exactly; `None` without a value per execution, or beyond all numbers.
    pub fn lost(&self, units: u128) -> Option<Decimal> {
        let failed = Decimal::try_from_i128_with_scale(i128::try_from(units).ok()?, 0).ok()?.checked_div(Decimal::from(65536))?;
        failed.checked_mul(self.per_execution?)?.checked_mul(Decimal::ONE.checked_sub(self.recovered_share)?)
    }

    /// Digits after the point that its currency has; 2 for a currency that has no minor unit of its own.
    pub fn digits(&self) -> u32 {
        Currency::from_code(&self.currency).and_then(|known| known.exponent()).map_or(2, u32::from)
    }

    /// An amount in the digits of its currency.
    pub fn rounded(&self, amount: Decimal) -> Decimal {
        let mut amount = amount.round_dp_with_strategy(self.digits(), RoundingStrategy::MidpointAwayFromZero);
        amount.rescale(self.digits());
        amount
    }
}
