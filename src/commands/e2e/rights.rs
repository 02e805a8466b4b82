//! What a user has to be allowed for a run, asked before it begins.

use crate::core::kubernetes::resource::{POD, Resource};
use crate::core::plan::{Act, Check, Names, Object, Step};
use crate::io::cluster::{Access, Cluster, ClusterError};
use crate::io::plan::CONFIG_MAP;
use std::collections::BTreeMap;

/// A verb on a resource in a namespace.
type Right = (&'static str, Resource, Option<&'static str>, Option<String>);

/// What is missing, each with the ids of the checks that need it: `create networkpolicies in airunway-system (3B)`.
///
/// # Errors
/// No answer.
pub async fn missing(
    cluster: &Cluster,
    checks: &[&'static Check],
    names: &Names,
) -> Result<Vec<String>, ClusterError> {
    let needed = needed(checks, names);
    let asked: Vec<Access> = needed.keys().map(access).collect();
    let answers = cluster.may_all(&asked).await?;
    let refused = needed.iter().zip(answers).filter(|(_, answer)| !answer.allowed);
    Ok(refused.map(|((right, ids), _)| words(right, ids)).collect())
}

fn access((verb, resource, subresource, namespace): &Right) -> Access {
    Access { subresource: *subresource, ..Access::to(verb, *resource, namespace.as_deref()) }
}

fn words((verb, resource, subresource, namespace): &Right, ids: &[&'static str]) -> String {
    let part = subresource.map(|part| format!("/{part}")).unwrap_or_default();
    let place = match namespace {
        Some(namespace) => format!(" in {namespace}"),
        None if resource.namespaced => " in all namespaces".to_owned(),
        None => String::new(),
    };
    format!("{verb} {}{part}{place} ({})", resource.qualified(), ids.join(", "))
}

/// The rights that the steps of some checks need, each with the ids of those checks.
fn needed(checks: &[&'static Check], names: &Names) -> BTreeMap<Right, Vec<&'static str>> {
    let mut needed: BTreeMap<Right, Vec<&'static str>> = BTreeMap::new();
    for check in checks {
        for step in (check.script)(names) {
            for right in of_step(&step, names) {
                let ids = needed.entry(right).or_default();
                if !ids.contains(&check.id) {
                    ids.push(check.id);
                }
            }
        }
    }
    needed
}

fn of_step(step: &Step, names: &Names) -> Vec<Right> {
    let on = |verbs: &[&'static str], object: &Object| -> Vec<Right> {
        verbs.iter().map(|verb| (*verb, object.resource, None, object.namespace.clone())).collect()
    };
    match step {
        Step::Do { act, .. } | Step::Always(act) => of_act(act, names),
        Step::Until { watch, .. } => {
            watch.iter().flat_map(|(_, object)| on(&["list", "watch"], object)).collect()
        }
        Step::Absent { objects, .. } => objects.iter().flat_map(|object| on(&["get"], object)).collect(),
        Step::Expect(_) | Step::Judge(_) | Step::Pause(_) | Step::Label(_) => Vec::new(),
    }
}

fn of_act(act: &Act, names: &Names) -> Vec<Right> {
    let on = |verbs: &[&'static str], resource: Resource, namespace: Option<&str>| -> Vec<Right> {
        verbs.iter().map(|verb| (*verb, resource, None, namespace.map(str::to_owned))).collect()
    };
    let of =
        |verbs: &[&'static str], object: &Object| on(verbs, object.resource, object.namespace.as_deref());
    match act {
        Act::Create(object, _) => of(&["create", "get", "delete"], object),
        Act::Patch(object, _) => of(&["patch"], object),
        Act::Delete(object) => of(&["delete"], object),
        Act::Read(object) => of(&["get"], object),
        Act::DeleteAll(resource, namespace, _) => on(&["list", "delete"], *resource, Some(namespace)),
        Act::List(resource, namespace, _) => on(&["list"], *resource, namespace.as_deref()),
        Act::ServerTime => on(&["create"], CONFIG_MAP, Some(&names.namespace)),
        Act::Ask(asked) => {
            let namespace = Some(asked.namespace.clone());
            vec![("list", POD, None, namespace.clone()), ("create", POD, Some("portforward"), namespace)]
        }
        // Not by requests of ours, or of which a part may be hidden.
        Act::Backend(_)
        | Act::OriginForget
        | Act::OriginSeen
        | Act::BackendMemory
        | Act::ShimVersion(_)
        | Act::ShimBinary(_) => Vec::new(),
    }
}
