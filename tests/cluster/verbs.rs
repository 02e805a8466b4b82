//! The other verbs with a cluster: diff, version, check --live, completion; and Ctrl-C while an object is being deleted.

use crate::cluster::{Cluster, Fault, Namespace};
use crate::support::Run;

const IMAGE: &str = "vllm/vllm-openai:v0.11.0";

async fn with_model(namespace: &Namespace<'_>, verb: &str, more: &[&str]) -> Run {
    let first = [verb, "org/m", "--name", "q", "--provider", "vllm", "--image", IMAGE, "--pin=never"];
    let arguments: Vec<&str> = first.iter().copied().chain(more.iter().copied()).collect();
    namespace.airunway(&arguments).await
}

#[test]
fn diff_shows_the_object_and_its_children_and_kubectls_exit_codes() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("diff").await;
        let new = with_model(&namespace, "diff", &[]).await;
        assert_eq!(new.code, Some(1), "{}", new.stderr);
        for header in [
            "+++ merged/modeldeployment.airunway.ai/q",
            "+++ merged/deployment.apps/q",
            "+++ merged/service/q",
        ] {
            assert!(new.stdout.contains(header), "{}", new.stdout);
        }
        assert_eq!(with_model(&namespace, "deploy", &[]).await.code, Some(0));
        let same = with_model(&namespace, "diff", &[]).await;
        assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{}", same.stderr);

        let changed = with_model(&namespace, "diff", &["--context-length", "4096"]).await;
        assert_eq!(changed.code, Some(1), "{}", changed.stderr);
        insta::assert_snapshot!(changed.stdout.replace(&namespace.name, "[NAMESPACE]"));

        let refused = with_model(&namespace, "diff", &["--gpus", "65"]).await;
        assert_eq!(refused.code, Some(3), "{}", refused.stderr);
        let lost = namespace
            .airunway(&["diff", "org/m", "--provider", "vllm", "--pin=never", "-s", "https://127.0.0.1:1"])
            .await;
        assert_eq!(lost.code, Some(2), "an error is above 1: {}", lost.stderr);
    });
}

#[test]
fn version_tells_the_shims() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("version").await;
        let run = namespace.airunway(&["version", "--server", "-o", "json"]).await;
        let report: serde_json::Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
        assert_eq!(report["client"], env!("CARGO_PKG_VERSION"));
        let providers = report["server"]["providers"].as_array().unwrap();
        let names: Vec<&str> = providers.iter().filter_map(|shim| shim["provider"].as_str()).collect();
        assert_eq!(names, ["dynamo", "kaito", "kuberay", "llmd", "vllm"]);
        assert!(providers.iter().any(|shim| shim["version"] == "vllm-provider:dev"), "{report}");
    });
}

#[test]
fn check_can_take_the_providers_of_the_cluster() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("check").await;
        let run = namespace
            .airunway(&["check", "org/m", "--name", "q", "--gpus", "1", "--live", "-o", "json"])
            .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["items"][0]["selection"]["provider"], "dynamo", "{}", run.stdout);
    });
}

#[test]
fn names_of_the_cluster_complete() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("complete").await;
        let mut command = namespace.command("developer", &["deploy", "org/m", "-n", "complete-"]);
        command.env("AIRUNWAY_COMPLETE", "kubectl");
        let run = namespace.run(command).await;
        assert!(run.stdout.lines().any(|line| line == namespace.name), "{run:?}");
        assert!(run.stdout.ends_with(":4\n") && run.stderr.is_empty(), "{run:?}");
    });
}

#[test]
#[cfg(unix)]
fn ctrl_c_while_the_old_object_is_being_deleted() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("deleting").await;
        assert_eq!(with_model(&namespace, "deploy", &[]).await.code, Some(0));
        // Nobody takes the finalizer away, so the deletion does not end.
        namespace.fault(Fault::ShimStopped).await;
        let arguments = [
            "deploy",
            "org/other",
            "--name",
            "q",
            "--provider",
            "vllm",
            "--image",
            IMAGE,
            "--pin=never",
            "--recreate",
            "--yes",
        ];
        let mut child = namespace.command("developer", &arguments).spawn().unwrap();
        let mut lines =
            tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stderr.take().unwrap()));
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&format!("{line}\n"));
            if line.starts_with("waiting for modeldeployment.airunway.ai/q to be deleted") {
                let pid = child.id().unwrap().to_string();
                assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
            }
        }
        assert_eq!(child.wait().await.unwrap().code(), Some(130), "{said}");
        assert!(
            said.contains("error: interrupted while modeldeployment.airunway.ai/q was being deleted"),
            "{said}"
        );
        namespace.mend().await;
        let again = namespace.airunway(&arguments).await;
        assert_eq!(again.code, Some(0), "{}", again.stderr);
    });
}
