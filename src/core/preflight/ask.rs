//! Which questions an object raises.

use super::answers::{Question, Right};
use super::needs::Needs;
use super::{Scope, Subject};
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::{
    DEPLOYMENT, EVENT, NAMESPACE, NODE, PERSISTENT_VOLUME_CLAIM, POD, REPLICA_SET, Resource, cluster_wide,
    namespaced,
};
use std::collections::BTreeSet;

pub(super) const RUNTIME_CLASS: Resource =
    cluster_wide("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass");
pub(super) const STORAGE_CLASS: Resource =
    cluster_wide("storage.k8s.io", "v1", "storageclasses", "StorageClass");
pub(super) const PERSISTENT_VOLUME: Resource =
    cluster_wide("", "v1", "persistentvolumes", "PersistentVolume");
pub(super) const RESOURCE_QUOTA: Resource = namespaced("", "v1", "resourcequotas", "ResourceQuota");
pub(super) const LIMIT_RANGE: Resource = namespaced("", "v1", "limitranges", "LimitRange");

/// Everything to ask before an object is sent.
pub fn questions(subject: &Subject<'_>, scope: Scope) -> BTreeSet<Question> {
    let needs = Needs::of(subject);
    let namespace = Some(subject.namespace.to_owned());
    let mut asked = BTreeSet::from([Question::Object(NAMESPACE, None, subject.namespace.to_owned())]);
    let rights = for_apply(subject).into_iter().chain(if scope.waits { for_wait(subject) } else { vec![] });
    let rights = rights.chain(if scope.waits { for_diagnosis(subject) } else { vec![] });
    asked.extend(rights.map(Question::May));
    let secrets = needs.secrets.keys().chain(&needs.pull_secrets);
    asked.extend(secrets.map(|name| Question::Keys(subject.namespace.to_owned(), name.clone())));
    let object = |resource, namespace: &Option<String>, name: &String| {
        Question::Object(resource, namespace.clone(), name.clone())
    };
    asked.extend(needs.claims.iter().map(|name| object(PERSISTENT_VOLUME_CLAIM, &namespace, name)));
    asked.extend(needs.runtime_classes.iter().map(|name| object(RUNTIME_CLASS, &None, name)));
    for (class, claim) in &needs.storage_classes {
        asked.insert(object(STORAGE_CLASS, &None, class));
        asked.insert(object(PERSISTENT_VOLUME_CLAIM, &namespace, claim));
        asked.insert(Question::List(PERSISTENT_VOLUME, None, None));
    }
    if !needs.pods.is_empty() {
        asked.insert(Question::List(RESOURCE_QUOTA, namespace.clone(), None));
        asked.insert(Question::List(LIMIT_RANGE, namespace.clone(), None));
    }
    if !needs.pods.is_empty() && (scope.nodes || updated(subject).next().is_some()) {
        asked.insert(Question::List(NODE, None, None));
        asked.extend(updated(subject).map(|name| object(DEPLOYMENT, &namespace, &name.to_owned())));
    }
    for attendant in subject.foresight.iter().flat_map(|foresight| &foresight.attendants) {
        asked.insert(Question::List(DEPLOYMENT, None, Some(attendant.selector)));
    }
    asked
}

/// The names of Deployments that may be there already.
pub(super) fn updated<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a str> {
    let there = subject.live.is_some();
    let children = subject.children().iter().filter(move |child| there && child.resource == DEPLOYMENT);
    children.map(|child| text_at(&child.object, "/metadata/name"))
}

fn right(verb: &'static str, resource: Resource, subject: &Subject<'_>, name: Option<&str>) -> Right {
    let namespace = subject.namespace.to_owned();
    Right { verb, resource, subresource: None, namespace, name: name.map(str::to_owned) }
}

/// What the write needs.
pub(super) fn for_apply(subject: &Subject<'_>) -> Vec<Right> {
    let mut verbs = vec!["patch"];
    verbs.extend(subject.live.is_none().then_some("create"));
    verbs.extend(subject.recreates.then_some("delete"));
    let resource = *subject.kind.resource();
    verbs.into_iter().map(|verb| right(verb, resource, subject, Some(subject.name))).collect()
}

/// What the wait needs: it watches the object, its workloads and their pods.
pub(super) fn for_wait(subject: &Subject<'_>) -> Vec<Right> {
    if subject.kind.follow().is_none() {
        return Vec::new();
    }
    let own = *subject.kind.resource();
    let mut rights: Vec<Right> =
        ["get", "watch"].into_iter().map(|verb| right(verb, own, subject, Some(subject.name))).collect();
    if subject.children().iter().any(|child| child.resource == DEPLOYMENT) {
        rights.push(right("get", DEPLOYMENT, subject, None));
        for resource in [DEPLOYMENT, POD] {
            rights.extend(["list", "watch"].map(|verb| right(verb, resource, subject, None)));
        }
    }
    rights
}

/// What is read to explain a failure.
pub(super) fn for_diagnosis(subject: &Subject<'_>) -> Vec<Right> {
    if subject.kind.follow().is_none() || subject.children().is_empty() {
        return Vec::new();
    }
    let logs = Right { subresource: Some("log"), ..right("get", POD, subject, None) };
    vec![right("list", EVENT, subject, None), right("list", REPLICA_SET, subject, None), logs]
}

/// Whether a name is one that the API server takes, so that a command with it can be pasted.
pub(super) fn pastes(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain) && !name.starts_with('-')
}

/// The command that makes a Secret, its values taken from variables of the shell.
pub(super) fn create_secret(namespace: &str, name: &str, keys: &BTreeSet<String>) -> Option<String> {
    if ![namespace, name].into_iter().all(pastes) || !keys.iter().all(|key| pastes(key)) {
        return None;
    }
    let literals: String =
        keys.iter().map(|key| format!(" --from-literal={key}=\"${}\"", variable(key))).collect();
    Some(format!("kubectl create secret generic {name} -n {namespace}{literals}"))
}

/// A shell variable by the name of a key.
pub(super) fn variable(key: &str) -> String {
    let text: String =
        key.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    if text.starts_with(|letter: char| letter.is_ascii_digit()) {
        format!("_{text}")
    } else {
        text.to_uppercase()
    }
}
