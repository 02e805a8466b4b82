//! `e2e` where something is wrong: the right verdicts, nothing left behind, no hang.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::cluster::{Cluster, Fault, Namespace, Way};
use crate::support::Run;

/// A run that is on its way: what it has said is read as it comes.
struct Going {
    child: Child,
}

impl Going {
    /// Starts checks that wait for a minute, with the shim stopped, and waits until they have begun.
    async fn start(namespace: &Namespace<'_>, kubeconfig: Option<&std::path::Path>) -> Going {
        namespace.fault(Fault::ShimStopped).await;
        let words = ["e2e", "--namespace", &namespace.name, "--yes", "1b"];
        let mut command = namespace.command("developer", &words);
        if let Some(kubeconfig) = kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        let child = command.stdin(Stdio::null()).spawn().expect("the program starts");
        let wait = ["wait", "--for=create", "modeldeployment/sel-vllm", "--timeout=60s"];
        let begun = namespace.kubectl(&wait).await;
        assert_eq!(begun.code, Some(0), "{begun}");
        Going { child }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = std::process::Command::new("kill").args([name, &pid]).status().expect("kill");
        assert!(sent.success());
    }

    async fn end(self) -> Run {
        let output = self.child.wait_with_output().await.expect("it ends");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

async fn e2e(namespace: &Namespace<'_>, words: &[&str]) -> Run {
    let first = ["e2e", "--namespace", &namespace.name, "--yes"];
    namespace.airunway(&[first.as_slice(), words].concat()).await
}

/// The run that holds the lease of a namespace.
async fn holder(namespace: &Namespace<'_>) -> String {
    let path = "jsonpath={.spec.holderIdentity}";
    namespace.kubectl(&["get", "lease", "airunway-e2e", "-o", path]).await.stdout
}

/// Everything of any run that is left in a namespace.
async fn left(namespace: &Namespace<'_>) -> String {
    let kinds = "modeldeployments,deployments,services,pods,leases";
    namespace.kubectl(&["get", kinds, "-l", "cli.airunway.ai/e2e-run", "-o", "name"]).await.stdout
}

#[cfg(unix)]
#[test]
fn a_second_run_is_refused_and_ctrl_c_cleans_up() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-busy").await;
        let first = Going::start(&namespace, None).await;
        let run = holder(&namespace).await;
        let second = e2e(&namespace, &["4"]).await;
        assert_eq!(second.code, Some(1), "{second}");
        let said = format!("error: run {run} is at work in namespace {}, renewed ", namespace.name);
        assert!(second.stderr.contains(&said), "{second}");
        assert_eq!(holder(&namespace).await, run, "the second run has changed nothing");

        first.signal("-INT");
        let first = first.end().await;
        assert_eq!(first.code, Some(130), "{first}");
        assert!(first.stderr.contains("interrupted: removing what the run has made"), "{first}");
        assert!(first.stdout.contains("INCONCLUSIVE"), "{first}");
        assert_eq!(left(&namespace).await, "");
    });
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_has_left_is_found_by_its_id() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-killed").await;
        let first = Going::start(&namespace, None).await;
        let run = holder(&namespace).await;
        first.signal("-KILL");
        assert_eq!(first.end().await.code, None);
        assert!(left(&namespace).await.contains("modeldeployment.airunway.ai/sel-vllm"));
        let cleaned = namespace.airunway(&["e2e", "--cleanup", &run, "-n", &namespace.name]).await;
        assert_eq!(cleaned.code, Some(0), "{cleaned}");
        assert_eq!(left(&namespace).await, "");
    });
}

#[test]
fn the_lease_of_a_run_that_is_over_is_taken_after_its_leftovers_are_removed() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-expired").await;
        let labels = serde_json::json!({ "cli.airunway.ai/e2e-run": "e2e-old" });
        let lease = serde_json::json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": { "name": "airunway-e2e", "labels": labels },
            "spec": {
                "holderIdentity": "e2e-old", "leaseDurationSeconds": 40,
                "renewTime": "2026-01-01T00:00:00.000000Z",
            },
        });
        let leftover = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "old", "labels": labels },
        });
        for object in [&lease, &leftover] {
            assert_eq!(namespace.kubectl_with(&["create", "-f", "-"], object).await.code, Some(0));
        }
        let run = e2e(&namespace, &["4"]).await;
        assert_eq!(run.code, Some(0), "{run}");
        assert!(run.stderr.contains("run e2e-old has ended without cleaning up"), "{run}");
        let old = namespace.kubectl(&["get", "configmap", "old"]).await;
        assert!(old.stderr.contains("NotFound"), "{old}");
        assert_eq!(left(&namespace).await, "");
    });
}

#[test]
fn a_cluster_that_goes_away_ends_the_run_soon_and_names_what_is_left() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-gone").await;
        let door = namespace.front_door().await;
        let going = Going::start(&namespace, Some(door.kubeconfig())).await;
        let id = holder(&namespace).await;
        door.set(Way::Cut);
        let run = going.end().await;
        assert_eq!(run.code, Some(4), "{run}");
        assert!(run.stdout.contains("the cluster does not answer any longer: "), "{run}");
        assert!(run.stderr.contains(&format!("kubectl airunway e2e --cleanup {id} ")), "{run}");
        let cleaned = namespace.airunway(&["e2e", "--cleanup", &id, "-n", &namespace.name]).await;
        assert_eq!(cleaned.code, Some(0), "{cleaned}");
        assert_eq!(left(&namespace).await, "");
    });
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_leaves_at_once_and_says_how_to_clean_up() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-twice").await;
        let door = namespace.front_door().await;
        let mut going = Going::start(&namespace, Some(door.kubeconfig())).await;
        let id = holder(&namespace).await;
        // Its cleanup is not answered.
        door.set(Way::Silent);
        let stderr = going.child.stderr.take().expect("a pipe");
        let mut lines = BufReader::new(stderr).lines();
        going.signal("-INT");
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.expect("a line") {
            let interrupted = line.contains("Ctrl-C again leaves it");
            said.push_str(&line);
            said.push('\n');
            if interrupted {
                going.signal("-INT");
            }
        }
        assert_eq!(going.end().await.code, Some(130), "{said}");
        assert!(said.contains(&format!("hint: kubectl airunway e2e --cleanup {id} ")), "{said}");
        let cleaned = namespace.airunway(&["e2e", "--cleanup", &id, "-n", &namespace.name]).await;
        assert_eq!(cleaned.code, Some(0), "{cleaned}");
    });
}

#[test]
fn a_webhook_that_denies_everything_or_hangs_is_no_pass_and_no_leak() {
    let cluster = Cluster::shared();
    cluster.run(async {
        for (fault, expected) in [
            (Fault::WebhookRefuses("nothing passes".to_owned()), Some(3)),
            (Fault::WebhookUnreachable, Some(4)),
            (Fault::WebhookHangs, Some(4)),
        ] {
            let namespace = cluster.namespace("e2e-webhook").await;
            namespace.fault(fault.clone()).await;
            let run = e2e(&namespace, &["4", "1b"]).await;
            assert_eq!(run.code, expected, "{fault:?}\n{run}");
            assert!(!run.stdout.contains("PASS"), "{fault:?}\n{run}");
            assert_eq!(left(&namespace).await, "", "{fault:?}");
        }
    });
}

#[test]
fn a_right_that_is_missing_is_told_before_and_is_inconclusive() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-rights").await;
        let user = format!("{}-tester", namespace.name);
        // All but Services, which one of the checks looks at.
        let kinds = "modeldeployments.airunway.ai,inferenceproviderconfigs.airunway.ai,deployments.apps,pods,\
                     configmaps,leases.coordination.k8s.io,namespaces,nodes,\
                     customresourcedefinitions.apiextensions.k8s.io,\
                     mutatingwebhookconfigurations.admissionregistration.k8s.io,\
                     validatingwebhookconfigurations.admissionregistration.k8s.io";
        let (resource, binding) = (format!("--resource={kinds}"), format!("--user={user}"));
        let role = ["create", "clusterrole", &user, "--verb=*", &resource];
        assert_eq!(namespace.kubectl(&role).await.code, Some(0));
        let role = format!("--clusterrole={user}");
        let bound = namespace.kubectl(&["create", "clusterrolebinding", &user, &role, &binding]).await;
        assert_eq!(bound.code, Some(0), "{bound}");
        let run = e2e(&namespace, &["1b", "4", "--as", &user]).await;
        assert_eq!(run.code, Some(4), "{run}");
        assert!(run.stderr.contains("warning: rights are missing"), "{run}");
        assert!(run.stderr.contains(&format!("list services in {} (1b)", namespace.name)), "{run}");
        assert!(run.stdout.contains("INCONCLUSIVE") && run.stdout.contains("services"), "{run}");
        assert!(run.stdout.contains("PASS"), "the other check is not harmed: {run}");
        assert_eq!(left(&namespace).await, "");
    });
}

#[test]
fn who_may_not_make_a_namespace_is_told_who_does_it_how() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let home = cluster.namespace("e2e-home").await;
        let user = format!("{}-reader", home.name);
        let binding = format!("--user={user}");
        let words = ["create", "clusterrolebinding", &user, "--clusterrole=view", &binding];
        assert_eq!(home.kubectl(&words).await.code, Some(0));
        let words = ["e2e", "4", "--yes", "--as", &user, "-n", "e2e-absent"];
        let run = home.airunway(&words).await;
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.contains("is not allowed to create namespaces"), "{run}");
        assert!(run.stderr.contains("kubectl create namespace e2e-absent"), "{run}");
    });
}

#[test]
fn a_namespace_that_is_being_deleted_is_waited_for() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-terminating").await;
        let held = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": "held", "finalizers": ["example.com/held"] },
        });
        assert_eq!(namespace.kubectl_with(&["create", "-f", "-"], &held).await.code, Some(0));
        let deleted = namespace.kubectl(&["delete", "namespace", &namespace.name, "--wait=false"]).await;
        assert_eq!(deleted.code, Some(0), "{deleted}");
        let mut child =
            namespace.command("developer", &["e2e", "4", "--yes", "-n", &namespace.name]).spawn().unwrap();
        let stderr = child.stderr.take().expect("a pipe");
        let mut lines = BufReader::new(stderr).lines();
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.expect("a line") {
            said.push_str(&line);
            said.push('\n');
            if line.contains("is being deleted; waiting until it is gone") {
                let patch = r#"{"metadata":{"finalizers":null}}"#;
                let words = ["patch", "configmap", "held", "--type=merge", "-p", patch];
                assert_eq!(namespace.kubectl(&words).await.code, Some(0));
            }
        }
        let output = child.wait_with_output().await.expect("it ends");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{stdout}{said}");
        assert!(said.contains("is being deleted; waiting"), "{said}");
    });
}
