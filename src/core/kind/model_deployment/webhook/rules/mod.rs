//! The validating webhook (airunway-api.md section 4), one file per group of rules.
//!
//! Each `check` appends its errors in the webhook's order.

mod ceilings;
mod images;
mod immutable;
mod overrides;
mod provider;
mod serving;
mod storage;
mod warnings;

use super::catalogue as rule;
use super::providers::Providers;
use super::view;
use crate::core::api_server::custom::{Caution, Issue, WebhookAnswer};
use crate::core::kubernetes::rule::Rule;
use crate::core::schema::{FieldError, text};
use serde_json::Value;

/// The validating webhook alone. `object` has passed the mutating webhook; `old` is the stored object on update.
pub fn validate(object: &Value, old: Option<&Value>, providers: &Providers) -> WebhookAnswer {
    let mut issues = Issues(Vec::new());
    let mut cautions = Vec::new();
    if old.is_none() {
        check_name(object, &mut issues);
    }
    images::check(object, &mut issues);
    check_launch_flags(object, &mut issues);
    check_model_id(object, &mut issues);
    overrides::check(object, &mut issues);
    provider::check(object, providers, &mut issues, &mut cautions);
    serving::check(object, &mut issues);
    storage::check(object, &mut issues);
    ceilings::check(object, &mut issues);
    if let Some(old) = old {
        immutable::check(object, old, &mut issues);
    }
    warnings::check(object, &mut cautions);
    WebhookAnswer { issues: issues.0, cautions }
}

/// Errors as they are found.
struct Issues(Vec<Issue>);

impl Issues {
    fn add(&mut self, rule: &'static Rule, error: FieldError) {
        self.0.push(Issue { rule, error, hint: None });
    }

    fn invalid(
        &mut self,
        rule: &'static Rule,
        path: &str,
        value: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.add(rule, FieldError::invalid(path, value, detail));
    }

    fn required(&mut self, rule: &'static Rule, path: &str, detail: &str) {
        self.add(rule, FieldError::required(path, detail));
    }

    /// Gives the error just added a hint of its own.
    fn hint(&mut self, hint: String) {
        if let Some(last) = self.0.last_mut() {
            last.hint = Some(hint);
        }
    }
}

fn check_name(object: &Value, issues: &mut Issues) {
    let name = view::text(object, &["metadata", "name"]);
    if name.contains('.') {
        let detail =
            "name must not contain dots (dots are invalid in derived Kubernetes volume and service names)";
        issues.invalid(&rule::NAME_WITH_DOTS, "metadata.name", text::quote(name), detail);
        issues.hint(format!("name it {}", name.replace('.', "-")));
    }
}

/// The name of a raw launch flag: `--name=value` or `--name`.
fn flag_name(token: &str) -> Option<&str> {
    let flag = token.strip_prefix("--").filter(|flag| !flag.starts_with('-'))?;
    let name = flag.split('=').next().unwrap_or(flag).trim();
    (!name.is_empty()).then_some(name)
}

fn check_launch_flags(object: &Value, issues: &mut Issues) {
    let Some(args) = view::object(object, &["spec", "engine", "args"]) else { return };
    let tokens = view::list(object, &["spec", "engine", "extraArgs"]);
    let twice = tokens.iter().filter_map(Value::as_str).find_map(|token| {
        let name = flag_name(token)?;
        args.contains_key(name).then_some((name, token))
    });
    if let Some((name, token)) = twice {
        let detail = format!(
            "launch flag {} is set in both spec.engine.args and spec.engine.extraArgs ({}); set it in exactly one place \
             so the engine does not receive conflicting values",
            text::quote(name),
            text::quote(token)
        );
        let shown = text::json(&Value::Array(tokens.to_vec()));
        issues.invalid(&rule::LAUNCH_FLAG_TWICE, "spec.engine.extraArgs", shown, detail);
    }
}

fn check_model_id(object: &Value, issues: &mut Issues) {
    let source = view::text(object, &["spec", "model", "source"]);
    if matches!(source, "" | "huggingface") && view::text(object, &["spec", "model", "id"]).is_empty() {
        let detail = "model.id is required when source is huggingface";
        issues.required(&rule::MODEL_ID_REQUIRED, "spec.model.id", detail);
    }
}
