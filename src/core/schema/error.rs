//! One error about one field, printed as `k8s.io/apimachinery/pkg/util/validation/field` prints it.

use std::collections::HashSet;
use std::fmt;

/// What kind of error; the names are those of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A member that must be there is not.
    Required,
    /// A malformed or unwanted value.
    Invalid,
    /// A value of the wrong type.
    TypeInvalid,
    /// A value outside an enumeration.
    NotSupported,
    /// A value that is not permitted here.
    Forbidden,
    /// A text that is too long; its value is not printed.
    TooLong,
    /// A list or object with too many members.
    TooMany,
    /// A value that must be unique and is not.
    Duplicate,
    /// A name of something that is not there.
    NotFound,
    /// The server could not decide.
    Internal,
}

impl ErrorKind {
    /// The reason of the cause in a `Status`.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorKind::Required => "FieldValueRequired",
            ErrorKind::Invalid => "FieldValueInvalid",
            ErrorKind::TypeInvalid => "FieldValueTypeInvalid",
            ErrorKind::NotSupported => "FieldValueNotSupported",
            ErrorKind::Forbidden => "FieldValueForbidden",
            ErrorKind::TooLong => "FieldValueTooLong",
            ErrorKind::TooMany => "FieldValueTooMany",
            ErrorKind::Duplicate => "FieldValueDuplicate",
            ErrorKind::NotFound => "FieldValueNotFound",
            ErrorKind::Internal => "InternalError",
        }
    }

    fn words(self) -> &'static str {
        match self {
            ErrorKind::Required => "Required value",
            ErrorKind::Invalid | ErrorKind::TypeInvalid => "Invalid value",
            ErrorKind::NotSupported => "Unsupported value",
            ErrorKind::Forbidden => "Forbidden",
            ErrorKind::TooLong => "Too long",
            ErrorKind::TooMany => "Too many",
            ErrorKind::Duplicate => "Duplicate value",
            ErrorKind::NotFound => "Not found",
            ErrorKind::Internal => "Internal error",
        }
    }
}

/// One error about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// What kind.
    pub kind: ErrorKind,
    /// Field path; `<nil>` for the few errors that the server pins to no field.
    pub path: String,
    /// The value as the server prints it; `None` for kinds that print none.
    pub value: Option<String>,
    /// What the server adds; may be empty.
    pub detail: String,
}

impl FieldError {
    /// A missing member.
    pub fn required(path: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError { kind: ErrorKind::Required, path: path.into(), value: None, detail: detail.into() }
    }

    /// A malformed value; `value` as printed (see [`super::text`]).
    pub fn invalid(
        path: impl Into<String>,
        value: impl Into<String>,
        detail: impl Into<String>,
    ) -> FieldError {
        FieldError {
            kind: ErrorKind::Invalid,
            path: path.into(),
            value: Some(value.into()),
            detail: detail.into(),
        }
    }

    /// Something that is not permitted.
    pub fn forbidden(path: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError { kind: ErrorKind::Forbidden, path: path.into(), value: None, detail: detail.into() }
    }

    /// Kind, value and detail: the `message` of a cause.
    pub fn body(&self) -> String {
        let mut body = self.kind.words().to_owned();
        for part in
            self.value.as_deref().into_iter().chain(Some(self.detail.as_str()).filter(|d| !d.is_empty()))
        {
            body.push_str(": ");
            body.push_str(part);
        }
        body
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.body())
    }
}

/// Several errors in one line: each text once; brackets around two or more.
pub fn join(errors: &[FieldError]) -> String {
    let mut seen = HashSet::new();
    let texts: Vec<String> =
        errors.iter().map(ToString::to_string).filter(|text| seen.insert(text.clone())).collect();
    match texts.as_slice() {
        [one] => one.clone(),
        _ => format!("[{}]", texts.join(", ")),
    }
}
