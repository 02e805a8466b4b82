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

#[derive(Debug, Default)]
struct State {
    /// Names of what is stored.
    applied: Vec<String>,
    doing: Doing,
}

#[derive(Debug, Default)]
enum Doing {
    #[default]
    Nothing,
    Deleting(String),
    Applying(String),
}

impl Stage {
    pub(super) fn deleting(&self, object: &Value) {
        self.0.borrow_mut().doing = Doing::Deleting(qualified_name(object));
    }

    pub(super) fn applying(&self, object: &Value) {
        self.0.borrow_mut().doing = Doing::Applying(qualified_name(object));
    }

    pub(super) fn applied(&self, object: &Value) {
        let mut state = self.0.borrow_mut();
        state.applied.push(qualified_name(object));
        state.doing = Doing::Nothing;
    }

    fn error(&self) -> Error {
        let state = self.0.borrow();
        let stays = match state.applied.as_slice() {
            [] => None,
            [one] => Some(format!("{one} stays applied")),
            several => Some(format!("{} stay applied", several.join(", "))),
        };
        let text = match (&state.doing, stays) {
            (Doing::Nothing, None) => {
                return Error::new(Exit::Interrupted, "interrupted; nothing was changed in the cluster");
            }
            (Doing::Nothing, Some(stays)) => format!("interrupted while waiting, {stays}"),
            (doing, stays) => {
                let doing = match doing {
                    Doing::Deleting(name) => format!("{name} was being deleted; it is not recreated"),
                    Doing::Applying(name) => format!("{name} was being applied"),
                    Doing::Nothing => String::new(),
                };
                let stays = stays.map_or_else(String::new, |stays| format!("; {stays}"));
                format!("interrupted while {doing}{stays}")
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_interruption_names_all_that_is_stored() {
        let object = |name: &str| json!({"kind": "Gizmo", "metadata": {"name": name}});
        let stage = Stage::default();
        assert_eq!(stage.error().message, "interrupted; nothing was changed in the cluster");
        stage.applying(&object("a"));
        assert_eq!(stage.error().message, "interrupted while gizmo/a was being applied");
        stage.applied(&object("a"));
        assert_eq!(stage.error().message, "interrupted while waiting, gizmo/a stays applied");
        stage.deleting(&object("b"));
        assert_eq!(
            stage.error().message,
            "interrupted while gizmo/b was being deleted; it is not recreated; gizmo/a stays applied"
        );
        stage.applying(&object("b"));
        stage.applied(&object("b"));
        assert_eq!(stage.error().message, "interrupted while waiting, gizmo/a, gizmo/b stay applied");
    }
}
