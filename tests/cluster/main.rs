//! The binary against a real control plane.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "../support/cluster/mod.rs"]
#[allow(dead_code, reason = "the tests of the plan use the rest")]
mod cluster;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests without a cluster use the rest")]
mod support;

mod cel;
mod connection;
mod connection_refused;
mod connection_streams;
mod connection_writes;
mod deploy;
mod deploy_faults;
mod deploy_refused;
mod diff_children;
mod interrupted;
mod invalid_deployments;
mod pin_live;
mod plan_scripts;
mod preflight;
mod pull_secrets;
mod recipes;
mod reference;
mod rendered;
mod verbs;
mod verify_version;
mod wait;
