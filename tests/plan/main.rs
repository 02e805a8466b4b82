//! The test plan, run by the binary against the real control plane. A program of its own: one run of the plan keeps the
//! cluster as busy as all other tests together.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "../support/cluster/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests with a cluster use the rest")]
mod cluster;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests without a cluster use the rest")]
mod support;

mod faults;
mod job;
mod run;
mod trouble;
