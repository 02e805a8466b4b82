//! What the cluster says about a wait that cannot succeed: the last events, the last log lines, and the way out.

use crate::core::rollout::{PodPlace, Problem, ProblemKind};
use crate::error::Error;
use crate::io::cluster::{Cluster, LogOptions};
use crate::ui::Ui;
use serde_json::Value;

/// How many events are shown.
const EVENTS: usize = 5;
/// How many log lines are shown.
const LOG_LINES: u32 = 20;
/// Longest text of one event or log line that is shown, in characters.
const LINE_WIDTH: usize = 500;

/// Shows events and log lines on stderr. What cannot be had is left out: the error that follows says the essential thing.
pub(super) async fn show(cluster: &Cluster, namespace: &str, problem: &Problem, ui: &mut Ui) {
    let Some(place) = &problem.pod else { return };
    let events = cluster.events(namespace, "Pod", &place.pod, None).await.unwrap_or_default();
    if !events.is_empty() {
        ui.status(&format!("last events of pod {}:", place.pod));
        for event in events.iter().skip(events.len().saturating_sub(EVENTS)) {
            ui.status(&format!("  {}", event_line(event)));
        }
    }
    if let (ProblemKind::CrashLoop, Some(container)) = (problem.kind, &place.container) {
        show_log(cluster, namespace, place, container, ui).await;
    }
}

async fn show_log(cluster: &Cluster, namespace: &str, place: &PodPlace, container: &str, ui: &mut Ui) {
    let options = |previous| LogOptions { tail_lines: Some(LOG_LINES), previous };
    let mut log =
        cluster.logs(namespace, &place.pod, Some(container), options(true)).await.unwrap_or_default();
    if log.trim().is_empty() {
        log = cluster.logs(namespace, &place.pod, Some(container), options(false)).await.unwrap_or_default();
    }
    if log.trim().is_empty() {
        return;
    }
    ui.status(&format!("last log lines of container {container}:"));
    for line in log.lines() {
        ui.status(&format!("  {}", shortened(line)));
    }
}

fn event_line(event: &Value) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = event.get("count").and_then(Value::as_i64).filter(|count| *count > 1);
    let times = count.map(|count| format!(" (x{count})")).unwrap_or_default();
    format!("{} {}{times}: {}", text("type"), text("reason"), shortened(text("message").trim()))
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE_WIDTH) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The error that ends the wait.
pub(super) fn error(label: &str, problem: &Problem) -> Error {
    let mut error = Error::failure(format!("{label} cannot become ready: {}", problem.message));
    if let Some(detail) = &problem.detail {
        error = error.caused_by(detail.clone());
    }
    error.hint(way_out(problem.kind))
}

fn way_out(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Deleted => "the same command again creates it",
        ProblemKind::Paused => {
            "remove the annotation airunway.ai/reconcile-paused, then run the same command again"
        }
        ProblemKind::Refused => {
            "change the object accordingly and deploy it again; it stays applied until then"
        }
        ProblemKind::NotSelected => {
            "--provider and --engine name them; kubectl get inferenceproviderconfigs shows what is registered and ready"
        }
        ProblemKind::ImageUnresolved => "--image names another image; one with a digest needs no resolution",
        ProblemKind::ImagePull => {
            "check the image name, its tag, and the pull secrets of the namespace's service account"
        }
        ProblemKind::Unschedulable => {
            "free or add nodes, or ask for less with --gpus, --memory, --node-selector; the object stays applied"
        }
        ProblemKind::CrashLoop => "the log lines above say why; change the object and deploy it again",
        ProblemKind::ContainerConfig => {
            "check that the Secrets and ConfigMaps named in the object exist in its namespace"
        }
        ProblemKind::PodsRefused => "check the quotas and the pod security level of the namespace",
        ProblemKind::WrongImage => {
            "the shim renders another image; check status.image and the provider overrides"
        }
    }
}
