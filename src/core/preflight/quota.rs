//! The quota of the namespace against what the pods request.

use super::answers::Answers;
use super::ask::{LIMIT_RANGE, RESOURCE_QUOTA};
use super::judge::{say, silent};
use super::needs::{Needs, Pods, milli, shown};
use super::report::{Area, Report};
use super::{Subject, catalogue};
use crate::core::kubernetes::json::{list_at, object, text_at};
use serde_json::Value;

/// What the API server wants to be told of every container once a quota counts it: requests or limits.
const WANTED: [(&str, &str, bool); 6] = [
    ("cpu", "cpu", true),
    ("memory", "memory", true),
    ("requests.cpu", "cpu", true),
    ("requests.memory", "memory", true),
    ("limits.cpu", "cpu", false),
    ("limits.memory", "memory", false),
];

/// Compares the quotas of the namespace that concern all pods.
pub(super) fn judge(subject: &Subject<'_>, needs: &Needs, answers: &Answers, report: &mut Report) {
    if needs.pods.is_empty() {
        return;
    }
    report.looked(Area::Quota);
    let Some(quotas) = answers.list(RESOURCE_QUOTA, Some(subject.namespace), None) else {
        report.hidden(Area::Quota);
        return;
    };
    for quota in quotas {
        let has = |pointer: &str| quota.pointer(pointer).is_some_and(|value| !value.is_null());
        // A quota with a scope counts some pods only.
        if !has("/spec/scopes") && !has("/spec/scopeSelector") {
            hard(subject, needs, quota, report);
            wanted(subject, needs, quota, answers, report);
        }
    }
}

fn hard(subject: &Subject<'_>, needs: &Needs, quota: &Value, report: &mut Report) {
    let name = text_at(quota, "/metadata/name");
    for (resource, limit) in object(quota, &["status", "hard"]).into_iter().flatten() {
        let Some(limit) = milli(limit) else { continue };
        let of = |pods: &&Pods| asked(pods, resource);
        let most = needs.pods.iter().map(|pods| of(&pods)).max().unwrap_or(0);
        let total: i64 = needs
            .pods
            .iter()
            .filter(|pods| !pods.passing)
            .map(|pods| of(&pods).saturating_mul(pods.replicas))
            .fold(0, i64::saturating_add);
        let used = quota.pointer("/status/used").and_then(|used| used.get(resource)).and_then(milli);
        let (used, [asked, all, left]) = (used.unwrap_or(0), [most, total, limit]);
        let text = |amount: i64| shown(resource, amount);
        let hint = Some(format!("kubectl describe resourcequota {name} -n {}", subject.namespace));
        if asked > limit {
            let message = format!(
                "quota {name:?} of namespace {} allows {} {resource}, but one pod requests {}",
                subject.namespace,
                text(limit),
                text(asked)
            );
            say(report, Area::Quota, subject, &catalogue::QUOTA_FORBIDS, message, hint);
        } else if subject.live.is_none() && all > 0 && all > left.saturating_sub(used) {
            let message = format!(
                "quota {name:?} of namespace {} has {} of {} {resource} left, but the pods request {}",
                subject.namespace,
                text((limit - used).max(0)),
                text(limit),
                text(all)
            );
            say(report, Area::Quota, subject, &catalogue::QUOTA_EXCEEDED, message, hint);
        }
    }
}

/// What one pod counts against a line of a quota.
fn asked(pods: &Pods, resource: &str) -> i64 {
    let of = |amounts: &super::needs::Amounts, name: &str| amounts.get(name).copied().unwrap_or(0);
    match resource.split_once('.') {
        _ if resource == "pods" || resource == "count/pods" => 1000,
        Some(("requests", name)) => of(&pods.requests, name),
        Some(("limits", name)) => of(&pods.limits, name),
        _ if matches!(resource, "cpu" | "memory") => of(&pods.requests, resource),
        _ => 0,
    }
}

fn wanted(subject: &Subject<'_>, needs: &Needs, quota: &Value, answers: &Answers, report: &mut Report) {
    let Some(ranges) = answers.list(LIMIT_RANGE, Some(subject.namespace), None) else { return };
    let of_container = |limit: &Value| text_at(limit, "/type") == "Container";
    if ranges.iter().any(|range| list_at(range, "/spec/limits").iter().any(of_container)) {
        return;
    }
    let name = text_at(quota, "/metadata/name");
    for (line, resource, requests) in WANTED {
        if quota.pointer("/status/hard").and_then(|hard| hard.get(line)).is_none() {
            continue;
        }
        let containers: Vec<&str> =
            needs.pods.iter().flat_map(|pods| silent(&pods.spec, resource, requests)).collect();
        if let Some(container) = containers.first() {
            let what = if requests { "request" } else { "limit" };
            let message = format!(
                "quota {name:?} of namespace {} refuses pods without a {resource} {what}, and container {container} has none",
                subject.namespace
            );
            let hint = match resource {
                "memory" => "set one with --memory, or add a LimitRange with defaults to the namespace",
                _ => "set one, or add a LimitRange with defaults to the namespace",
            };
            let rule = &catalogue::QUOTA_NEEDS_REQUESTS;
            say(report, Area::Quota, subject, rule, message, Some(hint.to_owned()));
        }
    }
}
