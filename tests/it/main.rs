//! Every test that needs no cluster, in one program: it is linked once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod backend;
mod cli;
mod house;
mod io;
mod measuring;
mod parity;
mod plan;
mod shims;
