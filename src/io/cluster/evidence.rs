//! What the cluster says about a pod in trouble, gathered for people.

use serde_json::Value;

use super::connection::Cluster;
use super::logs::LogOptions;
use crate::core::kubernetes::json::{integer_at, text_at};
use crate::core::rollout::{Evidence, PodEvent, Problem, ProblemKind};

/// How many events are kept, the newest.
const EVENTS: usize = 5;
/// How many log lines are read, the last.
const LOG_LINES: u32 = 20;

impl Cluster {
    /// The last events of the pod that a problem names, and of a container that keeps exiting its last log lines.
    ///
    /// What cannot be read is left out: the problem itself says the essential thing.
    pub async fn evidence(&self, namespace: &str, problem: &Problem) -> Evidence {
        let Some(place) = &problem.pod else { return Evidence::default() };
        let events = self.events(namespace, "Pod", &place.pod, None).await.unwrap_or_default();
        let newest = events.len().saturating_sub(EVENTS);
        let mut evidence = Evidence {
            pod: place.pod.clone(),
            events: events.iter().skip(newest).map(event).collect(),
            ..Evidence::default()
        };
        if let (ProblemKind::CrashLoop, Some(container)) = (problem.kind, &place.container) {
            let log = self.last_words(namespace, &place.pod, container).await;
            evidence.log = log.lines().map(str::to_owned).collect();
            evidence.container = Some(container.clone());
        }
        evidence
    }

    /// The end of a container's log: of the run that ended, else of the one that runs.
    async fn last_words(&self, namespace: &str, pod: &str, container: &str) -> String {
        for previous in [true, false] {
            let options = LogOptions { tail_lines: Some(LOG_LINES), previous };
            let log = self.logs(namespace, pod, Some(container), options).await.unwrap_or_default();
            if !log.trim().is_empty() {
                return log;
            }
        }
        String::new()
    }
}

fn event(event: &Value) -> PodEvent {
    PodEvent {
        kind: text_at(event, "/type").to_owned(),
        reason: text_at(event, "/reason").to_owned(),
        count: integer_at(event, "/count").unwrap_or(1),
        message: text_at(event, "/message").trim().to_owned(),
    }
}
