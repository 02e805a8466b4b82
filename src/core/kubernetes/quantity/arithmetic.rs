//! Sums, and the other ways in which CEL rules look at quantities (`k8s.io/apimachinery/pkg/api/resource`).

use super::decimal::Decimal;
use super::{Notation, Quantity};

/// Powers of ten that two numbers may be apart to be added; real ones stay far below.
const GAP_LIMIT: i64 = 1000;
/// The power of ten that a list of resources keeps.
const MILLI: i64 = -3;

impl Quantity {
    /// A whole number.
    pub fn whole(number: i64) -> Quantity {
        Quantity {
            value: Decimal::from_integer(number < 0, number.unsigned_abs(), 0),
            notation: Notation::DecimalExponent,
            text: None,
            scale: Some(0),
        }
    }

    /// The value, when the library holds it as a whole number: `1500m` and `1.0` are not held so.
    pub fn to_exact_i64(&self) -> Option<i64> {
        self.scale.filter(|scale| *scale >= 0).and_then(|_| self.value.to_i64())
    }

    /// The closest double, computed as the library does.
    pub fn to_f64(&self) -> f64 {
        let exponent = self.scale.unwrap_or(self.value.exponent);
        let base = self.value.scaled_to(exponent).unwrap_or(f64::NAN);
        let power: f64 = format!("1e{exponent}").parse().unwrap_or(f64::NAN);
        if exponent == 0 { base } else { base * power }
    }

    /// The sum; `None` when the two are too many powers of ten apart.
    pub fn plus(&self, other: &Quantity) -> Option<Quantity> {
        let value = self.value.plus(&other.value, GAP_LIMIT)?;
        let scale = match (self.scale, other.scale) {
            (Some(own), Some(_)) if other.is_zero() => Some(own),
            (Some(_), Some(others)) if self.is_zero() => Some(others),
            (Some(own), Some(others)) => Some(own.min(others)),
            _ => None,
        };
        let notation = if self.is_zero() { other.notation } else { self.notation };
        Some(Quantity { value, notation, text: None, scale })
    }

    /// The value as lists of resources hold it: rounded away from zero to thousandths, and unchanged when it is coarser.
    pub fn rounded_to_milli(&self) -> Quantity {
        let value = self.value.round_up(MILLI);
        if value.cmp(&self.value).is_eq() {
            return self.clone();
        }
        Quantity { value, notation: self.notation, text: None, scale: self.scale.map(|_| MILLI) }
    }

    /// The difference; `None` when the two are too many powers of ten apart.
    pub fn minus(&self, other: &Quantity) -> Option<Quantity> {
        let mut negative = other.clone();
        negative.value.negative = !negative.value.negative && !negative.value.is_zero();
        self.plus(&negative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        let read = |text: &str| Quantity::parse(text).expect("a quantity");
        for (left, right, sum, difference) in [
            ("1Gi", "1Mi", "1025Mi", "1023Mi"),
            ("0.5", "1500m", "2", "-1"),
            ("999999999999999999999", "1", "1000000000000000000000", "999999999999999999998"),
            ("-3", "2", "-1", "-5"),
            ("2", "2", "4", "0"),
        ] {
            let (left, right) = (read(left), read(right));
            assert_eq!(left.plus(&right), Some(read(sum)));
            assert_eq!(left.minus(&right), Some(read(difference)));
        }
        assert_eq!(read("1e9999").plus(&read("1")), None);
    }

    #[test]
    fn whole_is_what_the_library_holds_as_such() {
        let whole = |text: &str| Quantity::parse(text).expect("a quantity").to_exact_i64();
        assert_eq!(
            ["1", "1k", "2Ki", "1.0", "1500m", "1e3", "99999999999999999999"].map(whole),
            [Some(1), Some(1000), Some(2048), None, None, Some(1000), None]
        );
        let float = |text: &str| Quantity::parse(text).expect("a quantity").to_f64();
        assert_eq!([float("1.10"), float("1500m"), float("0"), float("-2Ki")], [1.1, 1.5, 0.0, -2048.0]);
    }
}
