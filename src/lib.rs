//! `kubectl airunway`: the command line of AI Runway.
//!
//! Four floors, imports go down only: [`app`] (the door) and [`commands`] (glue, one file per verb), then [`ui`] and
//! [`report`] (presentation) beside [`io`] (effects), and [`core`] (pure) below all of them.
//! `tests/it/house` reads the sources and holds the layering.

pub mod app;
pub mod commands;
pub mod core;
pub mod error;
pub mod exit;
pub mod io;
pub mod report;
pub mod ui;
