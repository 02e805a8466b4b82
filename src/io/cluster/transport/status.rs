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
mod tests;
