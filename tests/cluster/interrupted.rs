//! Ctrl-C: what it leaves behind is said, and a second run finishes it.
#![cfg(unix)]

use tokio::process::Child;

use crate::cluster::{Cluster, Fault, Way};

const DEPLOY: [&str; 9] = [
    "deploy",
    "org/m",
    "--name",
    "q",
    "--provider",
    "vllm",
    "--image",
    "vllm/vllm-openai:v0.11.0",
    "--pin=never",
];

/// Sends Ctrl-C; returns what was said on stderr.
async fn interrupt(child: Child) -> String {
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    stderr
}

#[test]
fn during_the_first_reads_nothing_was_changed() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("interrupt-read").await;
        let door = namespace.front_door().await;
        door.set(Way::Silent);
        let mut command = namespace.command("developer", &DEPLOY);
        command.env("KUBECONFIG", door.kubeconfig());
        let child = command.spawn().unwrap();
        door.until_called().await;
        let stderr = interrupt(child).await;
        assert!(stderr.contains("error: interrupted; nothing was changed in the cluster\n"), "{stderr}");
    });
}

#[test]
fn during_the_write_a_second_run_finishes_it() {
    Cluster::shared().run(async {
        let namespace = Cluster::shared().namespace("interrupt-write").await;
        namespace.fault(Fault::WebhookHangs).await;
        let child = namespace.command("developer", &DEPLOY).spawn().unwrap();
        namespace.until_write_hangs().await;
        let stderr = interrupt(child).await;
        assert!(
            stderr.contains("error: interrupted while modeldeployment.airunway.ai/q was being applied\n"),
            "{stderr}"
        );
        namespace.mend().await;
        let again = namespace.airunway(&DEPLOY).await;
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert!(
            again.stdout.starts_with("modeldeployment.airunway.ai/q serverside-applied\n"),
            "{}",
            again.stdout
        );
    });
}

#[test]
fn ctrl_c_while_waiting_leaves_an_object_that_a_second_run_finishes() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("interrupt").await;
        namespace.fault(Fault::ShimStopped).await;
        let mut child = namespace.command("developer", &DEPLOY).spawn().unwrap();
        let mut lines =
            tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stdout.take().unwrap()));
        assert_eq!(
            lines.next_line().await.unwrap().as_deref(),
            Some("modeldeployment.airunway.ai/q serverside-applied")
        );
        let stderr = interrupt(child).await;
        assert!(
            stderr.contains("error: interrupted while waiting, modeldeployment.airunway.ai/q stays applied"),
            "{stderr}"
        );
        namespace.mend().await;
        let again = namespace.airunway(&DEPLOY).await;
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert!(again.stdout.starts_with("modeldeployment.airunway.ai/q unchanged\n"), "{}", again.stdout);
    });
}
