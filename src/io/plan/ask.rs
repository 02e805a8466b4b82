//! A question to a pod, over the API server.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::answer_of;
use super::refusal::words;
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::kubernetes::resource::POD;
use crate::core::plan::{Answer, Asked};
use crate::io::cluster::{Cluster, ClusterError, PodRequest};

/// Pause before a question is asked again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long one answer may take to begin: a model on CPUs thinks for a while.
const ONE_ANSWER: Duration = Duration::from_secs(60);
/// Largest answer that is read.
const BODY_LIMIT: usize = 1024 * 1024;

/// Asks until the answer is 200 or the time is over; what was answered last counts then.
pub(super) async fn ask(cluster: &Cluster, asked: &Asked) -> Answer {
    let end = Instant::now() + asked.within;
    let mut last = Answer::Failed(format!("no pod with {} is ready", asked.selector));
    loop {
        match timeout_at(end, once(cluster, asked)).await {
            Ok(Ok(Some(answer))) if answer.get("status") == Some(&json!(200)) => return Answer::Done(answer),
            Ok(Ok(Some(answer))) => last = Answer::Done(answer),
            Ok(Ok(None)) => {}
            // Rights do not come by waiting.
            Ok(Err(error @ ClusterError::Forbidden { .. })) => return answer_of(&error),
            Ok(Err(error)) => last = Answer::Failed(words(&error)),
            Err(_) => return last,
        }
        if Instant::now() + PAUSE >= end {
            return last;
        }
        sleep(PAUSE).await;
    }
}

/// One question; `None` while no pod is ready.
async fn once(cluster: &Cluster, asked: &Asked) -> Result<Option<Value>, ClusterError> {
    let pods = cluster.list(&POD, Some(&asked.namespace), Some(&asked.selector)).await?.items;
    let Some(pod) = pods.iter().find(|pod| is_ready(pod)) else { return Ok(None) };
    let json = asked.json.as_ref().map(Value::to_string);
    let request = PodRequest {
        namespace: &asked.namespace,
        pod: text_at(pod, "/metadata/name"),
        port: asked.port,
        path: &asked.path,
        json: json.as_deref(),
        limit: ONE_ANSWER.min(asked.within),
    };
    let answer = cluster.ask_pod(&request).await?;
    let status = answer.status;
    let text = answer.text(BODY_LIMIT).await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Some(json!({ "status": status, "body": body })))
}

fn is_ready(pod: &Value) -> bool {
    let is_true =
        |condition: &Value| text_at(condition, "/type") == "Ready" && text_at(condition, "/status") == "True";
    pod.pointer("/metadata/deletionTimestamp").is_none()
        && list_at(pod, "/status/conditions").iter().any(is_true)
}
