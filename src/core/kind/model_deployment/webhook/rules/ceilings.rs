//! V9: ceilings, and quantities that are texts in the schema.

use super::{Issues, rule, text, view};
use crate::core::kubernetes::quantity::Quantity;
use crate::core::kubernetes::rule::Rule;
use serde_json::Value;

/// Most GPUs of one component.
const GPUS: i64 = 64;
/// Most replicas of one component.
const REPLICAS: i64 = 32;
/// Most CPUs of a deployment.
const CPU: &str = "512";
/// Most memory of one component.
const MEMORY: &str = "4Ti";

pub(super) fn check(object: &Value, issues: &mut Issues) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    check_number(spec, &["resources", "gpu", "count"], GPUS, &rule::GPU_CEILING, issues);
    check_quantity(spec, &["resources", "cpu"], CPU, &rule::CPU_CEILING, issues);
    check_quantity(spec, &["resources", "memory"], MEMORY, &rule::MEMORY_CEILING, issues);
    check_number(spec, &["scaling", "replicas"], REPLICAS, &rule::REPLICAS_CEILING, issues);
    for component in ["prefill", "decode"] {
        check_number(spec, &["scaling", component, "replicas"], REPLICAS, &rule::REPLICAS_CEILING, issues);
        check_number(spec, &["scaling", component, "gpu", "count"], GPUS, &rule::GPU_CEILING, issues);
        check_quantity(spec, &["scaling", component, "memory"], MEMORY, &rule::MEMORY_CEILING, issues);
    }
}

fn check_number(spec: &Value, path: &[&str], limit: i64, rule: &'static Rule, issues: &mut Issues) {
    let number = view::number(spec, path);
    if number > limit {
        let path = format!("spec.{}", path.join("."));
        issues.invalid(rule, &path, number.to_string(), format!("exceeds maximum allowed ({limit})"));
    }
}

fn check_quantity(spec: &Value, path: &[&str], limit: &str, rule: &'static Rule, issues: &mut Issues) {
    let value = view::text(spec, path);
    if value.is_empty() {
        return;
    }
    let path = format!("spec.{}", path.join("."));
    match (Quantity::parse(value), Quantity::parse(limit)) {
        (Err(_), _) => {
            issues.invalid(&rule::QUANTITY_INVALID, &path, text::quote(value), "invalid resource quantity");
        }
        (Ok(quantity), Ok(most)) if quantity > most => {
            issues.invalid(rule, &path, text::quote(value), format!("exceeds maximum allowed ({limit})"));
        }
        _ => {}
    }
}
