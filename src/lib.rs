//! `kubectl airunway`: the command line of AI Runway.
//!
//! Four floors, imports go down only: `app` (the door) and `commands` (glue, one file per verb), then `ui` and `report`
//! (presentation) beside [`io`] (effects), and [`core`] (pure) below all of them.
//! `tests/it/house` reads the sources and holds the layering. What is not named outside is private, so that the compiler
//! sees what nobody uses.

mod app;
#[allow(unreachable_pub, reason = "public to the crate, which is private")]
mod commands;
pub mod core;
#[allow(unreachable_pub, reason = "public to the crate, which is private")]
mod error;
#[allow(unreachable_pub, reason = "public to the crate, which is private")]
mod exit;
pub mod io;
#[allow(unreachable_pub, reason = "public to the crate, which is private")]
mod report;
#[allow(unreachable_pub, reason = "public to the crate, which is private")]
mod ui;

pub use app::main;
