//! The test plan can fail: for every promise that the reference AI Runway can break, the check of that promise has the
//! verdict that the break deserves, and no other check has another verdict than without it.
//!
//! Promises of different checks are broken together, in rounds: in a round a check has one of its breaks at most, and half
//! of the checks have none. A round is a run of the plan in a namespace of its own; some rounds run at once. What
//! concerns the whole cluster is broken one after the other, in clusters of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde_json::Value;

use crate::cluster::airunway::lapses::{LAPSES, Row};
use crate::cluster::airunway::{Lapse, Options, Report, Scope};
use crate::cluster::controlplane::Node;
use crate::cluster::{Cluster, Fault, NODE_GPUS, Namespace};

/// The verdicts of a run, by check.
type Verdicts = BTreeMap<String, String>;

/// The checks that the reference can stand, but for those that disturb others.
const PLAN: [&str; 18] =
    ["S1", "1", "2", "3A", "3C", "4", "5", "6", "7", "8", "9", "V5", "C1", "C2", "C3", "C4", "C5", "C7"];
/// Those beyond the plan, and the one that looks at what is left.
const BEYOND: [&str; 2] = ["X", "14"];
/// The verdicts that are not PASS although nothing is broken: the findings that are open.
const OPEN: [&str; 3] = ["7", "X4", "X5"];
/// What is not broken here: the verdict or the end of the run takes minutes of real time
/// (10, 13, 14), or wants a web backend (12).
const ELSEWHERE: [Lapse; 4] =
    [Lapse::NeverGivesUp, Lapse::NeverReadyAgain, Lapse::KeepsFinalizer, Lapse::ForgetsRecipe];
/// How long a run may take; those with a check that waits for what does not come take more than a minute.
const LIMIT: Duration = Duration::from_secs(300);
/// How many runs at once: with more, the reference is too busy to stand still for check X3.
const AT_ONCE: usize = 3;
/// Nodes beside the first one; a run asks for about twenty GPUs.
const MORE_NODES: u32 = 4;

/// What a run says of each check: the verdict, and the reason for a person who has to find out why.
struct Told {
    verdicts: Verdicts,
    reasons: BTreeMap<String, String>,
}

async fn e2e(namespace: &Namespace<'_>, arguments: &[&str]) -> Told {
    let usual = ["e2e", "-n", &namespace.name, "-o", "json", "--yes", "--allow-dev"];
    let mut command = namespace.command("developer", &[&usual, arguments].concat());
    let output = tokio::time::timeout(LIMIT, command.output()).await.expect("the run ends").unwrap();
    let (report, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    let report: Value =
        serde_json::from_str(&report).unwrap_or_else(|error| panic!("{error}: {report}\n{said}"));
    let checks = report["checks"].as_array().expect("a report has checks");
    let by_id = |member: &str| {
        let text = |check: &Value, member: &str| check[member].as_str().unwrap_or_default().to_owned();
        checks.iter().map(|check| (text(check, "id"), text(check, member))).collect()
    };
    Told { verdicts: by_id("verdict"), reasons: by_id("reason") }
}

/// Where a run differs from what it should say, a line a check.
fn differences(what: &str, told: &Told, wanted: &Verdicts) -> Vec<String> {
    let none = || "nothing".to_owned();
    let ids: BTreeSet<&String> = told.verdicts.keys().chain(wanted.keys()).collect();
    ids.into_iter()
        .filter(|id| told.verdicts.get(*id) != wanted.get(*id))
        .map(|id| {
            let found = told.verdicts.get(id).cloned().unwrap_or_else(none);
            let wanted = wanted.get(id).cloned().unwrap_or_else(none);
            let reason = told.reasons.get(id).cloned().unwrap_or_default();
            format!("{what}: {id} is {found}, not {wanted}: {reason}")
        })
        .collect()
}

/// The verdicts with some promises broken.
fn with(usual: &Verdicts, rows: &[&Row]) -> Verdicts {
    let mut wanted = usual.clone();
    wanted.extend(rows.iter().map(|row| (row.check.to_owned(), row.verdict.word().to_owned())));
    wanted
}

/// Whether a promise is broken alone, in a cluster of its own.
fn is_alone(row: &Row) -> bool {
    row.scope == Scope::Cluster
        || ["3B", "10", "13", "14"].contains(&row.check)
        || ELSEWHERE.contains(&row.lapse)
}

/// The rounds: the first breaks of every second check, those of the others, then the second breaks, the third ones and so
/// on, which not all checks have.
fn rounds() -> Vec<Vec<&'static Row>> {
    let mut by_check: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in LAPSES.iter().filter(|row| !is_alone(row)) {
        match by_check.iter_mut().find(|(check, _)| *check == row.check) {
            Some((_, rows)) => rows.push(row),
            None => by_check.push((row.check, vec![row])),
        }
    }
    let most = by_check.iter().map(|(_, rows)| rows.len()).max().unwrap_or_default();
    let mut rounds = vec![Vec::new(); most + 1];
    for (place, (_, rows)) in by_check.iter().enumerate() {
        for (turn, row) in rows.iter().enumerate() {
            rounds[if turn == 0 { place % 2 } else { turn + 1 }].push(*row);
        }
    }
    rounds
}

/// What a run says when nothing is broken.
async fn usual(namespace: &Namespace<'_>, checks: &[&str]) -> Told {
    let told = e2e(namespace, checks).await;
    let wanted = told.verdicts.keys().map(|id| {
        let verdict = if OPEN.contains(&id.as_str()) { "KNOWN-FINDING" } else { "PASS" };
        (id.clone(), verdict.to_owned())
    });
    let wrong = differences("nothing is broken", &told, &wanted.collect());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    told
}

/// Says what is wrong, if anything is.
fn conclude(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_broken_promise_turns_its_check_and_no_other() {
    let shared = Cluster::shared();
    shared.run(async {
        let cluster = Cluster::start(Options::default()).await.unwrap();
        for number in 0..MORE_NODES {
            let node = Node::with_gpus(&format!("gpu-node-more-{number}"), NODE_GPUS);
            cluster.plane().create_node(&node).await.unwrap();
        }
        let checks = [&PLAN[..], &BEYOND].concat();
        let whole = cluster.namespace("whole").await;
        let usual = usual(&whole, &checks).await.verdicts;
        let rounds = rounds();
        let runs = rounds.iter().map(async |rows: &Vec<&Row>| {
            let namespace = cluster.namespace("round").await;
            for row in rows {
                cluster.reference().break_promise(&namespace.name, row.lapse).await.unwrap();
            }
            let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
            let told = e2e(&namespace, &checks).await;
            differences(&names.join(" "), &told, &with(&usual, rows))
        });
        let wrong: Vec<Vec<String>> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
        conclude(&wrong.concat());
    });
}

/// What a shim says of itself, for the whole cluster.
#[test]
fn what_a_shim_says_of_itself_turns_its_check_and_no_other() {
    let shared = Cluster::shared();
    shared.run(async {
        // A release tag: what a local build reports proves nothing.
        let options = Options { tag: "v0.3.0".to_owned(), ..Options::default() };
        let cluster = Cluster::start(options).await.unwrap();
        let checks = ["S1", "V5", "1", "4"];
        let whole = cluster.namespace("registered").await;
        let usual = usual(&whole, &checks).await.verdicts;
        let mut wrong = Vec::new();
        for row in LAPSES.iter().filter(|row| ["S1", "V5-vllm"].contains(&row.check)) {
            let namespace = cluster.namespace(row.name).await;
            cluster.reference().break_promise(&namespace.name, row.lapse).await.unwrap();
            let told = e2e(&namespace, &checks).await;
            let mut wanted = with(&usual, &[row]);
            if row.lapse == Lapse::StaleHeartbeat {
                // A shim that is not heard of may report what no longer runs.
                wanted.insert("V5-vllm".to_owned(), "INCONCLUSIVE".to_owned());
            }
            wrong.extend(differences(row.name, &told, &wanted));
            cluster.reference().keep_promises().await.unwrap();
        }
        conclude(&wrong);
    });
}

/// The checks that disturb others, and the deletion that is given up on.
#[test]
fn what_disturbs_others_turns_its_check_and_no_other() {
    let shared = Cluster::shared();
    shared.run(async {
        let cluster = Cluster::start(Options::default()).await.unwrap();
        let checks = ["13", "3B", "3A", "1b", "--disruptive"];
        let whole = cluster.namespace("undisturbed").await;
        let usual = usual(&whole, &checks).await.verdicts;
        let mut wrong = Vec::new();
        for row in LAPSES.iter().filter(|row| ["13", "3B"].contains(&row.check)) {
            if ELSEWHERE.contains(&row.lapse) {
                continue;
            }
            let namespace = cluster.namespace(row.name).await;
            cluster.reference().break_promise(&namespace.name, row.lapse).await.unwrap();
            let told = e2e(&namespace, &checks).await;
            wrong.extend(differences(row.name, &told, &with(&usual, &[row])));
        }
        let namespace = cluster.namespace("deletion").await;
        cluster.reference().break_promise(&namespace.name, Lapse::GivesUpAtOnce).await.unwrap();
        let told = e2e(&namespace, &["10", "1b"]).await;
        let wanted = [("P1", "PASS"), ("P2", "PASS"), ("10", "FAIL"), ("1b", "PASS")];
        let wanted = wanted.map(|(id, verdict)| (id.to_owned(), verdict.to_owned())).into();
        wrong.extend(differences("gives-up-at-once", &told, &wanted));
        conclude(&wrong);
    });
}

/// What is missing is named, and never green.
#[test]
fn what_is_missing_makes_no_check_green() {
    let shared = Cluster::shared();
    shared.run(async {
        let cluster = Cluster::start(Options::default()).await.unwrap();
        let checks = ["1a", "1b", "1c", "2", "4", "5a", "9"];
        let whole = cluster.namespace("nothing-missing").await;
        let usual = usual(&whole, &checks).await.verdicts;
        let with = |changes: &[(&str, &str)]| {
            let mut wanted = usual.clone();
            wanted.extend(changes.iter().map(|(id, verdict)| ((*id).to_owned(), (*verdict).to_owned())));
            wanted
        };
        let mut wrong = Vec::new();
        for (name, fault, changes) in [
            ("no-registry", Fault::RegistryUnreachable, &[("P6", "SKIP"), ("2", "SKIP")][..]),
            ("no-admission", Fault::WebhookOff, &[("P4", "SKIP"), ("1c", "SKIP"), ("4", "SKIP")]),
        ] {
            let namespace = cluster.namespace(name).await;
            namespace.fault(fault).await;
            wrong.extend(differences(name, &e2e(&namespace, &checks).await, &with(changes)));
        }
        for provider in ["dynamo", "kaito", "kuberay", "llmd"] {
            let away = Report { ready: Some(false), ..Report::default() };
            cluster.reference().misreport(provider, away).await.unwrap();
        }
        let namespace = cluster.namespace("no-choice").await;
        let told = e2e(&namespace, &checks).await;
        wrong.extend(differences(
            "no-choice",
            &told,
            &with(&[("P5", "SKIP"), ("1a", "KNOWN-FINDING"), ("1c", "SKIP")]),
        ));
        conclude(&wrong);
    });
}
