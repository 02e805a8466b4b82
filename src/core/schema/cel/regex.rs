//! Regular expressions of rules, compiled once.

use super::value::Failure;
use crate::core::schema::go_regex;
use regex::Regex;
use std::sync::{Arc, OnceLock};

/// A pattern that is a constant of the rule.
#[derive(Debug, Clone)]
pub(super) struct Cached {
    pattern: Box<str>,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Cached {
    pub(super) fn new(pattern: &str) -> Cached {
        Cached { pattern: pattern.into(), compiled: Arc::default() }
    }

    /// The compiled pattern.
    ///
    /// # Errors
    /// When it cannot be compiled here; what Go says of it is not known.
    pub(super) fn get(&self) -> Result<&Regex, Failure> {
        let compiled = self.compiled.get_or_init(|| go_regex::compile(&self.pattern));
        compiled.as_ref().ok_or_else(|| odd(&self.pattern))
    }
}

/// A pattern that is computed.
///
/// # Errors
/// When it cannot be compiled here; what Go says of it is not known.
pub(super) fn compile(pattern: &str) -> Result<Regex, Failure> {
    go_regex::compile(pattern).ok_or_else(|| odd(pattern))
}

fn odd(pattern: &str) -> Failure {
    Failure::NotEvaluated(format!("the regular expression {pattern}, which cannot be read"))
}
