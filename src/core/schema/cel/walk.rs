//! Runs the rules of a schema over an object, in the server's order: the rules of a value, then those of what it holds
//! (`apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`).

use super::NotEvaluated;
use super::data;
use super::eval::Machine;
use super::rule::{Message, Rule};
use super::value::{Failure, Map, Outcome, Value};
use super::work;
use crate::core::schema::error::{ErrorKind, FieldError};
use crate::core::schema::ratchet::{OldItems, is_unchanged};
use crate::core::schema::structural::Schema;
use crate::core::schema::text;
use serde_json::Value as Json;

/// Most that all rules of one object may cost together.
const BUDGET: u64 = 10_000_000;
const OUT_OF_BUDGET: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";

/// A value and the one it replaces, with the schema of both.
#[derive(Clone, Copy)]
struct Pair<'a> {
    value: &'a Json,
    old: &'a Json,
    schema: &'a Schema,
}

impl<'a> Pair<'a> {
    fn is_unchanged(&self) -> bool {
        is_unchanged(self.value, self.old, self.schema)
    }

    fn member(&self, name: &str) -> Option<Pair<'a>> {
        let schema = self.schema.property(name).or_else(|| self.schema.additional_schema())?;
        Some(Pair { value: self.value.get(name)?, old: self.old.get(name)?, schema })
    }
}

/// What the server goes by when it lets an error pass because nothing changed.
#[derive(Clone, Copy, Default)]
struct Ratchet<'a> {
    /// The value, when the one it replaces can be told.
    current: Option<Pair<'a>>,
    /// The closest value around it for which that holds.
    nearest: Option<Pair<'a>>,
}

impl<'a> Ratchet<'a> {
    fn lets_pass(&self) -> bool {
        self.current.or(self.nearest).is_some_and(|pair| pair.is_unchanged())
    }

    fn member(&self, name: &str) -> Ratchet<'a> {
        let Some(current) = self.current else { return *self };
        if self.nearest.is_none() && matches!(name, "apiVersion" | "kind") {
            return Ratchet::default();
        }
        Ratchet { current: current.member(name), nearest: Some(current) }
    }

    fn item(&self, value: &'a Json, old: Option<&'a Json>, schema: &'a Schema) -> Ratchet<'a> {
        let Some(current) = self.current else { return *self };
        Ratchet { current: old.map(|old| Pair { value, old, schema }), nearest: Some(current) }
    }
}

/// No further rule is run.
struct Stop;

/// One value on the way.
#[derive(Clone, Copy)]
struct Spot<'a> {
    value: &'a Json,
    old: Option<&'a Json>,
    schema: &'a Schema,
    is_resource: bool,
    ratchet: Ratchet<'a>,
}

/// The rules that an object breaks, and those that were not evaluated.
pub(super) fn walk(
    object: &Json,
    old: Option<&Json>,
    schema: &Schema,
) -> (Vec<FieldError>, Vec<NotEvaluated>) {
    let mut walk = Walk {
        budget: BUDGET,
        work: work::LIMIT,
        path: String::new(),
        errors: Vec::new(),
        not_evaluated: Vec::new(),
    };
    let current = old.map(|old| Pair { value: object, old, schema });
    let ratchet = Ratchet { current, nearest: None };
    let _ = walk.visit(Spot { value: object, old, schema, is_resource: true, ratchet });
    (walk.errors, walk.not_evaluated)
}

struct Walk {
    budget: u64,
    work: u64,
    path: String,
    errors: Vec<FieldError>,
    not_evaluated: Vec<NotEvaluated>,
}

impl Walk {
    fn visit(&mut self, spot: Spot<'_>) -> Result<(), Stop> {
        if spot.value.is_null() || !spot.schema.has_rules {
            return Ok(());
        }
        self.run_all(spot)?;
        match spot.value {
            Json::Object(members) => {
                if let Some(below) = spot.schema.additional_schema().filter(|below| below.has_rules) {
                    for (name, value) in members {
                        let step = format!("[{name}]");
                        self.at(&step, |walk| walk.visit(spot.member(name, value, below)))?;
                    }
                }
                for (name, below) in spot.schema.properties.iter().filter(|(_, below)| below.has_rules) {
                    let Some(value) = members.get(name.as_ref()) else { continue };
                    let separator = if self.path.is_empty() { "" } else { "." };
                    let step = format!("{separator}{name}");
                    self.at(&step, |walk| walk.visit(spot.member(name, value, below)))?;
                }
            }
            Json::Array(items) => {
                let Some(below) = spot.schema.items().filter(|below| below.has_rules) else { return Ok(()) };
                let replaced = OldItems::of(spot.old, spot.schema);
                for (index, value) in items.iter().enumerate() {
                    let item = spot.item(value, replaced.get(value), below);
                    self.at(&format!("[{index}]"), |walk| walk.visit(item))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn at(&mut self, step: &str, visit: impl FnOnce(&mut Walk) -> Result<(), Stop>) -> Result<(), Stop> {
        let length = self.path.len();
        self.path.push_str(step);
        let outcome = visit(self);
        self.path.truncate(length);
        outcome
    }

    /// The rules of one value.
    fn run_all(&mut self, spot: Spot<'_>) -> Result<(), Stop> {
        if spot.schema.rules.is_empty() {
            return Ok(());
        }
        if self.budget == 0 {
            return self.stop(spot, OUT_OF_BUDGET.to_owned());
        }
        let this = spot.view(spot.value);
        let old = spot.old.map(|old| spot.view(old));
        // A messageExpression sees the plain old value, and only where a rule of this value looks at it.
        let uses_old = spot.schema.rules.iter().any(|rule| rule.compiled().uses_old);
        let message_old = old.clone().filter(|_| uses_old);
        for rule in &spot.schema.rules {
            let compiled = rule.compiled();
            let expr = match &compiled.expr {
                None => continue,
                Some(Ok(expr)) => expr,
                Some(Err(why)) => {
                    self.skip(rule, why);
                    continue;
                }
            };
            if compiled.uses_old && old.is_none() && !rule.is_old_optional {
                continue;
            }
            let old = match (&old, rule.is_old_optional) {
                (None, true) => Some(Ok(Value::Optional(None))),
                (Some(old), true) => Some(old.clone().map(Value::some)),
                (old, false) => old.clone(),
            };
            let mut machine = Machine::new(this.clone(), old, self.work);
            let outcome = machine.toil(work::RULE).and_then(|()| machine.eval(expr));
            self.work = machine.work();
            self.spend(&machine, spot, OUT_OF_BUDGET)?;
            if matches!(outcome, Ok(Value::Bool(true))) {
                continue;
            }
            machine.restart(message_old.clone());
            let judged = self.judge(rule, outcome, &mut machine, spot);
            self.work = machine.work();
            judged?;
        }
        Ok(())
    }

    fn spend<'a>(&mut self, machine: &Machine<'a>, spot: Spot<'a>, words: &str) -> Result<(), Stop> {
        match self.budget.checked_sub(machine.cost()) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => self.stop(spot, words.to_owned()),
        }
    }

    fn stop(&mut self, spot: Spot<'_>, words: String) -> Result<(), Stop> {
        self.report(spot, words);
        Err(Stop)
    }

    /// An error about the rule rather than the value: it shows the type that the schema wants.
    fn report(&mut self, spot: Spot<'_>, words: String) {
        self.errors.push(FieldError::invalid(self.field(""), text::quote(spot.type_name()), words));
    }

    fn skip(&mut self, rule: &Rule, why: &str) {
        self.not_evaluated.push(NotEvaluated {
            path: self.field(""),
            rule: rule.source().to_owned(),
            what: why.to_owned(),
        });
    }

    fn field(&self, below: &str) -> String {
        match (self.path.as_str(), below) {
            ("", "") => "<nil>".to_owned(),
            ("", below) => below.to_owned(),
            (path, "") => path.to_owned(),
            (path, below) => format!("{path}.{below}"),
        }
    }

    /// What comes of a rule that is not true.
    fn judge<'a>(
        &mut self,
        rule: &'a Rule,
        outcome: Outcome<'a>,
        machine: &mut Machine<'a>,
        spot: Spot<'a>,
    ) -> Result<(), Stop> {
        match outcome {
            Ok(_) => self.fail(rule, machine, spot),
            Err(Failure::NotEvaluated(why)) => {
                self.skip(rule, &why);
                Ok(())
            }
            Err(Failure::Cancelled) => self.stop(
                spot,
                format!(
                    "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due \
                     to call cost exceeds limit for rule: {}",
                    rule.label()
                ),
            ),
            Err(Failure::Error(words)) if words.starts_with("no such overload") => {
                self.report(
                    spot,
                    format!(
                        "'{words}': call arguments did not match a supported operator, function or macro signature \
                         for rule: {}",
                        rule.label()
                    ),
                );
                Ok(())
            }
            Err(Failure::Error(words)) => {
                self.report(spot, format!("{words} evaluating rule: {}", rule.label()));
                Ok(())
            }
        }
    }

    /// A rule that does not hold.
    fn fail<'a>(&mut self, rule: &'a Rule, machine: &mut Machine<'a>, spot: Spot<'a>) -> Result<(), Stop> {
        let compiled = rule.compiled();
        let message = compiled.message(machine);
        let out_of_budget = self.budget < machine.cost();
        let end = if out_of_budget {
            Some(
                "messageExpression evaluation failed due to running out of cost budget, no further validation rules \
                 will be run"
                    .to_owned(),
            )
        } else if matches!(message, Message::Cancelled) {
            Some(format!(
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: {}",
                text::quote(rule.message_source())
            ))
        } else {
            None
        };
        let is_let_pass = !compiled.uses_old && spot.ratchet.lets_pass();
        let path = self.field(&rule.field);
        if let Some(words) = end {
            if !is_let_pass {
                self.errors.push(FieldError::invalid(path, text::quote(spot.type_name()), words));
            }
            return Err(Stop);
        }
        self.budget -= machine.cost();
        if is_let_pass {
            return Ok(());
        }
        let detail = match message {
            Message::Text(text) => text,
            Message::NotEvaluated(why) => {
                self.skip(rule, &format!("{why} (in its messageExpression; the rule itself does not hold)"));
                rule.plain_message()
            }
            Message::None | Message::Cancelled => rule.plain_message(),
        };
        let shows_value = !matches!(spot.type_name(), "object" | "array");
        let value = match rule.kind {
            ErrorKind::Invalid | ErrorKind::Duplicate if shows_value => Some(text::value(spot.value)),
            _ => None,
        };
        let detail = if rule.kind == ErrorKind::Duplicate { String::new() } else { detail };
        self.errors.push(FieldError { kind: rule.kind, path, value, detail });
        Ok(())
    }
}

impl<'a> Spot<'a> {
    fn member(&self, name: &str, value: &'a Json, schema: &'a Schema) -> Spot<'a> {
        let old = self.old.and_then(|old| old.get(name)).filter(|old| !old.is_null());
        let ratchet = self.ratchet.member(name);
        Spot { value, old, schema, is_resource: schema.embedded_resource, ratchet }
    }

    fn item(&self, value: &'a Json, old: Option<&'a Json>, schema: &'a Schema) -> Spot<'a> {
        let ratchet = self.ratchet.item(value, old, schema);
        Spot { value, old, schema, is_resource: schema.embedded_resource, ratchet }
    }

    fn view(&self, json: &'a Json) -> Outcome<'a> {
        let mut view = data::value(json, self.schema);
        if let Ok(Value::Map(Map::Data { is_resource, .. })) = &mut view {
            *is_resource |= self.is_resource;
        }
        view
    }

    /// The type that the schema names; none for a whole number or a text.
    fn type_name(&self) -> &'static str {
        self.schema.types.single().map_or("", |kind| kind.name())
    }
}
