//! What the pods show: the states that waiting does not mend, and one line about the others.

use super::{PodPlace, Problem, ProblemKind, Target, integer, list, text};
use serde_json::Value;

/// The first problem of a pod of the newest template.
pub(super) fn problem(pods: &[Value], newest_hash: Option<&str>) -> Option<Problem> {
    current(pods, newest_hash).find_map(|pod| container_problem(pod).or_else(|| unschedulable(pod)))
}

/// The pods that belong to the newest template and are not on their way out.
fn current<'a>(pods: &'a [Value], newest_hash: Option<&'a str>) -> impl Iterator<Item = &'a Value> {
    pods.iter().filter(move |pod| {
        pod.pointer("/metadata/deletionTimestamp").is_none()
            && newest_hash.is_none_or(|hash| text(pod, "/metadata/labels/pod-template-hash") == hash)
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
    list(pod, "/status/initContainerStatuses").iter().chain(list(pod, "/status/containerStatuses"))
}

fn container_problem(pod: &Value) -> Option<Problem> {
    statuses(pod).find_map(|status| {
        let reason = text(status, "/state/waiting/reason");
        let kind = kind_of(reason)?;
        let container = text(status, "/name");
        let name = text(pod, "/metadata/name");
        let message = match kind {
            ProblemKind::ImagePull => {
                format!(
                    "container {container} of pod {name} cannot pull image {} ({reason})",
                    text(status, "/image")
                )
            }
            ProblemKind::CrashLoop => format!(
                "container {container} of pod {name} keeps exiting{}",
                last_end(status).map(|end| format!(" ({end})")).unwrap_or_default()
            ),
            _ => format!("container {container} of pod {name} cannot be created ({reason})"),
        };
        let mut problem = Problem::new(kind, message, Some(text(status, "/state/waiting/message")));
        problem.pod = Some(PodPlace { pod: name.to_owned(), container: Some(container.to_owned()) });
        Some(problem)
    })
}

fn last_end(status: &Value) -> Option<String> {
    let ended = status.pointer("/lastState/terminated")?;
    let code = integer(ended, "/exitCode").unwrap_or(0);
    Some(match text(ended, "/reason") {
        "" | "Error" | "Completed" => format!("exit code {code}"),
        reason => format!("{reason}, exit code {code}"),
    })
}

fn unschedulable(pod: &Value) -> Option<Problem> {
    let condition = list(pod, "/status/conditions").iter().find(|condition| {
        text(condition, "/type") == "PodScheduled"
            && text(condition, "/status") == "False"
            && text(condition, "/reason") == "Unschedulable"
    })?;
    let name = text(pod, "/metadata/name");
    let mut problem = Problem::new(
        ProblemKind::Unschedulable,
        format!("pod {name} cannot be scheduled"),
        Some(text(condition, "/message")),
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
            list(pod, "/spec/containers")
                .iter()
                .any(|one| text(one, "/name") == name && text(one, "/image") == image)
        };
        statuses(pod).filter(|status| runs_it(text(status, "/name"))).find_map(|status| {
            let (_, digest) = text(status, "/imageID").rsplit_once('@')?;
            if digest == pin || target.platform_digests.iter().any(|known| known == digest) {
                return None;
            }
            let (container, name) = (text(status, "/name"), text(pod, "/metadata/name"));
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
        let name = text(pod, "/metadata/name");
        let waiting = statuses(pod).find_map(|status| {
            let reason = text(status, "/state/waiting/reason");
            (!reason.is_empty()).then(|| reason.to_owned())
        });
        let state = waiting.or_else(|| {
            let started = statuses(pod).any(|status| status.pointer("/state/running").is_some());
            let ready =
                statuses(pod).all(|status| status.pointer("/ready").and_then(Value::as_bool) == Some(true));
            match (started, ready) {
                (true, false) => Some("running, not ready yet".to_owned()),
                (true, true) => None,
                (false, _) => {
                    Some(text(pod, "/status/phase").to_lowercase()).filter(|phase| !phase.is_empty())
                }
            }
        })?;
        Some(format!("pod {name}: {state}"))
    });
    behind.unwrap_or_default()
}
