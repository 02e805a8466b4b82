//! What a cluster has to have before an object is sent: which questions to ask it, and what the answers mean.
//!
//! Pure: from an object and what its controller will make of it to [`questions`], and from [`Answers`] to a [`Report`]. What
//! is certain to fail is an error, what may come right by itself (an autoscaler adds nodes) a warning, and what the user may
//! not look at is named and nothing more.

mod answers;
mod ask;
pub mod catalogue;
mod judge;
mod needs;
mod quota;
mod report;
mod rollout;
mod room;
#[cfg(test)]
mod tests;

pub use answers::{Answer, Answers, Question, Right};
pub use ask::questions;
pub use judge::judge;
pub use report::{Area, Report};

use crate::core::kind::Kind;
use crate::core::kind::judge::{Child, Children, Foresight};
use serde_json::Value;

/// One object that is about to be sent.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Its kind.
    pub kind: &'a dyn Kind,
    /// Its name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// What it is sent over; `None` where it is new, or the old one is deleted first.
    pub live: Option<&'a Value>,
    /// Whether the old one is deleted first.
    pub recreates: bool,
    /// What becomes of it.
    pub foresight: Option<&'a Foresight>,
}

/// What is to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Whether the verb waits after the write, and needs the rights for that.
    pub waits: bool,
    /// Whether the nodes are compared with what is asked for.
    pub nodes: bool,
}

impl<'a> Subject<'a> {
    /// What its controller will create, as far as that is known.
    fn children(&self) -> &'a [Child] {
        match self.foresight.map(|foresight| &foresight.children) {
            Some(Children::Known(children)) => children,
            _ => &[],
        }
    }
}
