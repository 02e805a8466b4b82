//! What the API server says to a rendered object before it stores it.
//!
//! Direct vLLM and llm-d write with server-side apply. There the API server first reads the patch as a typed object:
//! fields it does not know, values of another type and repeated list keys are refused before any validation. What is
//! left is defaulted and validated.

pub(crate) mod catalogue;
mod go_types;
mod judge;
mod misfits;
mod types;
mod validation;
mod walk;

pub use judge::{Judged, Unknown, WORKLOADS, Workload, over_defaults, refusal_of_change};
pub use misfits::{Misfit, MisfitKind, misfits};

use serde_json::Value;

use crate::core::kubernetes::json::text_at;

/// Why the API server refuses a rendered object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The whole text, as the API server writes it.
    pub message: String,
    /// One entry a cause: path and what is wrong there.
    pub causes: Vec<String>,
}

/// Checks an object that goes through server-side apply.
///
/// # Errors
/// The refusal. Which of several unknown fields of one object is named is random in the API server; here it is the
/// first in byte order.
pub fn check(child: &Value) -> Result<(), Refusal> {
    let text = |pointer: &str| text_at(child, pointer);
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    let causes = walk::problems(kind, child);
    if causes.is_empty() {
        return validate(child, version, kind);
    }
    let list = match causes.as_slice() {
        [only] => only.clone(),
        several => format!("errors:\n  {}", several.join("\n  ")),
    };
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let message =
        format!("failed to create typed patch object ({namespace}/{name}; {version}, Kind={kind}): {list}");
    Err(Refusal { message, causes })
}

fn validate(child: &Value, version: &str, kind: &str) -> Result<(), Refusal> {
    let (namespace, name) = (text_at(child, "/metadata/namespace"), text_at(child, "/metadata/name"));
    if let Some(cause) = types::unreadable_quantity(kind, child) {
        let kind = format!("{version}, Kind={kind}");
        let message = format!(
            "failed to convert new object ({namespace}/{name}; {kind}) to proper version: \
             unable to convert unstructured object to {kind}: {cause}"
        );
        return Err(Refusal { message, causes: vec![cause] });
    }
    let Some(workload) = Workload::of(child) else { return Ok(()) };
    let errors = workload.errors(child);
    if errors.is_empty() {
        return Ok(());
    }
    let message = workload.invalid(name, &errors).message;
    Err(Refusal { message, causes: errors.iter().map(ToString::to_string).collect() })
}
