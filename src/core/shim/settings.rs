//! Linker flags in a build record.

/// One `-X name=value` of the linker flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XSetting {
    /// Variable with its package path, for example `github.com/ai-runway/airunway/providers/vllm.shimVersion`.
    pub symbol: String,
    /// Text that it was to have.
    pub value: String,
    /// A later `-X` sets the same variable, and the last one counts.
    pub overridden: bool,
}
