//! Semantic versions (`apiserver/pkg/cel/library/semverlib.go`, `blang/semver`).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::value::{Failure, Value};
use crate::core::schema::text::quote;
use semver::Version;
use std::rc::Rc;

pub(super) const FUNCTIONS: [Function; 7] = [
    function("semver", 1, Run::Plain(semver), cost::TRAVERSE),
    function("semver", 2, Run::Plain(semver), cost::TRAVERSE),
    function("isSemver", 1, Run::Plain(is_semver), cost::TRAVERSE),
    function("isSemver", 2, Run::Plain(is_semver), cost::TRAVERSE),
    method("major", 1, Run::Plain(|values| part(values, |version| version.major)), cost::ONE),
    method("minor", 1, Run::Plain(|values| part(values, |version| version.minor)), cost::ONE),
    method("patch", 1, Run::Plain(|values| part(values, |version| version.patch)), cost::ONE),
];

fn read(values: &[Value<'_>]) -> Option<Result<Version, Failure>> {
    match values {
        [Value::Text(text)] | [Value::Text(text), Value::Bool(false)] => Some(parse(text)),
        [Value::Text(text), Value::Bool(true)] => Some(normalized(text).and_then(|text| parse(&text))),
        _ => None,
    }
}

fn semver<'a>(values: &[Value<'a>]) -> Answer<'a> {
    read(values).map(|version| version.map(|version| Value::Semver(Rc::new(version))))
}

fn is_semver<'a>(values: &[Value<'a>]) -> Answer<'a> {
    read(values).map(|version| Ok(Value::Bool(version.is_ok())))
}

fn part<'a>(values: &[Value<'a>], take: fn(&Version) -> u64) -> Answer<'a> {
    let [Value::Semver(version)] = values else { return None };
    Some(Ok(Value::Int(i64::try_from(take(version)).unwrap_or(-1))))
}

fn parse(text: &str) -> Result<Version, Failure> {
    Version::parse(text).map_err(|_| match why_not(text) {
        Some(why) => Failure::Error(why),
        None => Failure::NotEvaluated(format!("the version {text}")),
    })
}

/// What the server's library says of a text that is not a version, as far as its three numbers are concerned.
fn why_not(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("Version string empty".to_owned());
    }
    let parts: Vec<&str> = text.splitn(3, '.').collect();
    let [major, minor, rest] = parts.as_slice() else {
        return Some("No Major.Minor.Patch elements found".to_owned());
    };
    let patch = rest.split(['-', '+']).next().unwrap_or_default();
    for (name, title, number) in
        [("major", "Major", *major), ("minor", "Minor", *minor), ("patch", "Patch", patch)]
    {
        let quoted = quote(number);
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(format!("Invalid character(s) found in {name} number {quoted}"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return Some(format!("{title} number must not contain leading zeroes {quoted}"));
        }
        if number.is_empty() {
            return Some("strconv.ParseUint: parsing \"\": invalid syntax".to_owned());
        }
    }
    None
}

/// Without a leading `v`, without leading zeros, and with three numbers.
fn normalized(text: &str) -> Result<String, Failure> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
    if parts.len() < 3 {
        if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err(Failure::error("short version cannot contain PreRelease/Build meta data"));
        }
        parts.resize(3, "0".to_owned());
    }
    Ok(parts.join("."))
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_owned();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|c: char| c.is_ascii_digit()) { rest.to_owned() } else { format!("0{rest}") }
}
