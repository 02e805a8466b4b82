//! V4: member names that provider overrides may not hold, at any depth.

use super::{Issues, rule, text, view};
use crate::core::kubernetes::rule::Rule;
use crate::core::schema::{DEPTH_LIMIT, FieldError};
use serde_json::Value;

/// Names that would change the security of pods.
pub(crate) const SECURITY: [&str; 10] = [
    "automountServiceAccountToken",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "nodeName",
    "priorityClassName",
    "runtimeClassName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
];
/// Names that would get round the ceilings.
pub(crate) const SIZING: [&str; 2] = ["replicas", "resources"];
const PATH: &str = "spec.provider.overrides";

pub(super) fn check(object: &Value, issues: &mut Issues) {
    let Some(overrides) = view::at(object, &["spec", "provider", "overrides"]) else { return };
    if !overrides.is_object() {
        let size = text::json(overrides).len();
        let shown = text::quote(&format!("<redacted {size} bytes>"));
        issues.invalid(&rule::OVERRIDES_NOT_AN_OBJECT, PATH, shown, "overrides must be a JSON object");
        return;
    }
    // The webhook walks twice: a forbidden member hides what is below it from one walk only.
    let mut security =
        Walk { names: &SECURITY, rule: &rule::OVERRIDE_FORBIDDEN, path: PATH.to_owned(), issues };
    security.visit(overrides, 0);
    let mut sizing = Walk { names: &SIZING, rule: &rule::OVERRIDE_SIZING, path: PATH.to_owned(), issues };
    sizing.visit(overrides, 0);
}

struct Walk<'a> {
    names: &'static [&'static str],
    rule: &'static Rule,
    path: String,
    issues: &'a mut Issues,
}

impl Walk<'_> {
    fn visit(&mut self, value: &Value, depth: usize) {
        if depth > DEPTH_LIMIT {
            return;
        }
        let length = self.path.len();
        match value {
            Value::Object(members) => {
                // The webhook visits members in random order; here they come sorted.
                let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
                sorted.sort_unstable_by_key(|(name, _)| name.as_str());
                for (name, member) in sorted {
                    self.path.push('.');
                    self.path.push_str(name);
                    if self.names.contains(&name.as_str()) {
                        self.report(name);
                    } else {
                        self.visit(member, depth + 1);
                    }
                    self.path.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path += &format!("[{index}]");
                    self.visit(item, depth + 1);
                    self.path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, name: &str) {
        let name = text::quote(name);
        let detail = if self.names == SECURITY {
            format!("overriding {name} is not allowed for security reasons")
        } else {
            format!(
                "overriding {name} is not allowed because it can bypass admission resource limits; use spec.resources / \
                 spec.scaling instead"
            )
        };
        self.issues.add(self.rule, FieldError::forbidden(self.path.clone(), detail));
    }
}
