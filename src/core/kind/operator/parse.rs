//! `[PREFIX:]KEY=VALUE`.

use super::{Given, Input, InputType, Operator, OperatorValues, Origin, operators};
use crate::core::nearest::nearest;

/// Why a text gives no value: a fragment, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl OperatorValues {
    /// Reads `[PREFIX:]KEY=VALUE`; an empty value is a value.
    ///
    /// # Errors
    /// A key or a prefix that nobody has, a key that several have, a value that the input does not take, a key that was
    /// given another value before.
    pub fn add(&mut self, text: &str, origin: &Origin) -> Result<(), Unknown> {
        let Some((typed, value)) = text.split_once('=') else {
            return Err(Unknown {
                message: format!("{text:?} has no value"),
                hint: format!("write {text}=VALUE; {text}= is the empty value"),
            });
        };
        let (operator, key) = resolve(typed)?;
        self.put(operator, key, value, origin)
    }

    /// Adds one value of an operator.
    pub(super) fn put(
        &mut self,
        operator: &'static Operator,
        key: &str,
        value: &str,
        origin: &Origin,
    ) -> Result<(), Unknown> {
        let value = match operator.inputs.iter().find(|input| input.key == key) {
            Some(input) => input.read(value)?,
            None => value.to_owned(),
        };
        if let Some(before) = self.given(operator, key) {
            if before.value == value {
                return Ok(());
            }
            return Err(Unknown {
                message: format!("{key} is given twice, with different values"),
                hint: "give it once".to_owned(),
            });
        }
        let (operator, key, origin) = (operator.prefix, key.to_owned(), origin.clone());
        self.given.push(Given { operator, key, value, origin });
        Ok(())
    }
}

impl Operator {
    /// Whether it has an input of that name.
    pub(super) fn has(&self, key: &str) -> bool {
        let of_family = |family: &&str| key.len() > family.len() && key.starts_with(*family);
        self.inputs.iter().any(|input| input.key == key) || self.families.iter().any(of_family)
    }
}

impl Input {
    fn read(&self, value: &str) -> Result<String, Unknown> {
        let refuse = |expected: String| {
            Err(Unknown { message: format!("{} is not {value:?}", self.key), hint: expected })
        };
        match self.kind {
            InputType::Text => Ok(value.to_owned()),
            // As Go's strconv.ParseBool.
            InputType::Flag => match value {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok("true".to_owned()),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok("false".to_owned()),
                _ => refuse(format!("write {}=true or {}=false", self.key, self.key)),
            },
            InputType::OneOf(known) if known.contains(&value) => Ok(value.to_owned()),
            InputType::OneOf(known) => refuse(format!("{} is one of {}", self.key, known.join(", "))),
        }
    }
}

/// The operator that is meant, and the bare key.
fn resolve(typed: &str) -> Result<(&'static Operator, &str), Unknown> {
    let typed = typed.trim_start_matches('-');
    if let Some((prefix, key)) = typed.split_once(':') {
        let Some(operator) = operators().find(|operator| operator.prefix == prefix) else {
            let prefixes: Vec<&str> = operators().map(|operator| operator.prefix).collect();
            return Err(Unknown {
                message: format!("no operator is called {prefix:?}"),
                hint: match nearest(prefix, prefixes.iter().copied()) {
                    Some(near) => format!("did you mean {near}:{key}?"),
                    None => format!("operators are {}", prefixes.join(", ")),
                },
            });
        };
        return match operator.has(key) {
            true => Ok((operator, key)),
            false => Err(unknown(key, &[operator])),
        };
    }
    let owners: Vec<&'static Operator> = operators().filter(|operator| operator.has(typed)).collect();
    match owners.as_slice() {
        [operator] => Ok((operator, typed)),
        [] => Err(unknown(typed, &operators().collect::<Vec<_>>())),
        several => {
            let meant: Vec<String> =
                several.iter().map(|operator| format!("{}:{typed}", operator.prefix)).collect();
            Err(Unknown {
                message: format!("{typed} is an input of several operators"),
                hint: format!("write one of {}", meant.join(", ")),
            })
        }
    }
}

fn unknown(key: &str, among: &[&'static Operator]) -> Unknown {
    let keys = || among.iter().flat_map(|operator| operator.inputs).map(|input| input.key);
    let whose = match among {
        [operator] => operator.name.to_owned(),
        _ => "an operator".to_owned(),
    };
    Unknown {
        message: format!("{key:?} is no input of {whose}"),
        hint: match nearest(key, keys()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("inputs are {}", keys().collect::<Vec<_>>().join(", ")),
        },
    }
}
