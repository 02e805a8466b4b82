//! Reading typed objects out of JSON values the way Go reads them, with errors that name the field.

use std::collections::BTreeMap;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::{Number, Value};

/// Why a JSON value is not the object it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", prefix(path))]
pub struct ReadError {
    /// Field path, for example `spec.env[0].name`; empty for the object itself.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// Reads a typed object.
///
/// # Errors
/// A [`ReadError`] with the path of the first member whose value is not of the member's type.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, ReadError> {
    // The plain read costs a third of the one that keeps track of the path, so the path is asked for only on failure.
    if let Ok(object) = T::deserialize(value) {
        return Ok(object);
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        ReadError {
            path: if path == "." { String::new() } else { path },
            message: error.into_inner().to_string(),
        }
    })
}

/// An optional 32-bit integer. `2.0` is 2, as the API server's schema and the Go decoder of the controllers agree.
pub(in crate::core) fn optional_i32<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i32>, D::Error> {
    optional_i64(deserializer)?
        .map(|wide| {
            i32::try_from(wide).map_err(|_| D::Error::custom(format!("{wide} does not fit in 32 bits")))
        })
        .transpose()
}

/// An optional 64-bit integer, see [`optional_i32`].
pub(in crate::core) fn optional_i64<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Option::<Number>::deserialize(deserializer)?
        .map(|number| whole(&number).ok_or_else(|| D::Error::custom(format!("{number} is not an integer"))))
        .transpose()
}

/// The whole number a JSON number stands for.
fn whole(number: &Number) -> Option<i64> {
    if let Some(integer) = number.as_i64() {
        return Some(integer);
    }
    let float = number.as_f64()?;
    // Every integral double in this range converts without loss; beyond it no field of the two kinds has a meaning.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "integral and within 2^53, checked in the same expression"
    )]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

/// A map of strings in which `null` is the empty string, as Go reads `map[string]string`.
pub(in crate::core) fn optional_strings<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    let entries = Option::<BTreeMap<String, Option<String>>>::deserialize(deserializer)?;
    Ok(entries
        .map(|entries| entries.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect()))
}

/// A list in which `null` reads as the empty list.
pub(in crate::core) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// A member whose `null` reads as its default.
pub(in crate::core) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A struct of optional members that keeps the members it does not know.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default, expecting = "an object")]
        pub struct $name {
            $($(#[$field_meta])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
            /// Members this crate does not know.
            #[serde(flatten)]
            pub other: Map<String, Value>,
        }
    };
}
pub(in crate::core) use object;
