//! `e2e`: the test plan, run by the binary against the reference AI Runway.

use crate::cluster::{Cluster, Fault, Namespace};
use crate::support::Run;

/// A run of `e2e` in a namespace; the cluster has models of other tests, so that it asks for confirmation.
async fn e2e(home: &Namespace<'_>, namespace: &str, words: &[&str]) -> Run {
    let first = ["e2e", "--namespace", namespace, "--yes"];
    home.airunway(&[first.as_slice(), words].concat()).await
}

/// The id that a run has given itself.
fn id(run: &Run) -> String {
    let start = run.stderr.find("run e2e-").expect("a run says its id");
    run.stderr[start + 4..].split(' ').next().expect("an id").to_owned()
}

/// The verdicts by id, in the order of their lines.
fn verdicts(run: &Run) -> Vec<(String, String)> {
    let words = ["PASS", "FIXED", "KNOWN-FINDING", "SKIP", "INCONCLUSIVE", "FAIL"];
    let rows = run.stdout.lines().filter_map(|line| {
        let mut columns = line.split_whitespace();
        let verdict = columns.next().filter(|word| words.contains(word) && line.starts_with(word))?;
        Some((columns.next()?.to_owned(), verdict.to_owned()))
    });
    rows.collect()
}

fn verdict(run: &Run, check: &str) -> String {
    let found = verdicts(run).into_iter().find(|(id, _)| id == check);
    found.unwrap_or_else(|| panic!("{check} has no line\n{run}")).1
}

/// What is left of a run anywhere, by its label, a line an object.
async fn left(home: &Namespace<'_>, run: &str) -> String {
    let selector = format!("cli.airunway.ai/e2e-run={run}");
    let kinds = "namespaces,modeldeployments,deployments,services,pods,leases";
    home.kubectl(&["get", kinds, "-A", "-l", &selector, "-o", "name"]).await.stdout
}

#[test]
fn a_run_says_what_it_is_and_leaves_nothing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let home = cluster.namespace("e2e-home").await;
        let run = e2e(&home, "e2e-first", &["1b", "4", "14"]).await;
        assert_eq!(run.code, Some(0), "{run}");
        for check in ["1b", "4", "14"] {
            assert_eq!(verdict(&run, check), "PASS", "{run}");
        }
        for said in [
            "(context airunway), Kubernetes v1.",
            "airunway-vllm-provider: ghcr.io/ai-runway/airunway/vllm-provider:dev, reports vllm-provider:dev, ready",
            "3 checks and ",
            " in namespace e2e-first",
        ] {
            assert!(run.stderr.contains(said), "{said}\n{run}");
        }
        let gone = home.kubectl(&["get", "namespace", "e2e-first"]).await;
        assert!(gone.stderr.contains("NotFound"), "{gone}");
        assert_eq!(left(&home, &id(&run)).await, "");
    });
}

#[test]
fn a_namespace_that_is_not_of_a_run_stays_with_what_is_in_it() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-foreign").await;
        let model = serde_json::json!({
            "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
            "metadata": { "name": "sel-vllm" },
            "spec": {
                "provider": { "name": "vllm" }, "engine": { "type": "vllm", "image": "vllm/vllm-openai:v0.11.0" },
                "model": { "id": "org/foreign", "source": "huggingface" }, "resources": { "gpu": { "count": 1 } },
            },
        });
        assert_eq!(namespace.kubectl_with(&["create", "-f", "-"], &model).await.code, Some(0));

        // It is told before anything is changed.
        let asked = namespace.airunway(&["e2e", "1b", "-n", &namespace.name]).await;
        assert_eq!(asked.code, Some(2), "{asked}");
        assert!(asked.stderr.contains("holds what no run has made: modeldeployment/sel-vllm"), "{asked}");
        assert_eq!(left(&namespace, &id(&asked)).await, "");

        let run = e2e(&namespace, &namespace.name, &["1b", "4"]).await;
        assert_eq!((run.code, verdict(&run, "1b").as_str()), (Some(4), "INCONCLUSIVE"), "{run}");
        assert_eq!(verdict(&run, "4"), "PASS", "{run}");
        assert_eq!(left(&namespace, &id(&run)).await, "");
        let path = "jsonpath={.spec.model.id}";
        let model = namespace.kubectl(&["get", "modeldeployment", "sel-vllm", "-o", path]).await;
        assert_eq!(model.stdout, "org/foreign", "{model}");
    });
}

#[test]
fn a_name_that_says_production_needs_confirmation() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let home = cluster.namespace("e2e-home").await;
        let run = home.airunway(&["e2e", "4", "-n", "e2e-prod"]).await;
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains("looks like production: its namespace is called e2e-prod\n"), "{run}");
        assert!(run.stderr.contains("hint: confirm with --yes"), "{run}");
        let gone = home.kubectl(&["get", "namespace", "e2e-prod"]).await;
        assert!(gone.stderr.contains("NotFound"), "{gone}");
    });
}

#[test]
fn what_is_kept_is_named_and_removed_by_its_run() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let home = cluster.namespace("e2e-home").await;
        let run = e2e(&home, "e2e-kept", &["1b", "14", "--keep"]).await;
        assert_eq!(run.code, Some(0), "{run}");
        let command = format!("kubectl airunway e2e --cleanup {} --namespace e2e-kept", id(&run));
        assert!(run.stderr.contains("kept: ModelDeployment sel-vllm in e2e-kept\n"), "{run}");
        assert!(run.stderr.contains(&command), "{run}");
        assert_eq!(verdict(&run, "14"), "SKIP", "{run}");

        // A second run takes the place of what was kept; the namespace is not its own.
        let second = e2e(&home, "e2e-kept", &["1b"]).await;
        assert_eq!(second.code, Some(0), "{second}");
        assert_eq!(left(&home, &id(&second)).await, "");

        let words: Vec<&str> = command.split(' ').skip(2).collect();
        let cleaned = home.airunway(&words).await;
        assert_eq!(cleaned.code, Some(0), "{cleaned}");
        assert_eq!(left(&home, &id(&run)).await, "");
        let again = home.airunway(&words).await;
        assert!(again.stderr.contains(&format!("nothing of {} is left", id(&run))), "{again}");
    });
}

#[test]
fn after_a_failure_nothing_new_begins_and_the_report_runs_it_again() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-fail").await;
        namespace.fault(Fault::WebhookRefuses("not today".to_owned())).await;
        let place = tempfile::tempdir().expect("a directory");
        let (report, bundle) = (place.path().join("report.json"), place.path().join("evidence"));
        let report_flag = format!("--report=json={}", report.display());
        let words = [
            "4",
            "8",
            "--jobs",
            "1",
            "--fail-fast",
            &report_flag,
            "--bundle",
            bundle.to_str().expect("a path"),
        ];
        let run = e2e(&namespace, &namespace.name, &words).await;
        assert_eq!(run.code, Some(3), "{run}");
        assert_eq!((verdict(&run, "4"), verdict(&run, "8")), ("FAIL".to_owned(), "SKIP".to_owned()), "{run}");
        assert!(run.stdout.contains("not run: 4 failed"), "{run}");
        let transcript = std::fs::read_to_string(bundle.join("4/transcript.jsonl")).expect("a transcript");
        assert!(transcript.contains("not today"), "{transcript}");

        namespace.mend().await;
        let flag = format!("--rerun-failed={}", report.display());
        let again = e2e(&namespace, &namespace.name, &[&flag]).await;
        assert_eq!(again.code, Some(0), "{again}");
        assert_eq!(verdicts(&again), [("4".to_owned(), "PASS".to_owned())], "{again}");
    });
}

#[test]
fn a_report_in_json_is_all_that_stdout_holds() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-json").await;
        let run = e2e(&namespace, &namespace.name, &["4", "-o", "json"]).await;
        assert_eq!(run.code, Some(0), "{run}");
        let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(report["kind"], "PlanReport");
        let checks = report["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["id"] == "4").expect("the check");
        assert_eq!(check["verdict"], "PASS");
        assert!(run.stderr.contains("PASS"), "a line as it ends: {run}");
    });
}
