//! What is said about the second write of an object: what goes away, what stays of others, what was forgotten.

use super::inputs::SourceObject;
use super::output::qualified_name;
use super::planned::{Plan, Planned};
use crate::core::kubernetes::FIELD_MANAGER;
use crate::core::kubernetes::json::text;
use crate::core::kubernetes::second_write::{Unsaid, left_behind, removal, removed, shown};
use crate::core::plan::redact;
use crate::core::text::shell_word;
use crate::core::verdict::{Change, Verdict};
use crate::error::Error;
use crate::ui::Ui;
use serde_json::Value;

/// Longest value that is shown whole.
const SHOWN_VALUE: usize = 60;

/// Says, before the write, what it takes away and what earlier writes by kubectl leave in the objects.
pub fn say(plan: &Plan, context: Option<&str>, ui: &mut Ui) {
    let several = plan.objects.len() > 1;
    for planned in &plan.objects {
        let Planned { object, live, verdict, recreates } = planned;
        let (Some(live), Some(stored), false) = (live, &verdict.review.stored, *recreates) else { continue };
        let of = if several { format!(" of {}", object.name()) } else { String::new() };
        for field in removed(live, &object.value, stored, FIELD_MANAGER) {
            ui.status(&format!("removed{of}: {}", described(&field)));
        }
        let fresh = plan.rules.review(&object.subject(), Change::Create).review.stored;
        let left = left_behind(live, &object.value, fresh.as_ref().unwrap_or(&Value::Null));
        if left.is_empty() {
            continue;
        }
        for field in &left {
            let path = &field.path;
            ui.status(&format!("kept{of}: {path} ({}, from an earlier kubectl apply)", value_of(field)));
        }
        ui.hint(&format!("drop what is kept with: {}", patch(live, &left, context)));
    }
}

/// `spec.scaling.replicas (was 3)`, and what a default puts in its place.
fn described(field: &Unsaid) -> String {
    let becomes = match &field.becomes {
        Some(value) if !value.is_object() && !value.is_array() => {
            format!(", becomes {} by default", shown(value))
        }
        _ => String::new(),
    };
    format!("{} (was {}){becomes}", field.path, value_of(field))
}

/// The value of a field, without what looks like a secret.
fn value_of(field: &Unsaid) -> String {
    let name = field.path.rsplit(['.', '[']).next().unwrap_or_default();
    let is_secret = redact::is_secret_name(name) && !field.path.starts_with("spec.secrets.");
    let shown = match &field.was {
        Value::String(_) if is_secret => redact::REDACTED.to_owned(),
        Value::String(value) => redact::text(value),
        structured => {
            let kept = redact::object(structured);
            // A variable is told by its value.
            kept.get("value").map_or_else(|| shown(&kept), shown)
        }
    };
    if shown.chars().count() <= SHOWN_VALUE {
        return shown;
    }
    shown.chars().take(SHOWN_VALUE - 1).chain(['…']).collect()
}

/// The command that takes fields out of a live object.
fn patch(live: &Value, fields: &[Unsaid], context: Option<&str>) -> String {
    let name = qualified_name(live);
    let context = context.map(|context| format!(" --context {}", shell_word(context))).unwrap_or_default();
    let namespace = text(live, &["metadata", "namespace"]);
    let (namespace, patch) = (shell_word(namespace), removal(fields).to_string());
    format!(
        "kubectl{context} patch {} -n {namespace} --type=json -p {}",
        shell_word(&name),
        shell_word(&patch)
    )
}

/// Adds to the refusal of an object that flags describe what an earlier command line said and this one does not: flags
/// replace the whole object.
pub fn remind(error: Error, object: &SourceObject, live: Option<&Value>, verdict: &Verdict) -> Error {
    let (Some(live), Some(kind), true) = (live, object.kind(), object.source.is_empty()) else {
        return error;
    };
    let unsaid = removed(live, &object.value, &Value::Null, FIELD_MANAGER);
    let concerns = |field: &Unsaid| verdict.errors().any(|finding| overlap(&finding.path, &field.path));
    if !unsaid.iter().any(concerns) {
        return error;
    }
    let words = unsaid.iter().filter_map(|field| kind.flag_of(&field.path, &field.was)).flatten();
    let words: Vec<String> = words.map(|word| shell_word(&word).into_owned()).collect();
    if words.is_empty() {
        return error;
    }
    error
        .hint(format!("it was applied with {}; repeat that: flags replace the whole object", words.join(" ")))
}

/// Whether one place holds the other.
fn overlap(one: &str, other: &str) -> bool {
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    !one.is_empty() && (holds(one, other) || holds(other, one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(path: &str, was: Value, becomes: Option<Value>) -> Unsaid {
        Unsaid { path: path.to_owned(), pointer: "/x".to_owned(), was, becomes }
    }

    #[test]
    fn what_goes_is_told_with_its_value_and_without_secrets() {
        let said = |path: &str, was, becomes| described(&field(path, was, becomes));
        assert_eq!(
            said("spec.scaling.replicas", json!(3), Some(json!(1))),
            "spec.scaling.replicas (was 3), becomes 1 by default"
        );
        assert_eq!(said("spec.env[A]", json!({"name": "A", "value": "1"}), None), "spec.env[A] (was 1)");
        let token = json!({"name": "HF_TOKEN", "value": "abc"});
        assert_eq!(said("spec.env[HF_TOKEN]", token.clone(), None), "spec.env[HF_TOKEN] (was (redacted))");
        assert!(!said("spec.env", json!([token]), None).contains("abc"));
        assert!(!said("spec.engine.extraArgs", json!(["--api-key", "abc"]), None).contains("abc"));
        assert_eq!(
            said("spec.engine.args.api-key", json!("abc"), None),
            "spec.engine.args.api-key (was (redacted))"
        );
        assert_eq!(
            said("spec.secrets.huggingFaceToken", json!("hf"), None),
            "spec.secrets.huggingFaceToken (was hf)"
        );
    }

    #[test]
    fn places_overlap_where_one_holds_the_other() {
        assert!(overlap("spec.resources.gpu.count", "spec.resources.gpu"));
        assert!(overlap("spec.env", "spec.env[A]"));
        assert!(!overlap("spec.resources.gpu.count", "spec.resources.gpu.type"));
        assert!(!overlap("", "spec"));
    }
}
