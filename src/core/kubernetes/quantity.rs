//! Kubernetes quantities: `1Gi`, `500m`, `1e3`.
//!
//! Reading, rounding and printing follow `k8s.io/apimachinery/pkg/api/resource` (v0.35), the library that the API
//! server and AI Runway's webhook use, including what it does on odd input: `1.Gi` and `.` parse, eight exbibytes are
//! capped at the largest signed 64-bit number, decimals below one nano unit round away from zero, and a text that is
//! canonical enough (`01Gi`) is printed as it was read.

mod arithmetic;
mod decimal;
#[cfg(test)]
mod tests;

use decimal::{Decimal, multiply};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Finest unit that a quantity keeps: ten to the minus nine.
const NANO: i64 = -9;
/// Digits that the library's fast path for whole numbers accepts.
const FAST_DIGITS: i64 = 18;
/// The largest value of a quantity with a binary suffix.
const MAX_BINARY: u64 = i64::MAX as u64;

/// Why a text is not a quantity; the texts are those of the Kubernetes library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not of the form sign, digits, suffix.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// The number cannot be read.
    #[error("unable to parse numeric part of quantity")]
    Number,
    /// The suffix is unknown.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Binary,
    DecimalSuffix,
    DecimalExponent,
}

/// A valid quantity. Equality and order are by value: `1Gi` equals `1024Mi`.
#[derive(Debug, Clone)]
pub struct Quantity {
    value: Decimal,
    notation: Notation,
    /// The text as read, when the library would print it unchanged.
    text: Option<Box<str>>,
    /// The power of ten of the library's short form; `None` for its long form.
    scale: Option<i64>,
}

impl Quantity {
    /// Reads a quantity. Blanks around it are an error, as in `resource.ParseQuantity`.
    ///
    /// # Errors
    /// [`QuantityError`] with the library's text.
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        if text == "0" {
            return Ok(Quantity {
                value: Decimal::ZERO,
                notation: Notation::DecimalSuffix,
                text: Some("0".into()),
                scale: Some(0),
            });
        }
        let parts = Parts::split(text)?;
        let (scale, notation) = read_suffix(parts.suffix)?;
        match fast_path(&parts, scale, notation, text) {
            Some(quantity) => Ok(quantity),
            // Without a single digit the short path reads zero (`Gi`, `.`) and the long one gives up (`Ei`).
            None if !parts.has_digits => Err(QuantityError::Number),
            None => Ok(slow_path(&parts, scale, notation)),
        }
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// Whether the value is below zero.
    pub fn is_negative(&self) -> bool {
        self.value.negative
    }

    /// The value as a whole number, rounded away from zero; `None` when it does not fit.
    pub fn to_i64(&self) -> Option<i64> {
        self.value.round_up(0).to_i64()
    }

    /// The value in thousandths, rounded away from zero; `None` when it does not fit.
    pub fn to_milli(&self) -> Option<i64> {
        let mut scaled = self.value.clone();
        scaled.exponent += 3;
        scaled.round_up(0).to_i64()
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Quantity, QuantityError> {
        Quantity::parse(text)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.value.cmp(&other.value) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl fmt::Display for Quantity {
    /// The form in which the API server stores it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return formatter.write_str(text);
        }
        if self.value.is_zero() {
            return formatter.write_str("0");
        }
        if self.notation == Notation::Binary
            && let Some((number, suffix)) = self.value.to_binary()
        {
            return write!(formatter, "{number}{suffix}");
        }
        let (digits, exponent) = self.value.to_thousands();
        let sign = if self.value.negative { "-" } else { "" };
        write!(formatter, "{sign}{digits}")?;
        match (self.notation, exponent) {
            (_, 0) => Ok(()),
            (Notation::DecimalExponent, _) => write!(formatter, "e{exponent}"),
            // Beyond the suffixes the library prints none at all; so `1000E` is stored as `1`.
            (_, _) => formatter.write_str(decimal_suffix(exponent)),
        }
    }
}

/// The pieces of a quantity's text; `whole` has no leading zeros (but may be empty), `fraction` may be empty.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
    has_digits: bool,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Parts<'a>, QuantityError> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let unsigned = unsigned.trim_start_matches('0');
        let (whole, rest) = split_digits(unsigned);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        let after_letters =
            suffix.trim_start_matches(['e', 'E', 'i', 'n', 'u', 'm', 'k', 'K', 'M', 'G', 'T', 'P']);
        let after_sign = after_letters.strip_prefix(['-', '+']).unwrap_or(after_letters);
        if !after_sign.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QuantityError::Format);
        }
        let number = text.strip_suffix(suffix).unwrap_or(text);
        let has_digits = number.bytes().any(|byte| byte.is_ascii_digit());
        Ok(Parts { negative, whole, fraction, suffix, has_digits })
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The power that a suffix stands for: of two for binary suffixes, else of ten.
fn read_suffix(suffix: &str) -> Result<(i64, Notation), QuantityError> {
    let decimal = |exponent| Ok((exponent, Notation::DecimalSuffix));
    let binary = |exponent| Ok((exponent, Notation::Binary));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            let digits = suffix.strip_prefix(['e', 'E']).ok_or(QuantityError::Suffix)?;
            let exponent: i64 = digits.parse().map_err(|_| QuantityError::Suffix)?;
            // The library keeps the low 32 bits of a larger exponent.
            #[expect(clippy::cast_possible_truncation, reason = "the library truncates likewise")]
            let exponent = i64::from(exponent as i32);
            Ok((exponent, Notation::DecimalExponent))
        }
    }
}

fn decimal_suffix(exponent: i64) -> &'static str {
    match exponent {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        _ => "",
    }
}

/// The library's path for short numbers, which keeps some texts as they are; `None` when it does not apply.
fn fast_path(parts: &Parts<'_>, scale: i64, notation: Notation, text: &str) -> Option<Quantity> {
    // The library counts an empty whole part as the digit 0.
    let whole_digits = i64::try_from(parts.whole.len().max(1)).ok()?;
    let fraction_digits = i64::try_from(parts.fraction.len()).ok()?;
    let (multiplier, room, exponent) = match notation {
        Notation::Binary if parts.fraction.is_empty() => {
            (1i64 << scale, 15 - whole_digits - scale * 3 / 10 - 1, 0)
        }
        Notation::Binary => return None,
        _ => (1, FAST_DIGITS - whole_digits - fraction_digits, scale - fraction_digits),
    };
    if room < 0 || exponent < NANO {
        return None;
    }
    let mut digits = String::with_capacity(20);
    digits.push_str(if parts.whole.is_empty() { "0" } else { parts.whole });
    digits.push_str(parts.fraction);
    let number: i64 = digits.parse().ok()?;
    let product = number.checked_mul(multiplier)?;
    let keeps_text = match notation {
        Notation::Binary => number & 7 != 0,
        _ => exponent % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0'),
    };
    Some(Quantity {
        value: Decimal::from_integer(parts.negative, product.unsigned_abs(), exponent),
        notation,
        text: keeps_text.then(|| text.into()),
        scale: Some(exponent),
    })
}

fn slow_path(parts: &Parts<'_>, scale: i64, notation: Notation) -> Quantity {
    let mut digits: Vec<u8> = Vec::with_capacity(parts.whole.len() + parts.fraction.len());
    digits.extend(parts.whole.bytes().chain(parts.fraction.bytes()).map(|byte| byte.wrapping_sub(b'0')));
    let fraction_digits = i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
    let (digits, exponent) = match notation {
        Notation::Binary => (multiply(&digits, 1u64 << scale), -fraction_digits),
        _ => (digits, scale.saturating_sub(fraction_digits)),
    };
    let mut value = Decimal::new(parts.negative, digits, exponent).round_up(NANO);
    let mut notation = notation;
    if notation == Notation::Binary && !value.is_zero() {
        let sign = value.negative;
        value.negative = false;
        if value.cmp(&Decimal::from_integer(false, MAX_BINARY, 0)) == Ordering::Greater {
            value = Decimal::from_integer(false, MAX_BINARY, 0);
        }
        if value.cmp(&Decimal::from_integer(false, 1, 0)) == Ordering::Less {
            notation = Notation::DecimalSuffix;
        }
        value.negative = sign;
    }
    Quantity { value, notation, text: None, scale: None }
}
