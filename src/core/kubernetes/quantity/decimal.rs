//! Decimal numbers of any size: as much arithmetic as quantities need.

use std::cmp::Ordering;

/// A decimal number of any size: digits (most significant first, neither leading nor trailing zeros) times a power of ten.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    digits: Vec<u8>,
    pub(super) exponent: i64,
}

impl Decimal {
    pub(super) const ZERO: Decimal = Decimal { negative: false, digits: Vec::new(), exponent: 0 };

    pub(super) fn new(negative: bool, mut digits: Vec<u8>, mut exponent: i64) -> Decimal {
        while digits.last() == Some(&0) {
            digits.pop();
            exponent = exponent.saturating_add(1);
        }
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..leading);
        if digits.is_empty() {
            return Decimal::ZERO;
        }
        Decimal { negative, digits, exponent }
    }

    pub(super) fn from_integer(negative: bool, number: u64, exponent: i64) -> Decimal {
        Decimal::new(negative, number.to_string().bytes().map(|byte| byte - b'0').collect(), exponent)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The power of ten just above the first digit.
    fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }

    /// Rounds away from zero to a multiple of ten to the `scale`.
    pub(super) fn round_up(&self, scale: i64) -> Decimal {
        if self.is_zero() || self.exponent >= scale {
            return self.clone();
        }
        let kept = usize::try_from(self.magnitude().saturating_sub(scale)).unwrap_or(0);
        // Trailing zeros are never stored, so something below the scale is cut off: always one up.
        let mut digits: Vec<u8> = self.digits.iter().copied().take(kept).collect();
        let mut carry = true;
        for digit in digits.iter_mut().rev() {
            *digit = if *digit == 9 { 0 } else { *digit + 1 };
            if *digit != 0 {
                carry = false;
                break;
            }
        }
        if carry {
            digits.insert(0, 1);
        }
        Decimal::new(self.negative, digits, scale)
    }

    /// The value, when it is a whole number of 64 bits.
    pub(super) fn to_i64(&self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        if self.exponent < 0 || self.magnitude() > 19 {
            return None;
        }
        let mut number: i128 = 0;
        for digit in &self.digits {
            number = number * 10 + i128::from(*digit);
        }
        number *= 10i128.pow(u32::try_from(self.exponent).ok()?);
        i64::try_from(if self.negative { -number } else { number }).ok()
    }

    /// A whole number and a binary suffix; `None` for values that the library then prints decimally.
    pub(super) fn to_binary(&self) -> Option<(i64, &'static str)> {
        let mut number = self.to_i64()?;
        if number.unsigned_abs() < 1024 {
            return None;
        }
        let mut suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].into_iter();
        let mut suffix = suffixes.next()?;
        while number.unsigned_abs() >= 1024 && number % 1024 == 0 {
            number /= 1024;
            suffix = suffixes.next()?;
        }
        Some((number, suffix))
    }

    /// Digits and an exponent that is a multiple of three.
    pub(super) fn to_thousands(&self) -> (String, i64) {
        let zeros = self.exponent.rem_euclid(3);
        let mut text: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        for _ in 0..zeros {
            text.push('0');
        }
        (text, self.exponent - zeros)
    }

    pub(super) fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |number: &Decimal| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let by_size = self.magnitude().cmp(&other.magnitude()).then_with(|| self.digits.cmp(&other.digits));
        if self.negative { by_size.reverse() } else { by_size }
    }
}

/// Decimal digits (most significant first) times a factor of at most two to the sixty.
pub(super) fn multiply(digits: &[u8], factor: u64) -> Vec<u8> {
    let mut product = Vec::with_capacity(digits.len() + 20);
    let mut carry: u128 = 0;
    for digit in digits.iter().rev() {
        carry += u128::from(*digit) * u128::from(factor);
        product.push((carry % 10) as u8);
        carry /= 10;
    }
    while carry > 0 {
        product.push((carry % 10) as u8);
        carry /= 10;
    }
    product.reverse();
    product
}
