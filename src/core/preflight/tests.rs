//! Each finding once, and an answer next to it that has none.

use super::ask::{RESOURCE_QUOTA, STORAGE_CLASS};
use super::*;
use crate::core::kind::KINDS;
use crate::core::kind::judge::Attendant;
use crate::core::kubernetes::preview::Write;
use crate::core::kubernetes::resource::{DEPLOYMENT, NAMESPACE, NODE, PERSISTENT_VOLUME_CLAIM, Resource};
use serde_json::json;
use std::collections::BTreeSet;

const SELECTOR: &str = "app=x";

/// A Deployment as a shim sends it.
fn deployment(pod: &Value, replicas: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "q"},
           "spec": {"replicas": replicas, "template": {"spec": pod}}})
}

fn child(object: Value, resource: Resource) -> Child {
    Child { object, resource, write: Write::Apply { manager: "shim" }, later: false }
}

fn pod(gpus: u32) -> Value {
    json!({"containers": [{"name": "c", "resources": {"limits": {"nvidia.com/gpu": gpus.to_string()}}}]})
}

fn node(gpus: &str, labels: &Value, taints: &Value) -> Value {
    json!({"metadata": {"labels": labels}, "spec": {"taints": taints},
           "status": {"allocatable": {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": gpus}}})
}

/// The cluster in which all is well, with one node of two GPUs.
struct World {
    foresight: Foresight,
    live: Option<Value>,
    answers: Answers,
}

impl World {
    fn of(children: Vec<Child>) -> World {
        let foresight = Foresight { children: Children::Known(children), ..Foresight::default() };
        let mut world = World { foresight, live: None, answers: Answers::default() };
        for question in world.asked() {
            let answer = match &question {
                Question::Object(resource, ..) if *resource == DEPLOYMENT => Answer::Object(None),
                Question::Object(..) => Answer::Object(Some(json!({}))),
                Question::Keys(..) => Answer::Keys(Some(["HF_TOKEN".to_owned()].into())),
                Question::List(resource, ..) if *resource == NODE => {
                    Answer::List(vec![node("2", &json!({"zone": "a"}), &json!([]))])
                }
                Question::List(..) => Answer::List(vec![]),
                Question::May(_) => Answer::May(true),
            };
            world.answers.answers.insert(question, answer);
        }
        world
    }

    /// One Deployment of a pod.
    fn pod(pod: &Value) -> World {
        World::of(vec![child(deployment(pod, 1), DEPLOYMENT)])
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            kind: KINDS[0],
            name: "q",
            namespace: "n",
            live: self.live.as_ref(),
            recreates: false,
            foresight: Some(&self.foresight),
        }
    }

    fn asked(&self) -> BTreeSet<Question> {
        questions(&self.subject(), Scope { waits: true, nodes: true })
    }

    fn with(mut self, question: Question, answer: Answer) -> World {
        self.answers.answers.insert(question, answer);
        self
    }

    fn nodes(self, nodes: Vec<Value>) -> World {
        self.with(Question::List(NODE, None, None), Answer::List(nodes))
    }

    fn quota(self, hard: &Value, used: &Value) -> World {
        let quota = json!({"metadata": {"name": "cap"}, "status": {"hard": hard, "used": used}});
        self.with(Question::List(RESOURCE_QUOTA, Some("n".to_owned()), None), Answer::List(vec![quota]))
    }

    fn report(&self) -> Report {
        let mut report = Report::default();
        judge(&self.subject(), Scope { waits: true, nodes: true }, &self.answers, &mut report);
        report
    }

    /// Severity, rule and message of each finding, and the summary.
    fn said(&self) -> String {
        let report = self.report();
        let lines = report.findings.iter().map(|(_, found)| {
            format!("{:?} {}: {}\n", found.severity, found.rule, found.message).to_lowercase()
        });
        lines.chain([report.summary()]).collect()
    }
}

/// An environment variable from a Secret.
fn with_secret(key: &str, optional: bool) -> Value {
    let reference = json!({"name": "hf", "key": key, "optional": optional});
    json!({"containers": [{"name": "c", "env": [{"name": "T", "valueFrom": {"secretKeyRef": reference}}]}]})
}

#[test]
fn all_well_is_one_line_and_what_nobody_may_look_at_is_named() {
    let world = World::pod(&pod(1));
    assert_eq!(world.said(), "preflight: 4 ok");
    let world = world.with(Question::List(NODE, None, None), Answer::Hidden);
    assert_eq!(world.said(), "preflight: 3 ok; not looked at: nodes");
}

#[test]
fn a_missing_namespace_is_the_only_finding() {
    let missing = Question::Object(NAMESPACE, None, "n".to_owned());
    let world = World::pod(&pod(9)).with(missing, Answer::Object(None));
    assert_eq!(
        world.said(),
        "error namespace-missing: namespace \"n\" does not exist\npreflight: 0 ok, 1 failure"
    );
}

#[test]
fn rights_stop_before_a_write_and_warn_where_only_words_are_lost() {
    let world = |verb: &str, plural: &str| {
        let mut world = World::pod(&pod(1));
        for (question, answer) in &mut world.answers.answers {
            if matches!(question, Question::May(right) if right.verb == verb && right.resource.plural == plural)
            {
                *answer = Answer::May(false);
            }
        }
        world
    };
    let own = KINDS[0].resource().plural;
    assert!(world("patch", own).said().starts_with("error right-missing: you are not allowed to patch "));
    assert!(world("watch", own).said().starts_with("error right-for-wait-missing: "));
    assert!(world("watch", "pods").said().starts_with("warning right-for-wait-missing: "));
    let mut update = world("watch", own);
    update.live = Some(json!({}));
    assert!(update.said().starts_with("warning right-for-wait-missing: "), "{}", update.said());
    assert!(world("list", "events").said().starts_with("warning right-for-diagnosis-missing: "));
}

#[test]
fn secrets_and_their_keys() {
    let keys = |name: &str| Question::Keys("n".to_owned(), name.to_owned());
    let missing = World::pod(&with_secret("HF_TOKEN", false)).with(keys("hf"), Answer::Keys(None));
    let (_, found) = missing.report().findings[0].clone();
    assert_eq!(
        (found.rule, found.severity),
        ("secret-missing", crate::core::kubernetes::finding::Severity::Error)
    );
    assert_eq!(
        found.hint.as_deref(),
        Some("kubectl create secret generic hf -n n --from-literal=HF_TOKEN=\"$HF_TOKEN\"")
    );
    let other = World::pod(&with_secret("token", false));
    assert!(other.said().starts_with(
        "error secret-key-missing: secret \"hf\" in namespace n has no key \"token\"; it has hf_token\n"
    ));
    for pod in [with_secret("HF_TOKEN", false), with_secret("token", true)] {
        assert!(World::pod(&pod).report().findings.is_empty(), "{pod}");
    }
    let pull = json!({"containers": [{"name": "c"}], "imagePullSecrets": [{"name": "login"}]});
    let pull = World::pod(&pull).with(keys("login"), Answer::Keys(None));
    assert!(pull.said().starts_with("warning pull-secret-missing: "), "{}", pull.said());
}

#[test]
fn claims_and_classes() {
    let object = |resource, namespace: Option<&str>, name: &str| {
        Question::Object(resource, namespace.map(str::to_owned), name.to_owned())
    };
    let mounts = json!({"containers": [{"name": "c"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "weights"}}]});
    let claim = object(PERSISTENT_VOLUME_CLAIM, Some("n"), "weights");
    let missing = World::pod(&mounts).with(claim.clone(), Answer::Object(None));
    assert!(missing.said().starts_with("error claim-missing: "), "{}", missing.said());
    let made = json!({"metadata": {"name": "weights"}, "spec": {"storageClassName": "fast"}});
    let both = || {
        let claim = child(made.clone(), PERSISTENT_VOLUME_CLAIM);
        World::of(vec![claim, child(deployment(&mounts, 1), DEPLOYMENT)])
    };
    let new = both().with(claim, Answer::Object(None));
    assert!(new.report().findings.is_empty(), "the controller makes the claim: {}", new.said());
    let class = object(STORAGE_CLASS, None, "fast");
    let classless = new.with(class, Answer::Object(None));
    assert!(classless.said().starts_with("warning storage-class-missing: "), "{}", classless.said());
    let volume = json!({"spec": {"storageClassName": "fast"}});
    let by_hand =
        classless.with(Question::List(super::ask::PERSISTENT_VOLUME, None, None), Answer::List(vec![volume]));
    assert!(by_hand.report().findings.is_empty(), "{}", by_hand.said());
}

#[test]
fn quota() {
    let hard = |gpus: &str| json!({"requests.nvidia.com/gpu": gpus});
    let cases = [
        (
            hard("0"),
            json!({}),
            "error quota-forbids: quota \"cap\" of namespace n allows 0 requests.nvidia.com/gpu, but one pod requests 1",
        ),
        (
            hard("2"),
            hard("2"),
            "warning quota-exceeded: quota \"cap\" of namespace n has 0 of 2 requests.nvidia.com/gpu left, but the pods request 1",
        ),
        (hard("2"), hard("1"), "preflight: 4 ok"),
        (json!({"requests.cpu": "4"}), json!({}), "warning quota-needs-requests: "),
        (json!({"count/deployments.apps": "0"}), json!({}), "preflight: 4 ok"),
    ];
    for (hard, used, expected) in cases {
        let said = World::pod(&pod(1)).quota(&hard, &used).said();
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn nodes_that_can_and_cannot_hold_a_pod() {
    let selecting = |zone: &str| {
        let mut pod = pod(2);
        pod["nodeSelector"] = json!({"zone": zone});
        pod
    };
    let taint = json!([{"key": "reserved", "value": "x", "effect": "NoSchedule"}]);
    let tainted = || vec![node("2", &json!({}), &taint)];
    let mut tolerant = pod(2);
    tolerant["tolerations"] = json!([{"key": "reserved", "operator": "Exists"}]);
    let gpu_taint = json!([{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]);
    let mut hungry = pod(1);
    hungry["containers"][0]["resources"]["requests"] = json!({"memory": "100Gi"});
    let cases = [
        (
            World::pod(&pod(4)),
            "warning no-node-fits: each pod requests 4 nvidia.com/gpu, but the largest node has 2",
        ),
        (World::pod(&pod(1)).nodes(vec![]), "warning no-node-fits: the cluster has no nodes"),
        (
            World::pod(&pod(1)).nodes(vec![node("0", &json!({}), &json!([]))]),
            "warning no-node-fits: no node offers nvidia.com/gpu",
        ),
        (World::pod(&selecting("b")), "warning no-node-fits: no node has the labels zone=b"),
        (World::pod(&selecting("a")), "preflight: 4 ok"),
        (World::pod(&pod(2)).nodes(tainted()), "warning no-node-fits: every node that the pods may use"),
        (World::pod(&tolerant).nodes(tainted()), "preflight: 4 ok"),
        (World::pod(&pod(2)).nodes(vec![node("2", &json!({}), &gpu_taint)]), "preflight: 4 ok"),
        (
            World::pod(&hungry),
            "warning no-node-fits: each pod requests 100gi memory, but the largest node has 64gi",
        ),
        (
            World::of(vec![child(deployment(&pod(2), 2), DEPLOYMENT)]),
            "warning too-few-nodes: 2 pods request 2 nvidia.com/gpu each, but the nodes have room for 1",
        ),
        (World::of(vec![child(deployment(&pod(2), 0), DEPLOYMENT)]), "preflight: 2 ok"),
    ];
    for (world, expected) in cases {
        assert!(world.said().starts_with(expected), "{}\n{expected}", world.said());
    }
}

/// An update of a running Deployment by one whose template has another word.
fn update(gpus: u32, strategy: &Value, changed: bool) -> World {
    let mut world = World::pod(&pod(gpus));
    let mut live = deployment(&pod(gpus), 1);
    live["metadata"]["managedFields"] = json!([]);
    live["status"] = json!({"readyReplicas": 1});
    live["spec"]["strategy"] = strategy.clone();
    if changed {
        live["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["--old"]);
    }
    world.live = Some(json!({}));
    if let Children::Known(children) = &mut world.foresight.children {
        children[0].write = Write::Replace(crate::core::kubernetes::preview::Differs::Exactly);
        children[0].object["spec"]["strategy"] = strategy.clone();
    }
    world.with(Question::Object(DEPLOYMENT, Some("n".to_owned()), "q".to_owned()), Answer::Object(Some(live)))
}

#[test]
fn an_update_that_waits_for_its_own_old_pods() {
    let rolling = |surge: Value, unavailable: Value| json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}});
    let share = || rolling(json!("25%"), json!("25%"));
    let stuck = update(2, &share(), true);
    assert!(stuck.said().starts_with("warning update-has-no-room: the update cannot start a new pod: the old pods of deployment q hold the nvidia.com/gpu that it needs; the old version still serves"), "{}", stuck.said());
    let more = vec![node("2", &json!({}), &json!([])), node("2", &json!({}), &json!([]))];
    let fine = [
        update(2, &share(), false),
        update(1, &share(), true),
        update(2, &rolling(json!(0), json!(1)), true),
        update(2, &json!({"type": "Recreate"}), true),
        update(2, &share(), true).nodes(more),
    ];
    for world in fine {
        assert!(world.report().findings.is_empty(), "{}", world.said());
    }
}

#[test]
fn those_who_act_on_the_object() {
    let attended = |heartbeat: Option<&str>, deployments: Vec<Value>| {
        let mut world = World::pod(&pod(1));
        world.foresight.attendants = vec![Attendant {
            what: "the x shim".to_owned(),
            selector: SELECTOR,
            component: "x-provider".to_owned(),
            heartbeat: heartbeat.map(|time| time.parse().unwrap()),
            look: "look".to_owned(),
        }];
        world.answers.now = Some("2026-01-01T00:10:00Z".parse().unwrap());
        world.with(Question::List(DEPLOYMENT, None, Some(SELECTOR)), Answer::List(deployments)).said()
    };
    let running = |available: i64| {
        json!({"metadata": {"namespace": "s", "name": "d", "labels": {"control-plane": "x-provider"}},
               "status": {"availableReplicas": available}})
    };
    let old = attended(Some("2026-01-01T00:00:00Z"), vec![]);
    assert!(old.starts_with("warning heartbeat-old: the x shim was last heard of 10 minutes ago\n"), "{old}");
    assert_eq!(attended(Some("2026-01-01T00:08:00Z"), vec![]), "preflight: 5 ok");
    let none = attended(None, vec![]);
    assert!(none.starts_with("warning controller-not-running: the x shim is not installed"), "{none}");
    let down = attended(None, vec![running(0)]);
    assert!(
        down.starts_with(
            "warning controller-not-running: the x shim does not run: deployment s/d has no available pod"
        ),
        "{down}"
    );
    assert_eq!(attended(None, vec![running(1)]), "preflight: 5 ok");
}
