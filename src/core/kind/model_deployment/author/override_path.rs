//! `--override PATH=VALUE`: one member of `spec.provider.overrides`, in the notation of `helm --set`.

use serde_json::{Map, Value};

/// Deepest path that is accepted; the API server's own limit for nested objects is far above what a manifest needs.
const MAX_DEPTH: usize = 64;
/// Longest list an index may reach, so that `[1000000000]` cannot fill memory.
const MAX_INDEX: usize = 1024;

/// An override that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// Not `PATH=VALUE`.
    #[error("{0:?} is not PATH=VALUE, for example spec.template.spec.terminationGracePeriodSeconds=60")]
    NoValue(String),
    /// The path has an empty member, an unclosed bracket, an index that is not a number, or is too deep.
    #[error("override path {0:?} is not a path like a.b[0].c")]
    Path(String),
    /// The path crosses a member that holds something else already.
    #[error("override {path:?} needs {wanted} where another override has set {found}")]
    Collision {
        /// The path as typed.
        path: String,
        /// `an object` or `a list`.
        wanted: &'static str,
        /// What is there.
        found: &'static str,
    },
}

enum Step {
    Member(String),
    Index(usize),
}

/// Writes `PATH=VALUE` into `overrides`.
///
/// A dot inside a member is written `\.`. The value is read as JSON where it is JSON (`3`, `true`, `null`, `{"a":1}`,
/// `"3"`), else as a string.
///
/// # Errors
/// See [`OverrideError`].
pub fn set_override(overrides: &mut Value, text: &str) -> Result<(), OverrideError> {
    let Some((path, value)) = text.split_once('=') else {
        return Err(OverrideError::NoValue(text.to_owned()));
    };
    let steps = steps(path).ok_or_else(|| OverrideError::Path(path.to_owned()))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    let mut place = overrides;
    for step in steps {
        place = descend(place, step, path)?;
    }
    *place = value;
    Ok(())
}

fn descend<'a>(place: &'a mut Value, step: Step, path: &str) -> Result<&'a mut Value, OverrideError> {
    let collision = |wanted, found: &Value| OverrideError::Collision {
        path: path.to_owned(),
        wanted,
        found: kind(found),
    };
    match step {
        Step::Member(name) => {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            match place {
                Value::Object(map) => Ok(map.entry(name).or_insert(Value::Null)),
                other => Err(collision("an object", other)),
            }
        }
        Step::Index(index) => {
            if place.is_null() {
                *place = Value::Array(Vec::new());
            }
            match place {
                Value::Array(list) => {
                    if list.len() <= index {
                        list.resize(index + 1, Value::Null);
                    }
                    list.get_mut(index).ok_or_else(|| OverrideError::Path(path.to_owned()))
                }
                other => Err(collision("a list", other)),
            }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "nothing",
    }
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut after_index = false;
    let mut characters = path.chars();
    let finish = |name: &mut String, after_index: bool, steps: &mut Vec<Step>| {
        match (name.is_empty(), after_index) {
            (true, false) => return None,
            (true, true) => {}
            (false, _) => steps.push(Step::Member(std::mem::take(name))),
        }
        Some(())
    };
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.push(characters.next()?),
            '.' => {
                finish(&mut name, after_index, &mut steps)?;
                after_index = false;
            }
            '[' => {
                if !name.is_empty() {
                    steps.push(Step::Member(std::mem::take(&mut name)));
                } else if !after_index {
                    return None;
                }
                let mut digits = String::new();
                loop {
                    match characters.next()? {
                        ']' => break,
                        digit if digit.is_ascii_digit() => digits.push(digit),
                        _ => return None,
                    }
                }
                steps.push(Step::Index(digits.parse().ok().filter(|index| *index < MAX_INDEX)?));
                after_index = true;
            }
            _ if after_index => return None,
            other => name.push(other),
        }
    }
    finish(&mut name, after_index, &mut steps)?;
    (steps.len() <= MAX_DEPTH).then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn built(texts: &[&str]) -> Result<Value, OverrideError> {
        let mut overrides = Value::Null;
        texts.iter().try_for_each(|text| set_override(&mut overrides, text))?;
        Ok(overrides)
    }

    #[test]
    fn members_indexes_and_escaped_dots() {
        assert_eq!(
            built(&[
                "spec.template.spec.terminationGracePeriodSeconds=60",
                r"a.nvidia\.com/gpu=1",
                "l[0].x=y",
                "l[1]=\"2\""
            ])
            .unwrap(),
            json!({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 60}}},
                   "a": {"nvidia.com/gpu": 1}, "l": [{"x": "y"}, "2"]})
        );
    }

    #[test]
    fn bad_paths_are_refused() {
        for bad in [
            "=1",
            ".a=1",
            "a..b=1",
            "a.=1",
            "a[=1",
            "a[x]=1",
            "a[99999999999]=1",
            "[0]=1",
            "a[0]b=1",
            "a\\=1",
        ] {
            let answer = built(&[bad]);
            assert!(answer.is_err(), "{bad}: {answer:?}");
        }
    }

    #[test]
    fn collisions_say_what_is_in_the_way() {
        let error = built(&["a=1", "a.b=2"]).unwrap_err().to_string();
        assert_eq!(error, "override \"a.b\" needs an object where another override has set a number");
    }
}
