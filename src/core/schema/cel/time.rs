//! Durations and points in time as Go reads and prints them.

use jiff::civil::{Date, date as day};

const NANOS: i128 = 1_000_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;
const EPOCH: Date = day(1970, 1, 1);
/// Seconds of the first and the last moment that a timestamp can be (years 1 to 9999).
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// A point in time, and the offset from UTC in which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timestamp {
    /// Seconds since 1970.
    pub(super) seconds: i64,
    /// 0 to 999,999,999.
    pub(super) nanos: u32,
    /// Seconds east of UTC; only the printed form depends on it.
    pub(super) offset: i32,
}

impl Timestamp {
    /// Nanoseconds since 1970.
    pub(super) fn total_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }

    /// The point in time so many nanoseconds after 1970; `None` outside the years 1 to 9999.
    pub(super) fn from_nanos(nanos: i128, offset: i32) -> Option<Timestamp> {
        let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
        let nanos = u32::try_from(nanos.rem_euclid(NANOS)).ok()?;
        (FIRST..=LAST).contains(&seconds).then_some(Timestamp { seconds, nanos, offset })
    }

    /// Date and clock at an offset from UTC in seconds.
    pub(super) fn civil(self, offset: i32) -> Option<jiff::civil::DateTime> {
        // Not by the library's own timestamps, which end a day before the year 10000 does.
        let seconds = self.seconds.checked_add(i64::from(offset))?;
        let day = EPOCH.checked_add(jiff::Span::new().try_days(seconds.div_euclid(DAY)).ok()?).ok()?;
        let (nanos, seconds) = (i32::try_from(self.nanos).ok()?, seconds.rem_euclid(DAY));
        let part = |size: i64, limit: i64| i8::try_from(seconds / size % limit).ok();
        let clock = jiff::civil::Time::new(part(3600, 24)?, part(60, 60)?, part(1, 60)?, nanos).ok()?;
        Some(day.to_datetime(clock))
    }

    /// As Go's RFC 3339 with nanoseconds.
    pub(super) fn print(self) -> Option<String> {
        let at = self.civil(self.offset)?;
        let mut text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        );
        if self.nanos > 0 {
            text.push_str(format!(".{:09}", self.nanos).trim_end_matches('0'));
        }
        if self.offset == 0 {
            text.push('Z');
        } else {
            let (sign, size) = if self.offset < 0 { ('-', -self.offset) } else { ('+', self.offset) };
            text.push_str(&format!("{sign}{:02}:{:02}", size / 3600, size / 60 % 60));
        }
        Some(text)
    }
}

/// A duration as `time.ParseDuration` reads it, in nanoseconds.
pub(super) fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", 1_000_000),
        ("s", NANOS),
        ("m", 60 * NANOS),
        ("h", 3600 * NANOS),
    ];
    let is_negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after_fraction) = match after.strip_prefix('.') {
            Some(tail) => split_digits(tail),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_end =
            after_fraction.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after_fraction.len());
        let (unit, tail) = after_fraction.split_at(unit_end);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
        total = total.checked_add(whole.checked_mul(*size)?)?;
        total = total.checked_add(fraction_of(fraction, *size))?;
        if total > i128::from(i64::MAX) + 1 {
            return None;
        }
        rest = tail;
    }
    i64::try_from(if is_negative { -total } else { total }).ok()
}

/// The fraction of a unit, cut off as Go does.
fn fraction_of(digits: &str, unit: i128) -> i128 {
    let kept: String = digits.chars().take(18).collect();
    let numerator: i128 = kept.parse().unwrap_or(0);
    let scale = 10_i128.pow(u32::try_from(kept.len()).unwrap_or(0));
    numerator * unit / scale
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// A duration as the format `duration` of a schema allows it (`strfmt.ParseDuration`): also `3 days`.
pub(super) fn lenient_duration(text: &str) -> Option<i64> {
    if let Some(nanos) = duration(text) {
        return Some(nanos);
    }
    const UNITS: [(&[&str], i64); 8] = [
        (&["ns", "nano"], 1),
        (&["us", "µs", "micro"], 1_000),
        (&["ms", "milli"], 1_000_000),
        (&["s", "sec"], 1_000_000_000),
        (&["m", "min"], 60_000_000_000),
        (&["h", "hr", "hour"], 3_600_000_000_000),
        (&["d", "day"], 86_400_000_000_000),
        (&["w", "wk", "week"], 604_800_000_000_000),
    ];
    let mut total: Option<i64> = None;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (digits, after) = split_digits(rest.get(start..)?);
        let unit_start = after.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let end = unit_start.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(unit_start.len());
        let (unit, tail) = unit_start.split_at(end);
        rest = tail;
        if unit.is_empty() {
            continue;
        }
        let factor: i64 = digits.parse().ok()?;
        let unit = unit.to_lowercase();
        for (names, size) in UNITS {
            let is_last = |index: usize| index + 1 == names.len();
            let times = names
                .iter()
                .enumerate()
                .filter(|(index, name)| unit == **name || (is_last(*index) && unit.starts_with(**name)));
            for _ in times {
                total = Some(total.unwrap_or(0).wrapping_add(factor.wrapping_mul(size)));
            }
        }
    }
    total
}

/// A date as midnight in UTC.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    lenient_timestamp(&format!("{text}T00:00:00Z"))
}

/// A point in time as the format `date-time` of a schema allows it: also without an offset.
pub(super) fn lenient_timestamp(text: &str) -> Option<Timestamp> {
    timestamp(text).or_else(|| timestamp(&format!("{text}Z")))
}

/// A point in time as Go reads RFC 3339.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| -> Option<i32> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is = |at: usize, byte: u8| text.as_bytes().get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let small = |range| number(range).and_then(|value| i8::try_from(value).ok());
    let day = Date::new(i16::try_from(number(0..4)?).ok()?, small(5..7)?, small(8..10)?).ok()?;
    let (hour, minute, second) = (small(11..13)?, small(14..16)?, small(17..19)?);
    let mut rest = text.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let (digits, after) = split_digits(fraction);
        if digits.is_empty() {
            return None;
        }
        nanos = i32::try_from(fraction_of(&digits.chars().take(9).collect::<String>(), NANOS)).ok()?;
        rest = after;
    }
    let clock = jiff::civil::Time::new(hour, minute, second, nanos).ok()?;
    let offset = if rest == "Z" { 0 } else { offset(rest)? };
    let days = i64::from(EPOCH.until(day).ok()?.get_days());
    let seconds = days * DAY
        + i64::from(clock.hour()) * 3600
        + i64::from(clock.minute()) * 60
        + i64::from(clock.second());
    Timestamp::from_nanos(i128::from(seconds - i64::from(offset)) * NANOS + i128::from(nanos), offset)
}

/// `+01:30` in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let two = |part: &str, limit: i32| -> Option<i32> {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<i32>().ok())?.filter(|value| *value <= limit)
    };
    Some(sign * (two(hours, 24)? * 3600 + two(minutes, 60)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("1h30m", Some(5_400_000_000_000)),
            ("-1.5s", Some(-1_500_000_000)),
            ("0", Some(0)),
            (".5ms", Some(500_000)),
            ("9223372036854775807ns", Some(i64::MAX)),
            ("-9223372036854775808ns", Some(i64::MIN)),
            ("9223372036854775808ns", None),
            ("1", None),
            ("1d", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(duration(text), nanos, "{text}");
        }
        assert_eq!(lenient_duration("2 days 3h"), Some(183_600_000_000_000));
        assert_eq!(lenient_duration("soon"), None);
    }

    #[test]
    fn timestamps_keep_their_offset_in_print() {
        for text in [
            "2026-11-21T01:02:03Z",
            "2024-02-29T23:59:59.000001+05:30",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ] {
            assert_eq!(timestamp(text).and_then(Timestamp::print).as_deref(), Some(text));
        }
        assert_eq!(timestamp("2023-02-29T00:00:00Z"), None);
        assert_eq!(
            lenient_timestamp("2026-11-21T01:02:03").and_then(Timestamp::print).as_deref(),
            Some("2026-11-21T01:02:03Z")
        );
    }
}
