//! `deploy` when what was applied cannot run: the wait ends early and says why.

use crate::cluster::airunway::Fault;
use crate::cluster::{Cluster, Namespace};
use crate::support::Run;
use std::time::Duration;

async fn deploy(namespace: &Namespace<'_>, more: &[&str]) -> Run {
    let first =
        ["deploy", "Qwen/Qwen3-0.6B", "--name", "q", "--provider", "vllm", "--pin=never", "--patience=10s"];
    let image = if more.contains(&"--image") { vec![] } else { vec!["--image", "vllm/vllm-openai:v0.11.0"] };
    let arguments: Vec<&str> = first.iter().copied().chain(image).chain(more.iter().copied()).collect();
    namespace.airunway(&arguments).await
}

/// The lines of stderr from the first `error:` on; pods named by what varies in their names.
fn error(run: &Run) -> String {
    let at = run.stderr.find("error: ").unwrap_or_else(|| panic!("no error in {}", run.stderr));
    let mut settings = Vec::new();
    for word in run.stderr.split_whitespace() {
        if word.starts_with("q-") && word.matches('-').count() == 2 {
            settings.push(word.trim_end_matches([':', ',', ';']).to_owned());
        }
    }
    let mut text = run.stderr[at..].to_owned();
    for name in settings {
        text = text.replace(&name, "q-[POD]");
    }
    format!("{text}[exit {:?}]", run.code)
}

async fn faulty(name: &str, fault: Fault, more: &[&str]) -> Run {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace(name).await;
    namespace.fault(fault).await;
    let run = deploy(&namespace, more).await;
    namespace.mend().await;
    run
}

#[test]
fn an_image_that_cannot_be_pulled() {
    Cluster::shared().run(async {
        let run = faulty("pull", Fault::ImagePull, &[]).await;
        insta::assert_snapshot!(error(&run));
    });
}

#[test]
fn a_container_that_keeps_ending_shows_its_last_words() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("crash").await;
        namespace.write_log("ValueError: the model does not fit\n").unwrap();
        namespace.fault(Fault::CrashLoop).await;
        let run = deploy(&namespace, &[]).await;
        assert!(
            run.stderr.contains("last log lines of container vllm:\n  ValueError: the model does not fit"),
            "{}",
            run.stderr
        );
        insta::assert_snapshot!(error(&run));
    });
}

#[test]
fn a_pod_that_no_node_can_hold() {
    Cluster::shared().run(async {
        let run = faulty("big", Fault::Unschedulable, &[]).await;
        insta::assert_snapshot!(error(&run));
    });
}

#[test]
fn ready_is_not_believed_during_an_update_that_cannot_be_scheduled() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("update").await;
        assert_eq!(deploy(&namespace, &[]).await.code, Some(0));
        for fault in [Fault::Unschedulable, Fault::ReadyLies] {
            namespace.fault(fault).await;
        }
        let run = deploy(&namespace, &["--image", "vllm/vllm-openai:v0.12.0"]).await;
        let status =
            namespace.kubectl(&["get", "modeldeployment", "q", "-o", "jsonpath={.status.phase}"]).await;
        assert_eq!(status.stdout, "Running", "the status lies, and that is the point of this test");
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stderr.contains("cannot be scheduled"), "{}", run.stderr);
    });
}

#[test]
fn a_wait_runs_out_of_time_and_says_for_what() {
    Cluster::shared().run(async {
        let run = faulty("stopped", Fault::ShimStopped, &["--timeout", "3s"]).await;
        insta::assert_snapshot!("shim-stopped", error(&run));
        let run = faulty("nobody", Fault::ControllerStopped, &["--timeout", "3s"]).await;
        insta::assert_snapshot!("controller-stopped", error(&run));
        let run = faulty("slow", Fault::SlowStart(Duration::from_secs(3600)), &["--timeout", "15s"]).await;
        assert_eq!(run.code, Some(124), "{}", run.stderr);
        assert!(run.stderr.contains("0 of 1 replicas available"), "{}", run.stderr);
    });
}

#[test]
fn an_object_that_the_shim_refuses_is_told_with_its_words() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("reserved").await;
        let run = deploy(&namespace, &["--arg", "port=9000", "--force-invalid"]).await;
        insta::assert_snapshot!(error(&run));
    });
}

#[test]
fn what_its_controller_will_set_to_failed_is_not_sent() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("doomed").await;
        let run = deploy(&namespace, &["--arg", "port=9000"]).await;
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("would become Failed; nothing was sent"), "{run}");
        assert!(run.stderr.contains("hint: --force-invalid sends it all the same"), "{run}");
        let written = ["create", "patch", "update"];
        let sent =
            namespace.requests().into_iter().filter(|request| written.contains(&request.verb.as_str()));
        assert_eq!(sent.map(|request| request.uri).collect::<Vec<_>>(), Vec::<String>::new());
    });
}

#[test]
fn a_provider_that_nobody_registered_is_not_sent_when_it_was_typed() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("typed-provider").await;
        let run = namespace.airunway(&["deploy", "org/model", "--provider", "vlm", "--pin=never"]).await;
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("no provider vlm is registered"), "{run}");
        assert!(run.stderr.contains("did you mean vllm?"), "{run}");
        let objects = namespace.kubectl(&["get", "modeldeployments", "-o", "name"]).await;
        assert_eq!(objects.stdout, "");
    });
}

#[test]
fn a_deployment_that_belongs_to_someone_else() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("owned").await;
        let made =
            namespace.kubectl(&["create", "deployment", "q", "--image", "registry.k8s.io/pause:3.9"]).await;
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let run = deploy(&namespace, &[]).await;
        insta::assert_snapshot!(error(&run).replace(&namespace.name, "[NAMESPACE]"));
    });
}

#[test]
fn a_deploy_that_mends_a_crash_loop_is_not_blamed_for_the_old_pod() {
    Cluster::shared().run(async {
        let cluster = Cluster::shared();
        let namespace = cluster.namespace("mended").await;
        namespace.fault(Fault::CrashLoop).await;
        assert_eq!(deploy(&namespace, &[]).await.code, Some(1));
        // Pods that are made from now on are well; the old one goes on crashing until it is replaced.
        namespace.mend().await;
        let run = deploy(&namespace, &["--image", "vllm/vllm-openai:v0.12.0"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    });
}
