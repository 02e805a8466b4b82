//! Color, off unless asked for or on a terminal; the output is understandable without it.

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a piece of text is, which decides its color.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Error,
    Warning,
    Hint,
}

pub(super) fn paint(color: bool, role: Role, text: &str) -> String {
    if !color {
        return text.to_owned();
    }
    let code = match role {
        Role::Error => "1;31",
        Role::Warning => "1;33",
        Role::Hint => "1;36",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
