//! Claims in the words of a shell.

use super::Source;
use crate::core::plan::claim::{Claim, Place, Test};
use crate::core::plan::step::{Key, Object};
use serde_json::Value;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// The value at a path; of several, their texts with blanks between them.
    Path(String),
    /// A dot for each entry of the list at a path.
    Dots(String),
    /// The name, where the whole thing exists.
    Name,
    /// The moment, in seconds.
    Moment,
}

/// A word that the shell takes as it is.
pub(super) fn quote(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    // No command line can hold a zero.
    format!("'{}'", text.replace('\0', "").replace('\'', r"'\''"))
}

/// An object as `kubectl get` and others name it.
pub(super) fn arguments(object: &Object) -> String {
    let of = |namespace: &String| format!(" -n {}", quote(namespace));
    let namespace = object.namespace.as_ref().map(of).unwrap_or_default();
    format!("{} {}{namespace}", object.resource.qualified(), quote(&object.name))
}

/// The command whose output is what is looked at; `None` where there is none.
pub(super) fn command(source: &Source, look: &Look) -> Option<String> {
    if *look == Look::Moment {
        return Some("$(date +%s)".to_owned());
    }
    match source {
        Source::Object(arguments) | Source::List(arguments) => {
            let path = match look {
                Look::Path(path) if path.is_empty() => "{$}".to_owned(),
                Look::Path(path) => format!("{{{path}}}"),
                Look::Dots(path) if is_several(path) => format!("{{range {path}}}.{{end}}"),
                Look::Dots(path) => format!("{{range {path}[*]}}.{{end}}"),
                Look::Name => "{.metadata.name}".to_owned(),
                Look::Moment => return None,
            };
            Some(format!("$(see {} {arguments})", quote(&path)))
        }
        Source::Time => (*look == Look::Path(".now".to_owned())).then(|| "$(server_time)".to_owned()),
        Source::Answer(arguments) => match look {
            Look::Path(path) if [".refused", ".refused.message"].contains(&path.as_str()) => {
                Some("$refused".to_owned())
            }
            Look::Path(path) if path.starts_with(".refused") => None,
            look => command(&Source::Object(arguments.clone()), look),
        },
        Source::Http => match look {
            Look::Path(path) if path == ".status" => Some("$status".to_owned()),
            Look::Path(path) if path == ".body" => Some("$(cat \"$work/body\")".to_owned()),
            _ => None,
        },
        Source::Nowhere => None,
    }
}

/// What a claim looks at: its own place first, then the one that it compares with.
pub(super) fn looks(claim: &Claim) -> Vec<(Key, Look)> {
    let path = |place: &Place| (place.key, Look::Path(place.path.clone()));
    let own = path(&claim.place);
    match &claim.test {
        Test::Same(other) | Test::After(other) | Test::Fresh(_, other) | Test::GrewAtMost(_, other) => {
            vec![own, path(other)]
        }
        Test::SeenAfter(_, other) => vec![(claim.place.key, Look::Moment), (other, Look::Moment)],
        Test::Count(_) => vec![(claim.place.key, Look::Dots(claim.place.path.clone()))],
        Test::Gone => vec![(claim.place.key, Look::Name)],
        Test::Includes(wanted) => {
            let leaves = leaves(&claim.place.path, wanted);
            leaves.into_iter().map(|(path, _)| (claim.place.key, Look::Path(path))).collect()
        }
        _ => vec![own],
    }
}

/// A claim as a condition on the variables of what it looks at; `None` when a shell cannot say it.
pub(super) fn condition(claim: &Claim, variables: &[String]) -> Option<String> {
    let first = variables.first()?;
    let second = || variables.get(1);
    let several = is_several(&claim.place.path);
    Some(match &claim.test {
        Test::Is(Value::Null) => format!("! present {first}"),
        Test::Is(wanted) => format!("[ {first} = {} ]", shown(wanted, several)),
        Test::IsNot(unwanted) => format!("[ -n {first} ] && [ {first} != {} ]", shown(unwanted, several)),
        Test::OneOf(wanted) => {
            let words: Vec<String> = wanted.iter().map(|value| shown(value, several)).collect();
            format!("one_of {first} {}", words.join(" "))
        }
        Test::Present => format!("present {first}"),
        Test::Missing => format!("! present {first}"),
        Test::Gone => format!("[ -z {first} ]"),
        Test::Starts(start) => format!("starts {first} {}", quote(start)),
        Test::Contains(part) => format!("contains {first} {}", quote(part)),
        Test::Lacks(part) => format!("present {first} && ! contains {first} {}", quote(part)),
        Test::Matches(pattern) => format!("matches {first} {}", quote(&extended(pattern)?)),
        Test::Same(_) => format!("present {first} && [ {first} = {} ]", second()?),
        Test::Includes(wanted) => {
            let leaves = leaves(&claim.place.path, wanted);
            let equal = leaves.iter().zip(variables);
            let equal =
                equal.map(|((_, value), variable)| format!("[ {variable} = {} ]", shown(value, false)));
            equal.collect::<Vec<_>>().join(" && ")
        }
        // kubectl cannot choose members by a pattern.
        Test::Members(..) => return None,
        Test::Followed(word, next) => {
            let (word, next) = (Value::from(word.as_str()), Value::from(next.as_str()));
            let (alone, pair) = (quote(&word.to_string()), quote(&format!("{word},{next}")));
            format!("once {first} {alone} && contains {first} {pair}")
        }
        Test::AtLeast(number) => format!("at_least {first} {number}"),
        Test::AtMost(number) => format!("at_most {first} {number}"),
        Test::Count(number) => format!("[ {first} = {} ]", quote(&".".repeat(*number))),
        Test::After(_) => format!("later {first} {}", second()?),
        Test::Fresh(age, _) => format!("fresh {first} {} {}", second()?, age.as_secs()),
        Test::SeenAfter(time, _) => {
            let (at, before) = (bare(first), bare(second()?));
            format!("[ $(({at} - {before})) -ge {} ]", time.as_secs())
        }
        Test::GrewAtMost(number, _) => {
            let (now, before) = (bare(first), bare(second()?));
            format!("[ -n {first} ] && [ $(({now} - {before})) -le {number} ]")
        }
    })
}

/// A variable within arithmetic.
fn bare(variable: &str) -> &str {
    variable.trim_matches('"').trim_start_matches('$')
}

/// Whether a path may name several values, which kubectl writes with blanks between them.
fn is_several(path: &str) -> bool {
    ["[*]", "[?", "..", ".*", ","].iter().any(|part| path.contains(part))
}

/// A value as kubectl writes it.
fn shown(value: &Value, several: bool) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) if several => entries
            .iter()
            .map(|entry| entry.as_str().map_or_else(|| sorted(entry), str::to_owned))
            .collect::<Vec<_>>()
            .join(" "),
        other => sorted(other),
    };
    quote(&text)
}

/// JSON as Go writes it: the members of a map sorted by their names, no blanks.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            let members = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value)))
                .collect::<Vec<_>>();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(entries) => format!("[{}]", entries.iter().map(sorted).collect::<Vec<_>>().join(",")),
        // Go escapes what could be markup.
        other => other.to_string().replace('<', r"\u003c").replace('>', r"\u003e").replace('&', r"\u0026"),
    }
}

/// The paths of the values within an object that are not objects themselves.
fn leaves(path: &str, wanted: &Value) -> Vec<(String, Value)> {
    match wanted {
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .flat_map(|(name, value)| leaves(&format!("{path}.{}", name.replace('.', r"\.")), value))
            .collect(),
        value => vec![(path.to_owned(), value.clone())],
    }
}

/// A pattern as `grep -E` reads it; `None` for what it does not have.
fn extended(pattern: &str) -> Option<String> {
    let pattern =
        pattern.replace(r"\d", "[0-9]").replace(r"\w", "[A-Za-z0-9_]").replace(r"\s", "[[:space:]]");
    let foreign = ["(?", r"\b", r"\D", r"\W", r"\S", r"\p", r"\x", "*?", "+?"];
    (!foreign.iter().any(|part| pattern.contains(part))).then_some(pattern)
}
