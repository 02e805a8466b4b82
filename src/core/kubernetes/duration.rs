//! Durations as kubectl's flags take them: Go's notation, and whole seconds.

use std::time::Duration;

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time limit: write 0 for none, or a length such as 5, 5s, 2m or 1h30m")]
pub struct DurationError(String);

/// Reads a duration: a bare number is seconds, otherwise it is written as Go does, `1h2m3.5s`. It is never negative.
///
/// # Errors
/// Anything else.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let refuse = || DurationError(text.to_owned());
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Duration::from_secs).map_err(|_| refuse());
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return Err(refuse());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refuse)?;
        let (number, after) = rest.split_at(digits);
        let unit_length = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_length);
        total += number.parse::<f64>().map_err(|_| refuse())? * seconds_of(unit).ok_or_else(refuse)?;
        rest = next;
    }
    Duration::try_from_secs_f64(total).map_err(|_| refuse())
}

/// Seconds in one of Go's units of time.
fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

/// A duration for people, in whole seconds: `90s` is `1m30s`; below a second in milliseconds.
pub fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, 0) => format!("{} ms", duration.as_millis()),
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_kubectl_reads_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0s", 0),
            ("5", 5_000),
            ("5s", 5_000),
            ("1m", 60_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1_500),
            ("250ms", 250),
            (".5s", 500),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in
            ["", "-1", "-5s", "5 s", "s", "5x", "1..5s", "99999999999999999999", "1e9h", "5s5", "\u{663}s"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_short_for_people() {
        for (milliseconds, text) in [(250, "250 ms"), (3_000, "3s"), (900_000, "15m"), (90_999, "1m30s")] {
            assert_eq!(short(Duration::from_millis(milliseconds)), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.hmsuµn+ -]{0,12}|\\PC{0,8}") {
            let _ = parse(&text);
        }
    }
}
