//! The binary without a cluster: transcripts of stdout, stderr and exit code.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

// The tests of the reader itself use more of it.
#[path = "../shims/programs.rs"]
#[allow(dead_code)]
mod shim_programs;

mod check;
mod completion;
mod connection;
mod files;
mod help;
mod layers;
mod measuring;
mod pin;
mod pinning;
mod recipe_apply;
mod recipe_site;
mod recipe_transcripts;
mod registry;
mod registry_faults;
mod registry_hosts;
mod registry_real;
mod usage;
mod verify_version_archive;
mod verify_version_binary;
mod verify_version_image;
