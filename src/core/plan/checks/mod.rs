//! The checks, a file a subject; rows only.

mod arguments;
mod backend;
mod base;
mod beyond;
mod beyond_owners;
mod boundaries;
mod controller;
mod endings;
mod gateway;
mod gpu;
mod images;
mod mocker;
mod preconditions;
mod refusals;
mod registration;
mod selection;
mod suite;
mod versions;

use super::check::{Check, Group};

/// Every table, in the order of the report.
const TABLES: &[&[Check]] = &[
    preconditions::CHECKS,
    backend::PRECONDITIONS,
    gateway::PRECONDITIONS,
    gpu::PRECONDITIONS,
    controller::PRECONDITIONS,
    versions::PRECONDITIONS,
    registration::CHECKS,
    selection::CHECKS,
    images::CHECKS,
    refusals::CHECKS,
    arguments::CHECKS,
    boundaries::CHECKS,
    backend::CHECKS,
    endings::CHECKS,
    versions::CHECKS,
    gpu::CHECKS,
    controller::CHECKS,
    gateway::CHECKS,
    mocker::CHECKS,
    beyond::CHECKS,
    beyond_owners::CHECKS,
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

#[cfg(test)]
pub(crate) mod tests;
