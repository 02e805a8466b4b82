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

    /// How many times ten to the `exponent` this is, as a double; `None` when that is not whole.
    pub(super) fn scaled_to(&self, exponent: i64) -> Option<f64> {
        let zeros = if self.is_zero() { 0 } else { self.exponent.checked_sub(exponent)? };
        let mut text = if self.negative { "-".to_owned() } else { String::new() };
        text.extend(self.digits.iter().map(|digit| char::from(b'0' + digit)));
        if self.is_zero() {
            text.push('0');
        }
        text.push_str(&format!("e{zeros}"));
        (zeros >= 0).then(|| text.parse().ok())?
    }

    /// The sum; `None` when the two are more than `limit` powers of ten apart.
    pub(super) fn plus(&self, other: &Decimal, limit: i64) -> Option<Decimal> {
        if self.is_zero() || other.is_zero() {
            return Some(if self.is_zero() { other.clone() } else { self.clone() });
        }
        let exponent = self.exponent.min(other.exponent);
        let top = self.magnitude().max(other.magnitude());
        if top.saturating_sub(exponent) > limit {
            return None;
        }
        // The larger number decides the sign; digits are aligned from the last one on.
        let (larger, smaller) =
            if self.size_cmp(other) == Ordering::Less { (other, self) } else { (self, other) };
        let aligned = |number: &Decimal| -> Vec<i8> {
            let zeros = usize::try_from(number.exponent - exponent).unwrap_or(0);
            let digits = number.digits.iter().rev().map(|digit| digit.cast_signed());
            std::iter::repeat_n(0, zeros).chain(digits).collect()
        };
        let (mut digits, smaller_digits) = (aligned(larger), aligned(smaller));
        let sign = if larger.negative == smaller.negative { 1 } else { -1 };
        let mut carry = 0;
        for (index, digit) in digits.iter_mut().enumerate() {
            let sum = *digit + sign * smaller_digits.get(index).copied().unwrap_or(0) + carry;
            carry = sum.div_euclid(10);
            *digit = sum.rem_euclid(10);
        }
        if carry > 0 {
            digits.push(carry);
        }
        let digits = digits.into_iter().rev().map(i8::cast_unsigned).collect();
        Some(Decimal::new(larger.negative, digits, exponent))
    }

    fn size_cmp(&self, other: &Decimal) -> Ordering {
        self.magnitude().cmp(&other.magnitude()).then_with(|| self.digits.cmp(&other.digits))
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
        let by_size = self.size_cmp(other);
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
