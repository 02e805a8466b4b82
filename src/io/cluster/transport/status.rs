//! The `Status` object that the API server answers a refused request with, and what its texts say.

use serde::Deserialize;

/// `meta/v1` Status, the members that are read here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Always `Status`; anything else is not a Status.
    pub kind: String,
    /// HTTP code.
    pub code: u16,
    /// CamelCase reason, possibly empty.
    pub reason: String,
    /// Text for a person.
    pub message: String,
    /// What it is about.
    #[serde(deserialize_with = "null_as_default")]
    pub details: Details,
}

/// Details of a [`Status`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Details {
    /// Name of the object.
    pub name: String,
    /// API group of the resource.
    pub group: String,
    /// Despite its name mostly the plural of the resource.
    pub kind: String,
    /// What is wrong, one entry a member.
    #[serde(deserialize_with = "null_as_default")]
    pub causes: Vec<Cause>,
    /// How long to wait before trying again.
    pub retry_after_seconds: u64,
}

/// One entry of [`Details::causes`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// CamelCase reason, for example `FieldValueInvalid`.
    pub reason: String,
    /// Text for a person.
    pub message: String,
    /// Path of the member.
    pub field: String,
}

/// A member that another manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldConflict {
    /// The owner: a field manager such as `kubectl-edit`.
    pub manager: String,
    /// Path of the member as the server writes it, for example `.spec.replicas`.
    pub field: String,
}

/// What a `forbidden` text says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forbidden {
    /// Who asked; empty when the text does not say.
    pub user: String,
    /// What they asked to do, for example `patch`.
    pub verb: String,
    /// On what: `pods`, `pods/log`, `modeldeployments.airunway.ai`.
    pub resource: String,
    /// Where; `None` is the whole cluster.
    pub namespace: Option<String>,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Status {
    /// Reads a body; `None` when it is not a Status.
    pub fn read(body: &[u8]) -> Option<Status> {
        serde_json::from_slice::<Status>(body).ok().filter(|status| status.kind == "Status")
    }

    /// The conflicts of a server-side apply, in the server's order; empty for any other refusal.
    pub fn field_conflicts(&self) -> Vec<FieldConflict> {
        self.details
            .causes
            .iter()
            .filter(|cause| cause.reason == "FieldManagerConflict")
            .map(|cause| FieldConflict {
                manager: cause
                    .message
                    .strip_prefix("conflict with ")
                    .and_then(quoted)
                    .map_or_else(|| cause.message.clone(), |(manager, _)| manager),
                field: cause.field.clone(),
            })
            .collect()
    }

    /// Name of the webhook or policy that denied, when one did.
    pub fn denied_by(&self) -> Option<String> {
        if let Some(rest) = self.message.strip_prefix("admission webhook ") {
            let (name, rest) = quoted(rest)?;
            return rest.starts_with(" denied the request").then_some(name);
        }
        let (_, rest) = self.message.split_once("ValidatingAdmissionPolicy '")?;
        let (name, rest) = rest.split_once('\'')?;
        rest.contains(" denied request").then(|| name.to_owned())
    }

    /// Name of the webhook that could not be asked, when that is why.
    pub fn unreachable_webhook(&self) -> Option<String> {
        if let Some((_, rest)) = self.message.split_once("failed calling webhook ") {
            return quoted(rest).map(|(name, _)| name);
        }
        let (_, rest) = self.message.split_once("conversion webhook for ")?;
        let (name, _) = rest.split_once(" failed")?;
        Some(format!("conversion webhook for {name}"))
    }

    /// Who may not do what, read from the message of a 403; `None` when it has another form.
    pub fn forbidden(&self) -> Option<Forbidden> {
        let (_, rest) = self.message.split_once("User ")?;
        let (user, rest) = quoted(rest)?;
        let (verb, rest) = rest.strip_prefix(" cannot ")?.split_once(' ')?;
        if let Some(path) = rest.strip_prefix("path ") {
            let (path, _) = quoted(path)?;
            return Some(Forbidden { user, verb: verb.to_owned(), resource: path, namespace: None });
        }
        let (plural, rest) = quoted(rest.strip_prefix("resource ")?)?;
        let (group, rest) = match rest.strip_prefix(" in API group ") {
            Some(rest) => quoted(rest)?,
            None => (String::new(), rest),
        };
        let namespace =
            rest.strip_prefix(" in the namespace ").and_then(quoted).map(|(namespace, _)| namespace);
        Some(Forbidden { user, verb: verb.to_owned(), resource: qualified(&plural, &group), namespace })
    }
}

/// `pods/log` and group `x` make `pods.x/log`, as kubectl writes it.
fn qualified(plural: &str, group: &str) -> String {
    match (group.is_empty(), plural.split_once('/')) {
        (true, _) => plural.to_owned(),
        (false, None) => format!("{plural}.{group}"),
        (false, Some((plural, subresource))) => format!("{plural}.{group}/{subresource}"),
    }
}

/// A text in double quotes at the start, its escapes undone, and what follows it: Go's `%q`, and a quoted string of
/// HTTP.
pub(crate) fn quoted(text: &str) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut characters = text.strip_prefix('"')?.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return text.get(index + 2..).map(|rest| (content, rest)),
            '\\' => content.push(characters.next()?.1),
            other => content.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(message: &str) -> Status {
        Status { message: message.to_owned(), ..Status::default() }
    }

    #[test]
    fn a_body_that_is_no_status_is_none() {
        for body in [
            "",
            "404 page not found",
            "{}",
            "{\"kind\":\"Pod\"}",
            "<html>",
            "[]",
            "{\"kind\":\"Status\",\"code\":-1}",
        ] {
            assert_eq!(Status::read(body.as_bytes()), None, "{body}");
        }
        let read = Status::read(br#"{"kind":"Status","details":null,"message":"m","code":500}"#);
        assert_eq!(read.map(|status| (status.code, status.message)), Some((500, "m".to_owned())));
    }

    #[test]
    fn conflicts_name_manager_and_field() {
        let body = br#"{"kind":"Status","code":409,"reason":"Conflict","message":"Apply failed with 2 conflicts","details":{"causes":[
            {"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using airunway.ai/v1alpha1","field":".spec.scaling.replicas"},
            {"reason":"FieldManagerConflict","message":"conflict with \"a \\\"b\\\"\" with subresource \"status\" using v1 at 2026-01-01T00:00:00Z","field":".status.x"}]}}"#;
        let conflicts = Status::read(body).map(|status| status.field_conflicts()).unwrap_or_default();
        let told: Vec<(&str, &str)> =
            conflicts.iter().map(|conflict| (conflict.manager.as_str(), conflict.field.as_str())).collect();
        assert_eq!(told, [("kubectl-edit", ".spec.scaling.replicas"), ("a \"b\"", ".status.x")]);
    }

    #[test]
    fn forbidden_texts_are_taken_apart() {
        let text = "modeldeployments.airunway.ai \"q\" is forbidden: User \"jane\" cannot patch resource \"modeldeployments\" in API group \"airunway.ai\" in the namespace \"team-a\"";
        let expected = Forbidden {
            user: "jane".to_owned(),
            verb: "patch".to_owned(),
            resource: "modeldeployments.airunway.ai".to_owned(),
            namespace: Some("team-a".to_owned()),
        };
        assert_eq!(status(text).forbidden(), Some(expected));
        let text = "namespaces is forbidden: User \"system:anonymous\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope: no";
        let read = status(text).forbidden().unwrap_or_default();
        assert_eq!((read.resource.as_str(), read.namespace), ("namespaces", None));
        let text = "forbidden: User \"u\" cannot get path \"/version\"";
        assert_eq!(status(text).forbidden().unwrap_or_default().resource, "/version");
        assert_eq!(status("forbidden: exceeded quota").forbidden(), None);
    }

    #[test]
    fn webhooks_that_deny_and_webhooks_that_are_gone_differ() {
        let denied = status("admission webhook \"v.kb.io\" denied the request: spec.x: no");
        assert_eq!((denied.denied_by(), denied.unreachable_webhook()), (Some("v.kb.io".to_owned()), None));
        let gone = status(
            "Internal error occurred: failed calling webhook \"v.kb.io\": failed to call webhook: Post \"https://x\": EOF",
        );
        assert_eq!((gone.denied_by(), gone.unreachable_webhook()), (None, Some("v.kb.io".to_owned())));
        let policy = status(
            "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p.example' with binding 'b' denied request: no",
        );
        assert_eq!(policy.denied_by(), Some("p.example".to_owned()));
    }

    #[test]
    fn quotes_that_never_end_are_no_quotes() {
        for text in ["\"abc", "\"abc\\", "abc", "", "\""] {
            assert_eq!(quoted(text), None, "{text}");
        }
        assert_eq!(quoted("\"\u{e9}\" rest"), Some(("\u{e9}".to_owned(), " rest")));
    }
}
