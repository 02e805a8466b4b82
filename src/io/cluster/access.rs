//! What the user of a connection may do, asked of the API server.

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde_json::json;

use super::connection::Cluster;
use super::error::ClusterError;
use super::write::WriteOptions;
use crate::core::kubernetes::json::{flag_at, text_at};
use crate::core::kubernetes::resource::{Resource, SELF_SUBJECT_ACCESS_REVIEW};

/// How many questions are asked at the same time.
const PARALLEL: usize = 8;

/// Something to do with a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// As in access rules: `get`, `list`, `create`.
    pub verb: &'static str,
    /// On what.
    pub resource: Resource,
    /// A part of it, for example `log`.
    pub subresource: Option<&'static str>,
    /// Where; `None` is everywhere.
    pub namespace: Option<String>,
    /// On which one; `None` is any.
    pub name: Option<String>,
}

impl Access {
    /// Doing `verb` to any object of a resource, in a namespace or everywhere.
    pub fn to(verb: &'static str, resource: Resource, namespace: Option<&str>) -> Access {
        Access { verb, resource, subresource: None, namespace: namespace.map(str::to_owned), name: None }
    }
}

/// The API server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why, in the words of the server's authorizers; may be empty.
    pub reason: String,
    /// When, by the server's clock, where its answer says so.
    pub at: Option<Timestamp>,
}

impl Cluster {
    /// Asks whether the user may do something.
    ///
    /// # Errors
    /// No answer, or a user who may not even ask.
    pub async fn may(&self, access: &Access) -> Result<Permission, ClusterError> {
        let Access { verb, resource, subresource, namespace, name } = access;
        let attributes = json!({
            "verb": verb,
            "group": resource.group,
            "version": resource.version,
            "resource": resource.plural,
            "subresource": subresource.unwrap_or_default(),
            "namespace": namespace.as_deref().unwrap_or_default(),
            "name": name.as_deref().unwrap_or_default(),
        });
        let review = json!({
            "apiVersion": SELF_SUBJECT_ACCESS_REVIEW.api_version(),
            "kind": SELF_SUBJECT_ACCESS_REVIEW.kind,
            "spec": { "resourceAttributes": attributes },
        });
        let answer =
            self.create(&SELF_SUBJECT_ACCESS_REVIEW, None, &review, WriteOptions::default()).await?.object;
        let why = ["/status/reason", "/status/evaluationError"].map(|pointer| text_at(&answer, pointer));
        Ok(Permission {
            allowed: flag_at(&answer, "/status/allowed"),
            reason: why.into_iter().find(|why| !why.is_empty()).unwrap_or_default().to_owned(),
            // The server notes who wrote what when, even of a question that it does not store.
            at: text_at(&answer, "/metadata/managedFields/0/time").parse().ok(),
        })
    }

    /// The same for several, asked at the same time; the answers are in the order of the questions.
    ///
    /// # Errors
    /// The first question without an answer.
    pub async fn may_all(&self, accesses: &[Access]) -> Result<Vec<Permission>, ClusterError> {
        let answers = stream::iter(accesses).map(|access| self.may(access)).buffered(PARALLEL);
        answers.collect::<Vec<_>>().await.into_iter().collect()
    }
}
