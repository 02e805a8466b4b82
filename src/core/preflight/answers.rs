//! Questions to a cluster, and its answers.

use crate::core::kubernetes::resource::Resource;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Something to do with one object, or with any of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// As in access rules: `get`, `patch`.
    pub verb: &'static str,
    /// On what.
    pub resource: Resource,
    /// A part of it, for example `log`.
    pub subresource: Option<&'static str>,
    /// Where.
    pub namespace: String,
    /// On which one; `None` is any.
    pub name: Option<String>,
}

impl Right {
    /// The right in words: `get pods/log`.
    pub fn words(&self) -> String {
        let part = self.subresource.map(|part| format!("/{part}")).unwrap_or_default();
        format!("{} {}{part}", self.verb, self.resource.qualified())
    }
}

/// What a cluster is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// One object.
    Object(Resource, Option<String>, String),
    /// The names of the keys of a Secret: its namespace and its name. The values are nobody's business.
    Keys(String, String),
    /// All objects of a namespace or of the cluster that carry the labels of a selector.
    List(Resource, Option<String>, Option<&'static str>),
    /// Whether the user may do something.
    May(Right),
}

/// What the cluster answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The object; `None` when it does not exist.
    Object(Option<Value>),
    /// The keys; `None` when the Secret does not exist.
    Keys(Option<BTreeSet<String>>),
    /// The objects.
    List(Vec<Value>),
    /// Whether it is allowed.
    May(bool),
    /// The user may not look, or there was no answer.
    Hidden,
}

/// All answers, and when they were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// By their questions; a question without an answer counts as hidden.
    pub answers: BTreeMap<Question, Answer>,
    /// The time by the cluster's clock, else by this machine's.
    pub now: Option<Timestamp>,
}

impl Answers {
    /// An object: `None` when nobody could look, `Some(None)` when it does not exist.
    pub(super) fn object(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<Option<&Value>> {
        match self.answers.get(&Question::Object(resource, namespace.map(str::to_owned), name.to_owned())) {
            Some(Answer::Object(object)) => Some(object.as_ref()),
            _ => None,
        }
    }

    /// The keys of a Secret, likewise.
    pub(super) fn keys(&self, namespace: &str, name: &str) -> Option<Option<&BTreeSet<String>>> {
        match self.answers.get(&Question::Keys(namespace.to_owned(), name.to_owned())) {
            Some(Answer::Keys(keys)) => Some(keys.as_ref()),
            _ => None,
        }
    }

    /// The objects of a list; `None` when nobody could look.
    pub(super) fn list(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        selector: Option<&'static str>,
    ) -> Option<&[Value]> {
        match self.answers.get(&Question::List(resource, namespace.map(str::to_owned), selector)) {
            Some(Answer::List(objects)) => Some(objects),
            _ => None,
        }
    }

    /// Whether something is allowed; `None` when the cluster did not say.
    pub(super) fn may(&self, right: &Right) -> Option<bool> {
        match self.answers.get(&Question::May(right.clone())) {
            Some(Answer::May(allowed)) => Some(*allowed),
            _ => None,
        }
    }
}
