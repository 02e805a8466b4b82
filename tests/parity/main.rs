//! `core` against the recorded answers of a real AI Runway (`tests/fixtures/parity`).
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod admission;
mod admission_definitions;
mod api;
mod records;
mod yaml;
