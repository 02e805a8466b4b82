//! Whether a cluster looks like one that others live on.

use crate::core::kind::model_deployment::MODEL_DEPLOYMENT;
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::resource::{DEPLOYMENT, JOB, POD, Resource, SERVICE};
use crate::io::cluster::{Cluster, ClusterError};
use crate::io::plan::run_of;
use futures::future::{join, join_all};
use serde_json::Value;

/// Parts of a name that say so.
const WORDS: [&str; 4] = ["prod", "production", "live", "prd"];
/// What somebody's work in a namespace consists of.
const WORK: [Resource; 5] = [MODEL_DEPLOYMENT, DEPLOYMENT, SERVICE, POD, JOB];
/// Most objects that are named.
const NAMED: usize = 3;

/// The target of a run, by its names.
#[derive(Debug, Clone, Default)]
pub struct Target {
    pub context: Option<String>,
    pub cluster: Option<String>,
    pub namespace: String,
}

/// What is in the namespace already.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Objects that no run has made, as `kind/name`.
    pub foreign: Vec<String>,
    /// Whether there are objects of earlier runs.
    pub of_runs: bool,
}

/// What makes a target look like production, each in words; nothing when it does not.
pub fn reasons(target: &Target, contents: &Contents, running: &[String]) -> Vec<String> {
    let names = [
        ("context", target.context.as_deref()),
        ("cluster", target.cluster.as_deref()),
        ("namespace", Some(target.namespace.as_str())),
    ];
    let mut reasons: Vec<String> = Vec::new();
    for (what, name) in names {
        let Some(name) = name.filter(|name| says_production(name)) else { continue };
        // The usual context is called like its cluster.
        if !reasons.iter().any(|reason| reason.ends_with(&format!("called {name}"))) {
            reasons.push(format!("its {what} is called {name}"));
        }
    }
    if !contents.foreign.is_empty() {
        let namespace = &target.namespace;
        reasons
            .push(format!("namespace {namespace} holds what no run has made: {}", some(&contents.foreign)));
    }
    if !running.is_empty() {
        reasons.push(format!("models are running in other namespaces: {}", some(running)));
    }
    reasons
}

/// Whether a part of a name, between dashes, dots and the like, is one of [`WORDS`]; digits at its end do not count.
fn says_production(name: &str) -> bool {
    name.split(|character: char| !character.is_alphanumeric()).any(|part| {
        let part = part.trim_end_matches(|character: char| character.is_ascii_digit());
        WORDS.iter().any(|word| part.eq_ignore_ascii_case(word))
    })
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What is in the namespace. What may not be listed is not seen.
///
/// # Errors
/// No answer.
pub async fn contents(cluster: &Cluster, namespace: &str) -> Result<Contents, ClusterError> {
    let lists = join_all(WORK.iter().map(|kind| cluster.list(kind, Some(namespace), None))).await;
    let mut contents = Contents::default();
    for items in lists.into_iter().map(listed) {
        for object in items? {
            if run_of(&object).is_some() {
                contents.of_runs = true;
            } else if !is_made_by_the_cluster(&object) {
                let kind = text_at(&object, "/kind").to_lowercase();
                contents.foreign.push(format!("{kind}/{}", text_at(&object, "/metadata/name")));
            }
        }
    }
    Ok(contents)
}

/// What has an owner counts with it; the API server's own Service is nobody's work.
fn is_made_by_the_cluster(object: &Value) -> bool {
    let labels = object.pointer("/metadata/labels");
    let component = labels.and_then(|labels| labels.get("component")).and_then(Value::as_str);
    !list_at(object, "/metadata/ownerReferences").is_empty() || component == Some("apiserver")
}

/// The models that run in other namespaces and that no run has made, as `namespace/name`.
///
/// # Errors
/// No answer.
pub async fn running_elsewhere(cluster: &Cluster, namespace: &str) -> Result<Vec<String>, ClusterError> {
    let models = listed(cluster.list(&MODEL_DEPLOYMENT, None, None).await)?;
    let elsewhere = models.iter().filter(|model| {
        text_at(model, "/metadata/namespace") != namespace
            && text_at(model, "/status/phase") == "Running"
            && run_of(model).is_none()
    });
    let name = |model: &Value| {
        format!("{}/{}", text_at(model, "/metadata/namespace"), text_at(model, "/metadata/name"))
    };
    Ok(elsewhere.map(name).collect())
}

/// Both looks at the same time.
///
/// # Errors
/// No answer.
pub async fn look(cluster: &Cluster, namespace: &str) -> Result<(Contents, Vec<String>), ClusterError> {
    let (contents, running) = join(contents(cluster, namespace), running_elsewhere(cluster, namespace)).await;
    Ok((contents?, running?))
}

fn listed(list: Result<crate::io::cluster::List, ClusterError>) -> Result<Vec<Value>, ClusterError> {
    match list {
        Ok(list) => Ok(list.items),
        Err(ClusterError::Forbidden { .. } | ClusterError::UnknownResource { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_production_by_a_part_of_it() {
        for (name, says) in [
            ("prod", true),
            ("eu-prod-1", true),
            ("arn:aws:eks:eu-west-1:1:cluster/PRODUCTION", true),
            ("live.example.com", true),
            ("prd2", true),
            ("product-catalogue", false),
            ("delivery", false),
            ("olive", false),
            ("kind-airunway", false),
            ("reproduction", false),
            ("", false),
        ] {
            assert_eq!(says_production(name), says, "{name}");
        }
    }

    #[test]
    fn every_reason_is_told_once() {
        let target = Target {
            context: Some("prod".to_owned()),
            cluster: Some("prod".to_owned()),
            namespace: "vllm-test".to_owned(),
        };
        let foreign: Vec<String> = (1..=5).map(|index| format!("pod/p{index}")).collect();
        let contents = Contents { foreign, of_runs: false };
        let reasons = reasons(&target, &contents, &["team/chat".to_owned()]);
        assert_eq!(
            reasons,
            [
                "its context is called prod",
                "namespace vllm-test holds what no run has made: pod/p1, pod/p2, pod/p3 and 2 more",
                "models are running in other namespaces: team/chat",
            ]
        );
        assert!(super::reasons(&Target::default(), &Contents::default(), &[]).is_empty());
    }
}
