//! A refusal as the API server words it.

use super::catalogue as rule;
use crate::core::kubernetes::finding::Finding;
use crate::core::schema::error::join;
use crate::core::schema::{Crd, ErrorKind, FieldError, NotEvaluated};

/// One cause of a reply 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// For example `FieldValueInvalid`.
    pub reason: &'static str,
    /// What is wrong, without the field.
    pub message: String,
    /// Field path.
    pub field: String,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// HTTP status: 400, 403 or 422.
    pub code: u16,
    /// The `reason` of the reply; decode failures of the webhook have none.
    pub reason: Option<&'static str>,
    /// The API server's message, exactly.
    pub message: String,
    /// Causes; only replies 422 list them.
    pub causes: Vec<Cause>,
}

/// A refusal and the findings behind it.
pub type Refusal = Box<(Denial, Vec<Finding>)>;

impl Denial {
    /// The request could not be read by the API server.
    pub(in crate::core::api_server) fn bad_request(message: String) -> Denial {
        Denial { code: 400, reason: Some("BadRequest"), message, causes: Vec::new() }
    }

    /// A webhook refuses the object; a code without a reason is one that it gave itself.
    pub(in crate::core) fn by_webhook(
        webhook: &str,
        code: u16,
        reason: Option<&'static str>,
        message: &str,
    ) -> Denial {
        let message = format!("admission webhook \"{webhook}\" denied the request: {message}");
        Denial { code, reason, message, causes: Vec::new() }
    }

    /// Schema or metadata refuse the object.
    pub(super) fn invalid(crd: &Crd, name: &str, errors: &[FieldError]) -> Denial {
        Self::invalid_of(&format!("{}.{}", crd.kind, crd.group), name, errors)
    }

    /// The values of an object are refused; its kind, with the group where it has one.
    pub(in crate::core::api_server) fn invalid_of(kind: &str, name: &str, errors: &[FieldError]) -> Denial {
        let causes = errors
            .iter()
            .map(|error| Cause {
                reason: error.kind.reason(),
                message: error.body(),
                field: error.path.clone(),
            })
            .collect();
        let name = crate::core::schema::text::quote(name);
        let message = format!("{kind} {name} is invalid: {}", join(errors));
        Denial { code: 422, reason: Some("Invalid"), message, causes }
    }
}

/// The finding behind an error of the schema or the metadata.
pub(super) fn schema_finding(error: &FieldError) -> Finding {
    let rule = match error.kind {
        _ if error.path == "metadata.name" || error.path == "metadata.generateName" => &rule::OBJECT_NAME,
        _ if error.path.starts_with("metadata.") => &rule::METADATA_VALUE,
        ErrorKind::Required => &rule::SCHEMA_REQUIRED,
        ErrorKind::TypeInvalid => &rule::SCHEMA_TYPE,
        ErrorKind::NotSupported => &rule::SCHEMA_ENUM,
        ErrorKind::TooLong => &rule::SCHEMA_LENGTH,
        ErrorKind::TooMany => &rule::SCHEMA_COUNT,
        ErrorKind::Duplicate => &rule::SCHEMA_DUPLICATE,
        ErrorKind::Invalid | ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Internal => {
            &rule::SCHEMA_VALUE
        }
    };
    let hint = enum_hint(error);
    let path = if error.path == "<nil>" { "" } else { error.path.as_str() };
    rule.finding(path, error.body(), hint)
}

/// The finding about a rule that was not evaluated.
pub(super) fn open_finding(open: &NotEvaluated) -> Finding {
    let path = if open.path == "<nil>" { "" } else { open.path.as_str() };
    let message = format!("the rule `{}` was not evaluated because of {}", open.rule, open.what);
    rule::RULE_NOT_EVALUATED.finding(path, message, None)
}

/// The supported value that was probably meant.
fn enum_hint(error: &FieldError) -> Option<String> {
    let value = error.value.as_deref()?.trim_matches('"');
    let supported = error.detail.strip_prefix("supported values: ").filter(|_| !value.is_empty())?;
    let values: Vec<&str> = supported.split(", ").map(|value| value.trim_matches('"')).collect();
    let meant = crate::core::nearest::nearest(value, values.into_iter())?;
    Some(format!("did you mean {meant}?"))
}
