//! `-o`: how objects are printed.

use crate::core::kind;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::jsonpath;
use crate::core::text::Lines;
use crate::core::yaml;
use crate::error::{Error, Result};
use crate::report::{json, objects as table};
use serde::Serialize;
use serde_json::Value;
use std::str::FromStr;

/// The value of `-o` where objects are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectFormat {
    /// YAML, one document an object.
    Yaml,
    /// JSON, the object or a `List`.
    Json,
    /// `kind.group/name`.
    Name,
    /// A table row with more columns.
    Wide,
    /// A kubectl JSONPath template.
    JsonPath(String),
}

impl FromStr for ObjectFormat {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<ObjectFormat, String> {
        match text {
            "yaml" => Ok(ObjectFormat::Yaml),
            "json" => Ok(ObjectFormat::Json),
            "name" => Ok(ObjectFormat::Name),
            "wide" => Ok(ObjectFormat::Wide),
            _ => match text.strip_prefix("jsonpath=") {
                // Before anything is sent, not when the answer is to be printed.
                Some(template) if !template.is_empty() => match jsonpath::check(template) {
                    Ok(()) => Ok(ObjectFormat::JsonPath(template.to_owned())),
                    Err(error) => Err(error.to_string()),
                },
                _ => Err("must be one of yaml, json, name, wide, jsonpath=TEMPLATE".to_owned()),
            },
        }
    }
}

/// `kind.group/name` as kubectl prints it.
pub fn qualified_name(object: &Value) -> String {
    let text = |pointer: &str| text_at(object, pointer);
    let kind = text("/kind").to_lowercase();
    match text("/apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}", text("/metadata/name")),
        None => format!("{kind}/{}", text("/metadata/name")),
    }
}

/// Prints objects in a format; the same objects always give the same bytes.
///
/// # Errors
/// A JSONPath template that cannot be evaluated.
pub fn format_objects(objects: &[&Value], format: &ObjectFormat) -> Result<String> {
    Ok(match format {
        ObjectFormat::Yaml => yaml::to_yaml_documents(objects.iter().copied()),
        ObjectFormat::Json => match objects {
            [one] => json::pretty(one)?,
            items => json::pretty(&List { api_version: "v1", kind: "List", items })?,
        },
        ObjectFormat::Name => {
            let mut lines = Lines::new();
            objects.iter().for_each(|object| writeln!(lines, "{}", qualified_name(object)));
            lines.into_string()
        }
        ObjectFormat::Wide => tables(objects),
        ObjectFormat::JsonPath(template) => objects
            .iter()
            .map(|object| jsonpath::evaluate(template, object))
            .collect::<std::result::Result<String, _>>()
            .map_err(|error| Error::usage(format!("invalid value for -o: {error}")))?,
    })
}

/// A table for each kind, in the order of the first object of each.
fn tables(objects: &[&Value]) -> String {
    let kind_of = |object: &&Value| text_at(object, "/kind").to_owned();
    let mut left: Vec<&Value> = objects.to_vec();
    let mut text = String::new();
    while let Some(first) = left.first() {
        let kind = kind_of(first);
        let columns = kind::of(first).map(|kind| kind.columns()).unwrap_or_default();
        let (these, others): (Vec<&Value>, Vec<&Value>) =
            left.into_iter().partition(|object| kind_of(object) == kind);
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&table::wide(&these, columns));
        left = others;
    }
    text
}

/// Several objects as one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    api_version: &'static str,
    kind: &'static str,
    items: &'a [&'a Value],
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_written_as_kubectl_writes_them() {
        let object =
            |version: &str| json!({"apiVersion": version, "kind": "Deployment", "metadata": {"name": "q"}});
        assert_eq!(qualified_name(&object("apps/v1")), "deployment.apps/q");
        assert_eq!(qualified_name(&object("v1")), "deployment/q");
    }

    #[test]
    fn formats_are_parsed_and_others_refused() {
        assert_eq!("jsonpath={.a}".parse(), Ok(ObjectFormat::JsonPath("{.a}".into())));
        for bad in ["", "jsonpath", "jsonpath=", "jsonpath={.a", "jsonpath={range .a}", "table", "YAML"] {
            assert!(bad.parse::<ObjectFormat>().is_err(), "{bad}");
        }
    }
}
