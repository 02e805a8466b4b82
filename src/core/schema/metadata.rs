//! `metadata` of any object: reading, judging and tidying it as the API server does
//! (`apimachinery/pkg/api/validation/objectmeta.go`, `apiextensions-apiserver/pkg/apiserver/schema/objectmeta`).

use super::error::{ErrorKind, FieldError};
use super::text;
use super::typed::{
    Field, Kind, Struct, TEXT, TEXT_LIST, TEXT_MAP, always, decode, optional, unknown_members, write_back,
};
use crate::core::kubernetes::names;
use serde_json::Value;

/// Most bytes that all annotations may take together, keys and values.
pub const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// Members that the server sets; a client that reads an object back drops them before it compares.
pub const SERVER_SET: [&str; 6] =
    ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];

static OWNER_REFERENCE: Struct = Struct {
    name: "OwnerReference",
    type_name: "v1.OwnerReference",
    fields: &[
        always("apiVersion", TEXT),
        optional("blockOwnerDeletion", Kind::Bool),
        optional("controller", Kind::Bool),
        always("kind", TEXT),
        always("name", TEXT),
        always("uid", Kind::Text("types.UID")),
    ],
};

static MANAGED_FIELDS: Struct = Struct {
    name: "ManagedFieldsEntry",
    type_name: "v1.ManagedFieldsEntry",
    fields: &[
        optional("apiVersion", TEXT),
        optional("fieldsType", TEXT),
        optional("fieldsV1", Kind::Raw),
        optional("manager", TEXT),
        optional("operation", Kind::Text("v1.ManagedFieldsOperationType")),
        optional("subresource", TEXT),
        optional("time", Kind::Time),
    ],
};

/// `metav1.ObjectMeta`.
pub static OBJECT_META: Struct =
    Struct { name: "ObjectMeta", type_name: "v1.ObjectMeta", fields: &OBJECT_META_FIELDS };

static OBJECT_META_KIND: Kind = Kind::Struct(&OBJECT_META);

static OBJECT_META_FIELDS: [Field; 15] = [
    optional("annotations", TEXT_MAP),
    optional("creationTimestamp", Kind::Time),
    optional("deletionGracePeriodSeconds", Kind::Int64),
    optional("deletionTimestamp", Kind::Time),
    optional("finalizers", TEXT_LIST),
    optional("generateName", TEXT),
    optional("generation", Kind::Int64),
    optional("labels", TEXT_MAP),
    optional("managedFields", Kind::List("[]v1.ManagedFieldsEntry", &Kind::Struct(&MANAGED_FIELDS))),
    optional("name", TEXT),
    optional("namespace", TEXT),
    optional("ownerReferences", Kind::List("[]v1.OwnerReference", &Kind::Struct(&OWNER_REFERENCE))),
    optional("resourceVersion", TEXT),
    optional("selfLink", TEXT),
    optional("uid", Kind::Text("types.UID")),
];

/// Reads `metadata`; returns the paths of unknown members.
///
/// # Errors
/// The text of Go's decoder when a member has the wrong type.
pub fn read(metadata: &Value) -> Result<Vec<String>, String> {
    decode(metadata, &OBJECT_META)?;
    let unknown = unknown_members(metadata, &OBJECT_META);
    Ok(unknown.into_iter().map(|path| format!("metadata.{path}")).collect())
}

/// Drops unknown and empty members of `metadata`, as the server does when it stores an object.
pub fn tidy(metadata: &mut Value) {
    write_back(metadata, &OBJECT_META_KIND);
    let Some(metadata) = metadata.as_object_mut() else { return };
    let is_known = |name: &str| OBJECT_META_FIELDS.iter().any(|field| field.name == name);
    metadata.retain(|name, member| {
        let is_empty = match member {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Number(number) => number.as_i64() == Some(0) && name != "deletionGracePeriodSeconds",
            Value::Bool(_) => false,
        };
        is_known(name) && !is_empty
    });
}

fn member<'a>(metadata: &'a Value, name: &str) -> &'a str {
    metadata.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The errors of `metadata` of a new namespaced object whose name is a DNS subdomain.
pub fn validate_create(metadata: &Value) -> Vec<FieldError> {
    validate_create_named(metadata, names::subdomain_errors)
}

/// The same, for objects whose names are of another form.
pub fn validate_create_named(metadata: &Value, judge: fn(&str) -> Vec<String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let prefix = member(metadata, "generateName");
    if !prefix.is_empty() {
        let judged = names::with_masked_dash(prefix);
        let wrong = judge(&judged);
        errors.extend(wrong.into_iter().map(|error| invalid("generateName", prefix, error)));
    }
    let name = member(metadata, "name");
    if name.is_empty() && prefix.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if !name.is_empty() {
        errors.extend(judge(name).into_iter().map(|error| invalid("name", name, error)));
    }
    let namespace = member(metadata, "namespace");
    if namespace.is_empty() {
        errors.push(FieldError::required("metadata.namespace", ""));
    } else {
        let wrong = names::label_errors(namespace);
        errors.extend(wrong.into_iter().map(|error| invalid("namespace", namespace, error)));
    }
    common(metadata, &mut errors);
    finalizers(metadata, &mut errors);
    errors
}

/// The errors of `metadata` of an object that replaces another of the same name.
pub fn validate_update(metadata: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for name in ["name", "namespace"] {
        let (new, old) = (member(metadata, name), member(old, name));
        if new != old {
            errors.push(invalid(name, new, "field is immutable".to_owned()));
        }
    }
    common(metadata, &mut errors);
    errors
}

/// The errors of `metadata` of a resource inside another. Its name only has to fit into a path, and may be absent.
pub(super) fn validate_embedded(metadata: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for name in ["generateName", "name"] {
        let value = member(metadata, name);
        let wrong: Vec<String> = match value {
            "." | ".." if name == "name" => vec![format!("may not be '{value}'")],
            _ => ["/", "%"]
                .into_iter()
                .filter(|part| value.contains(part))
                .map(|part| format!("may not contain '{part}'"))
                .collect(),
        };
        errors.extend(wrong.into_iter().map(|error| invalid(name, value, error)));
    }
    let namespace = member(metadata, "namespace");
    if !namespace.is_empty() {
        let wrong = names::label_errors(namespace);
        errors.extend(wrong.into_iter().map(|error| invalid("namespace", namespace, error)));
    }
    common(metadata, &mut errors);
    finalizers(metadata, &mut errors);
    errors
}

fn invalid(name: &str, value: &str, detail: String) -> FieldError {
    FieldError::invalid(format!("metadata.{name}"), text::quote(value), detail)
}

fn entries<'a>(metadata: &'a Value, name: &str) -> Vec<(&'a str, &'a str)> {
    let members = metadata.get(name).and_then(Value::as_object);
    let mut entries: Vec<(&str, &str)> = members
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    entries.sort_unstable();
    entries
}

fn common(metadata: &Value, errors: &mut Vec<FieldError>) {
    for (key, value) in entries(metadata, "labels") {
        errors.extend(names::label_key_errors(key).into_iter().map(|error| invalid("labels", key, error)));
        errors.extend(
            names::label_value_errors(value).into_iter().map(|error| invalid("labels", value, error)),
        );
    }
    let annotations = entries(metadata, "annotations");
    for (key, _) in &annotations {
        let wrong = names::label_key_errors(&key.to_lowercase());
        errors.extend(wrong.into_iter().map(|error| invalid("annotations", key, error)));
    }
    if annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > ANNOTATIONS_LIMIT {
        errors.push(FieldError {
            kind: ErrorKind::TooLong,
            path: "metadata.annotations".to_owned(),
            value: None,
            detail: format!("may not be more than {ANNOTATIONS_LIMIT} bytes"),
        });
    }
    owner_references(metadata, errors);
}

fn owner_references(metadata: &Value, errors: &mut Vec<FieldError>) {
    let Some(references) = metadata.get("ownerReferences").and_then(Value::as_array) else { return };
    let mut controller: Option<String> = None;
    for reference in references {
        let version = member(reference, "apiVersion");
        if version.is_empty() || version.ends_with('/') || version.matches('/').count() > 1 {
            errors.push(invalid(
                "ownerReferences.apiVersion",
                version,
                "version must not be empty".to_owned(),
            ));
        }
        for name in ["kind", "name", "uid"] {
            let value = member(reference, name);
            if value.is_empty() {
                errors.push(invalid(
                    &format!("ownerReferences.{name}"),
                    value,
                    "must not be empty".to_owned(),
                ));
            }
        }
        if reference.get("controller") == Some(&Value::Bool(true)) {
            let current = format!("{}/{}", member(reference, "kind"), member(reference, "name"));
            match &controller {
                None => controller = Some(current),
                Some(first) => errors.push(FieldError::invalid(
                    "metadata.ownerReferences",
                    shown_references(references),
                    format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} \
                         and {current}"
                    ),
                )),
            }
        }
    }
}

/// Owner references as JSON in the order in which the structure declares its members.
fn shown_references(references: &[Value]) -> String {
    let shown = references.iter().map(|reference| {
        let always = ["apiVersion", "kind", "name", "uid"]
            .map(|name| format!("\"{name}\":{}", text::json_string(member(reference, name))));
        let known = |name: &str| reference.get(name).filter(|flag| !flag.is_null());
        let sometimes = ["controller", "blockOwnerDeletion"]
            .into_iter()
            .filter_map(|name| Some(format!("\"{name}\":{}", text::json(known(name)?))));
        let members: Vec<String> = always.into_iter().chain(sometimes).collect();
        format!("{{{}}}", members.join(","))
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(","))
}

fn finalizers(metadata: &Value, errors: &mut Vec<FieldError>) {
    let finalizers = metadata.get("finalizers").and_then(Value::as_array);
    let texts: Vec<&str> = finalizers.into_iter().flatten().filter_map(Value::as_str).collect();
    for finalizer in &texts {
        let wrong = names::label_key_errors(finalizer);
        errors.extend(wrong.into_iter().map(|error| invalid("finalizers", finalizer, error)));
    }
    if texts.contains(&"orphan") && texts.contains(&"foregroundDeletion") {
        let shown = text::json(&Value::from(texts));
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid("metadata.finalizers", shown, detail));
    }
}

/// The server's warnings about finalizers that the object adds.
pub fn finalizer_warnings(metadata: &Value, old: Option<&Value>) -> Vec<String> {
    let list = |metadata: &Value| -> Vec<String> {
        let items = metadata.get("finalizers").and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let known = old.map(list).unwrap_or_default();
    let mut added: Vec<String> = list(metadata).into_iter().filter(|name| !known.contains(name)).collect();
    added.sort_unstable();
    added.dedup();
    let mut warnings = Vec::new();
    for name in added {
        let quoted = text::quote(&name);
        let prefix = format!("metadata.finalizers: {quoted}: ");
        warnings.extend(names::label_key_errors(&name).into_iter().map(|error| format!("{prefix}{error}")));
        if !name.contains('/') && !["orphan", "foregroundDeletion", "kubernetes"].contains(&name.as_str()) {
            let how = if name.contains('.') { " including a path (/)" } else { "" };
            warnings.push(format!(
                "{prefix}prefer a domain-qualified finalizer name{how} to avoid accidental conflicts with other \
                 finalizer writers"
            ));
        }
    }
    warnings
}
