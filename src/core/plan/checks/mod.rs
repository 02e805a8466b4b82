//! The checks, a file a subject; rows only.

mod backend;
mod controller;
mod gateway;
mod gpu;
mod mocker;
mod suite;
mod versions;

use super::check::{Check, Group};

/// Every table, in the order of the report.
const TABLES: &[&[Check]] = &[
    backend::PRECONDITIONS,
    gateway::PRECONDITIONS,
    gpu::PRECONDITIONS,
    controller::PRECONDITIONS,
    versions::PRECONDITIONS,
    backend::CHECKS,
    versions::CHECKS,
    gpu::CHECKS,
    controller::CHECKS,
    gateway::CHECKS,
    mocker::CHECKS,
];

/// Every check and precondition, in the order of the report.
pub fn all() -> impl Iterator<Item = &'static Check> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The check or precondition of an id, in either case.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id.eq_ignore_ascii_case(id))
}

/// The checks without the preconditions.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    all().filter(|check| check.group != Group::Precondition)
}
