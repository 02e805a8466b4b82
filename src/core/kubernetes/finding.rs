//! A finding is data: what is wrong, where, and the way out. It is printed by `ui` and `report`, never where it arises.

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The server refuses the object.
    Error,
    /// The server takes it, and it will fail later or not be what was written.
    Warning,
    /// Worth knowing.
    Hint,
}

/// The path of a field below another, whose name may hold anything.
pub fn field_path(parent: &str, name: &str) -> String {
    let is_plain = !name.is_empty() && !name.contains(['.', '[', ']']);
    if is_plain { format!("{parent}.{name}") } else { format!("{parent}[{name}]") }
}

/// One finding about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable rule id, kebab-case, for example `engine-image-conflict`.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// Field path as the API server writes it, for example `spec.model.storage.volumes[0].claimName`; empty for the whole object.
    pub path: String,
    /// What is wrong, in the server's own words where it has them.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

impl Finding {
    /// Path and message as the server joins them.
    pub fn text(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}
