//! One notion, for all that goes on in a run, of that it has to end.

use tokio::sync::watch;

/// Why a run ends before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// The user wants it.
    Interrupted,
    /// The cluster does not answer any longer; its last words.
    ClusterGone(String),
    /// Another run has taken the namespace over.
    LeaseLost(String),
}

impl Halt {
    /// The reason as a report has it.
    pub fn reason(&self) -> String {
        match self {
            Halt::Interrupted => "interrupted".to_owned(),
            Halt::ClusterGone(why) => format!("the cluster does not answer any longer: {why}"),
            Halt::LeaseLost(by) => format!("the namespace is no longer that of this run: {by}"),
        }
    }
}

/// Told once, heard by everyone. The first reason stands.
#[derive(Debug)]
pub struct Stop(watch::Sender<Option<Halt>>);

impl Stop {
    pub fn new() -> Stop {
        Stop(watch::Sender::new(None))
    }

    /// Ends the run.
    pub fn halt(&self, halt: Halt) {
        self.0.send_if_modified(|reason| {
            let first = reason.is_none();
            reason.get_or_insert(halt);
            first
        });
    }

    /// Why it ends; `None` while it does not.
    pub fn halted(&self) -> Option<Halt> {
        self.0.borrow().clone()
    }

    /// Waits until it ends.
    pub async fn wait(&self) -> Halt {
        let mut receiver = self.0.subscribe();
        let halted = receiver.wait_for(Option::is_some).await;
        // The sender is this value itself, so the wait cannot fail.
        halted.ok().and_then(|halt| halt.clone()).unwrap_or(Halt::Interrupted)
    }
}
