//! STUB
#![allow(missing_docs)]
use super::ConnectOptions;
pub fn namespaces(_: &ConnectOptions) -> Vec<String> {
    vec![]
}
pub fn providers(_: &ConnectOptions) -> Vec<String> {
    vec![]
}
pub fn model_deployments(_: &ConnectOptions) -> Vec<String> {
    vec![]
}
