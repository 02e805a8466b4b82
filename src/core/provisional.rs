//! Stand-ins until the providers land.
#![allow(missing_docs)]
use crate::core::release::Release;
use serde_json::Value;
pub fn registrations(_: &Release) -> Vec<Value> {
    vec![]
}
pub struct Selection {
    pub engine: Option<String>,
    pub provider: Option<String>,
    pub provider_reason: Option<String>,
    pub message: Option<String>,
}
pub fn select(_: &Value, _: &[Value]) -> Selection {
    Selection { engine: None, provider: None, provider_reason: None, message: None }
}
