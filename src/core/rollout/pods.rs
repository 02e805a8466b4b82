//! What the pods show: the states that waiting does not mend, and one line about the others.

use super::{PodPlace, Problem, ProblemKind, Target};
use crate::core::kubernetes::json::{flag_at, integer_at, list_at, text_at};
use serde_json::Value;

/// The first problem of a pod of the newest template.
pub(super) fn problem(pods: &[Value], newest_hash: Option<&str>) -> Option<Problem> {
    current(pods, newest_hash).find_map(|pod| container_problem(pod).or_else(|| unschedulable(pod)))
}

/// The pods that belong to the newest template and are not on their way out.
fn current<'a>(pods: &'a [Value], newest_hash: Option<&'a str>) -> impl Iterator<Item = &'a Value> {
    pods.iter().filter(move |pod| {
        pod.pointer("/metadata/deletionTimestamp").is_none()
            && newest_hash.is_none_or(|hash| text_at(pod, "/metadata/labels/pod-template-hash") == hash)
    })
}

/// Reasons that come from the kubelet's container states (k8s.io/kubernetes pkg/kubelet/container and images packages).
fn kind_of(reason: &str) -> Option<ProblemKind> {
    Some(match reason {
        "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => ProblemKind::ImagePull,
        "CrashLoopBackOff" => ProblemKind::CrashLoop,
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            ProblemKind::ContainerConfig
        }
        _ => return None,
    })
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    list_at(pod, "/status/initContainerStatuses").iter().chain(list_at(pod, "/status/containerStatuses"))
}

fn container_problem(pod: &Value) -> Option<Problem> {
    statuses(pod).find_map(|status| {
        let reason = text_at(status, "/state/waiting/reason");
        let kind = kind_of(reason)?;
        let container = text_at(status, "/name");
        let name = text_at(pod, "/metadata/name");
        let message = match kind {
            ProblemKind::ImagePull => {
                format!(
                    "container {container} of pod {name} cannot pull image {} ({reason})",
                    text_at(status, "/image")
                )
            }
            ProblemKind::CrashLoop => format!(
                "container {container} of pod {name} keeps exiting{}",
                last_end(status).map(|end| format!(" ({end})")).unwrap_or_default()
            ),
            _ => format!("container {container} of pod {name} cannot be created ({reason})"),
        };
        let mut problem = Problem::new(kind, message, Some(text_at(status, "/state/waiting/message")));
        problem.pod = Some(PodPlace { pod: name.to_owned(), container: Some(container.to_owned()) });
        Some(problem)
    })
}

fn last_end(status: &Value) -> Option<String> {
    let ended = status.pointer("/lastState/terminated")?;
    let code = integer_at(ended, "/exitCode").unwrap_or(0);
    Some(match text_at(ended, "/reason") {
        "" | "Error" | "Completed" => format!("exit code {code}"),
        reason => format!("{reason}, exit code {code}"),
    })
}

/// A pod that no scheduler has said anything about: neither a node nor why there is none.
pub(super) fn overlooked(pods: &[Value], newest_hash: Option<&str>) -> Option<String> {
    let pod = current(pods, newest_hash).find(|pod| {
        text_at(pod, "/spec/nodeName").is_empty()
            && text_at(pod, "/status/phase") == "Pending"
            && !list_at(pod, "/status/conditions").iter().any(|one| text_at(one, "/type") == "PodScheduled")
    })?;
    Some(format!("the scheduler has not looked at pod {}", text_at(pod, "/metadata/name")))
}

/// The node on which the scheduler makes room for a pod by ending others (`status.nominatedNodeName`).
fn nominated(pod: &Value) -> Option<&str> {
    Some(text_at(pod, "/status/nominatedNodeName")).filter(|node| !node.is_empty())
}

fn unschedulable(pod: &Value) -> Option<Problem> {
    if nominated(pod).is_some() {
        return None;
    }
    let condition = list_at(pod, "/status/conditions").iter().find(|condition| {
        text_at(condition, "/type") == "PodScheduled"
            && text_at(condition, "/status") == "False"
            && text_at(condition, "/reason") == "Unschedulable"
    })?;
    let name = text_at(pod, "/metadata/name");
    let mut problem = Problem::new(
        ProblemKind::Unschedulable,
        format!("pod {name} cannot be scheduled"),
        Some(text_at(condition, "/message")),
    );
    problem.pod = Some(PodPlace { pod: name.to_owned(), container: None });
    Some(problem)
}

/// A container of the pinned image whose runtime reports a digest that does not belong to the pin.
///
/// `imageID` is `repository@digest` where a runtime pulled by digest; a bare config id or nothing at all says nothing. Without the
/// platform digests another digest may still belong to the pin, so then nothing is concluded.
pub(super) fn foreign_digest(pods: &[Value], newest_hash: Option<&str>, target: &Target) -> Option<Problem> {
    let image = target.image.as_deref()?;
    let (_, pin) = image.split_once('@')?;
    if target.platform_digests.is_empty() {
        return None;
    }
    current(pods, newest_hash).find_map(|pod| {
        let runs_it = |name: &str| {
            list_at(pod, "/spec/containers")
                .iter()
                .any(|one| text_at(one, "/name") == name && text_at(one, "/image") == image)
        };
        statuses(pod).filter(|status| runs_it(text_at(status, "/name"))).find_map(|status| {
            let (_, digest) = text_at(status, "/imageID").rsplit_once('@')?;
            if digest == pin || target.platform_digests.iter().any(|known| known == digest) {
                return None;
            }
            let (container, name) = (text_at(status, "/name"), text_at(pod, "/metadata/name"));
            let message = format!(
                "container {container} of pod {name} runs {digest}, which does not belong to {image}"
            );
            let mut problem = Problem::new(ProblemKind::WrongImage, message, None);
            problem.pod = Some(PodPlace { pod: name.to_owned(), container: Some(container.to_owned()) });
            Some(problem)
        })
    })
}

/// One line about the pod that is furthest behind.
pub(super) fn summary(pods: &[Value], newest_hash: Option<&str>) -> String {
    let behind = current(pods, newest_hash).find_map(|pod| {
        let name = text_at(pod, "/metadata/name");
        let waiting = statuses(pod).find_map(|status| {
            let reason = text_at(status, "/state/waiting/reason");
            (!reason.is_empty()).then(|| reason.to_owned())
        });
        let makes_room = || {
            let node = nominated(pod).filter(|_| text_at(pod, "/spec/nodeName").is_empty())?;
            Some(format!("waits for pods of lower priority to end on node {node}"))
        };
        let state = waiting.or_else(makes_room).or_else(|| {
            let started = statuses(pod).any(|status| status.pointer("/state/running").is_some());
            let ready = statuses(pod).all(|status| flag_at(status, "/ready"));
            match (started, ready) {
                (true, false) => Some("running, not ready yet".to_owned()),
                (true, true) => None,
                (false, _) => {
                    Some(text_at(pod, "/status/phase").to_lowercase()).filter(|phase| !phase.is_empty())
                }
            }
        })?;
        Some(format!("pod {name}: {state}"))
    });
    behind.unwrap_or_default()
}
