//! Ctrl-C: what it leaves behind is said, and a second run can finish it.

use crate::commands::output::qualified_name;
use crate::commands::signals::Signals;
use crate::error::{Error, Result};
use crate::exit::Exit;
use serde_json::Value;
use std::cell::RefCell;
use std::future::Future;

/// How far a deploy is, for the message of an interruption.
#[derive(Debug, Default)]
pub(super) struct Stage(RefCell<State>);

#[derive(Debug, Default, Clone)]
enum State {
    #[default]
    NothingSent,
    Deleting(String),
    Applying(String),
    Applied(String),
}

impl Stage {
    pub(super) fn deleting(&self, object: &Value) {
        self.set(State::Deleting(qualified_name(object)));
    }

    pub(super) fn applying(&self, object: &Value) {
        self.set(State::Applying(qualified_name(object)));
    }

    pub(super) fn waiting_for(&self, object: &Value) {
        self.set(State::Applied(qualified_name(object)));
    }

    fn set(&self, state: State) {
        *self.0.borrow_mut() = state;
    }

    fn error(&self) -> Error {
        let text = match self.0.borrow().clone() {
            State::NothingSent => {
                return Error::new(Exit::Interrupted, "interrupted; nothing was changed in the cluster");
            }
            State::Deleting(name) => {
                format!("interrupted while {name} was being deleted; it is not recreated")
            }
            State::Applying(name) => format!("interrupted while {name} was being applied"),
            State::Applied(name) => format!("interrupted while waiting, {name} stays applied"),
        };
        Error::new(Exit::Interrupted, text).hint("run the same command again to continue")
    }
}

/// Runs `work` until it ends or the user interrupts it.
pub(super) async fn or_interrupted<T>(stage: &Stage, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut signals = Signals::listen();
    tokio::select! {
        biased;
        () = signals.next() => Err(stage.error()),
        answer = work => answer,
    }
}
