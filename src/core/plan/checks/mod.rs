//! The checks, a file a subject; rows only.

mod arguments;
mod base;
mod beyond;
mod beyond_owners;
mod boundaries;
mod endings;
mod images;
mod preconditions;
mod refusals;
mod registration;
mod selection;

use super::check::{Check, Group};

/// Every table, in the order of the report.
const TABLES: &[&[Check]] = &[
    preconditions::CHECKS,
    registration::CHECKS,
    selection::CHECKS,
    images::CHECKS,
    refusals::CHECKS,
    arguments::CHECKS,
    boundaries::CHECKS,
    endings::CHECKS,
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
