//! Reading: one object, lists in pieces, logs, events.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use super::connection::{Cluster, about};
use super::error::ClusterError;
use super::transport::Call;
use super::transport::answer::{self, About};
use super::transport::query::Query;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::{EVENT, NAMESPACE, Resource, SECRET};

/// Objects per request of a list.
const CHUNK: usize = 500;
/// Most bytes that all pieces of a list may have.
const LIST_LIMIT: usize = 256 * 1024 * 1024;
/// Most events that are read about one object.
const EVENTS_LIMIT: usize = 500;
/// Answers as JSON.
pub(super) const JSON: &str = "application/json";
/// Answers that hold the metadata of objects and nothing else.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// A list as it was at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    /// The objects, each with `apiVersion` and `kind`.
    pub items: Vec<Value>,
    /// The moment, to watch from.
    pub resource_version: String,
}

impl Cluster {
    /// One object; `None` when it does not exist.
    ///
    /// A resource type that the server does not know is [`ClusterError::UnknownResource`], not `None`.
    pub async fn get(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        let call = reading("get", resource, namespace, resource.path(namespace, Some(name)), JSON);
        match self.json(&call).await {
            Ok(object) if answers(&object, resource, Some(name)) => Ok(Some(object)),
            Ok(other) => Err(answer::not_kubernetes(self.server(), other.to_string().as_bytes())),
            // An object in a namespace that does not exist does not exist either.
            Err(ClusterError::NotFound { .. } | ClusterError::NoNamespace { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All objects of a namespace, or of the cluster, that carry the labels of `selector`; read in pieces.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<List, ClusterError> {
        let query = Query::default().add_some("labelSelector", selector);
        self.list_where(resource, namespace, &query).await
    }

    /// Names of the objects, in the server's order; only their metadata are transferred.
    pub async fn names(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
    ) -> Result<Vec<String>, ClusterError> {
        let list = self.pieces(resource, namespace, &Query::default(), METADATA).await?;
        let name =
            |object: &Value| object.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
        Ok(list.items.iter().filter_map(name).collect())
    }

    pub(super) async fn list_where(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        query: &Query,
    ) -> Result<List, ClusterError> {
        match self.pieces(resource, namespace, query, JSON).await {
            // The continuation grew older than the server remembers; start over, once.
            Err(ClusterError::Gone { .. }) => self.pieces(resource, namespace, query, JSON).await,
            other => other,
        }
    }

    async fn pieces(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        query: &Query,
        accept: &'static str,
    ) -> Result<List, ClusterError> {
        let mut list = List::default();
        let mut bytes = 0_usize;
        let mut token: Option<String> = None;
        loop {
            let query = query.clone().add("limit", &CHUNK.to_string()).add_some("continue", token.as_deref());
            let path = format!("{}{}", resource.path(namespace, None), query.as_str());
            let answer = self.transport.request(&reading("list", resource, namespace, path, accept)).await?;
            bytes += answer.body.len();
            if bytes > LIST_LIMIT {
                return Err(ClusterError::TooLarge { limit: LIST_LIMIT });
            }
            let mut piece = parse(self.server(), &answer.body)?;
            let Some(items) = piece.get_mut("items").map(Value::take) else {
                return Err(answer::not_kubernetes(self.server(), piece.to_string().as_bytes()));
            };
            // Go writes an empty list as null at times.
            if let Value::Array(items) = items {
                list.items.extend(items.into_iter().map(|item| with_type(item, resource)));
            }
            list.resource_version = text_at(&piece, "/metadata/resourceVersion").to_owned();
            token = Some(text_at(&piece, "/metadata/continue").to_owned()).filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(list);
            }
        }
    }

    /// The names of the keys of a Secret, `None` when it does not exist. The values are dropped where they arrive.
    ///
    /// # Errors
    /// No answer, or a user who may not read it.
    pub async fn secret_keys(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<BTreeSet<String>>, ClusterError> {
        let Some(secret) = self.get(&SECRET, Some(namespace), name).await? else { return Ok(None) };
        let keys = secret.get("data").and_then(Value::as_object).into_iter().flatten();
        Ok(Some(keys.map(|(key, _)| key.clone()).collect()))
    }

    /// Whether a namespace exists; an error when the user is not allowed to know.
    pub async fn namespace_exists(&self, name: &str) -> Result<bool, ClusterError> {
        Ok(self.get(&NAMESPACE, None, name).await?.is_some())
    }

    /// The events about one object, oldest first, the newest 500; `uid` keeps those of a namesake out.
    pub async fn events(
        &self,
        namespace: &str,
        kind: &str,
        name: &str,
        uid: Option<&str>,
    ) -> Result<Vec<Value>, ClusterError> {
        let mut selector = format!("involvedObject.kind={kind},involvedObject.name={name}");
        if let Some(uid) = uid {
            selector.push_str(",involvedObject.uid=");
            selector.push_str(uid);
        }
        let query = Query::default().add("fieldSelector", &selector);
        let mut events = self.list_where(&EVENT, Some(namespace), &query).await?.items;
        events.sort_by(|one, other| last_seen(one).cmp(last_seen(other)));
        let superfluous = events.len().saturating_sub(EVENTS_LIMIT);
        events.drain(..superfluous);
        Ok(events)
    }

    /// What the API server says about its version (`/version`).
    pub async fn server_version(&self) -> Result<Value, ClusterError> {
        self.json(&reading("get", &NAMESPACE, None, "/version".to_owned(), JSON)).await
    }

    /// Sends a request whose answer is a JSON object.
    pub(super) async fn json(&self, call: &Call<'_>) -> Result<Value, ClusterError> {
        let answer = self.transport.request(call).await?;
        parse(self.server(), &answer.body)
    }
}

/// A JSON object, or the error that says that this is not an API server.
pub(super) fn parse(server: &str, body: &[u8]) -> Result<Value, ClusterError> {
    match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => Ok(object),
        _ => Err(answer::not_kubernetes(server, body)),
    }
}

/// Whether an answer is the object that was asked for: of that kind, and of that name where it is known.
pub(super) fn answers(object: &Value, resource: &Resource, name: Option<&str>) -> bool {
    text_at(object, "/kind") == resource.kind
        && name.is_none_or(|name| text_at(object, "/metadata/name") == name)
}

pub(super) fn reading<'a>(
    verb: &'static str,
    resource: &Resource,
    namespace: Option<&'a str>,
    path: String,
    accept: &'static str,
) -> Call<'a> {
    let about: About<'a> = about(verb, resource, namespace);
    Call { method: Method::GET, path, accept, body: None, repeatable: true, about, upgrade: None }
}

/// Items of a list come without `apiVersion` and `kind` for built-in types.
fn with_type(mut item: Value, resource: &Resource) -> Value {
    if let Value::Object(members) = &mut item
        && !members.contains_key("kind")
    {
        let mut typed = serde_json::Map::new();
        typed.insert("apiVersion".to_owned(), resource.api_version().into());
        typed.insert("kind".to_owned(), resource.kind.into());
        typed.append(members);
        return Value::Object(typed);
    }
    item
}

/// When an event was seen last; RFC 3339 in UTC sorts as text.
fn last_seen(event: &Value) -> &str {
    ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"]
        .into_iter()
        .map(|pointer| text_at(event, pointer))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}
