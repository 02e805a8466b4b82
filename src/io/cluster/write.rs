//! Writing: server-side apply, create, patch and delete.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::connection::{Cluster, about};
use super::error::ClusterError;
use super::read::{JSON, answers, parse};
use super::transport::query::Query;
use super::transport::{Call, answer};
use crate::core::kubernetes::FIELD_MANAGER;
use crate::core::kubernetes::resource::Resource;

/// Content type of server-side apply; JSON is YAML.
const APPLY: &str = "application/apply-patch+yaml";

/// How to apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// The server does everything but keep the result.
    pub dry_run: bool,
    /// Take over members that others own.
    pub force: bool,
}

/// Content type of a JSON merge patch (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";
/// Content type of a JSON patch (RFC 6902).
const JSON_PATCH: &str = "application/json-patch+json";

/// How to create or patch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// The server does everything but keep the result.
    pub dry_run: bool,
}

/// A change of an object that is there.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// A JSON merge patch: what is null goes, lists are replaced whole.
    Merge(Value),
    /// A JSON patch: a list of operations, all or none of which are done.
    Json(Value),
}

/// What the server made of a write.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The object as it is stored, or with a dry run as it would be.
    pub object: Value,
    /// Texts of `Warning` headers in the server's order.
    pub warnings: Vec<String>,
    /// Whether the object did not exist before.
    pub created: bool,
}

/// What happens to the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They go after it.
    #[default]
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// How to delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Only the object with this uid; another of the same name is a [`ClusterError::Conflict`].
    pub uid: Option<String>,
    /// What happens to what it owns.
    pub propagation: Propagation,
    /// The server does everything but delete.
    pub dry_run: bool,
}

/// What the server made of a delete.
#[derive(Debug, Clone, PartialEq)]
pub enum Deleted {
    /// The object is gone.
    Gone,
    /// The object is marked and goes when its finalizers are done.
    Marked(Value),
    /// There was none.
    NotFound,
}

impl Cluster {
    /// Server-side apply under the name [`FIELD_MANAGER`], with members that the schema does not know refused.
    pub async fn apply(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        object: &Value,
        options: ApplyOptions,
    ) -> Result<Applied, ClusterError> {
        let query = Query::default()
            .add("fieldManager", FIELD_MANAGER)
            .add("fieldValidation", "Strict")
            .add_some("force", options.force.then_some("true"))
            .add_some("dryRun", options.dry_run.then_some("All"));
        let call = Call {
            method: Method::PATCH,
            path: format!("{}{}", resource.path(namespace, Some(name)), query.as_str()),
            accept: JSON,
            body: Some((APPLY, object.to_string().into_bytes())),
            repeatable: true,
            about: about("patch", resource, namespace),
            upgrade: None,
        };
        self.written(&call, resource, Some(name)).await
    }

    /// Creates one object, which has its name, or `metadata.generateName`, in it.
    ///
    /// Sent once: when the connection breaks before the answer is there, nobody knows whether it exists.
    ///
    /// # Errors
    /// [`ClusterError::Conflict`] when the object exists already; what the server refuses.
    pub async fn create(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        object: &Value,
        options: WriteOptions,
    ) -> Result<Applied, ClusterError> {
        let query = written_by_us(options);
        let call = Call {
            method: Method::POST,
            path: format!("{}{}", resource.path(namespace, None), query.as_str()),
            accept: JSON,
            body: Some((JSON, object.to_string().into_bytes())),
            repeatable: options.dry_run,
            about: about("create", resource, namespace),
            upgrade: None,
        };
        self.written(&call, resource, None).await
    }

    /// Changes one object that is there.
    ///
    /// # Errors
    /// [`ClusterError::NotFound`] when it is not; what the server refuses.
    pub async fn patch(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        patch: &Patch,
        options: WriteOptions,
    ) -> Result<Applied, ClusterError> {
        let query = written_by_us(options);
        let (content_type, body) = match patch {
            Patch::Merge(body) => (MERGE_PATCH, body),
            Patch::Json(body) => (JSON_PATCH, body),
        };
        let call = Call {
            method: Method::PATCH,
            path: format!("{}{}", resource.path(namespace, Some(name)), query.as_str()),
            accept: JSON,
            body: Some((content_type, body.to_string().into_bytes())),
            // The second of two equal merge patches changes nothing; an operation of a JSON patch may be done twice.
            repeatable: options.dry_run || matches!(patch, Patch::Merge(_)),
            about: about("patch", resource, namespace),
            upgrade: None,
        };
        self.written(&call, resource, Some(name)).await
    }

    /// Sends a write whose answer is the object of that name, or with a name that the server makes up any of that kind.
    async fn written(
        &self,
        call: &Call<'_>,
        resource: &Resource,
        name: Option<&str>,
    ) -> Result<Applied, ClusterError> {
        let answer = self.transport.request(call).await?;
        let object = parse(self.server(), &answer.body)?;
        if !answers(&object, resource, name) {
            return Err(answer::not_kubernetes(self.server(), &answer.body));
        }
        Ok(Applied { object, warnings: answer.warnings, created: answer.status == StatusCode::CREATED })
    }

    /// Deletes one object.
    pub async fn delete(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Deleted, ClusterError> {
        let propagation = match options.propagation {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
            Propagation::Orphan => "Orphan",
        };
        let mut body =
            json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation });
        if let (Some(uid), Some(members)) = (&options.uid, body.as_object_mut()) {
            members.insert("preconditions".to_owned(), json!({ "uid": uid }));
        }
        let query = Query::default().add_some("dryRun", options.dry_run.then_some("All"));
        let call = Call {
            method: Method::DELETE,
            path: format!("{}{}", resource.path(namespace, Some(name)), query.as_str()),
            accept: JSON,
            body: Some((JSON, body.to_string().into_bytes())),
            // Without a uid the second one could hit an object that has been recreated in between.
            repeatable: options.uid.is_some() || options.dry_run,
            about: about("delete", resource, namespace),
            upgrade: None,
        };
        match self.json(&call).await {
            Ok(answer) if answer.get("kind").and_then(Value::as_str) == Some(resource.kind) => {
                let marked = answer.pointer("/metadata/deletionTimestamp").is_some();
                Ok(if marked { Deleted::Marked(answer) } else { Deleted::Gone })
            }
            Ok(_) => Ok(Deleted::Gone),
            Err(ClusterError::NotFound { .. } | ClusterError::NoNamespace { .. }) => Ok(Deleted::NotFound),
            Err(error) => Err(error),
        }
    }
}

/// The query of a create or a patch.
fn written_by_us(options: WriteOptions) -> Query {
    Query::default()
        .add("fieldManager", FIELD_MANAGER)
        .add("fieldValidation", "Strict")
        .add_some("dryRun", options.dry_run.then_some("All"))
}
