//! An update whose new pod waits for what the old pods hold.

use super::answers::Answers;
use super::ask::updated;
use super::judge::say;
use super::needs::{Amounts, Needs};
use super::report::{Area, Report};
use super::room::{allocatable, is_open, times};
use super::{Subject, catalogue};
use crate::core::kubernetes::json::{integer_at, text_at};
use crate::core::kubernetes::resource::{DEPLOYMENT, NODE};
use serde_json::Value;

/// What the API server fills in for both numbers of a rolling update.
const DEFAULT: &str = "25%";
/// The strategy that lets an old pod go before a new one starts.
const WAY_OUT: &str = "let an old pod go first with --override spec.strategy.rollingUpdate.maxSurge=0 --override spec.strategy.rollingUpdate.maxUnavailable=1; the endpoint is down meanwhile where there is one replica";

/// Looks at the Deployments that are there and will be changed.
pub(super) fn judge(subject: &Subject<'_>, answers: &Answers, report: &mut Report) {
    for name in updated(subject) {
        report.looked(Area::Update);
        let live = answers.object(DEPLOYMENT, Some(subject.namespace), name);
        let (Some(live), Some(nodes)) = (live, answers.list(NODE, None, None)) else {
            report.hidden(Area::Update);
            continue;
        };
        let child = subject.children().iter().find(|child| text_at(&child.object, "/metadata/name") == name);
        let (Some(live), Some(child)) = (live, child) else { continue };
        let merged = child.write.preview(live, &child.object);
        if live.pointer("/spec/template") != merged.pointer("/spec/template")
            && let Some(resource) = deadlock(live, &merged, nodes)
        {
            let message = format!(
                "the update cannot start a new pod: the old pods of Deployment {name} hold the {resource} that it needs; the old version still serves"
            );
            let hint = Some(WAY_OUT.to_owned());
            say(report, Area::Update, subject, &catalogue::UPDATE_HAS_NO_ROOM, message, hint);
        }
    }
}

/// The device of which a new pod finds none while all old ones run, however they are placed; `None` when it may find one.
fn deadlock(live: &Value, merged: &Value, nodes: &[Value]) -> Option<String> {
    let replicas = integer_at(merged, "/spec/replicas").unwrap_or(1);
    // Those that run: the ones that a smaller number of replicas stops make room.
    let old = integer_at(live, "/status/readyReplicas").unwrap_or(0).min(replicas);
    if old == 0 || text_at(merged, "/spec/strategy/type") == "Recreate" || may_stop_one(merged, replicas) {
        return None;
    }
    let (before, after) = (Needs::pods_of(live)?, Needs::pods_of(merged)?);
    let open: Vec<&Value> = nodes.iter().filter(|node| is_open(node, &after)).collect();
    // A node that holds none of the old pods may take the new one.
    if nodes
        .iter()
        .any(|node| !is_open(node, &before) && times(node, &after.requests) > 0 && is_open(node, &after))
    {
        return None;
    }
    after.requests.iter().filter(|(resource, _)| resource.contains('/')).find_map(|(resource, needed)| {
        let held = before.requests.get(resource).copied().unwrap_or(0);
        if held == 0 {
            return None;
        }
        let one = Amounts::from([(resource.clone(), *needed)]);
        let total = open.iter().map(|node| allocatable(node, resource)).fold(0, i64::saturating_add);
        let room = open.iter().map(|node| times(node, &one)).fold(0, i64::saturating_add);
        let none_left = total.saturating_sub(held.saturating_mul(old)) < *needed;
        let no_place = held == *needed && room < old + 1;
        // Without any room at all it is not the update that is in the way.
        (room > 0 && (none_left || no_place)).then(|| resource.clone())
    })
}

/// Whether a rolling update may stop an old pod before a new one runs.
fn may_stop_one(deployment: &Value, replicas: i64) -> bool {
    let rolling = deployment.pointer("/spec/strategy/rollingUpdate");
    let of = |name: &str| rolling.and_then(|rolling| rolling.get(name)).filter(|value| !value.is_null());
    let default = Value::from(DEFAULT);
    let share = |name: &str, up: bool| count(of(name).unwrap_or(&default), replicas, up);
    // With both at 0 after rounding the controller takes 1 for the pods that may be missing.
    share("maxUnavailable", false) > 0 || share("maxSurge", true) == 0
}

/// A number of pods, given as such or as a share.
fn count(value: &Value, replicas: i64, up: bool) -> i64 {
    if let Some(number) = value.as_i64() {
        return number;
    }
    let percent = value.as_str().and_then(|text| text.trim_end_matches('%').parse::<i64>().ok()).unwrap_or(0);
    let product = percent.saturating_mul(replicas);
    if up { product.saturating_add(99) / 100 } else { product / 100 }
}
