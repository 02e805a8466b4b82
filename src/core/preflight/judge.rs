//! What the answers mean for one object.

use super::answers::{Answers, Right};
use super::ask::{
    PERSISTENT_VOLUME, RUNTIME_CLASS, STORAGE_CLASS, create_secret, for_apply, for_diagnosis, for_wait,
    pastes, variable,
};
use super::needs::Needs;
use super::report::{Area, Report};
use super::{Scope, Subject, catalogue, quota, rollout, room};
use crate::core::kind::judge::Attendant;
use crate::core::kubernetes::json::{integer_at, list_at, text_at};
use crate::core::kubernetes::resource::{DEPLOYMENT, NAMESPACE, PERSISTENT_VOLUME_CLAIM};
use crate::core::kubernetes::rule::Rule;
use crate::core::shim::cluster::workload_component;
use std::collections::BTreeSet;

/// Seconds after which a heartbeat is old; shims write one every minute or more often.
const HEARTBEAT_LIMIT: i64 = 180;

/// Judges one object by the answers to its questions.
pub fn judge(subject: &Subject<'_>, scope: Scope, answers: &Answers, report: &mut Report) {
    if !namespace(subject, answers, report) {
        // Whatever else is missing is missing because of that.
        return;
    }
    let needs = Needs::of(subject);
    rights(subject, scope, answers, report);
    secrets(subject, &needs, answers, report);
    claims(subject, &needs, answers, report);
    classes(subject, &needs, answers, report);
    quota::judge(subject, &needs, answers, report);
    if scope.nodes {
        room::judge(subject, &needs, answers, report);
    }
    rollout::judge(subject, answers, report);
    attendants(subject, answers, report);
}

/// Adds a finding about the object as a whole.
pub(super) fn say(
    report: &mut Report,
    area: Area,
    subject: &Subject<'_>,
    rule: &'static Rule,
    message: String,
    hint: Option<String>,
) {
    report.add(area, subject.name, rule.finding("", message, hint));
}

/// Whether the namespace is there, as far as that is known.
fn namespace(subject: &Subject<'_>, answers: &Answers, report: &mut Report) -> bool {
    report.looked(Area::Namespace);
    let name = subject.namespace;
    let other = "choose another with -n";
    let (message, hint) = match answers.object(NAMESPACE, None, name) {
        None => {
            report.hidden(Area::Namespace);
            return true;
        }
        Some(None) => (
            format!("namespace {name:?} does not exist"),
            format!("create it with kubectl create namespace {name}, or {other}"),
        ),
        Some(Some(found)) if text_at(found, "/status/phase") == "Terminating" && subject.live.is_none() => {
            (format!("namespace {name:?} is being deleted"), format!("wait until it is gone, or {other}"))
        }
        Some(Some(_)) => return true,
    };
    say(report, Area::Namespace, subject, &catalogue::NAMESPACE_MISSING, message, Some(hint));
    false
}

fn rights(subject: &Subject<'_>, scope: Scope, answers: &Answers, report: &mut Report) {
    report.looked(Area::Rights);
    let refused = |rights: Vec<Right>, report: &mut Report| -> Vec<Right> {
        if rights.iter().any(|right| answers.may(right).is_none()) {
            report.hidden(Area::Rights);
        }
        rights.into_iter().filter(|right| answers.may(right) == Some(false)).collect()
    };
    let namespace = subject.namespace;
    let words = |missing: &[Right]| missing.iter().map(Right::words).collect::<Vec<_>>().join(", ");
    let to_write = refused(for_apply(subject), report);
    if let Some(first) = to_write.first() {
        let message = format!("you are not allowed to {} in namespace {namespace}", words(&to_write));
        let hint =
            format!("request that right; check with kubectl auth can-i {} -n {namespace}", first.words());
        say(report, Area::Rights, subject, &catalogue::RIGHT_MISSING, message, Some(hint));
        return;
    }
    if !scope.waits {
        return;
    }
    let to_wait = refused(for_wait(subject), report);
    if !to_wait.is_empty() {
        let rule = &catalogue::RIGHT_FOR_WAIT_MISSING;
        let message = format!(
            "you are not allowed to {} in namespace {namespace}, which the wait needs",
            words(&to_wait)
        );
        let mut finding = rule.finding("", message, None);
        // The wait goes on without its parts, and not without the object.
        let is_blind = to_wait.iter().any(|right| right.resource.plural == subject.kind.resource().plural);
        if subject.live.is_some() || !is_blind {
            finding.severity = crate::core::kubernetes::finding::Severity::Warning;
        }
        report.add(Area::Rights, subject.name, finding);
        return;
    }
    let to_explain = refused(for_diagnosis(subject), report);
    if !to_explain.is_empty() {
        let message = format!(
            "you are not allowed to {} in namespace {namespace}; what keeps a pod from running cannot be shown",
            words(&to_explain)
        );
        say(report, Area::Rights, subject, &catalogue::RIGHT_FOR_DIAGNOSIS_MISSING, message, None);
    }
}

fn secrets(subject: &Subject<'_>, needs: &Needs, answers: &Answers, report: &mut Report) {
    let namespace = subject.namespace;
    for (name, keys) in &needs.secrets {
        report.looked(Area::Secrets);
        let there = match answers.keys(namespace, name) {
            None => {
                report.hidden(Area::Secrets);
                continue;
            }
            Some(None) => {
                let message = format!("Secret {name:?} does not exist in namespace {namespace}");
                let hint = create_secret(namespace, name, keys);
                say(report, Area::Secrets, subject, &catalogue::SECRET_MISSING, message, hint);
                continue;
            }
            Some(Some(there)) => there,
        };
        for key in keys.difference(there) {
            let known: Vec<&str> = there.iter().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message =
                format!("Secret {name:?} in namespace {namespace} has no key {key:?}; it has {known}");
            let hint = [name.as_str(), key, namespace].into_iter().all(pastes).then(|| {
                let value = variable(key);
                format!(
                    "kubectl patch secret {name} -n {namespace} --type=merge -p \"{{\\\"stringData\\\":{{\\\"{key}\\\":\\\"${value}\\\"}}}}\""
                )
            });
            say(report, Area::Secrets, subject, &catalogue::SECRET_KEY_MISSING, message, hint);
        }
    }
    for name in &needs.pull_secrets {
        report.looked(Area::Secrets);
        match answers.keys(namespace, name) {
            None => report.hidden(Area::Secrets),
            Some(Some(_)) => {}
            Some(None) => {
                let message = format!("pull secret {name:?} does not exist in namespace {namespace}");
                let command = format!(
                    "kubectl create secret docker-registry {name} -n {namespace} --docker-server=\"$REGISTRY\" --docker-username=\"$USERNAME\" --docker-password=\"$PASSWORD\""
                );
                let hint = [name.as_str(), namespace].into_iter().all(pastes).then_some(command);
                say(report, Area::Secrets, subject, &catalogue::PULL_SECRET_MISSING, message, hint);
            }
        }
    }
}

fn claims(subject: &Subject<'_>, needs: &Needs, answers: &Answers, report: &mut Report) {
    let namespace = subject.namespace;
    for name in &needs.claims {
        report.looked(Area::Claims);
        match answers.object(PERSISTENT_VOLUME_CLAIM, Some(namespace), name) {
            None => report.hidden(Area::Claims),
            Some(Some(_)) => {}
            Some(None) => {
                let message =
                    format!("PersistentVolumeClaim {name:?} does not exist in namespace {namespace}");
                let hint = format!(
                    "create it first, or name another; list those that exist with kubectl get persistentvolumeclaims -n {namespace}"
                );
                say(report, Area::Claims, subject, &catalogue::CLAIM_MISSING, message, Some(hint));
            }
        }
    }
}

fn classes(subject: &Subject<'_>, needs: &Needs, answers: &Answers, report: &mut Report) {
    for name in &needs.runtime_classes {
        report.looked(Area::Classes);
        match answers.object(RUNTIME_CLASS, None, name) {
            None => report.hidden(Area::Classes),
            Some(Some(_)) => {}
            Some(None) => {
                let message = format!("RuntimeClass {name:?} does not exist");
                say(report, Area::Classes, subject, &catalogue::RUNTIME_CLASS_MISSING, message, None);
            }
        }
    }
    for (class, claim) in &needs.storage_classes {
        report.looked(Area::Classes);
        let is_there = answers.object(PERSISTENT_VOLUME_CLAIM, Some(subject.namespace), claim);
        if matches!(is_there, Some(Some(_))) {
            continue;
        }
        // A volume that somebody made by hand may carry a class that exists as a name only.
        let volumes = answers.list(PERSISTENT_VOLUME, None, None);
        let by_hand =
            volumes.map(|all| all.iter().any(|volume| text_at(volume, "/spec/storageClassName") == class));
        match (answers.object(STORAGE_CLASS, None, class), by_hand) {
            (Some(Some(_)), _) | (Some(None), Some(true)) => {}
            (None, _) | (_, None) => report.hidden(Area::Classes),
            (Some(None), Some(false)) => {
                let message = format!("StorageClass {class:?} of claim {claim:?} does not exist");
                say(report, Area::Classes, subject, &catalogue::STORAGE_CLASS_MISSING, message, None);
            }
        }
    }
}

fn attendants(subject: &Subject<'_>, answers: &Answers, report: &mut Report) {
    for attendant in subject.foresight.iter().flat_map(|foresight| &foresight.attendants) {
        report.looked(Area::Controllers);
        let age = attendant.heartbeat.zip(answers.now).map(|(then, now)| now.as_second() - then.as_second());
        if let Some(age) = age.filter(|age| *age > HEARTBEAT_LIMIT) {
            let message = format!("{} was last heard of {} ago", attendant.what, ago(age));
            let hint = Some(attendant.look.clone());
            say(report, Area::Controllers, subject, &catalogue::HEARTBEAT_OLD, message, hint);
            continue;
        }
        // Whoever has just been heard of runs, wherever that is.
        if age.is_none() {
            deployment(subject, attendant, answers, report);
        }
    }
}

fn deployment(subject: &Subject<'_>, attendant: &Attendant, answers: &Answers, report: &mut Report) {
    let Some(all) = answers.list(DEPLOYMENT, None, Some(attendant.selector)) else {
        report.hidden(Area::Controllers);
        return;
    };
    let ours: Vec<_> =
        all.iter().filter(|one| workload_component(one) == Some(attendant.component.as_str())).collect();
    let runs = |one: &&serde_json::Value| integer_at(one, "/status/availableReplicas").unwrap_or(0) > 0;
    if ours.iter().any(runs) {
        return;
    }
    let message = match ours.first() {
        None => format!("{} is not installed; the object stays as it is until it runs", attendant.what),
        Some(one) => {
            let place = ["/metadata/namespace", "/metadata/name"].map(|pointer| text_at(one, pointer));
            let wanted = integer_at(one, "/spec/replicas").unwrap_or(1);
            let why = if wanted == 0 { "is scaled to 0" } else { "has no available pod" };
            format!("{} does not run: Deployment {} {why}", attendant.what, place.join("/"))
        }
    };
    let hint = Some(attendant.look.clone());
    say(report, Area::Controllers, subject, &catalogue::CONTROLLER_NOT_RUNNING, message, hint);
}

fn ago(seconds: i64) -> String {
    match seconds {
        ..600 => format!("{seconds} s"),
        600..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The names of containers that do not say how much of a resource they use.
pub(super) fn silent<'a>(spec: &'a serde_json::Value, resource: &str, requests: bool) -> BTreeSet<&'a str> {
    let says = |container: &serde_json::Value| {
        super::needs::of_container(container, requests).contains_key(resource)
    };
    let all = list_at(spec, "/containers").iter().chain(list_at(spec, "/initContainers"));
    all.filter(|container| !says(container)).map(|container| text_at(container, "/name")).collect()
}
