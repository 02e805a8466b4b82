//! Structures of the server as its errors print them: Go's JSON of a type without tags, every field by its Go name.

use serde_json::Value;

use crate::core::schema::text;

/// How a field is held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Behind a pointer, or a list: null when it is absent.
    Pointer,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A structure behind a pointer.
    Struct(&'static [Field]),
    /// A list of structures.
    List(&'static [Field]),
}

/// Go's name, the name in JSON, and how it is held.
pub(super) type Field = (&'static str, &'static str, Shape);

pub(super) static SECCOMP: [Field; 2] =
    [("Type", "type", Shape::Text), ("LocalhostProfile", "localhostProfile", Shape::Pointer)];

pub(super) static SECURITY_CONTEXT: [Field; 12] = [
    (
        "Capabilities",
        "capabilities",
        Shape::Struct(&[("Add", "add", Shape::Pointer), ("Drop", "drop", Shape::Pointer)]),
    ),
    ("Privileged", "privileged", Shape::Pointer),
    (
        "SELinuxOptions",
        "seLinuxOptions",
        Shape::Struct(&[
            ("User", "user", Shape::Text),
            ("Role", "role", Shape::Text),
            ("Type", "type", Shape::Text),
            ("Level", "level", Shape::Text),
        ]),
    ),
    (
        "WindowsOptions",
        "windowsOptions",
        Shape::Struct(&[
            ("GMSACredentialSpecName", "gmsaCredentialSpecName", Shape::Pointer),
            ("GMSACredentialSpec", "gmsaCredentialSpec", Shape::Pointer),
            ("RunAsUserName", "runAsUserName", Shape::Pointer),
            ("HostProcess", "hostProcess", Shape::Pointer),
        ]),
    ),
    ("RunAsUser", "runAsUser", Shape::Pointer),
    ("RunAsGroup", "runAsGroup", Shape::Pointer),
    ("RunAsNonRoot", "runAsNonRoot", Shape::Pointer),
    ("ReadOnlyRootFilesystem", "readOnlyRootFilesystem", Shape::Pointer),
    ("AllowPrivilegeEscalation", "allowPrivilegeEscalation", Shape::Pointer),
    ("ProcMount", "procMount", Shape::Pointer),
    ("SeccompProfile", "seccompProfile", Shape::Struct(&SECCOMP)),
    ("AppArmorProfile", "appArmorProfile", Shape::Struct(&SECCOMP)),
];

pub(super) static RESOURCE_CLAIM: [Field; 3] = [
    ("Name", "name", Shape::Text),
    ("ResourceClaimName", "resourceClaimName", Shape::Pointer),
    ("ResourceClaimTemplateName", "resourceClaimTemplateName", Shape::Pointer),
];

pub(super) static STRATEGY: [Field; 2] = [
    ("Type", "type", Shape::Text),
    (
        "RollingUpdate",
        "rollingUpdate",
        Shape::Struct(&[
            ("MaxUnavailable", "maxUnavailable", Shape::Number),
            ("MaxSurge", "maxSurge", Shape::Number),
        ]),
    ),
];

pub(super) static SUCCESS_POLICY: [Field; 1] = [(
    "Rules",
    "rules",
    Shape::List(&[
        ("SucceededIndexes", "succeededIndexes", Shape::Pointer),
        ("SucceededCount", "succeededCount", Shape::Pointer),
    ]),
)];

/// A structure with its fields.
pub(super) fn shown(value: &Value, fields: &[Field]) -> String {
    let members: Vec<String> = fields
        .iter()
        .map(|(name, member, shape)| format!("\"{name}\":{}", shown_as(value.get(member), *shape)))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn shown_as(value: Option<&Value>, shape: Shape) -> String {
    match (value.filter(|value| !value.is_null()), shape) {
        (None, Shape::Text) => "\"\"".to_owned(),
        (None, Shape::Number) => "0".to_owned(),
        (None, _) => "null".to_owned(),
        (Some(value), Shape::Struct(fields)) => shown(value, fields),
        (Some(value), Shape::List(fields)) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let items: Vec<String> = items.iter().map(|item| shown(item, fields)).collect();
            format!("[{}]", items.join(","))
        }
        (Some(value), _) => text::json(value),
    }
}

/// A label selector, which has tags and leaves out what is empty.
pub(super) fn selector(value: &Value) -> String {
    let mut members = Vec::new();
    if let Some(labels) = value.get("matchLabels").filter(|labels| has_members(labels)) {
        members.push(format!("\"matchLabels\":{}", text::json(labels)));
    }
    let expressions = value.get("matchExpressions").and_then(Value::as_array);
    if let Some(expressions) = expressions.filter(|list| !list.is_empty()) {
        let text = |item: &Value, name: &str| {
            text::json_string(item.get(name).and_then(Value::as_str).unwrap_or_default())
        };
        let shown: Vec<String> = expressions
            .iter()
            .map(|item| {
                let values = item.get("values").filter(|values| has_items(values));
                let values =
                    values.map(|values| format!(",\"values\":{}", text::json(values))).unwrap_or_default();
                format!("{{\"key\":{},\"operator\":{}{values}}}", text(item, "key"), text(item, "operator"))
            })
            .collect();
        members.push(format!("\"matchExpressions\":[{}]", shown.join(",")));
    }
    format!("{{{}}}", members.join(","))
}

fn has_members(value: &Value) -> bool {
    value.as_object().is_some_and(|members| !members.is_empty())
}

fn has_items(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty())
}
