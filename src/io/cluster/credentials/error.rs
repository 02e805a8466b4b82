//! What can be wrong with a credential plugin of the kubeconfig.

use std::time::Duration;

/// A credential plugin that gave no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum PluginError {
    /// The kubeconfig entry names no command.
    #[error("the kubeconfig asks for a credential plugin without a command")]
    NoCommand,
    /// The program is not installed.
    #[error("credential plugin {command:?} of the kubeconfig was not found")]
    Missing {
        command: String,
        /// How to install it, in the words of the kubeconfig.
        install_hint: Option<String>,
    },
    /// The program cannot be started.
    #[error("credential plugin {command:?} cannot be started: {reason}")]
    NotStarted {
        command: String,
        /// What the system said.
        reason: String,
    },
    /// The program must talk to a person and there is none.
    #[error("credential plugin {command:?} needs a terminal, and stdin is not one")]
    NeedsTerminal { command: String },
    /// The program ended with a failure.
    #[error("credential plugin {command:?} failed: {status}")]
    Failed {
        command: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// The program did not end.
    #[error("credential plugin {command:?} did not end within {} s", limit.as_secs_f32())]
    TimedOut {
        command: String,
        /// The limit that ran out.
        limit: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// What the program printed are not credentials.
    #[error("credential plugin {command:?} gave no usable credentials: {reason}")]
    BadOutput {
        command: String,
        /// What is wrong with it; never the output itself.
        reason: String,
    },
}

impl PluginError {
    /// What the plugin said, line by line.
    pub fn causes(&self) -> Vec<String> {
        match self {
            PluginError::Failed { stderr, .. } | PluginError::TimedOut { stderr, .. } => {
                stderr.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The ways out.
    pub fn hints(&self) -> Vec<String> {
        match self {
            PluginError::Missing { command, install_hint } => match install_hint {
                Some(hint) => {
                    hint.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
                }
                None => vec![format!("install {command} or correct the user's exec entry in the kubeconfig")],
            },
            PluginError::NeedsTerminal { .. } => {
                vec![
                    "run the command in a terminal, or use credentials that need none, such as --token"
                        .to_owned(),
                ]
            }
            PluginError::Failed { command, .. } | PluginError::TimedOut { command, .. } => {
                vec![format!("run {command} by hand to see what it waits for; a new login may be needed")]
            }
            PluginError::NoCommand | PluginError::NotStarted { .. } | PluginError::BadOutput { .. } => {
                Vec::new()
            }
        }
    }
}
