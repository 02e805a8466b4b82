//! `verify-version` on a real control plane whose shims misreport in each way of the table V5.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::airunway::Report;
use crate::cluster::{Cluster, Namespace, Options};
use crate::support::Run;
use crate::support::registry::{Auth, Registry, digest};

/// Where AI Runway is installed.
const SYSTEM: &str = "airunway-system";
/// How long pods may take to come and go.
const PATIENCE: Duration = Duration::from_secs(60);
const PROVIDERS: [&str; 5] = ["dynamo", "kaito", "kuberay", "llmd", "vllm"];

/// A cluster of its own, whose shims report v0.7.0 and run images of that tag, from a registry of the test's.
struct Stage {
    cluster: Cluster,
    registry: Registry,
}

impl Stage {
    /// Runs a test on a new cluster.
    fn with(test: impl AsyncFnOnce(&Stage, Namespace<'_>)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let stage = runtime.block_on(async {
            let options = Options { tag: "v0.7.0".to_owned(), ..Options::default() };
            Stage { cluster: Cluster::start(options).await.unwrap(), registry: Registry::start() }
        });
        runtime.block_on(async {
            let namespace = stage.cluster.namespace("verify").await;
            for provider in PROVIDERS {
                stage.rolled_out(&namespace, provider).await;
            }
            stage.cluster.reference().beat().await.unwrap();
            test(&stage, namespace).await;
        });
    }

    fn image(&self, provider: &str, rest: &str) -> String {
        format!("{}/airunway/{provider}-provider{rest}", self.registry.host())
    }

    async fn rolled_out(&self, namespace: &Namespace<'_>, provider: &str) {
        let deployment = format!("deployment/airunway-{provider}-provider");
        let run = namespace.kubectl(&["rollout", "status", "-n", SYSTEM, &deployment, "--timeout=60s"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }

    fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.cluster.client(), SYSTEM)
    }

    /// The running pods of a shim, sorted by name; waits until there are so many.
    async fn running(&self, provider: &str, count: usize) -> Vec<String> {
        let selector = ListParams::default().labels(&format!("control-plane={provider}-provider"));
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let pods = self.pods().list(&selector).await.unwrap().items;
                let running = |pod: &&Pod| {
                    let status = pod.status.as_ref();
                    let first = status.and_then(|status| status.container_statuses.as_ref()?.first());
                    pod.metadata.deletion_timestamp.is_none() && first.is_some_and(|first| first.ready)
                };
                let names: Vec<String> =
                    pods.iter().filter(running).filter_map(|pod| pod.metadata.name.clone()).collect();
                if names.len() == count {
                    return names;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let mut names = found.await.expect("the pods run");
        names.sort();
        names
    }

    /// Writes what the runtime says about the image of a pod.
    async fn image_id(&self, pod: &str, image_id: &str) {
        let change =
            json!([{"op": "replace", "path": "/status/containerStatuses/0/imageID", "value": image_id}]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(change).unwrap());
        self.pods().patch_status(pod, &PatchParams::default(), &patch).await.unwrap();
    }

    /// Lets a shim run an image; the runtime reports `running` as its digest.
    async fn run_image(&self, namespace: &Namespace<'_>, provider: &str, image: &str, running: &str) {
        let deployment = format!("deployment/airunway-{provider}-provider");
        let container = format!("manager={image}");
        let run = namespace.kubectl(&["set", "image", "-n", SYSTEM, &deployment, &container]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        self.rolled_out(namespace, provider).await;
        for pod in self.running(provider, 1).await {
            self.image_id(&pod, &format!("{}@{running}", self.image(provider, ""))).await;
        }
        self.cluster.reference().beat().await.unwrap();
    }

    async fn report(&self, provider: &str, tag: &str) {
        self.cluster.reference().misreport(provider, Report::tag(provider, tag)).await.unwrap();
    }

    /// What varies from run to run in a text.
    fn normal(&self, text: &str) -> String {
        let mut filters = vec![(r"\d+s ago", "[AGE]"), (r"sha256:[0-9a-f]{12,}", "[DIGEST]")];
        filters.push((r"(-provider-)[0-9a-f]+-[0-9a-z]+", "$1[POD]"));
        filters.push((r"  +", "  "));
        let text = text.replace(&self.registry.host(), "[REGISTRY]");
        filters.iter().fold(text, |text, (pattern, with)| {
            regex::Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
        })
    }
}

async fn verify(namespace: &Namespace<'_>, more: &[&str]) -> Run {
    let arguments: Vec<&str> = ["verify-version"].iter().chain(more).copied().collect();
    namespace.airunway(&arguments).await
}

/// The report and its items by provider.
fn report(run: &Run) -> Value {
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    let items = report["items"].take();
    let by_name = items.as_array().unwrap().iter().map(|item| (item["provider"].as_str().unwrap(), item));
    let by_name: serde_json::Map<String, Value> =
        by_name.map(|(name, item)| (name.to_owned(), item.clone())).collect();
    report["items"] = Value::Object(by_name);
    report
}

/// Verdict and reason about one provider.
async fn one(namespace: &Namespace<'_>, provider: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let arguments: Vec<&str> = [provider, "-o", "json"].iter().chain(more).copied().collect();
    let run = verify(namespace, &arguments).await;
    let item = &report(&run)["items"][provider];
    let text = |name: &str| item[name].as_str().unwrap().to_owned();
    (run.code, text("verdict"), text("reason"))
}

#[test]
fn every_row_of_the_table_has_its_verdict() {
    Stage::with(async |stage, namespace| {
        let released = stage.registry.add_index("airunway/kaito-provider", "v0.7.0", &["amd64", "arm64"]);
        stage.registry.add_image("airunway/kuberay-provider", "v0.7.0");
        stage.run_image(&namespace, "kaito", &stage.image("kaito", ":latest"), &released).await;
        let other = digest(b"another image");
        stage.run_image(&namespace, "kuberay", &stage.image("kuberay", ":latest"), &other).await;
        stage.report("dynamo", "v0.6.0").await;
        stage.report("llmd", "v0.1.0").await;

        let run = verify(&namespace, &[]).await;
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        insta::assert_snapshot!(stage.normal(&run.stdout));
        assert_eq!(run.stderr, "");
        let run = verify(&namespace, &["-o", "json"]).await;
        let all = report(&run);
        let verdicts =
            PROVIDERS.map(|provider| all["items"][provider]["verdict"].as_str().unwrap().to_owned());
        assert_eq!(verdicts, ["no", "yes", "no", "no", "yes"], "{all}");
        let kaito = &all["items"]["kaito"]["evidence"];
        assert_eq!(kaito["digest"], released, "{kaito}");
        assert_eq!(kaito["imageTag"], "latest");
        assert_eq!(kaito["registry"]["image"], stage.image("kaito", ":v0.7.0"));
        assert_eq!(kaito["deployments"][0]["pods"].as_array().unwrap().len(), 1, "{kaito}");

        // Only those asked for count for the exit code; the tag that is expected counts for each.
        assert_eq!(verify(&namespace, &["kaito", "vllm"]).await.code, Some(0));
        assert_eq!(verify(&namespace, &["vllm", "--expect", "v0.7.0"]).await.code, Some(0));
        let (code, _, reason) = one(&namespace, "vllm", &["--expect", "v0.8.0"]).await;
        assert_eq!((code, reason.as_str()), (Some(3), "it reports v0.7.0, not the expected v0.8.0"));
        let offline = one(&namespace, "kaito", &["--no-registry"]).await;
        assert_eq!((offline.0, offline.1.as_str()), (Some(4), "unknown"), "{}", offline.2);
        assert!(offline.2.contains("--no-registry"), "{}", offline.2);
        let unknown = verify(&namespace, &["triton"]).await;
        assert_eq!(unknown.code, Some(1));
        insta::assert_snapshot!(unknown.stderr);

        // By digest alone, where the runtime names the manifest of a platform.
        let resolved = stage.registry.requests().len();
        let listed = kaito["registry"]["digests"][1].as_str().unwrap();
        stage.run_image(&namespace, "kaito", &stage.image("kaito", &format!("@{listed}")), listed).await;
        let (code, verdict, reason) = one(&namespace, "kaito", &[]).await;
        assert_eq!((code, verdict.as_str()), (Some(0), "yes"), "{reason}");
        assert_eq!(stage.registry.requests().len(), resolved + 1, "one request settles it");

        // A registry that wants a login is opened by what the kubelet pulls with.
        stage.registry.require(Auth::Basic { user: "robot".into(), password: "very-secret".into() });
        let (code, _, reason) = one(&namespace, "kaito", &[]).await;
        assert_eq!(code, Some(4), "{reason}");
        assert!(reason.contains("requires a login"), "{reason}");
        let secret = ["create", "secret", "docker-registry", "pull", "-n", SYSTEM, "--docker-username=robot"];
        let host = format!("--docker-server={}", stage.registry.host());
        let run = namespace.kubectl(&[&secret[..], &["--docker-password=very-secret", &host]].concat()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": SYSTEM},
            "imagePullSecrets": [{"name": "pull"}],
        });
        let change = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        assert_eq!(namespace.kubectl_with(&change, &account).await.code, Some(0));
        let run = verify(&namespace, &["kaito"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stdout);
        assert!(!format!("{run:?}").contains("very-secret"), "{run:?}");

        // A registry that does not have the reported tag tells nothing.
        stage.report("kaito", "v0.7.1").await;
        let (code, _, reason) = one(&namespace, "kaito", &[]).await;
        assert_eq!(code, Some(4), "{reason}");
        assert!(reason.contains("has no tag v0.7.1"), "{reason}");
    });
}

#[test]
fn local_builds_states_and_changes_have_their_sentences() {
    Stage::with(async |stage, namespace| {
        // A local build under a name of its own.
        stage.run_image(&namespace, "vllm", "mine:7", &digest(b"mine")).await;
        stage.report("vllm", "dev-abc1234-dirty").await;
        let (code, verdict, reason) = one(&namespace, "vllm", &[]).await;
        assert_eq!((code, verdict.as_str()), (Some(4), "unknown"), "{reason}");
        assert_eq!(one(&namespace, "vllm", &["--allow-dev"]).await.0, Some(0));
        // Under a published name.
        stage.report("dynamo", "dev").await;
        let (code, _, reason) = one(&namespace, "dynamo", &[]).await;
        assert_eq!(code, Some(3), "{reason}");

        // Two replicas that are not the same.
        stage.registry.add_image("airunway/kaito-provider", "v0.7.0");
        stage.run_image(&namespace, "kaito", &stage.image("kaito", ":v0.7.0"), &digest(b"one")).await;
        let scaled = ["scale", "-n", SYSTEM, "deployment/airunway-kaito-provider", "--replicas=2"];
        assert_eq!(namespace.kubectl(&scaled).await.code, Some(0));
        stage.rolled_out(&namespace, "kaito").await;
        let pods = stage.running("kaito", 2).await;
        for (pod, of) in pods.iter().zip(["one", "two"]) {
            stage.image_id(pod, &format!("{}@{}", stage.image("kaito", ""), digest(of.as_bytes()))).await;
        }
        let (code, _, reason) = one(&namespace, "kaito", &[]).await;
        assert_eq!(code, Some(3), "{reason}");
        assert!(reason.contains("runs sha256:"), "{reason}");

        // A rollout that does not end.
        let stuck = json!({"spec": {"template": {"metadata": {"annotations": {"airunway.test/fault": "image-pull"}}}}});
        let patch = ["patch", "-n", SYSTEM, "deployment/airunway-kuberay-provider", "-p", &stuck.to_string()];
        assert_eq!(namespace.kubectl(&patch).await.code, Some(0));
        let (code, _, reason) = one(&namespace, "kuberay", &[]).await;
        assert_eq!(code, Some(4), "{reason}");
        assert!(
            reason.contains("a rollout of Deployment airunway-system/airunway-kuberay-provider"),
            "{reason}"
        );

        // A shim that is not ready says the truth all the same; one that was last heard of long ago proves nothing.
        let reference = stage.cluster.reference();
        let not_ready = Report { ready: Some(false), ..Report::default() };
        reference.misreport("llmd", not_ready).await.unwrap();
        let run = verify(&namespace, &["llmd"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stdout);
        assert!(run.stdout.contains("note: llmd reports that it is not ready"), "{}", run.stdout);
        let stale = Report { heartbeat: Some("2026-01-01T00:00:00Z".to_owned()), ..Report::default() };
        reference.misreport("llmd", stale).await.unwrap();
        let (code, _, reason) = one(&namespace, "llmd", &[]).await;
        assert_eq!(code, Some(4), "{reason}");
        assert!(reason.contains("the last heartbeat is"), "{reason}");

        // No Deployment, and then one that nobody registers.
        reference.misreport("llmd", Report::default()).await.unwrap();
        let gone = ["delete", "-n", SYSTEM, "deployment/airunway-llmd-provider", "--wait=false"];
        assert_eq!(namespace.kubectl(&gone).await.code, Some(0));
        let (code, _, reason) = one(&namespace, "llmd", &[]).await;
        assert_eq!(code, Some(4), "{reason}");
        assert!(reason.contains("no Deployment has the label control-plane=llmd-provider"), "{reason}");
        let unregistered = ["delete", "inferenceproviderconfig", "dynamo"];
        assert_eq!(namespace.kubectl(&unregistered).await.code, Some(0));
        let (code, _, reason) = one(&namespace, "dynamo", &[]).await;
        assert_eq!(code, Some(4), "{reason}");
        assert!(reason.contains("no provider dynamo is registered"), "{reason}");
    });
}

#[test]
fn the_installation_is_named_and_a_difference_is_told() {
    Stage::with(async |stage, namespace| {
        let before = stage.cluster.plane().requests(None).len();
        let run = verify(&namespace, &["vllm", "-o", "json"]).await;
        let asked = stage.cluster.plane().requests(None).len() - before;
        assert_eq!(asked, 5, "registrations, Deployments, pods and two definitions, once each");
        let all = report(&run);
        let installation = &all["installation"];
        assert_eq!(installation["releases"], json!(["main-b0d3fb775439"]), "{installation}");
        assert_eq!(installation["warning"], Value::Null);
        assert_eq!(installation["controller"][0]["name"], "airunway-controller-manager");
        assert_eq!(installation["dashboard"][0]["image"], "ghcr.io/ai-runway/airunway/dashboard:v0.7.0");

        let add = json!([{"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/more",
            "value": {"type": "string"}}])
        .to_string();
        let patch = ["patch", "crd", "modeldeployments.airunway.ai", "--type=json", "-p", &add];
        let run = namespace.kubectl(&patch).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let run = verify(&namespace, &["vllm"]).await;
        assert_eq!(run.code, Some(0), "a warning changes no verdict: {}", run.stderr);
        insta::assert_snapshot!(stage.normal(&format!("{}--- stderr ---\n{}", run.stdout, run.stderr)));
        let (junit, markdown) =
            (verify(&namespace, &["-o", "junit"]).await, verify(&namespace, &["-o", "markdown"]).await);
        assert!(junit.stdout.contains("<testcase name=\"vllm\" classname=\"cluster\">"), "{}", junit.stdout);
        assert!(markdown.stdout.contains("| vllm | `vllm-provider:v0.7.0` |"), "{}", markdown.stdout);
    });
}

#[test]
fn who_may_see_less_is_told_less_and_why() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("verify-restricted").await;
        let rights = [
            "create",
            "clusterrole",
            "verify-reader",
            "--verb=list",
            "--resource=inferenceproviderconfigs.airunway.ai",
        ];
        assert_eq!(namespace.kubectl(&rights).await.code, Some(0));
        let binding = [
            "create",
            "clusterrolebinding",
            "verify-reader",
            "--clusterrole=verify-reader",
            "--user=restricted",
        ];
        assert_eq!(namespace.kubectl(&binding).await.code, Some(0));
        let run = namespace
            .run(
                namespace
                    .command("restricted", &["verify-version", "kaito", "--expect", "dev", "-o", "json"]),
            )
            .await;
        assert_eq!(run.code, Some(4), "{}", run.stderr);
        let all = report(&run);
        let item = &all["items"]["kaito"];
        assert_eq!(item["reported"], "kaito-provider:dev", "{item}");
        assert!(item["reason"].as_str().unwrap().contains("its Deployment cannot be read"), "{item}");
        assert!(
            item["evidence"]["hidden"].as_str().unwrap().contains("is not allowed to list deployments"),
            "{item}"
        );
        assert_eq!(all["installation"]["warning"], Value::Null, "{all}");
        // Rights in the namespace of AI Runway are enough.
        let rights = [
            "create",
            "role",
            "verify-reader",
            "-n",
            SYSTEM,
            "--verb=list",
            "--resource=pods,deployments.apps",
        ];
        assert_eq!(namespace.kubectl(&rights).await.code, Some(0));
        let binding = ["create", "rolebinding", "verify-reader", "-n", SYSTEM];
        let whom = ["--role=verify-reader", "--user=restricted"];
        assert_eq!(namespace.kubectl(&[&binding[..], &whom].concat()).await.code, Some(0));
        let arguments = ["verify-version", "kaito", "-o", "json"];
        let all = report(&namespace.run(namespace.command("restricted", &arguments)).await);
        let image = &all["items"]["kaito"]["evidence"]["deployments"][0]["image"];
        assert_eq!(image, "ghcr.io/ai-runway/airunway/kaito-provider:dev", "{all}");
        let elsewhere = ["verify-version", "kaito", "-n", "default"];
        let run = namespace.run(namespace.command("restricted", &elsewhere)).await;
        assert!(run.stdout.contains("its Deployment cannot be read"), "{}", run.stdout);

        // A local build that is wanted needs nothing more than pods that are not younger than its report.
        let deployment = "deployment/airunway-kaito-provider";
        let run = namespace.kubectl(&["rollout", "status", "-n", SYSTEM, deployment, "--timeout=60s"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        cluster.reference().beat().await.unwrap();
        let allowed = namespace.command("restricted", &["verify-version", "kaito", "--allow-dev"]);
        assert_eq!(namespace.run(allowed).await.code, Some(0));
        let wrong = namespace.command("restricted", &["verify-version", "kaito", "--expect", "v9.9.9"]);
        assert_eq!(namespace.run(wrong).await.code, Some(3));
    });
}

#[test]
fn a_cluster_without_ai_runway_is_an_error() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let cluster = Cluster::start_bare().await.unwrap();
        let namespace = cluster.namespace("bare").await;
        let run = verify(&namespace, &[]).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{}", run.stderr);
        assert!(
            run.stderr.contains("the cluster does not know inferenceproviderconfigs.airunway.ai"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("install AI Runway"), "{}", run.stderr);
    });
}
