//! One rule of a schema (`x-kubernetes-validations`), and what the server says when it does not hold
//! (`apiextensions-apiserver/pkg/apiserver/schema/cel/{compilation,validation}.go`).

use super::ast::Expr;
use super::eval::Machine;
use super::kind::Kind;
use super::parser::parse;
use super::value::{Failure, Value};
use crate::core::schema::error::ErrorKind;
use crate::core::schema::structural::{Schema, SchemaError};
use serde_json::Value as Json;
use std::sync::OnceLock;

/// Longest message that a `messageExpression` may make, in bytes.
const MESSAGE_LIMIT: usize = 5 * 1024;

/// A rule, compiled when it is first needed.
#[derive(Debug, Clone)]
pub(in crate::core::schema) struct Rule {
    source: Box<str>,
    message: Box<str>,
    message_expression: Box<str>,
    pub(super) kind: ErrorKind,
    /// Path of the member that the error is about, below the rule's own.
    pub(super) field: Box<str>,
    pub(super) is_old_optional: bool,
    compiled: OnceLock<Compiled>,
}

/// A rule as expressions.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    /// `None` for an empty rule.
    pub(super) expr: Option<Result<Expr, String>>,
    pub(super) uses_old: bool,
    message: Option<Result<Expr, String>>,
}

impl Rule {
    /// Reads the rules of a schema.
    ///
    /// # Errors
    /// [`SchemaError`] when they are not a list of objects with texts.
    pub(in crate::core::schema) fn read(list: &[Json], schema: &Schema) -> Result<Vec<Rule>, SchemaError> {
        list.iter().map(|rule| Rule::read_one(rule, schema)).collect()
    }

    fn read_one(rule: &Json, schema: &Schema) -> Result<Rule, SchemaError> {
        let odd = || SchemaError::Shape("x-kubernetes-validations".to_owned());
        let members = rule.as_object().ok_or_else(odd)?;
        let text = |name: &str| match members.get(name) {
            None | Some(Json::Null) => Ok(""),
            Some(Json::String(text)) => Ok(text.as_str()),
            Some(_) => Err(odd()),
        };
        let kind = match text("reason")? {
            "FieldValueForbidden" => ErrorKind::Forbidden,
            "FieldValueRequired" => ErrorKind::Required,
            "FieldValueDuplicate" => ErrorKind::Duplicate,
            _ => ErrorKind::Invalid,
        };
        Ok(Rule {
            source: text("rule")?.into(),
            message: text("message")?.trim().into(),
            message_expression: text("messageExpression")?.into(),
            kind,
            field: super::field_path::normalized(text("fieldPath")?, schema).unwrap_or_default().into(),
            is_old_optional: members.get("optionalOldSelf") == Some(&Json::Bool(true)),
            compiled: OnceLock::new(),
        })
    }

    /// The rule as it stands in the schema.
    pub(super) fn source(&self) -> &str {
        self.source.trim()
    }

    /// What names the rule in an error: its message, else the rule itself.
    pub(super) fn label(&self) -> &str {
        if self.message.is_empty() { self.source() } else { &self.message }
    }

    pub(super) fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let expr = (!self.source.trim().is_empty()).then(|| compile(&self.source));
            let mut uses_old = false;
            if let Some(Ok(expr)) = &expr {
                expr.free_names(&mut Vec::new(), &mut |name| uses_old |= name == "oldSelf");
            }
            let message = (!self.message_expression.is_empty()).then(|| compile(&self.message_expression));
            Compiled { expr, uses_old, message }
        })
    }

    /// The words of a rule that does not hold, without its `messageExpression`.
    pub(super) fn plain_message(&self) -> String {
        if self.message.is_empty() {
            format!("failed rule: {}", self.source())
        } else {
            self.message.to_string()
        }
    }

    /// The source of the `messageExpression`.
    pub(super) fn message_source(&self) -> &str {
        &self.message_expression
    }
}

fn compile(source: &str) -> Result<Expr, String> {
    let expr = parse(source)?;
    let mut unknown = None;
    expr.free_names(&mut Vec::new(), &mut |name| {
        if !matches!(name, "self" | "oldSelf") && Kind::named(name).is_none() {
            unknown = Some(format!("the name {name}, which is not known here"));
        }
    });
    unknown.map_or(Ok(expr), Err)
}

/// What a `messageExpression` came to.
pub(super) enum Message {
    /// There is none, or it failed in a way that the server passes over.
    None,
    Text(String),
    /// It costs more than one expression may.
    Cancelled,
    /// Not known here, and why.
    NotEvaluated(String),
}

impl Compiled {
    /// Computes the message; what it cost is in the machine.
    pub(super) fn message<'a>(&'a self, machine: &mut Machine<'a>) -> Message {
        let expr = match &self.message {
            None => return Message::None,
            Some(Err(why)) => return Message::NotEvaluated(why.clone()),
            Some(Ok(expr)) => expr,
        };
        match machine.eval(expr) {
            Ok(Value::Text(text)) => {
                let text = text.trim();
                let is_fine = text.len() <= MESSAGE_LIMIT && !text.contains('\n') && !text.is_empty();
                if is_fine { Message::Text(text.to_owned()) } else { Message::None }
            }
            Ok(_) | Err(Failure::Error(_)) => Message::None,
            Err(Failure::Cancelled) => Message::Cancelled,
            Err(Failure::NotEvaluated(why)) => Message::NotEvaluated(why),
        }
    }
}
