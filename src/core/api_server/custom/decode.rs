//! Reading a request: what the API server refuses with 400 before any rule is looked at.

use super::catalogue as rule;
use super::denial::{Denial, Refusal};
use crate::core::kubernetes::json;
use crate::core::kubernetes::rule::Rule;
use crate::core::nearest::nearest;
use crate::core::schema::mismatch::{self, Mismatch};
use crate::core::schema::nearest::{self, Meant};
use crate::core::schema::{Crd, DEPTH_LIMIT, metadata, prune, text};
use serde_json::{Map, Value};

fn refuse(denial: Denial, rule: &'static Rule, path: &str, message: String, hint: Option<String>) -> Refusal {
    Box::new((denial, vec![rule.refusal(path, message, hint)]))
}

/// Whether a value nests deeper than the limit.
fn is_too_deep(value: &Value, left: usize) -> bool {
    match value {
        Value::Object(members) => left == 0 || members.values().any(|member| is_too_deep(member, left - 1)),
        Value::Array(items) => left == 0 || items.iter().any(|item| is_too_deep(item, left - 1)),
        _ => false,
    }
}

/// Refuses what nests too deep to be copied and walked through.
pub(super) fn check_depth(object: &Value) -> Result<(), Refusal> {
    if !is_too_deep(object, DEPTH_LIMIT) {
        return Ok(());
    }
    let message = format!("the object nests deeper than {DEPTH_LIMIT} levels");
    Err(refuse(Denial::bad_request(message.clone()), &rule::TOO_DEEP, "", message, None))
}

/// Checks type, namespace and metadata, prunes, and refuses what strict field validation refuses.
pub(super) fn decode(
    object: &mut Value,
    namespace: &str,
    crd: &Crd,
    duplicates: &[String],
) -> Result<(), Refusal> {
    check_type(object, crd)?;
    let unknown_metadata = read_metadata(object, crd)?;
    let misplaced = mismatch::first(object, &crd.schema, "");
    let unknown = prune::prune(object, &crd.schema);
    let unknown = [unknown_metadata, unknown].concat();
    // What stands where another type is wanted makes everything in it unknown.
    let misplaced = if unknown.is_empty() { None } else { misplaced };
    refuse_strictly(duplicates, &unknown, misplaced.as_ref(), crd)?;
    settle_namespace(object, namespace)
}

fn cannot_be_handled(crd: &Crd, error: &str) -> Denial {
    let Crd { kind, version, .. } = crd;
    Denial::bad_request(format!(
        "{kind} in version {} cannot be handled as a {kind}: {error}",
        text::quote(version)
    ))
}

fn check_type(object: &Value, crd: &Crd) -> Result<(), Refusal> {
    let (found_version, found_kind) = (json::text(object, &["apiVersion"]), json::text(object, &["kind"]));
    if found_kind == crd.kind
        && found_version.split_once('/') == Some((crd.group.as_str(), crd.version.as_str()))
    {
        return Ok(());
    }
    let expected = crd.api_version();
    let other_version = found_version.split_once('/').filter(|(group, _)| *group == crd.group);
    if found_kind == crd.kind
        && let Some((_, version)) = other_version
        && let Some(denial) = of_other_version(object, crd, version)
    {
        let message = format!("the group has no version {version:?} of {found_kind}");
        let hint = format!("set apiVersion: {expected}");
        return Err(refuse(denial, &rule::API_VERSION, "apiVersion", message, Some(hint)));
    }
    let (path, message) = if found_kind.is_empty() {
        let shown = text::json(object);
        ("kind", format!("Object 'Kind' is missing in '{}'", shorten(&shown)))
    } else if found_version.is_empty() {
        let shown = text::json(object);
        ("apiVersion", format!("Object 'apiVersion' is missing in '{}'", shorten(&shown)))
    } else if found_version != expected {
        let message = format!(
            "the API version in the data ({found_version}) does not match the expected API version ({expected})"
        );
        ("apiVersion", message)
    } else {
        let wanted = &crd.kind;
        ("kind", format!("the kind in the data ({found_kind}) does not match the expected kind ({wanted})"))
    };
    let hint = format!("set apiVersion: {expected} and kind: {}", crd.kind);
    Err(refuse(Denial::bad_request(message.clone()), &rule::API_VERSION, path, message, Some(hint)))
}

/// The refusal of an object of a version that the definition does not have: no schema is found for it, so that every
/// member is unknown. `None` for an object without any.
fn of_other_version(object: &Value, crd: &Crd, version: &str) -> Option<Denial> {
    let known = ["apiVersion", "kind", "metadata"];
    let members = object.as_object()?.keys().filter(|name| !known.contains(&name.as_str()));
    let mut unknown: Vec<String> = members.map(|name| format!("unknown field \"{name}\"")).collect();
    if unknown.is_empty() {
        return None;
    }
    unknown.sort_unstable();
    let kind = &crd.kind;
    Some(Denial::bad_request(format!(
        "{kind} in version {} cannot be handled as a {kind}: strict decoding error: {}",
        text::quote(version),
        unknown.join(", ")
    )))
}

fn shorten(shown: &str) -> &str {
    let end = shown.char_indices().nth(200).map_or(shown.len(), |(index, _)| index);
    shown.get(..end).unwrap_or(shown)
}

/// Reads the metadata, drops what is empty there, and returns the paths of unknown members.
fn read_metadata(object: &mut Value, crd: &Crd) -> Result<Vec<String>, Refusal> {
    let Some(members) = object.as_object_mut() else { return Ok(Vec::new()) };
    let metadata = members.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    let unknown = metadata::read(metadata).map_err(|error| {
        let path =
            error.split("ObjectMeta.").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let path = if path.is_empty() { "metadata".to_owned() } else { format!("metadata.{path}") };
        refuse(cannot_be_handled(crd, &error), &rule::METADATA_TYPE, &path, error, None)
    })?;
    metadata::tidy(metadata);
    Ok(unknown)
}

/// Strict field validation: members that are there twice, and members that the schema does not know.
fn refuse_strictly(
    duplicates: &[String],
    unknown: &[String],
    misplaced: Option<&Mismatch>,
    crd: &Crd,
) -> Result<(), Refusal> {
    if duplicates.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    let mut words = Vec::new();
    let mut findings = Vec::new();
    for path in duplicates {
        let word = format!("duplicate field \"{path}\"");
        if !words.contains(&word) {
            findings.push(rule::DUPLICATE_MEMBER.refusal(path, word.clone(), None));
            words.push(word);
        }
    }
    for path in unknown {
        let word = format!("unknown field \"{path}\"");
        let around = misplaced.filter(|misplaced| {
            let rest = path.strip_prefix(misplaced.path.as_str());
            rest.is_some_and(|rest| rest.starts_with(['.', '[']))
        });
        let hint = around.and_then(|around| around.way_out.clone()).or_else(|| meant(path, crd));
        findings.push(rule::UNKNOWN_MEMBER.refusal(path, word.clone(), hint));
        words.push(word);
    }
    let error = format!("strict decoding error: {}", words.join(", "));
    Err(Box::new((cannot_be_handled(crd, &error), findings)))
}

/// The member that was probably meant.
fn meant(path: &str, crd: &Crd) -> Option<String> {
    if let Some(name) = path.strip_prefix("metadata.") {
        let known = metadata::OBJECT_META.fields.iter().map(|field| field.name);
        return Some(format!("did you mean metadata.{}?", nearest(name, known)?));
    }
    Some(match nearest::meant(path, &crd.schema)? {
        Meant::Spelling(name) => format!("did you mean {name}?"),
        Meant::Elsewhere(place) => format!("the field belongs at {place}"),
    })
}

/// Fills in the namespace of the request.
fn settle_namespace(object: &mut Value, namespace: &str) -> Result<(), Refusal> {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return Ok(()) };
    let own = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default();
    if own.is_empty() {
        metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
    } else if own != namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request"
            .to_owned();
        let denial = Denial::bad_request(message.clone());
        return Err(refuse(denial, &rule::NAMESPACE_MISMATCH, "metadata.namespace", message, None));
    }
    Ok(())
}
