//! The binary under failure: a proxy in front of the real control plane misbehaves by a script. A program of its own:
//! its rows wait for what goes wrong, many at a time.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "../support/cluster/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests with a cluster use the rest")]
mod cluster;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests without a cluster use the rest")]
mod support;

mod bench;
mod kills;
mod page;
mod proxy;
mod rows;
