//! AI Runway's ModelDeployment: its types, how flags author one, its webhooks, what the server accepts and later fails,
//! its releases, and the provider shims behind it.

pub mod advice;
pub mod author;
pub mod object;
pub mod provider;
pub mod release;
pub mod webhook;

use crate::core::kubernetes::rule::Rule;

/// The rules of this kind: of its webhooks, and beyond them.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    webhook::catalogue::RULES.iter().chain(advice::catalogue::RULES).copied()
}
