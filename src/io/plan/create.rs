//! Creating an object of the run, also where an earlier run has left one of its name.

use serde_json::{Map, Value};

use super::refusal::words;
use super::{LiveWorld, answer_of, run_of, sweep};
use crate::core::kubernetes::json::text_at;
use crate::core::plan::{Answer, Object, RUN_LABEL, Refusal, RefusedBy};
use crate::io::cluster::{ClusterError, DeleteOptions, Propagation, WriteOptions};

/// How often an object of an earlier run may come back before that is told: its owner may still be at work.
const ATTEMPTS: usize = 3;

impl LiveWorld {
    pub(super) async fn create(&self, object: &Object, value: &Value) -> Answer {
        self.attempted.borrow_mut().insert(object.clone());
        let whole = self.labelled(object, value);
        for _ in 0..ATTEMPTS {
            let Object { resource, namespace, .. } = object;
            let options = WriteOptions::default();
            match self.cluster.create(resource, namespace.as_deref(), &whole, options).await {
                Ok(applied) => return Answer::Done(applied.object),
                // A new object conflicts with one of its name and with nothing else.
                Err(ClusterError::Conflict { message }) => {
                    if let Some(answer) = self.make_room(object, message).await {
                        return answer;
                    }
                }
                Err(error) => return answer_of(&error),
            }
        }
        Answer::Failed(format!("{object} of an earlier run comes back each time it is deleted"))
    }

    /// Deletes the object of an earlier run, and waits until it is gone; an answer when that is not to be.
    async fn make_room(&self, object: &Object, message: String) -> Option<Answer> {
        let live = match self.read(object).await {
            Ok(Some(live)) => live,
            Ok(None) => return None,
            Err(error) => return Some(answer_of(&error)),
        };
        if run_of(&live).is_none() {
            return Some(Answer::Refused(Refusal { by: RefusedBy::Existing, code: 409, message }));
        }
        let uid = text_at(&live, "/metadata/uid");
        let Object { resource, namespace, name } = object;
        let gone = async {
            sweep::unblock(&self.cluster, object, &live).await?;
            // What it owns goes first: a Service that is still there would belong to the old object, and no shim touches it.
            let options = DeleteOptions {
                uid: Some(uid.to_owned()),
                propagation: Propagation::Foreground,
                ..DeleteOptions::default()
            };
            match self.cluster.delete(resource, namespace.as_deref(), name, &options).await {
                Ok(_) | Err(ClusterError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
            self.cluster.gone(resource, namespace.as_deref(), name, uid).await
        };
        match gone.await {
            Ok(()) => None,
            Err(error) => {
                Some(Answer::Failed(format!("{object} of an earlier run does not go: {}", words(&error))))
            }
        }
    }

    /// The object with its place and the label of the run.
    fn labelled(&self, object: &Object, value: &Value) -> Value {
        let mut whole = value.clone();
        let Some(members) = whole.as_object_mut() else { return whole };
        let Object { resource, namespace, name } = object;
        members.entry("apiVersion").or_insert_with(|| resource.api_version().into());
        members.entry("kind").or_insert_with(|| resource.kind.into());
        let metadata = members.entry("metadata").or_insert_with(|| Map::new().into());
        let Some(metadata) = metadata.as_object_mut() else { return whole };
        metadata.insert("name".to_owned(), name.as_str().into());
        if let Some(namespace) = namespace {
            metadata.insert("namespace".to_owned(), namespace.as_str().into());
        }
        let labels = metadata.entry("labels").or_insert_with(|| Map::new().into());
        if let Some(labels) = labels.as_object_mut() {
            labels.insert(RUN_LABEL.to_owned(), self.run.as_str().into());
        }
        whole
    }
}
