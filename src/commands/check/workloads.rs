//! `check --workloads`: built-in objects of the input, judged as the API server would.

use crate::commands::inputs::{self, Namespace, SourceObject};
use crate::core::api_server::{Judged, Workload};
use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::json::text_at;
use crate::report::check::{CheckItem, PlacedFinding};
use serde_json::Value;
use std::borrow::Cow;

/// The objects that are checked, in the order of the input, and a line about each of the others.
pub(super) fn split(objects: Vec<SourceObject>, with_workloads: bool) -> (Vec<SourceObject>, Vec<String>) {
    let is_checked = |object: &SourceObject| {
        object.kind().is_some() || object.flaw.is_some() || Workload::of(&object.value).is_some()
    };
    if !with_workloads {
        return inputs::split(objects);
    }
    let (checked, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_checked);
    (checked, inputs::split(others).1)
}

/// The verdict on a built-in object; `None` when it is none.
pub(super) fn item(
    object: &SourceObject,
    namespace: &Namespace,
    old: Option<&Value>,
    strict: bool,
) -> Option<CheckItem> {
    let workload = Workload::of(&object.value)?;
    let placed = placed(&object.value, namespace);
    let subject = object.subject();
    let is_stored =
        |old: &&Value| Workload::of(old) == Some(workload) && text_at(old, "/metadata/name") == object.name();
    let judged = match old.filter(is_stored) {
        _ if namespace.enforced && text_at(&placed, "/metadata/namespace") != namespace.name => {
            Judged::misplaced()
        }
        Some(old) => workload.judge_replaced(&self::placed(old, namespace), &placed),
        None => workload.judge(&placed, &subject.twice),
    };
    let findings = judged.findings().into_iter().map(|mut finding| {
        if strict && finding.severity == Severity::Warning {
            finding.severity = Severity::Error;
        }
        let place = object.position(&finding.path);
        PlacedFinding { finding, place }
    });
    let findings = findings.collect();
    let Judged { denial, is_refused, .. } = judged;
    Some(CheckItem {
        kind: workload.kind.to_owned(),
        source: object.source.clone(),
        document: object.document,
        name: object.name().to_owned(),
        namespace: text_at(&placed, "/metadata/namespace").to_owned(),
        refused: is_refused,
        denial: denial.map(|denial| (denial.code, denial.message)),
        findings,
        ..CheckItem::default()
    })
}

/// The object in the namespace of the request, where it names none.
fn placed<'a>(object: &'a Value, namespace: &Namespace) -> Cow<'a, Value> {
    if !text_at(object, "/metadata/namespace").is_empty() {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    if let Some(metadata) = object.as_object_mut().map(|it| it.entry("metadata").or_insert(Value::Null)) {
        if metadata.is_null() {
            *metadata = Value::Object(serde_json::Map::new());
        }
        let Some(metadata) = metadata.as_object_mut() else { return Cow::Owned(object) };
        metadata.insert("namespace".to_owned(), Value::String(namespace.name.clone()));
    }
    Cow::Owned(object)
}
