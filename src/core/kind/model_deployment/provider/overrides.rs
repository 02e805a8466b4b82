//! Merging `spec.provider.overrides` into rendered objects (`airunway-providers.md` section 3.3).

use serde_json::{Map, Value};

/// Fields of an object that no override may touch, in the order the shims test them.
pub const PROTECTED: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// Why overrides are refused at render time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// A protected member.
    #[error("overriding \"{0}\" is not allowed")]
    Protected(&'static str),
    /// Not an object; the text is Go's decoder's.
    #[error(
        "failed to unmarshal overrides: json: cannot unmarshal {0} into Go value of type map[string]interface {{}}"
    )]
    NotAnObject(&'static str),
    /// A member of the wrong type; the text is Go's decoder's.
    #[error("failed to unmarshal overrides: {0}")]
    Unreadable(String),
}

/// What a `null` in the overrides does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// Replaces the member, as any other value does.
    Replaces,
    /// Removes the member.
    Removes,
}

/// The overrides as an object; `None` when there are none.
pub(super) fn object(overrides: Option<&Value>) -> Result<Option<&Map<String, Value>>, OverrideError> {
    match overrides {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(Value::Array(_)) => Err(OverrideError::NotAnObject("array")),
        Some(Value::String(_)) => Err(OverrideError::NotAnObject("string")),
        Some(Value::Number(_)) => Err(OverrideError::NotAnObject("number")),
        Some(Value::Bool(_)) => Err(OverrideError::NotAnObject("bool")),
    }
}

/// Refuses the members that every shim protects.
pub(super) fn refuse_protected(members: &Map<String, Value>) -> Result<(), OverrideError> {
    match PROTECTED.into_iter().find(|key| members.contains_key(*key)) {
        Some(key) => Err(OverrideError::Protected(key)),
        None => Ok(()),
    }
}

/// Refuses the first of the paths that the overrides hold.
pub(super) fn refuse_paths(
    members: &Map<String, Value>,
    paths: &'static [&'static str],
) -> Result<(), OverrideError> {
    let holds = |path: &&str| {
        let mut names = path.split('.');
        let first = names.next().and_then(|name| members.get(name));
        first.is_some_and(|first| names.try_fold(first, |value, name| value.get(name)).is_some())
    };
    match paths.iter().copied().find(holds) {
        Some(path) => Err(OverrideError::Protected(path)),
        None => Ok(()),
    }
}

/// Merges deeply: objects merge, everything else replaces. Depth is bounded by the depth of the parsed overrides.
pub(super) fn merge(target: &mut Map<String, Value>, members: &Map<String, Value>, null: Null) {
    for (key, value) in members {
        match (target.get_mut(key), value) {
            (_, Value::Null) if null == Null::Removes => {
                target.shift_remove(key);
            }
            (Some(Value::Object(inner)), Value::Object(members)) => merge(inner, members, null),
            (Some(slot), _) => *slot = value.clone(),
            (None, _) => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Checks and merges the overrides into one rendered object.
pub(super) fn apply(child: &mut Value, overrides: Option<&Value>, null: Null) -> Result<(), OverrideError> {
    let (Some(members), Value::Object(target)) = (object(overrides)?, child) else { return Ok(()) };
    refuse_protected(members)?;
    merge(target, members, null);
    Ok(())
}
