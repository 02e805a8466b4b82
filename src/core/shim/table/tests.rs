use super::*;
use crate::core::shim::cluster::shims;
use serde_json::{Value, json};

const NOW: &str = "2026-11-21T12:00:00Z";
const REPOSITORY: &str = "ghcr.io/ai-runway/airunway/vllm-provider";

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

/// A cluster with one shim as the API server would show it.
struct Shown {
    config: Value,
    deployments: Seen<Vec<Value>>,
    pods: Seen<Vec<Value>>,
}

impl Shown {
    /// A shim that reports a tag and runs an image, one pod, all well.
    fn new(tag: &str, image: &str) -> Shown {
        let labels = json!({"app.kubernetes.io/name": "airunway", "control-plane": "vllm-provider"});
        let containers = json!([{"name": "manager", "image": image}]);
        let deployment = json!({
            "metadata": {"name": "shim", "namespace": "anywhere", "generation": 2, "labels": labels},
            "spec": {"replicas": 1, "template": {"spec": {"containers": containers}}},
            "status": {"observedGeneration": 2, "updatedReplicas": 1, "replicas": 1},
        });
        let config = json!({
            "metadata": {"name": "vllm"},
            "status": {"ready": true, "version": format!("vllm-provider:{tag}"), "lastHeartbeat": "2026-11-21T11:59:30Z"},
        });
        let mut shown =
            Shown { config, deployments: Seen::Known(vec![deployment]), pods: Seen::Known(Vec::new()) };
        shown.add_pod(image, &format!("{REPOSITORY}@{}", digest("running")));
        shown
    }

    fn add_pod(&mut self, image: &str, image_id: &str) {
        let Seen::Known(pods) = &mut self.pods else { panic!("pods are hidden") };
        pods.push(json!({
            "metadata": {
                "name": format!("shim-1-{}", pods.len()), "namespace": "anywhere",
                "labels": {"pod-template-hash": "1"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "shim-1"}],
            },
            "spec": {"containers": [{"name": "manager", "image": image}]},
            "status": {"containerStatuses": [{
                "name": "manager", "imageID": image_id, "state": {"running": {"startedAt": "2026-11-21T11:00:00Z"}},
            }]},
        }));
    }

    fn deployment(&mut self) -> &mut Value {
        let Seen::Known(deployments) = &mut self.deployments else { panic!("Deployments are hidden") };
        &mut deployments[0]
    }

    fn pod(&mut self) -> &mut Value {
        let Seen::Known(pods) = &mut self.pods else { panic!("pods are hidden") };
        &mut pods[0]
    }

    fn judge_with(&self, policy: &Policy, answer: Option<&RegistryAnswer>) -> Outcome {
        let facts = shims(std::slice::from_ref(&self.config), &self.deployments, &self.pods);
        judge(&facts[0], policy, answer)
    }

    fn judged(&self, answer: Option<&RegistryAnswer>) -> Judgement {
        self.judged_by(&policy(), answer)
    }

    fn judged_by(&self, policy: &Policy, answer: Option<&RegistryAnswer>) -> Judgement {
        match self.judge_with(policy, answer) {
            Outcome::Judged(judgement) => judgement,
            Outcome::Ask(image) => panic!("the registry is asked for {image}"),
        }
    }

    fn asks_for(&self) -> String {
        match self.judge_with(&policy(), None) {
            Outcome::Ask(image) => image.to_string(),
            Outcome::Judged(judgement) => panic!("{judgement:?}"),
        }
    }
}

fn policy() -> Policy {
    Policy { tag: None, allow_dev: false, now: NOW.parse().unwrap() }
}

fn registry(digests: &[&str]) -> RegistryAnswer {
    RegistryAnswer::Digests(digests.iter().map(|of| digest(of)).collect())
}

fn image(tag: &str) -> String {
    format!("{REPOSITORY}:{tag}")
}

#[test]
fn the_rows_of_the_table_that_text_alone_decides() {
    let rows = [
        // image tag, reported tag, verdict, part of the reason
        ("v0.7.0", "v0.7.0", Verdict::Yes, "the reported version"),
        ("main-b0d3fb775439", "main-b0d3fb775439", Verdict::Yes, "the reported version"),
        ("v0.7.0", "v0.6.0", Verdict::No, "it reports v0.6.0"),
        ("main-b0d3fb775439", "v0.6.0", Verdict::No, "it reports v0.6.0"),
        ("v0.7.0", "main-b0d3fb775439", Verdict::No, "it reports main-b0d3fb775439"),
        ("latest", "dev", Verdict::Unknown, "nothing was injected"),
        ("latest", "dev-abc1234-dirty", Verdict::Unknown, "changed sources"),
        ("mine", "dev-unknown", Verdict::Unknown, "unknown commit"),
        ("v0.7.0", "dev", Verdict::No, "must not report"),
        ("v0.1.0", "v0.1.0", Verdict::No, "a constant"),
        ("latest", "v0.2.0", Verdict::No, "a constant"),
        ("v0.7.0", "dev-abc1234-foo", Verdict::No, "a value that"),
    ];
    for (tag, reported, verdict, part) in rows {
        let judgement = Shown::new(reported, &image(tag)).judged(None);
        assert_eq!(judgement.verdict, verdict, "{tag} {reported}: {judgement:?}");
        assert!(judgement.reason.contains(part), "{tag} {reported}: {judgement:?}");
        assert_eq!(judgement.hint.is_none(), verdict == Verdict::Yes, "{judgement:?}");
    }
}

#[test]
fn latest_a_digest_and_names_of_ones_own_are_compared_with_the_registry() {
    let pinned = format!("{REPOSITORY}@{}", digest("running"));
    let remark = format!("{REPOSITORY}:v0.6.0@{}", digest("running"));
    for running in [image("latest"), image("nightly-7"), REPOSITORY.to_owned(), pinned, remark] {
        let shown = Shown::new("v0.7.0", &running);
        assert_eq!(shown.asks_for(), image("v0.7.0"), "{running}");
        for digests in [&["running"][..], &["index", "arm", "running"]] {
            assert_eq!(shown.judged(Some(&registry(digests))).verdict, Verdict::Yes, "{running}");
        }
        let judgement = shown.judged(Some(&registry(&["index", "other"])));
        assert_eq!(judgement.verdict, Verdict::No, "{judgement:?}");
        assert!(judgement.hint.unwrap().contains("kubectl set image -n anywhere deployment/shim"));
        let silent = shown.judged(Some(&RegistryAnswer::Silent("--offline was given".into())));
        assert_eq!(silent.verdict, Verdict::Unknown);
        assert!(silent.reason.contains("--offline was given"), "{silent:?}");
    }
}

#[test]
fn replicas_with_different_digests_are_compared_each() {
    let mut shown = Shown::new("v0.7.0", &image("v0.7.0"));
    shown.add_pod(&image("v0.7.0"), &format!("{REPOSITORY}@{}", digest("second")));
    assert_eq!(shown.asks_for(), image("v0.7.0"));
    assert_eq!(shown.judged(Some(&registry(&["running", "second"]))).verdict, Verdict::Yes);
    let judgement = shown.judged(Some(&registry(&["running"])));
    assert_eq!(judgement.verdict, Verdict::No);
    assert!(judgement.reason.starts_with("1 of 2 pods run another image: shim-1-1"), "{judgement:?}");
}

#[test]
fn local_builds_pass_where_they_are_declared() {
    let declared = Policy { allow_dev: true, ..policy() };
    for image in [image("latest"), image("v0.7.0")] {
        let shown = Shown::new("dev-abc1234", &image);
        assert_eq!(shown.judged_by(&declared, None).verdict, Verdict::Yes);
    }
    let mut elsewhere = Shown::new("dev", &image("latest"));
    elsewhere.deployments = Seen::Known(Vec::new());
    assert_eq!(elsewhere.judged_by(&declared, None).verdict, Verdict::Yes);
    assert_eq!(Shown::new("v0.1.0", &image("latest")).judged_by(&declared, None).verdict, Verdict::No);
}

#[test]
fn the_expected_tag_is_asked_of_the_report_first() {
    let expecting = |tag: &str| Policy { tag: Some(tag.parse().unwrap()), ..policy() };
    let shown = Shown::new("v0.7.0", &image("v0.7.0"));
    assert_eq!(shown.judged_by(&expecting("v0.7.0"), None).verdict, Verdict::Yes);
    let judgement = shown.judged_by(&expecting("v0.8.0"), None);
    assert_eq!(
        (judgement.verdict, judgement.reason.as_str()),
        (Verdict::No, "it reports v0.7.0, not the expected v0.8.0")
    );
}

#[test]
fn a_report_that_is_no_report_is_a_no() {
    for version in ["kaito-provider:v0.7.0", "v0.7.0", "vllm-provider:", "vllm-provider:a b"] {
        let mut shown = Shown::new("v0.7.0", &image("v0.7.0"));
        shown.config["status"]["version"] = json!(version);
        assert_eq!(shown.judged(None).verdict, Verdict::No, "{version}");
    }
    let mut silent = Shown::new("v0.7.0", &image("v0.7.0"));
    silent.config["status"]["version"] = json!("");
    assert_eq!(silent.judged(None).verdict, Verdict::Unknown);
}

#[test]
fn every_state_in_which_nothing_is_proven_has_its_sentence() {
    type Change = fn(&mut Shown);
    let states: [(Change, &str); 14] = [
        (|shown| shown.config["status"]["lastHeartbeat"] = json!("2026-11-21T11:56:59Z"), "3 min old"),
        (|shown| shown.config["status"]["lastHeartbeat"] = Value::Null, "never a heartbeat"),
        (|shown| shown.deployments = Seen::Known(Vec::new()), "no Deployment has the label"),
        (
            |shown| shown.deployments = Seen::Hidden("forbidden".into()),
            "Deployment cannot be read: forbidden",
        ),
        (
            |shown| {
                let twin = shown.deployment().clone();
                shown.deployments = Seen::Known(vec![twin.clone(), twin]);
            },
            "2 Deployments are shims of vllm: Deployment anywhere/shim, Deployment anywhere/shim",
        ),
        (|shown| shown.deployment()["metadata"]["generation"] = json!(3), "not been processed yet"),
        (|shown| shown.deployment()["status"]["updatedReplicas"] = json!(0), "0 of 1 replicas"),
        (|shown| shown.deployment()["status"]["replicas"] = json!(2), "1 of an older template"),
        (
            |shown| {
                shown.deployment()["spec"]["replicas"] = json!(0);
                shown.deployment()["status"] = json!({"observedGeneration": 2});
            },
            "scaled to zero",
        ),
        (|shown| shown.pods = Seen::Known(Vec::new()), "no pod of Deployment anywhere/shim runs"),
        (
            |shown| {
                shown.pod()["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] =
                    json!("2026-11-21T11:59:31Z");
            },
            "older than the running pods",
        ),
        (
            |shown| shown.pod()["status"]["containerStatuses"][0]["imageID"] = json!("sha256:abc"),
            "reports sha256:abc, which is not a registry's digest",
        ),
        (|shown| shown.pod()["status"]["containerStatuses"][0]["imageID"] = json!(""), "reports no image id"),
        (
            |shown| {
                let id = format!("docker.io/library/import-2026-11-21@{}", digest("other"));
                shown.pod()["status"]["containerStatuses"][0]["imageID"] = json!(id);
            },
            "reports docker.io/library/import-2026-11-21@sha256:",
        ),
    ];
    for (change, part) in states {
        let mut shown = Shown::new("v0.7.0", &image("latest"));
        change(&mut shown);
        let judgement = shown.judged(None);
        assert_eq!(judgement.verdict, Verdict::Unknown, "{part}: {judgement:?}");
        assert!(judgement.reason.contains(part), "{part}: {judgement:?}");
        assert!(judgement.hint.is_some(), "{part}: {judgement:?}");
    }
}

#[test]
fn what_was_not_looked_at_is_not_said_to_be_absent() {
    let Shown { config, pods, .. } = Shown::new("v0.7.0", &image("v0.7.0"));
    let mut facts = shims(&[config], &Seen::Known(Vec::new()), &pods).remove(0);
    facts.only_namespace = Some("here".to_owned());
    let Outcome::Judged(judgement) = judge(&facts, &policy(), None) else { panic!("a question") };
    assert!(
        judgement.reason.contains("in namespace here, and other namespaces cannot be listed"),
        "{judgement:?}"
    );
}

#[test]
fn a_shim_without_a_registration_is_named() {
    let Shown { deployments, pods, .. } = Shown::new("v0.7.0", &image("v0.7.0"));
    let facts = shims(&[], &deployments, &pods);
    assert_eq!(facts[0].provider, "vllm");
    let Outcome::Judged(judgement) = judge(&facts[0], &policy(), None) else { panic!("a question") };
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert_eq!(judgement.reason, "Deployment anywhere/shim runs, but no provider vllm is registered");
}

#[test]
fn without_pods_the_template_tells_what_it_can() {
    for (running, verdict) in
        [("v0.7.0", Verdict::Yes), ("v0.6.0", Verdict::No), ("latest", Verdict::Unknown)]
    {
        let mut shown = Shown::new("v0.7.0", &image(running));
        shown.pods = Seen::Hidden("user x may not list pods".into());
        let judgement = shown.judged(None);
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        let said = judgement.notes.concat() + &judgement.reason;
        assert!(said.contains("user x may not list pods"), "{judgement:?}");
    }
}

#[test]
fn readiness_and_clocks_are_remarks() {
    let mut shown = Shown::new("v0.7.0", &image("v0.7.0"));
    shown.config["status"]["ready"] = json!(false);
    shown.config["status"]["lastHeartbeat"] = json!("2026-11-21T12:05:00Z");
    let judgement = shown.judged(None);
    assert_eq!(judgement.verdict, Verdict::Yes);
    assert!(judgement.notes[0].contains("not ready"), "{judgement:?}");
    assert!(judgement.notes[1].contains("5 min in the future"), "{judgement:?}");
}

#[test]
fn pods_of_others_and_pods_that_go_do_not_count() {
    let mut shown = Shown::new("v0.7.0", &image("v0.7.0"));
    shown.add_pod(&image("v0.6.0"), &format!("{REPOSITORY}@{}", digest("leaving")));
    if let Seen::Known(pods) = &mut shown.pods {
        pods[1]["metadata"]["deletionTimestamp"] = json!(NOW);
        let mut foreign = pods[0].clone();
        foreign["metadata"]["ownerReferences"][0]["name"] = json!("other-1");
        foreign["spec"]["containers"][0]["image"] = json!(image("v0.5.0"));
        pods.push(foreign);
    }
    assert_eq!(shown.judged(None).verdict, Verdict::Yes);
}
