//! The functions and operators that an API server 1.36 knows (`apiserver/pkg/cel/environment/base.go`): the standard
//! library, strings (version 2), lists (version 3), sets, optionals, two-variable comprehensions, and Kubernetes' own:
//! lists, regular expressions, URLs, quantities, addresses, formats and versions.

mod convert;
pub(super) mod cost;
mod format;
pub(super) mod lists;
pub(super) mod named;
pub(super) mod net;
mod operators;
mod optional;
mod quantity;
mod regexes;
mod semvers;
mod sets;
mod strings;
mod times;
mod url;

use super::value::{Failure, Outcome, Value};
use cost::Cost;
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a function answers; `None` when it does not take values of these types.
pub(super) type Answer<'a> = Option<Outcome<'a>>;

/// How a function is run.
#[derive(Clone, Copy)]
pub(super) enum Run {
    Plain(for<'a> fn(&[Value<'a>]) -> Answer<'a>),
    /// With the regular expression that is its second argument.
    Regex(for<'a> fn(&Regex, &[Value<'a>]) -> Answer<'a>),
    /// `a.or(b)`: the second argument is computed only when it is needed.
    Or,
    /// `a.orValue(b)`.
    OrValue,
}

/// A function or operator.
pub(super) struct Function {
    /// Name, with its namespace if it has one.
    pub(super) name: &'static str,
    is_method: bool,
    /// Number of arguments, the receiver included.
    arity: usize,
    pub(super) run: Run,
    pub(super) cost: Cost,
    /// Whether the server computes it in advance for a constant.
    pub(super) is_conversion: bool,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Function {
    pub(super) fn takes_regex(&self) -> bool {
        matches!(self.run, Run::Regex(_))
    }
}

const fn function(name: &'static str, arity: usize, run: Run, cost: Cost) -> Function {
    Function { name, is_method: false, arity, run, cost, is_conversion: false }
}

const fn method(name: &'static str, arity: usize, run: Run, cost: Cost) -> Function {
    Function { name, is_method: true, arity, run, cost, is_conversion: false }
}

const fn conversion(name: &'static str, run: Run, cost: Cost) -> Function {
    Function { name, is_method: false, arity: 1, run, cost, is_conversion: true }
}

const TABLES: [&[Function]; 14] = [
    &operators::FUNCTIONS,
    &convert::FUNCTIONS,
    &strings::FUNCTIONS,
    &format::FUNCTIONS,
    &lists::FUNCTIONS,
    &sets::FUNCTIONS,
    &optional::FUNCTIONS,
    &times::FUNCTIONS,
    &regexes::FUNCTIONS,
    &url::FUNCTIONS,
    &quantity::FUNCTIONS,
    &net::FUNCTIONS,
    &semvers::FUNCTIONS,
    &named::FUNCTIONS,
];

/// How a call names a function.
type Signature = (&'static str, bool, usize);

static BY_SIGNATURE: LazyLock<HashMap<Signature, &'static Function>> = LazyLock::new(|| {
    let all = TABLES.iter().flat_map(|table| table.iter());
    all.map(|function| ((function.name, function.is_method, function.arity), function)).collect()
});

/// The function that a call means.
pub(super) fn find(name: &str, is_method: bool, arguments: usize) -> Option<&'static Function> {
    BY_SIGNATURE.get(&(name, is_method, arguments)).copied()
}

/// No variant of the function takes values of these types.
pub(super) fn no_overload(name: &str, arguments: &[Value<'_>]) -> Failure {
    if name == "matches" {
        // A method of texts alone; these two types look for a method of that name, in other words.
        return match arguments.first() {
            Some(Value::Duration(_) | Value::Timestamp(_) | Value::Text(_)) => Failure::no_overload(),
            _ => Failure::error("no such overload: matches"),
        };
    }
    let kinds: Vec<&str> = arguments.iter().map(|argument| argument.kind().name()).collect();
    Failure::error(format!("no such overload: {name}({})", kinds.join(", ")))
}
