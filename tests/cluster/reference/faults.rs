//! Each fault of the reference AI Runway shows what it stands for, in its own
//! namespace, and is gone when it is mended.

use std::time::Duration;

use serde_json::{Value, json};

use super::recorder::Recorder;
use crate::cluster::airunway::deployments_in;
use crate::cluster::controlplane::ControlPlane;
use crate::cluster::{Cluster, Fault, Namespace, Way};
use crate::support::Run;

/// How long a state may take to show.
const PATIENCE: Duration = Duration::from_secs(30);
const NAME: &str = "faulty";

fn object() -> Value {
    json!({
        "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": NAME},
        "spec": {"provider": {"name": "vllm"}, "model": {"id": "org/model"}, "engine": {"type": "vllm"},
            "resources": {"gpu": {"count": 1}}},
    })
}

async fn apply(namespace: &Namespace<'_>) -> Run {
    namespace.kubectl_with(&["apply", "-f", "-"], &object()).await
}

/// A namespace with one fault, the object in it, and a record of its states.
fn with(prefix: &str, fault: Fault, test: impl AsyncFnOnce(Namespace<'static>, Recorder)) {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace(prefix).await;
        namespace.fault(fault).await;
        let recorder =
            Recorder::start(deployments_in(&namespace.client(), &namespace.name), NAME, &namespace.name);
        let run = apply(&namespace).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        test(namespace, recorder).await;
    });
}

fn phase(state: &Value) -> &str {
    state.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default()
}

async fn wait_for_phase(recorder: &mut Recorder, wanted: &str) -> Value {
    recorder
        .wait(PATIENCE, |state| phase(state) == wanted)
        .await
        .unwrap_or_else(|error| panic!("{wanted}: {error}"))
}

/// Waits until the first pod shows a value at a path of its status.
async fn wait_for_pod(namespace: &Namespace<'_>, path: &str, value: &str) {
    let condition = format!("--for=jsonpath={{{path}}}={value}");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let run = namespace.kubectl(&["wait", "pod", "-l", "app=faulty", &condition, "--timeout=20s"]).await;
        // kubectl refuses to wait for pods that are not there yet.
        if run.code == Some(0) || tokio::time::Instant::now() > deadline {
            return assert_eq!(run.code, Some(0), "{}", run.stderr);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn a_webhook_that_is_away_refuses_every_write() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("webhook-away").await;
        namespace.fault(Fault::WebhookUnreachable).await;
        let run = apply(&namespace).await;
        assert!(
            run.stderr.contains("failed calling webhook \"mmodeldeployment-v1alpha1.kb.io\""),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("connection refused"), "{}", run.stderr);
        namespace.mend().await;
        let run = apply(&namespace).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    });
}

#[test]
fn a_webhook_may_refuse_with_words_of_its_own() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("webhook-refuses").await;
        namespace.fault(Fault::WebhookRefuses("spec.model.id: Forbidden: not on Sundays".to_owned())).await;
        let run = apply(&namespace).await;
        let words = "admission webhook \"vmodeldeployment-v1alpha1.kb.io\" denied the request: \
                     spec.model.id: Forbidden: not on Sundays";
        assert!(run.stderr.trim().ends_with(words), "{}", run.stderr);
    });
}

#[test]
fn without_a_controller_there_is_no_status() {
    with("no-controller", Fault::ControllerStopped, async |namespace, mut recorder| {
        let state = recorder.settled().await;
        assert_eq!(state["status"], Value::Null, "{state}");
        namespace.mend().await;
        wait_for_phase(&mut recorder, "Running").await;
    });
}

#[test]
fn without_a_shim_a_provider_is_selected_and_nothing_more() {
    with("no-shim", Fault::ShimStopped, async |namespace, mut recorder| {
        let state = recorder.settled().await;
        assert_eq!(phase(&state), "Pending", "{state}");
        assert_eq!(state["status"]["provider"]["name"], "vllm");
        assert_eq!(state["finalizers"], json!([]));
        namespace.mend().await;
        wait_for_phase(&mut recorder, "Running").await;
    });
}

#[test]
fn without_a_registry_the_default_image_is_not_resolved() {
    with("no-registry", Fault::RegistryUnreachable, async |namespace, mut recorder| {
        let state = wait_for_phase(&mut recorder, "Failed").await;
        let message = state["status"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("failed to resolve default vLLM image \"vllm/vllm-openai:cu130-nightly\": "),
            "{message}"
        );
        let run = namespace.kubectl(&["get", "deployments", "-o", "name"]).await;
        assert_eq!(run.stdout, "", "nothing is created");
        namespace.mend().await;
        wait_for_phase(&mut recorder, "Running").await;
    });
}

#[test]
fn ready_can_be_a_lie() {
    with("liar", Fault::ReadyLies, async |namespace, mut recorder| {
        namespace.fault(Fault::Unschedulable).await;
        let state = wait_for_phase(&mut recorder, "Running").await;
        let ready =
            state["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
        assert_eq!(ready["status"], "True");
        assert_eq!(state["status"]["observedGeneration"], 1);
    });
}

#[test]
fn an_image_that_cannot_be_pulled_keeps_the_phase_deploying() {
    with("pull", Fault::ImagePull, async |namespace, mut recorder| {
        wait_for_phase(&mut recorder, "Deploying").await;
        let path = ".status.containerStatuses[0].state.waiting.reason";
        wait_for_pod(&namespace, path, "ImagePullBackOff").await;
        let events = namespace.kubectl(&["get", "events", "-o", "jsonpath={.items[*].message}"]).await;
        assert!(events.stdout.contains("Failed to pull image"), "{}", events.stdout);
    });
}

#[test]
fn a_container_that_exits_is_restarted_and_its_log_can_be_read() {
    with("crash", Fault::CrashLoop, async |namespace, _| {
        namespace.write_log("ValueError: no such model\n").unwrap();
        wait_for_pod(&namespace, ".status.containerStatuses[0].state.waiting.reason", "CrashLoopBackOff")
            .await;
        for previous in [&[][..], &["--previous"]] {
            let run = namespace.kubectl(&[&["logs", "-l", "app=faulty"], previous].concat()).await;
            assert_eq!(run.stdout, "ValueError: no such model\n", "{previous:?}: {}", run.stderr);
        }
    });
}

#[test]
fn a_pod_that_fits_nowhere_stays_pending() {
    with("nowhere", Fault::Unschedulable, async |namespace, mut recorder| {
        wait_for_phase(&mut recorder, "Deploying").await;
        wait_for_pod(&namespace, ".status.conditions[0].reason", "Unschedulable").await;
    });
}

#[test]
fn a_slow_pod_becomes_ready_in_the_end() {
    with("slow", Fault::SlowStart(Duration::from_secs(2)), async |namespace, mut recorder| {
        wait_for_phase(&mut recorder, "Deploying").await;
        wait_for_pod(&namespace, ".status.phase", "Running").await;
        wait_for_phase(&mut recorder, "Running").await;
    });
}

#[test]
fn the_way_to_the_api_server_can_be_cut_and_opened() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("door").await;
        let door = namespace.front_door().await;
        let get = async || {
            let mut command = namespace.hermetic(cluster.plane().kubectl(), "developer", &["get", "pods"]);
            command.env("KUBECONFIG", door.kubeconfig());
            namespace.run(command).await
        };
        let run = get().await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        door.set(Way::Cut);
        let run = get().await;
        assert_eq!(run.code, Some(1), "{run:?}");
        door.set(Way::Slow(Duration::from_millis(20)));
        let run = get().await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    });
}

#[test]
fn nothing_is_left_of_a_control_plane() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let plane = ControlPlane::start().await.unwrap();
        let (dir, address) =
            (plane.dir().to_owned(), plane.server().trim_start_matches("https://").to_owned());
        assert!(dir.is_dir());
        tokio::task::spawn_blocking(move || drop(plane)).await.unwrap();
        assert!(!dir.exists(), "{} is still there", dir.display());
        assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "{address} still answers");
    });
}
