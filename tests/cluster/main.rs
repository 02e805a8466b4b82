//! The binary against a real control plane.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod connection;
mod connection_refused;
mod controlplane;
mod deploy;
mod deploy_faults;
mod deploy_refused;
mod faults;
mod interrupted;
mod invalid_deployments;
mod pin_live;
mod pull_secrets;
mod recipes;
mod recorder;
mod reference;
mod reference_selection;
mod rendered;
mod replay;
mod verbs;
mod verify_version;
