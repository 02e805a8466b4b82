//! The whole way of an object into the cluster.

use super::catalogue as rule;
use super::decode::{check_depth, decode};
use super::denial::{Denial, Refusal, open_finding, schema_finding};
use super::numbers::reread_numbers;
use super::webhook::{Issue, Webhooks};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json;
use crate::core::schema::{self, Crd, Judgement, default, metadata};
use serde_json::Value;
use std::collections::HashSet;

/// From this many characters of warnings on, the API server shortens them.
const WARNINGS_LIMIT: usize = 4096;
/// To this many characters each.
const WARNING_LENGTH: usize = 256;

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The object as authored.
    pub object: &'a Value,
    /// The stored object that it replaces; `None` when it is new.
    pub old: Option<&'a Value>,
    /// The namespace of the request; of no meaning for a kind without namespaces.
    pub namespace: &'a str,
    /// Paths of members that the text names twice, in the order of the text; the value holds one of the two. The
    /// server refuses such a text with strict field validation.
    pub duplicates: &'a [String],
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// The object as it would be stored, without what the server sets in the metadata; `None` when it is refused.
    pub stored: Option<Value>,
    /// The refusal.
    pub denial: Option<Denial>,
    /// The server's warnings, exactly; a denial by the validating webhook comes with warnings too.
    pub warnings: Vec<String>,
    /// Every reason for the denial and every warning, by rule.
    pub findings: Vec<Finding>,
}

/// Judges a request for a custom resource as the API server and the webhooks of its kind would.
pub fn review(request: &Request<'_>, crd: &Crd, webhooks: &dyn Webhooks) -> Review {
    if let Err(refusal) = check_depth(request.object) {
        let (denial, findings) = *refusal;
        return Review { stored: None, denial: Some(denial), warnings: Vec::new(), findings };
    }
    let mut object = request.object.clone();
    match admit(&mut object, request, crd, webhooks) {
        Ok((warnings, findings)) => {
            Review { stored: Some(stored(object, request.object)), denial: None, warnings, findings }
        }
        Err(refused) => {
            let (denial, warnings, findings) = *refused;
            Review { stored: None, denial: Some(denial), warnings, findings }
        }
    }
}

type Refused = Box<(Denial, Vec<String>, Vec<Finding>)>;

fn admit(
    object: &mut Value,
    request: &Request<'_>,
    crd: &Crd,
    webhooks: &dyn Webhooks,
) -> Result<(Vec<String>, Vec<Finding>), Refused> {
    let without_warnings = |refusal: Refusal| -> Refused {
        let (denial, findings) = *refusal;
        Box::new((denial, Vec::new(), findings))
    };
    decode(object, request.namespace, crd, request.duplicates).map_err(without_warnings)?;
    default::fill(object, &crd.schema);
    if webhooks.mutate(object).map_err(without_warnings)? {
        default::fill(object, &crd.schema);
    }
    if crd.has_status {
        settle_status(object, request.old);
    }
    if request.old.is_none() {
        generate_name(object);
    }
    let open = check_schema(object, request.old, crd).map_err(without_warnings)?;
    let (warnings, cautions) = check_webhook(object, request, webhooks)?;
    Ok((warnings, [open, cautions].concat()))
}

/// The main resource cannot change the status: a new object has none, a changed one keeps the old.
fn settle_status(object: &mut Value, old: Option<&Value>) {
    let Some(members) = object.as_object_mut() else { return };
    match old.and_then(|old| old.get("status")) {
        Some(status) => members.insert("status".to_owned(), status.clone()),
        None => members.shift_remove("status"),
    };
}

/// Stands for the letters that the server adds to `generateName`.
const GENERATED_LETTERS: &str = "xxxxx";
/// From here on the server cuts `generateName` off.
const GENERATED_PREFIX_LIMIT: usize = 58;

/// The name that the server makes between the two webhooks: the first sees an empty one, the second this.
fn generated_name(metadata: &Value) -> Option<String> {
    let prefix = json::text(metadata, &["generateName"]);
    let is_needed = json::text(metadata, &["name"]).is_empty() && !prefix.is_empty();
    is_needed.then(|| prefix.chars().take(GENERATED_PREFIX_LIMIT).chain(GENERATED_LETTERS.chars()).collect())
}

fn generate_name(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata") else { return };
    if let (Some(name), Some(members)) = (generated_name(metadata), metadata.as_object_mut()) {
        members.insert("name".to_owned(), Value::String(name));
    }
}

/// Judges the object by its schema; returns findings about rules that could not be evaluated.
fn check_schema(object: &Value, old: Option<&Value>, crd: &Crd) -> Result<Vec<Finding>, Refusal> {
    let none = Value::Null;
    let meta = |object| Value::get(object, "metadata").unwrap_or(&none);
    let earlier = match old {
        None => metadata::validate_create(meta(object)),
        Some(old) => metadata::validate_update(meta(object), meta(old)),
    };
    let Judgement { errors, not_evaluated } = schema::judge(object, old, &crd.schema, earlier);
    let open: Vec<Finding> = not_evaluated.iter().map(open_finding).collect();
    if errors.is_empty() {
        return Ok(open);
    }
    let name = json::text(object, &["metadata", "name"]);
    let findings = errors.iter().map(schema_finding).chain(open).collect();
    Err(Box::new((Denial::invalid(crd, name, &errors), findings)))
}

fn check_webhook(
    object: &Value,
    request: &Request<'_>,
    webhooks: &dyn Webhooks,
) -> Result<(Vec<String>, Vec<Finding>), Refused> {
    let no_metadata = Value::Null;
    let meta = object.get("metadata").unwrap_or(&no_metadata);
    let old_meta = request.old.and_then(|old| old.get("metadata"));
    let mut warnings = metadata::finalizer_warnings(meta, old_meta);
    let mut cautions: Vec<Finding> = warnings
        .iter()
        .map(|text| rule::FINALIZER_NAME.finding("metadata.finalizers", text.clone(), None))
        .collect();
    let answer = webhooks.validate(object, request.old);
    warnings.extend(answer.cautions.iter().map(|caution| caution.text.clone()));
    cautions.extend(
        answer.cautions.iter().map(|caution| caution.rule.finding(&caution.path, caution.text.clone(), None)),
    );
    let warnings = as_headers(warnings);
    match answer.message() {
        None => Ok((warnings, cautions)),
        Some(message) => {
            let mut findings: Vec<Finding> = answer.issues.iter().map(Issue::finding).collect();
            findings.extend(cautions);
            let denial = Denial::by_webhook(webhooks.validating(), 403, Some("Forbidden"), &message);
            Err(Box::new((denial, warnings, findings)))
        }
    }
}

/// Warnings as the server's headers carry them: each once, and shortened once their total is too long.
fn as_headers(warnings: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let unique: Vec<String> = warnings.into_iter().filter(|text| seen.insert(text.clone())).collect();
    let length = |text: &str| text.chars().count();
    if unique.iter().map(|text| length(text)).sum::<usize>() <= WARNINGS_LIMIT {
        return unique;
    }
    let mut written = 0;
    let mut headers = Vec::new();
    for text in unique {
        let short: String = text.chars().take(WARNING_LENGTH).collect();
        written += length(&short);
        headers.push(short);
        if written >= WARNINGS_LIMIT {
            break;
        }
    }
    headers
}

/// The object without what the server sets, numbers as the server prints them.
fn stored(mut object: Value, authored: &Value) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !metadata::SERVER_SET.contains(&name.as_str()));
        if json::text(authored, &["metadata", "name"]).is_empty() {
            metadata.shift_remove("name");
        }
    }
    reread_numbers(&mut object);
    object
}
