//! String and number formats that the API server checks (`apiextensions-apiserver/pkg/apiserver/validation/formats.go`,
//! `kube-openapi/pkg/validation/strfmt`). Formats of no use for infrastructure (ISBN, credit card, color by RGB, US
//! social security number) are known by name and accept any text.

use super::structural::{Type, Types};
use base64::Engine as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A format that applies to the type of its schema.
#[derive(Debug, Clone)]
pub(super) struct Format {
    /// As the schema spells it.
    pub(super) name: Box<str>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Int32,
    Int64,
    Float,
    Double,
    Text(fn(&str) -> bool),
}

impl Format {
    /// The format, unless the server ignores it on this type.
    pub(super) fn of(name: &str, types: Types) -> Option<Format> {
        let kind = match (types.single(), name) {
            (Some(Type::Integer), "int32") => Kind::Int32,
            (Some(Type::Integer), "int64") => Kind::Int64,
            (Some(Type::Number), "float") => Kind::Float,
            (Some(Type::Number), "double") => Kind::Double,
            (None | Some(Type::String), _) => Kind::Text(text_format(&name.replace('-', ""))?),
            _ => return None,
        };
        Some(Format { name: name.into(), kind })
    }

    /// The check for texts, if this is a format of texts.
    pub(super) fn text_check(&self) -> Option<fn(&str) -> bool> {
        match self.kind {
            Kind::Text(check) => Some(check),
            _ => None,
        }
    }

    /// Whether a number fits the format; numbers of other formats always do.
    pub(super) fn holds(&self, number: &serde_json::Number) -> bool {
        match self.kind {
            Kind::Int32 => whole(number).is_some_and(|whole| i32::try_from(whole).is_ok()),
            Kind::Float => number.as_f64().is_some_and(|float| float.abs() <= f64::from(f32::MAX)),
            _ => true,
        }
    }
}

/// The number as a whole one of 64 bits, when it is one.
pub fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.2e18)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, checked above")]
        Some(float as i64)
    })
}

/// Whether a text is of a format, by its name without dashes; of an unknown one, every text is.
pub(super) fn holds(format: &str, text: &str) -> bool {
    text_format(format).is_none_or(|check| check(text))
}

/// The check behind a name without dashes.
fn text_format(name: &str) -> Option<fn(&str) -> bool> {
    Some(match name {
        "datetime" => is_date_time,
        "date" => is_date,
        "duration" => is_duration,
        "uuid" => |text| is_uuid(text, None, false),
        "uuid3" => |text| is_uuid(text, Some('3'), false),
        "uuid4" => |text| is_uuid(text, Some('4'), true),
        "uuid5" => |text| is_uuid(text, Some('5'), true),
        "ipv4" => |text| text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => |text| text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr,
        "mac" => is_mac,
        "byte" => is_base64,
        "hexcolor" => is_hex_color,
        "hostname" => is_hostname,
        "uri" => is_request_uri,
        "email" => {
            |text| text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        }
        "bsonobjectid" => |text| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "k8sshortname" => |text| crate::core::kubernetes::names::label_errors(text).is_empty(),
        "k8slongname" => |text| crate::core::kubernetes::names::subdomain_errors(text).is_empty(),
        "password" | "isbn" | "isbn10" | "isbn13" | "creditcard" | "ssn" | "rgbcolor" => |_| true,
        _ => return None,
    })
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

pub(super) fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && is_time(time)
}

fn is_time(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(8) else { return false };
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return false };
    if !(two(hours) && two(minutes) && two(seconds) && *hours <= "23" && *minutes <= "59" && *seconds <= "59")
    {
        return false;
    }
    let zone = |text: &str| {
        text == "z"
            || text
                .strip_prefix(['+', '-'])
                .and_then(|offset| offset.split_once(':'))
                .is_some_and(|(h, m)| two(h) && two(m))
    };
    // The pattern takes any one character in front of the fraction.
    let mut characters = rest.chars();
    let fraction = characters.next().map(|_| characters.as_str()).unwrap_or_default();
    let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    zone(rest) || (after.len() < fraction.len() && zone(after))
}

/// Go's durations (`1h30m`) and the looser `22 seconds` of the OpenAPI library.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 20] = [
        "ns", "nano", "us", "µs", "micro", "ms", "milli", "s", "sec", "second", "m", "min", "minute", "h",
        "hr", "hour", "d", "day", "w", "week",
    ];
    let mut rest = text.trim().strip_prefix(['+', '-']).unwrap_or(text.trim());
    if rest == "0" {
        return true;
    }
    let mut any = false;
    while !rest.is_empty() {
        let after_number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if after_number.len() == rest.len() {
            return false;
        }
        let unit_start = after_number.trim_start();
        let after_unit = unit_start.trim_start_matches(|c: char| c.is_alphabetic());
        let unit = unit_start.get(..unit_start.len() - after_unit.len()).unwrap_or_default().to_lowercase();
        if !UNITS.iter().any(|known| unit == *known || unit.strip_suffix('s') == Some(known)) {
            return false;
        }
        any = true;
        rest = after_unit.trim_start();
    }
    any
}

fn is_uuid(text: &str, version: Option<char>, with_variant: bool) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut rest = text;
    for (index, length) in lengths.into_iter().enumerate() {
        let Some((part, after)) = rest.split_at_checked(length) else { return false };
        let first = part.chars().next().unwrap_or_default().to_ascii_lowercase();
        let fits = part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && (index != 2 || version.is_none_or(|version| version == first))
            && (index != 3 || !with_variant || matches!(first, '8' | '9' | 'a' | 'b'));
        if !fits {
            return false;
        }
        rest = if index < 4 { after.strip_prefix('-').unwrap_or(after) } else { after };
    }
    rest.is_empty()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let limit = if address.is_ipv4() { 32 } else { 128 };
    !prefix.is_empty()
        && prefix.bytes().all(|byte| byte.is_ascii_digit())
        && prefix.parse::<u32>().is_ok_and(|bits| bits <= limit)
}

fn is_mac(text: &str) -> bool {
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
    let groups = |separator: char, length: usize, counts: &[usize]| {
        let parts: Vec<&str> = text.split(separator).collect();
        counts.contains(&parts.len()) && parts.iter().all(|part| hex(part, length))
    };
    groups(':', 2, &[6, 8, 20]) || groups('-', 2, &[6, 8, 20]) || groups('.', 4, &[3, 4, 10])
}

fn is_base64(text: &str) -> bool {
    !text.is_empty() && base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_hostname(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '-' || !c.is_ascii();
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.chars().all(inner)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let last_is_a_domain = labels.len() == 1
        || labels.last().is_some_and(|last| {
            last.chars().count() >= 2 && !last.chars().any(|c| c.is_ascii_digit() || c == '-')
        });
    text.len() <= 255 && labels.iter().all(|part| label(part)) && last_is_a_domain
}

fn is_request_uri(text: &str) -> bool {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
    });
    (has_scheme || text.starts_with('/')) && !text.chars().any(|c| c.is_control() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_judge_texts() {
        let judge = |format: &str, text: &str| text_format(format).expect("a known format")(text);
        for (format, text, verdict) in [
            ("datetime", "2026-11-21T01:02:03Z", true),
            ("datetime", "2026-11-21T01:02:03.5+01:00", true),
            ("datetime", "2026-13-21T01:02:03Z", false),
            ("datetime", "2026-11-21 01:02:03Z", false),
            ("datetime", "2026-11-21T24:00:00Z", false),
            ("date", "2024-02-29", true),
            ("date", "2026-02-29", false),
            ("duration", "1h30m", true),
            ("duration", "5 days", true),
            ("duration", "soon", false),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", true),
            ("uuid4", "123e4567-e89b-12d3-a456-426614174000", false),
            ("cidr", "10.0.0.0/8", true),
            ("cidr", "10.0.0.0/33", false),
            ("mac", "00:1a:2b:3c:4d:5e", true),
            ("hostname", "registry.example.com", true),
            ("hostname", "-a.example.com", false),
            ("uri", "https://example.com/x", true),
            ("uri", "example.com", false),
            ("byte", "aGk=", true),
            ("byte", "a", false),
        ] {
            assert_eq!(judge(format, text), verdict, "{format} {text}");
        }
    }
}
