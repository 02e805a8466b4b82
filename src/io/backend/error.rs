//! What goes wrong with a backend.

use thiserror::Error;

/// Why there is no backend, or no answer of it.
#[derive(Debug, Error)]
pub enum BackendError {
    /// The command has no words, or a quote without its end.
    #[error("--backend-command is not a command: {command:?}")]
    Command {
        /// What was given.
        command: String,
    },
    /// The address is none that a backend can have.
    #[error("--backend is not an http or https address: {reason}")]
    Address {
        /// What is wrong.
        reason: String,
    },
    /// No port could be had.
    #[error("cannot listen on this machine: {reason}")]
    Port {
        /// Why.
        reason: std::io::Error,
    },
    /// The command cannot be started.
    #[error("cannot start the backend with {program}: {reason}")]
    Start {
        /// Its first word.
        program: String,
        /// Why.
        reason: std::io::Error,
    },
    /// The process is at its end.
    #[error("the backend has ended ({how}){log}")]
    Ended {
        /// How: an exit code, a signal.
        how: String,
        /// A colon and its last lines, or nothing.
        log: String,
    },
    /// It does not answer.
    #[error("the backend does not answer within {within} s{log}")]
    NotReady {
        /// How long was waited, in seconds.
        within: f64,
        /// A colon and its last lines, or nothing.
        log: String,
    },
    /// Someone else has its port.
    #[error("another program answers on port {port}")]
    Foreign {
        /// The port.
        port: u16,
    },
    /// It never came up.
    #[error("{reason}")]
    Broken {
        /// Why.
        reason: String,
    },
    /// A request got no answer.
    #[error("no answer from the backend: {reason}")]
    Silent {
        /// Why.
        reason: String,
    },
}
