//! The verdict of the API server on an object of a built-in kind: as it was written, or as it is after it was applied.

use std::borrow::Cow;

use serde_json::Value;

use super::validation::{self, Found};
use super::{catalogue as rule, go_types};
use crate::core::api_server::custom::Denial;
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::server_side_apply::{self, Lists};
use crate::core::schema::FieldError;
use crate::core::schema::text::quote;
use crate::core::schema::typed::{Order, decode_in, fill_entries, unknown_members_in};

/// A built-in kind that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Group and version, as `apiVersion` says it.
    pub api_version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The kind as a refusal names it.
    qualified: &'static str,
    /// The version alone.
    version: &'static str,
}

/// The kinds that are judged.
pub static WORKLOADS: [Workload; 5] = [
    Workload { api_version: "apps/v1", kind: "Deployment", qualified: "Deployment.apps", version: "v1" },
    Workload { api_version: "v1", kind: "Service", qualified: "Service", version: "v1" },
    Workload { api_version: "batch/v1", kind: "Job", qualified: "Job.batch", version: "v1" },
    Workload {
        api_version: "v1",
        kind: "PersistentVolumeClaim",
        qualified: "PersistentVolumeClaim",
        version: "v1",
    },
    Workload { api_version: "v1", kind: "ConfigMap", qualified: "ConfigMap", version: "v1" },
];

/// What the server says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Why the object is refused; `None` as well when its words cannot be known.
    pub denial: Option<Denial>,
    /// The errors behind a refusal of values.
    pub errors: Vec<FieldError>,
    /// Fields of which nothing certain can be said, and why.
    pub unknown: Vec<Unknown>,
    /// Whether the object is refused for sure, with known words or without.
    pub is_refused: bool,
}

/// A field of which nothing certain can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The field.
    pub path: String,
    /// Why.
    pub why: String,
}

impl Judged {
    /// The answer to an object that is sent to another namespace than its own.
    #[must_use]
    pub fn misplaced() -> Self {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        let denial = Denial::bad_request(message.to_owned());
        Self { denial: Some(denial), is_refused: true, ..Self::default() }
    }

    /// What is found, in the server's words where they are known.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let unreadable = self.denial.as_ref().filter(|_| self.errors.is_empty());
        let unreadable = unreadable.map(|denial| {
            let words = denial.message.split_once(": ").map_or(denial.message.as_str(), |(_, words)| words);
            rule::UNREADABLE.finding(&field_of(words), words.to_owned(), None)
        });
        let refused = self.errors.iter().map(|error| rule::REFUSED.finding(&error.path, error.body(), None));
        let open = self.unknown.iter().map(|unknown| {
            let message = format!("the answer is not foretold: {}", unknown.why);
            if self.is_refused && self.errors.is_empty() {
                return rule::NOT_FORETOLD.refusal(&unknown.path, message, None);
            }
            rule::NOT_FORETOLD.finding(&unknown.path, message, None)
        });
        unreadable.into_iter().chain(refused).chain(open).collect()
    }
}

/// The field in what the decoder says; empty where it says none.
fn field_of(words: &str) -> String {
    let quoted = words.split("field \"").nth(1).and_then(|rest| rest.split('"').next());
    let typed = || {
        let place = words.split("Go struct field ").nth(1)?.split(' ').next()?;
        place.split_once('.').map(|(_, path)| path)
    };
    quoted.or_else(typed).unwrap_or_default().to_owned()
}

impl Workload {
    /// The kind of an object, when it is judged.
    #[must_use]
    pub fn of(object: &Value) -> Option<&'static Workload> {
        let (version, kind) = (text_at(object, "/apiVersion"), text_at(object, "/kind"));
        WORKLOADS.iter().find(|it| it.api_version == version && it.kind == kind)
    }

    /// The verdict on a new object, which names its namespace; `duplicates` are the fields that its document says twice.
    #[must_use]
    pub fn judge(&self, object: &Value, duplicates: &[String]) -> Judged {
        match self.unreadable(object, duplicates) {
            Some(error) => self.refuse_reading(&error),
            None => {
                let object = self.read(object);
                self.answer(&object, validation::check_new(self.kind, &object))
            }
        }
    }

    /// The verdict on an object that a manager applies, by force, over the live one.
    #[must_use]
    pub fn judge_applied(&self, live: &Value, applied: &Value, manager: &str) -> Judged {
        let merged = server_side_apply::preview(live, applied, manager, Lists::Workload);
        self.judge_replaced(live, &merged)
    }

    /// The verdict on an object that replaces a stored one.
    #[must_use]
    pub fn judge_replaced(&self, stored: &Value, object: &Value) -> Judged {
        match self.unreadable(object, &[]) {
            Some(error) => self.refuse_reading(&error),
            None => {
                let object = self.read(object);
                self.answer(&object, validation::check_changed(self.kind, &object, stored))
            }
        }
    }

    /// The errors of a new object whose types are right.
    pub(super) fn errors(&self, object: &Value) -> Vec<FieldError> {
        validation::check_new(self.kind, object).errors
    }

    /// A refusal with these errors.
    pub(super) fn invalid(&self, name: &str, errors: &[FieldError]) -> Denial {
        Denial::invalid_of(self.qualified, name, errors)
    }

    /// Why the server cannot read the object.
    fn unreadable(&self, object: &Value, duplicates: &[String]) -> Option<String> {
        let structure = go_types::named(self.kind)?;
        if let Err(error) = decode_in(Order::Document, object, structure) {
            return Some(error);
        }
        let unknown = unknown_members_in(Order::Document, object, structure);
        let twice = duplicates.iter().map(|path| format!("duplicate field \"{path}\""));
        let words: Vec<String> =
            twice.chain(unknown.iter().map(|path| format!("unknown field \"{path}\""))).collect();
        (!words.is_empty()).then(|| format!("strict decoding error: {}", words.join(", ")))
    }

    /// The object as it is read: a null in a list or a map is an empty entry.
    fn read<'a>(&self, object: &'a Value) -> Cow<'a, Value> {
        match go_types::kind_of(self.kind).filter(|_| has_null(object)) {
            Some(kind) => {
                let mut object = object.clone();
                fill_entries(&mut object, kind);
                Cow::Owned(object)
            }
            None => Cow::Borrowed(object),
        }
    }

    fn refuse_reading(&self, error: &str) -> Judged {
        let Workload { kind, version, .. } = self;
        let message = format!("{kind} in version {} cannot be handled as a {kind}: {error}", quote(version));
        Judged { denial: Some(Denial::bad_request(message)), is_refused: true, ..Judged::default() }
    }

    fn answer(&self, object: &Value, found: Found) -> Judged {
        let Found { errors, unknown, is_refused } = found;
        let is_known = unknown.is_empty() && !errors.is_empty();
        let name = text_at(object, "/metadata/name");
        Judged {
            denial: is_known.then(|| self.invalid(name, &errors)),
            unknown: unknown.into_iter().map(|(path, why)| Unknown { path, why }).collect(),
            is_refused: is_refused || !errors.is_empty(),
            errors,
        }
    }
}

/// Why the server will refuse what a change makes of a live object of a built-in kind; `None` when it will not, or when that
/// cannot be said.
#[must_use]
pub fn refusal_of_change(live: &Value, changed: &Value) -> Option<String> {
    let workload = Workload::of(live)?;
    let found = validation::check_changed(workload.kind, changed, live);
    let name = text_at(live, "/metadata/name");
    (!found.errors.is_empty()).then(|| workload.invalid(name, &found.errors).message)
}

/// What a manager's apply makes of an object that it applied before and nobody else changed: what it says now, and what the
/// server filled in and the rules look at.
#[must_use]
pub fn over_defaults(before: &Value, applied: &Value) -> Value {
    let mut merged = applied.clone();
    let rolled = !matches!(text_at(before, "/spec/strategy/type"), "Recreate");
    if text_at(applied, "/kind") != "Deployment" || !rolled {
        return merged;
    }
    let filled = serde_json::json!({"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}}});
    add_missing(&mut merged, &filled);
    merged
}

fn add_missing(value: &mut Value, filled: &Value) {
    let (Value::Object(members), Value::Object(filled)) = (value, filled) else { return };
    for (name, filled) in filled {
        match members.get_mut(name) {
            Some(member) => add_missing(member, filled),
            None => drop(members.insert(name.clone(), filled.clone())),
        }
    }
}

/// Documents nest no deeper than the parsers let them.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().any(has_null),
        Value::Array(items) => items.iter().any(has_null),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "namespace": "w"},
            "spec": {
                "replicas": 1, "selector": {"matchLabels": {"app": "a"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                "template": {
                    "metadata": {"labels": {"app": "a"}},
                    "spec": {"containers": [{"name": "main", "image": "x", "imagePullPolicy": "Always"}]},
                },
            },
        })
    }

    fn applied(spec: &Value) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "w"}, "spec": spec,
        })
    }

    #[test]
    fn another_strategy_is_refused_of_a_live_object_and_taken_of_a_new_one() {
        let mut new = live();
        new["spec"]["strategy"] = json!({"type": "Recreate"});
        let workload = Workload::of(&new).expect("a kind that is judged");
        assert_eq!(workload.judge(&new, &[]), Judged::default());
        let judged =
            workload.judge_applied(&live(), &applied(&json!({"strategy": {"type": "Recreate"}})), "shim");
        let denial = judged.denial.expect("a refusal");
        assert_eq!(
            denial.message,
            "Deployment.apps \"a\" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when \
             strategy `type` is 'Recreate'"
        );
    }

    #[test]
    fn a_change_that_works_says_nothing_and_the_selector_stays() {
        let workload = Workload::of(&live()).expect("a kind that is judged");
        let scaled = workload.judge_applied(&live(), &applied(&json!({"replicas": 3})), "shim");
        assert_eq!(scaled, Judged::default());
        let mut other = live();
        other["spec"]["selector"]["matchLabels"]["app"] = json!("b");
        other["spec"]["template"]["metadata"]["labels"]["app"] = json!("b");
        let refusal = refusal_of_change(&live(), &other).expect("a refusal");
        assert!(refusal.ends_with(
            "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable"
        ));
    }

    #[test]
    fn what_is_stored_is_no_reason_to_refuse_a_change() {
        let mut stored = live();
        stored["spec"]["template"]["spec"]["nodeSelector"] = json!({"a b": "x"});
        let mut changed = stored.clone();
        changed["spec"]["replicas"] = json!(2);
        assert_eq!(refusal_of_change(&stored, &changed), None);
    }

    #[test]
    fn a_field_is_found_in_what_the_decoder_says() {
        for (words, field) in [
            ("strict decoding error: unknown field \"spec.a\"", "spec.a"),
            (
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
                "spec.replicas",
            ),
            ("quantities must match", ""),
        ] {
            assert_eq!(field_of(words), field);
        }
    }
}
