//! Computes an expression, and counts what the server would count for it (`cel-go/interpreter`).
//!
//! The evaluator is our own. The crate `cel`, which runs the selection rules of providers, cannot say what the API
//! server says: it has no costs, its errors are worded differently, values do not know the schema that decides what
//! they are, and most of Kubernetes' functions are missing. What is counted, and in which order parts are computed,
//! follows `interpreter/runtimecost.go`, `planner.go` and `attributes.go`; a rule that stops for its cost stops here as
//! well, so no rule runs for long.

use super::ast::{Bind, Call, Entry, Expr, Index, Item, Literal, Mode, Select};
use super::functions::cost::{Cost, LIST, MAP};
use super::functions::{Function, Run, no_overload};
use super::kind::Kind;
use super::regex;
use super::value::{Failure, List, Made, Map, Outcome, Text, Value};
use super::work;

/// What the server says when it trips over an error instead of a list.
pub(super) const TRIPPED: &str =
    "internal error: interface conversion: *types.Err is not traits.Lister: missing method Add";
/// Most that one expression may cost.
pub(super) const COST_LIMIT: u64 = 1_000_000;

/// The state of one evaluation.
pub(super) struct Machine<'a> {
    pub(super) this: Outcome<'a>,
    /// The value that is replaced; an optional for rules that ask for one.
    pub(super) old: Option<Outcome<'a>>,
    /// The variables of the loops around the current expression.
    pub(super) bound: Vec<(&'a str, Value<'a>)>,
    cost: u64,
    /// Work that may still be done; see [`work`].
    work: u64,
}

/// A step on the way through fields and indexes: once one was optional, a missing one ends the way without an error.
enum Step<'a> {
    Plain(Value<'a>),
    Optional(Value<'a>),
    Absent,
}

impl<'a> Step<'a> {
    fn value(self) -> Value<'a> {
        match self {
            Step::Plain(value) => value,
            Step::Optional(value) => Value::some(value),
            Step::Absent => Value::Optional(None),
        }
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(this: Outcome<'a>, old: Option<Outcome<'a>>, work: u64) -> Machine<'a> {
        Machine { this, old, bound: Vec::new(), cost: 0, work }
    }

    /// Work that may still be done.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Counts work that the server does not count.
    ///
    /// # Errors
    /// When it is too much.
    pub(super) fn toil(&mut self, work: u64) -> Result<(), Failure> {
        self.work = self.work.saturating_sub(work);
        if self.work == 0 { Err(Failure::NotEvaluated(work::TOO_MUCH.to_owned())) } else { Ok(()) }
    }

    /// What was counted so far.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    /// Starts another expression over the same value.
    pub(super) fn restart(&mut self, old: Option<Outcome<'a>>) {
        self.cost = 0;
        self.bound.clear();
        self.old = old;
    }

    /// Counts a cost.
    ///
    /// # Errors
    /// When the limit is exceeded.
    pub(super) fn charge(&mut self, cost: u64) -> Result<(), Failure> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > COST_LIMIT { Err(Failure::Cancelled) } else { Ok(()) }
    }

    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Outcome<'a> {
        match expr {
            Expr::Literal(literal) => Ok(literal_value(literal)),
            Expr::Kind(kind) => Ok(Value::Kind(*kind)),
            Expr::Name(name) => {
                let is_type = self.is_type(name);
                let value = self.lookup(name)?;
                self.charge(u64::from(!is_type))?;
                Ok(value)
            }
            Expr::Select(select) => {
                let value = self.select(select)?.value();
                let is_free = select.mode == Mode::Presence || is_conditional(&select.operand);
                self.charge(u64::from(!is_free))?;
                Ok(value)
            }
            Expr::Index(index) => {
                let value = self.index(index)?.value();
                self.charge(u64::from(!is_conditional(&index.operand)))?;
                Ok(value)
            }
            Expr::List(items, is_constant) => self.list(items, *is_constant),
            Expr::Map(entries, is_constant) => self.map(entries, *is_constant),
            Expr::And(terms) => self.terms(terms, false),
            Expr::Or(terms) => self.terms(terms, true),
            Expr::Conditional(_) => Ok(self.resolve(expr)?.value()),
            Expr::Call(call) => self.call(call),
            Expr::Fold(fold) => self.fold(fold),
            Expr::Bind(bind) => self.bind(bind),
        }
    }

    fn is_type(&self, name: &str) -> bool {
        Kind::named(name).is_some() && !self.bound.iter().any(|(bound, _)| *bound == name)
    }

    fn lookup(&self, name: &'a str) -> Outcome<'a> {
        let bound = self.bound.iter().rev().find(|(bound, _)| *bound == name);
        let found = match (bound, name) {
            (Some((_, value)), _) => Some(Ok(value.clone())),
            (None, "self") => Some(self.this.clone()),
            (None, "oldSelf") => self.old.clone(),
            _ => Kind::named(name).map(|kind| Ok(Value::Kind(kind))),
        };
        let found = found.ok_or_else(|| Failure::error(format!("no such attribute(s): {name}")))??;
        Ok(match found {
            // The server looks into every optional that it finds by a name.
            Value::Optional(Some(value)) => Value::some(value.without_schema()),
            other => other,
        })
    }

    /// A way through fields and indexes, without the one that the server counts for its end.
    fn resolve(&mut self, expr: &'a Expr) -> Result<Step<'a>, Failure> {
        match expr {
            Expr::Name(name) => self.lookup(name).map(Step::Plain),
            Expr::Select(select) => self.select(select),
            Expr::Index(index) => self.index(index),
            Expr::Conditional(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                match self.eval(condition)? {
                    Value::Bool(true) => self.resolve(then),
                    Value::Bool(false) => self.resolve(otherwise),
                    _ => Err(Failure::no_overload()),
                }
            }
            other => self.eval(other).map(Step::Plain),
        }
    }

    /// What a field or index is taken of. An optional is looked into, and its value then has no schema any more.
    fn base(&mut self, operand: &'a Expr) -> Result<Step<'a>, Failure> {
        Ok(match self.resolve(operand)? {
            Step::Plain(Value::Optional(Some(value))) => Step::Optional(value.without_schema()),
            Step::Plain(Value::Optional(None)) => Step::Absent,
            other => other,
        })
    }

    fn select(&mut self, select: &'a Select) -> Result<Step<'a>, Failure> {
        let (value, was_optional) = match self.base(&select.operand)? {
            Step::Absent if select.mode == Mode::Presence => return Ok(Step::Plain(Value::Bool(false))),
            Step::Absent => return Ok(Step::Absent),
            Step::Plain(value) => (value, false),
            Step::Optional(value) => (value, true),
        };
        let name = Value::Text(Text::Borrowed(&select.field));
        match select.mode {
            Mode::Presence => {
                self.charge(1)?;
                Ok(Step::Plain(Value::Bool(qualify(&value, &name, true)?.is_some())))
            }
            mode => self.qualified(&value, &name, was_optional || mode == Mode::Optional),
        }
    }

    fn index(&mut self, index: &'a Index) -> Result<Step<'a>, Failure> {
        let (value, was_optional) = match self.base(&index.operand)? {
            Step::Absent => return Ok(Step::Absent),
            Step::Plain(value) => (value, false),
            Step::Optional(value) => (value, true),
        };
        let key = self.resolve(&index.key)?.value();
        self.qualified(&value, &key, was_optional || index.is_optional)
    }

    fn qualified(
        &mut self,
        value: &Value<'a>,
        key: &Value<'a>,
        is_optional: bool,
    ) -> Result<Step<'a>, Failure> {
        let found = qualify(value, key, is_optional)?;
        self.charge(u64::from(found.is_some()))?;
        Ok(match found {
            None => Step::Absent,
            Some(found) if is_optional => Step::Optional(found),
            Some(found) => Step::Plain(found),
        })
    }

    fn terms(&mut self, terms: &'a [Expr], decisive: bool) -> Outcome<'a> {
        let mut failure = None;
        for term in terms {
            let failed = match self.eval(term) {
                Ok(Value::Bool(flag)) if flag == decisive => return Ok(Value::Bool(decisive)),
                Ok(Value::Bool(_)) => continue,
                Ok(_) => Failure::no_overload(),
                Err(failure @ Failure::Error(_)) => failure,
                Err(other) => return Err(other),
            };
            failure = failure.or(Some(failed));
        }
        failure.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn list(&mut self, items: &'a [Item], is_constant: bool) -> Outcome<'a> {
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            match (self.eval(&item.value)?, item.is_optional) {
                (Value::Optional(Some(value)), true) => made.push((*value).clone()),
                (Value::Optional(None), true) => {}
                (other, true) => {
                    let shown = super::print::shown(&other);
                    let words =
                        format!("cannot initialize optional list element from non-optional value {shown}");
                    return Err(Failure::Error(words));
                }
                (value, false) => made.push(value),
            }
        }
        self.charge(if is_constant { 0 } else { LIST })?;
        Ok(Value::List(List::made(made)))
    }

    fn map(&mut self, entries: &'a [Entry], is_constant: bool) -> Outcome<'a> {
        let mut made = Made::default();
        for entry in entries {
            let key = self.eval(&entry.key)?;
            let value = match (self.eval(&entry.value)?, entry.is_optional) {
                (Value::Optional(Some(value)), true) => (*value).clone(),
                (Value::Optional(None), true) => continue,
                (other, true) => {
                    let (key, value) = (super::print::shown(&key), super::print::shown(&other));
                    let words =
                        format!("cannot initialize optional entry '{key}' from non-optional value {value}");
                    return Err(Failure::Error(words));
                }
                (value, false) => value,
            };
            if !made.insert(key, value) {
                return Err(Failure::NotEvaluated(
                    "a map with keys that are neither texts, numbers nor booleans".to_owned(),
                ));
            }
        }
        self.charge(if is_constant { 0 } else { MAP })?;
        Ok(Value::Map(Map::made(made)))
    }

    fn call(&mut self, call: &'a Call) -> Outcome<'a> {
        let function = call.function;
        if let (Run::Or | Run::OrValue, [first, second]) = (function.run, call.arguments.as_slice()) {
            return match self.eval(first)? {
                Value::Optional(None) => self.eval(second),
                Value::Optional(Some(value)) if matches!(function.run, Run::OrValue) => Ok((*value).clone()),
                other => Ok(other),
            };
        }
        // A constant list is a set to the server: it counts nothing for looking into it.
        let is_in_constant = function.name == "in" && call.arguments.get(1).is_some_and(Expr::is_constant);
        if is_in_constant && matches!(call.arguments.get(1), Some(Expr::List(items, _)) if items.is_empty()) {
            return Ok(Value::Bool(false));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.eval(argument).map_err(|failure| untracked(function, failure))?);
        }
        let is_free = call.is_constant || is_in_constant;
        // What is known before is counted before: the answer is the same, and nothing is computed that costs too much.
        if let (Cost::Before(cost), false) = (function.cost, is_free) {
            self.charge(cost(&arguments))?;
        }
        self.toil(work::of_call(function, &arguments))?;
        let answer = match function.run {
            Run::Plain(run) => run(&arguments),
            Run::Regex(run) => match (&call.regex, arguments.get(1)) {
                (Some(cached), _) => run(cached.get()?, &arguments),
                (None, Some(Value::Text(pattern))) => run(&regex::compile(pattern)?, &arguments),
                _ => None,
            },
            Run::Or | Run::OrValue => None,
        };
        let outcome = answer.unwrap_or_else(|| {
            // The server compiles a constant pattern in advance, and then says less of other types.
            Err(if call.regex.is_some() {
                Failure::no_overload()
            } else {
                no_overload(function.name, &arguments)
            })
        });
        if let (Cost::After(cost), false) = (function.cost, is_free) {
            self.charge(cost(&arguments, &outcome))?;
        }
        self.toil(outcome.as_ref().map_or(0, work::of_result))?;
        outcome
    }

    /// The server computes the target twice: to ask whether it has a value, and for the value.
    fn bind(&mut self, bind: &'a Bind) -> Outcome<'a> {
        let before = self.cost;
        let target = self.eval(&bind.target)?;
        let spent = self.cost - before;
        self.charge(1)?;
        match target {
            Value::Optional(None) => {
                self.charge(1)?;
                Ok(Value::Optional(None))
            }
            Value::Optional(Some(value)) => {
                self.charge(spent.saturating_add(1))?;
                self.bound.push((&bind.name, (*value).clone()));
                let body = self.eval(&bind.body);
                self.bound.pop();
                if bind.is_flat {
                    return body;
                }
                let body = body?;
                self.charge(1)?;
                Ok(Value::some(body))
            }
            other => Err(no_overload("hasValue", &[other])),
        }
    }
}

/// The server trips over an error where it counts what a list costs that is compared with itself.
fn untracked(function: &Function, failure: Failure) -> Failure {
    match failure {
        Failure::Error(_) if matches!(function.name, "sort" | "distinct") => Failure::error(TRIPPED),
        other => other,
    }
}

fn is_conditional(expr: &Expr) -> bool {
    match expr {
        Expr::Conditional(_) => true,
        Expr::Select(select) => is_conditional(&select.operand),
        Expr::Index(index) => is_conditional(&index.operand),
        _ => false,
    }
}

fn literal_value(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(flag) => Value::Bool(*flag),
        Literal::Int(whole) => Value::Int(*whole),
        Literal::Uint(whole) => Value::Uint(*whole),
        Literal::Double(double) => Value::Double(*double),
        Literal::Text(text) => Value::Text(Text::Borrowed(text)),
        Literal::Bytes(bytes) => Value::Bytes(bytes.as_ref().into()),
    }
}

/// A field or item of a value; `None` for a missing one where that is not an error.
fn qualify<'a>(
    value: &Value<'a>,
    key: &Value<'a>,
    may_be_absent: bool,
) -> Result<Option<Value<'a>>, Failure> {
    match value {
        Value::Map(map) => match map.find(key)? {
            None if !may_be_absent => {
                Err(Failure::error(format!("no such key: {}", super::print::shown(key))))
            }
            found => Ok(found),
        },
        Value::List(list) => match list_index(key)?.and_then(|index| list.get(index)) {
            Some(item) => item.map(Some),
            None if may_be_absent => Ok(None),
            None => Err(Failure::error(format!("index out of bounds: {}", super::print::shown(key)))),
        },
        _ if may_be_absent => Ok(None),
        _ => Err(Failure::error(format!("no such key: {}", super::print::shown(key)))),
    }
}

/// A position; `None` for one that no list has.
fn list_index(key: &Value<'_>) -> Result<Option<usize>, Failure> {
    match key {
        Value::Int(whole) => Ok(usize::try_from(*whole).ok()),
        Value::Uint(whole) => Ok(usize::try_from(*whole).ok()),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and in range, checked here"
        )]
        Value::Double(double) if double.fract() == 0.0 && double.abs() < 9.2e18 => {
            Ok(Some(*double as usize).filter(|_| *double >= 0.0))
        }
        Value::Double(double) => {
            Err(Failure::error(format!("unsupported index value {} in list", super::print::double(*double))))
        }
        other => Err(Failure::error(format!("unsupported index type '{}' in list", other.kind().name()))),
    }
}
