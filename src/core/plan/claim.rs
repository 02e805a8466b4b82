//! What has to hold of what was seen.

use super::memory::Memory;
use super::outcome::Broken;
use super::step::Key;
use crate::core::kubernetes::jsonpath;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// A claim on a value that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Where the value is.
    pub place: Place,
    /// What has to hold of it.
    pub test: Test,
}

/// A place in something that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name under which it was kept.
    pub key: Key,
    /// kubectl's JSONPath without the braces; empty for the whole.
    pub path: String,
}

/// What can be claimed of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is this. Of numbers the value counts, of objects the members in any order.
    Is(Value),
    /// It is there, and is not this.
    IsNot(Value),
    /// It is one of these.
    OneOf(Vec<Value>),
    /// It is there: neither missing nor `null`, an empty text, an empty list or an empty object.
    Present,
    /// It is not there, in something that is.
    Missing,
    /// The whole thing does not exist.
    Gone,
    /// The text begins so.
    Starts(String),
    /// The text contains this.
    Contains(String),
    /// The text, or the list of texts, does not contain this; it has to be there.
    Lacks(String),
    /// The text matches this regular expression.
    Matches(&'static str),
    /// It is the same as at another place, and both are there.
    Same(Place),
    /// Every member of this is there with the same value, at any depth; more may be.
    Includes(Value),
    /// The members whose names match this regular expression are exactly these.
    Members(&'static str, Value),
    /// The list of words holds this word exactly once, and the second one comes directly after it.
    Followed(String, String),
    /// The whole number, or the largest one at the path, is at least this. A quantity of whole units counts as a number.
    AtLeast(i64),
    /// The whole number is at most this.
    AtMost(i64),
    /// The list has so many entries.
    Count(usize),
    /// The moment is later than the one at another place.
    After(Place),
    /// The moment at this place is at most this long before the one at another place, and not more than
    /// [`CLOCK_SKEW`] after it.
    Fresh(Duration, Place),
    /// It was seen at least this long after something else was.
    SeenAfter(Duration, Key),
    /// The difference to the whole number at another place is at most this.
    GrewAtMost(i64, Place),
}

/// How far the clocks of a cluster may be apart before a time says nothing.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// How a claim stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// What was seen contradicts it.
    Broken(Broken),
    /// What it speaks of was not seen.
    Unseen(String),
}

/// The beginning of a claim on what was kept under a name.
pub fn of(key: Key) -> Place {
    Place { key, path: String::new() }
}

/// The path of a member of a condition of a Kubernetes object.
pub fn condition(kind: &str, member: &str) -> String {
    format!(".status.conditions[?(@.type==\"{kind}\")].{member}")
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $kind:ty),*) => $test:expr;)*) => {
        impl Place {
            $($(#[$doc])* pub fn $name(self, $($argument: $kind),*) -> Claim {
                Claim { place: self, test: $test }
            })*
        }
    };
}

impl Place {
    /// A path in it.
    pub fn at(self, path: impl Into<String>) -> Place {
        Place { path: path.into(), ..self }
    }

    /// A condition that has this status and this reason.
    pub fn has_condition(self, kind: &str, status: &str, reason: &str) -> [Claim; 2] {
        [self.clone().at(condition(kind, "status")).is(status), self.at(condition(kind, "reason")).is(reason)]
    }
}

tests! {
    /// [`Test::Is`].
    is(value: impl Into<Value>) => Test::Is(value.into());
    /// [`Test::IsNot`].
    is_not(value: impl Into<Value>) => Test::IsNot(value.into());
    /// [`Test::OneOf`].
    one_of(values: &[&str]) => Test::OneOf(values.iter().map(|value| json!(value)).collect());
    /// [`Test::Present`].
    present() => Test::Present;
    /// [`Test::Missing`].
    missing() => Test::Missing;
    /// [`Test::Gone`].
    gone() => Test::Gone;
    /// [`Test::Starts`].
    starts(text: &str) => Test::Starts(text.to_owned());
    /// [`Test::Contains`].
    contains(text: &str) => Test::Contains(text.to_owned());
    /// [`Test::Lacks`].
    lacks(text: &str) => Test::Lacks(text.to_owned());
    /// [`Test::Matches`].
    matches(pattern: &'static str) => Test::Matches(pattern);
    /// [`Test::Same`].
    same(other: Place) => Test::Same(other);
    /// [`Test::Includes`].
    includes(value: Value) => Test::Includes(value);
    /// [`Test::Members`].
    members(pattern: &'static str, value: Value) => Test::Members(pattern, value);
    /// [`Test::Followed`].
    followed(word: &str, next: &str) => Test::Followed(word.to_owned(), next.to_owned());
    /// [`Test::AtLeast`].
    at_least(number: i64) => Test::AtLeast(number);
    /// [`Test::AtMost`].
    at_most(number: i64) => Test::AtMost(number);
    /// [`Test::Count`].
    count(number: usize) => Test::Count(number);
    /// [`Test::After`].
    after(other: Place) => Test::After(other);
    /// [`Test::Fresh`].
    fresh(age: Duration, now: Place) => Test::Fresh(age, now);
    /// [`Test::SeenAfter`].
    seen_after(time: Duration, key: Key) => Test::SeenAfter(time, key);
    /// [`Test::GrewAtMost`].
    grew_at_most(number: i64, before: Place) => Test::GrewAtMost(number, before);
}

impl Claim {
    /// How it stands with what is known.
    pub fn stand(&self, memory: &Memory) -> Standing {
        let Place { key, path } = &self.place;
        let Some(whole) = memory.get(key) else {
            return Standing::Unseen(format!("{key} was not seen"));
        };
        if self.test == Test::Gone {
            return self.told(whole.is_null(), &Value::String("it exists".to_owned()));
        }
        // That something is gone is seen at a moment too.
        if let Test::SeenAfter(time, other) = &self.test {
            return self.timed(memory.at(key), memory.at(other), *time);
        }
        if whole.is_null() {
            return self.told(false, &Value::String("it does not exist".to_owned()));
        }
        let found = match found(whole, path) {
            Ok(found) => found,
            Err(error) => return Standing::Unseen(error),
        };
        match self.test.holds(&found, memory) {
            Ok(holds) => self.told(holds, &found),
            Err(unseen) => Standing::Unseen(unseen),
        }
    }

    fn told(&self, holds: bool, found: &Value) -> Standing {
        if holds {
            return Standing::Holds;
        }
        Standing::Broken(Broken {
            claim: self.to_string(),
            expected: self.test.expected(),
            found: shown(found),
        })
    }

    fn timed(&self, at: Option<Timestamp>, before: Option<Timestamp>, time: Duration) -> Standing {
        let (Some(at), Some(before)) = (at, before) else {
            return Standing::Unseen("the moment was not seen".to_owned());
        };
        let passed = Duration::try_from(at.duration_since(before)).unwrap_or_default();
        self.told(passed >= time, &json!(format!("{:.1} s", passed.as_secs_f64())))
    }
}

/// What is at a path: the value, or a list when the path has several, or `null` when there is nothing.
pub(super) fn found(whole: &Value, path: &str) -> Result<Value, String> {
    if path.is_empty() {
        return Ok(whole.clone());
    }
    let values = jsonpath::values(path, whole).map_err(|error| error.to_string())?;
    Ok(match values.as_slice() {
        [] => Value::Null,
        [one] => (*one).clone(),
        several => several.iter().map(|value| (*value).clone()).collect(),
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A whole number; Kubernetes writes those of extended resources as texts.
fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn numbers(value: &Value) -> Vec<i64> {
    match value {
        Value::Array(entries) => entries.iter().filter_map(whole_number).collect(),
        one => whole_number(one).into_iter().collect(),
    }
}

fn includes(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_some_and(|found| includes(found, value)))
        }
        (found, wanted) => found == wanted,
    }
}

fn contains(found: &Value, text: &str) -> bool {
    match found {
        Value::String(found) => found.contains(text),
        Value::Array(entries) => entries.iter().any(|entry| contains(entry, text)),
        _ => false,
    }
}

fn is_followed(found: &Value, word: &str, next: &str) -> bool {
    let words: Vec<&str> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let places: Vec<usize> =
        words.iter().enumerate().filter(|(_, found)| **found == word).map(|(place, _)| place).collect();
    matches!(places.as_slice(), [place] if words.get(place + 1) == Some(&next))
}

impl Test {
    /// Whether it holds of what was found; an error says what is missing to tell.
    fn holds(&self, found: &Value, memory: &Memory) -> Result<bool, String> {
        let other = |place: &Place| {
            let whole = memory.get(place.key).ok_or_else(|| format!("{} was not seen", place.key))?;
            let value = self::found(whole, &place.path)?;
            if is_empty(&value) { Err(format!("{place} is empty")) } else { Ok(value) }
        };
        let text = found.as_str();
        Ok(match self {
            Test::Is(wanted) => found == wanted,
            Test::IsNot(unwanted) => !found.is_null() && found != unwanted,
            Test::OneOf(wanted) => wanted.contains(found),
            Test::Present => !is_empty(found),
            Test::Missing => is_empty(found),
            Test::Gone => false,
            Test::Starts(start) => text.is_some_and(|text| text.starts_with(start)),
            Test::Contains(part) => contains(found, part),
            Test::Lacks(part) => !is_empty(found) && !contains(found, part),
            Test::Matches(pattern) => {
                let pattern = regex::Regex::new(pattern).map_err(|error| error.to_string())?;
                text.is_some_and(|text| pattern.is_match(text))
            }
            Test::Same(place) => {
                let other = other(place)?;
                if is_empty(found) {
                    return Err("there is nothing to compare".to_owned());
                }
                *found == other
            }
            Test::Includes(wanted) => includes(found, wanted),
            Test::Members(pattern, wanted) => {
                let pattern = regex::Regex::new(pattern).map_err(|error| error.to_string())?;
                let members =
                    found.as_object().into_iter().flatten().filter(|(name, _)| pattern.is_match(name));
                let members = members.map(|(name, value)| (name.clone(), value.clone()));
                Value::Object(members.collect()) == *wanted
            }
            Test::Followed(word, next) => is_followed(found, word, next),
            Test::AtLeast(least) => numbers(found).iter().any(|number| number >= least),
            Test::AtMost(most) => whole_number(found).is_some_and(|number| number <= *most),
            Test::Count(number) => found.as_array().map_or(0, Vec::len) == *number,
            Test::After(place) => {
                let before = moment(&other(place)?).ok_or_else(|| format!("{place} is not a time"))?;
                moment(found).is_some_and(|found| found > before)
            }
            Test::Fresh(age, place) => {
                let now = moment(&other(place)?).ok_or_else(|| format!("{place} is not a time"))?;
                return fresh(found, now, *age);
            }
            Test::SeenAfter(..) => false,
            Test::GrewAtMost(most, place) => {
                let before =
                    whole_number(&other(place)?).ok_or_else(|| format!("{place} is not a number"))?;
                let found = whole_number(found).ok_or("there is no number to compare")?;
                found.saturating_sub(before) <= *most
            }
        })
    }

    /// What it wants to see, for a report.
    fn expected(&self) -> String {
        match self {
            Test::Is(wanted) | Test::Includes(wanted) | Test::Members(_, wanted) => shown(wanted),
            other => other.words(),
        }
    }

    /// The test in words that follow its place.
    pub fn words(&self) -> String {
        match self {
            Test::Is(wanted) => format!("is {}", short(wanted)),
            Test::IsNot(unwanted) => format!("is there and is not {}", short(unwanted)),
            Test::OneOf(wanted) => {
                format!("is one of {}", wanted.iter().map(short).collect::<Vec<_>>().join(", "))
            }
            Test::Present => "is there".to_owned(),
            Test::Missing => "is absent or empty".to_owned(),
            Test::Gone => "does not exist".to_owned(),
            Test::Starts(start) => format!("begins with {start:?}"),
            Test::Contains(part) => format!("contains {part:?}"),
            Test::Lacks(part) => format!("is there and does not contain {part:?}"),
            Test::Matches(pattern) => format!("matches {pattern}"),
            Test::Same(place) => format!("is the same as {place}"),
            Test::Includes(wanted) => format!("includes {}", short(wanted)),
            Test::Members(pattern, wanted) => {
                format!("has exactly these members whose names match {pattern}: {}", short(wanted))
            }
            Test::Followed(word, next) => format!("holds {word} exactly once, followed by {next}"),
            Test::AtLeast(number) => format!("is at least {number}"),
            Test::AtMost(number) => format!("is at most {number}"),
            Test::Count(number) => format!("has {number} entries"),
            Test::After(place) => format!("is later than {place}"),
            Test::Fresh(age, place) => format!("is at most {} s older than {place}", age.as_secs()),
            Test::SeenAfter(time, key) => format!("comes at least {} s after {key}", time.as_secs()),
            Test::GrewAtMost(number, place) => format!("is at most {number} more than {place}"),
        }
    }
}

/// Whether a time is recent enough; one that lies far in the future says that clocks are apart, and nothing else.
fn fresh(found: &Value, now: Timestamp, age: Duration) -> Result<bool, String> {
    let Some(found) = moment(found) else { return Ok(false) };
    let ahead = Duration::try_from(found.duration_since(now)).unwrap_or_default();
    if ahead > CLOCK_SKEW {
        return Err(format!(
            "the time {found} is {} s ahead of the API server: clocks of the cluster are apart",
            ahead.as_secs()
        ));
    }
    Ok(Duration::try_from(now.duration_since(found)).unwrap_or_default() <= age)
}

/// A value as a report shows it: a text bare, anything else as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// A value within a sentence.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        other => other.to_string(),
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.is_empty() {
            true => write!(formatter, "{}", self.key),
            false => write!(formatter, "{} of {}", self.path, self.key),
        }
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.place, self.test.words())
    }
}

#[cfg(test)]
mod tests;
