//! What a Job makes of pods that failed and of those that were enough.

use std::collections::BTreeSet;

use super::job::{completions, container_names};
use super::node::{Errors, Node, whole};
use crate::core::kubernetes::names;
use crate::core::schema::text;
use crate::core::schema::{ErrorKind, text::quote};

/// Most rules of a policy, exit codes and conditions of a rule, and bytes of a list of indexes.
const RULES_LIMIT: usize = 20;
const CODES_LIMIT: usize = 255;
const CONDITIONS_LIMIT: usize = 20;
const INDEXES_LIMIT: usize = 64 * 1024;
const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];

/// `valid values: ["a" "b"]`, as Go prints a list of texts.
fn valid_values(values: &[&str]) -> String {
    format!("valid values: [{}]", values.iter().map(|value| quote(value)).collect::<Vec<_>>().join(" "))
}

/// A member that must be one of these.
fn check_choice(node: &Node<'_>, name: &str, values: &[&str], errors: &mut Errors) {
    if node.str(name).is_empty() {
        errors.required(node.path(name), &valid_values(values));
    } else {
        errors.choice(node, name, values);
    }
}

pub(super) fn check_failure(spec: &Node<'_>, errors: &mut Errors) {
    let policy = spec.at("podFailurePolicy");
    let rules = policy.items("rules");
    let names = container_names(spec);
    if rules.len() > RULES_LIMIT {
        errors.too_many(policy.path("rules"), rules.len(), RULES_LIMIT);
    }
    for rule in rules {
        if rule.str("action") == "FailIndex" && !spec.has("backoffLimitPerIndex") {
            let detail = "requires the backoffLimitPerIndex to be set";
            errors.invalid(rule.path("action"), "FailIndex", detail);
        }
        check_choice(&rule, "action", &ACTIONS, errors);
        let conditions = rule.items("onPodConditions");
        if let Some(codes) = rule.set("onExitCodes") {
            check_codes(&codes, &names, errors);
        }
        if conditions.len() > CONDITIONS_LIMIT {
            errors.too_many(rule.path("onPodConditions"), conditions.len(), CONDITIONS_LIMIT);
        }
        for condition in &conditions {
            let kind = condition.str("type");
            errors.each(&condition.path("type"), kind, names::label_key_errors(kind));
            // The server fills in `True` for a status that is not said.
            errors.choice(condition, "status", &["False", "True", "Unknown"]);
        }
        let detail = match (rule.has("onExitCodes"), conditions.is_empty()) {
            (true, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
            (false, true) => "specifying one of OnExitCodes and OnPodConditions is required",
            _ => continue,
        };
        errors.push(ErrorKind::Invalid, rule.path, None, detail);
    }
}

fn check_codes(codes: &Node<'_>, containers: &BTreeSet<&str>, errors: &mut Errors) {
    check_choice(codes, "operator", &["In", "NotIn"], errors);
    let name = codes.str("containerName");
    if codes.has("containerName") && !containers.contains(name) {
        let detail = "must be one of the container or initContainer names in the pod template";
        errors.invalid(codes.path("containerName"), name, detail);
    }
    let (values, path) = (codes.items("values"), codes.path("values"));
    if values.is_empty() {
        errors.invalid_json(&path, codes.raw("values"), "at least one value is required");
    } else if values.len() > CODES_LIMIT {
        errors.too_many(&path, values.len(), CODES_LIMIT);
    }
    let numbers: Vec<i64> = values.iter().map(|value| whole(value.value).unwrap_or_default()).collect();
    let mut seen = BTreeSet::new();
    for (value, number) in values.iter().zip(&numbers) {
        if codes.str("operator") == "In" && *number == 0 {
            errors.invalid_number(value.path.clone(), 0, "must not be 0 for the In operator");
        }
        if !seen.insert(*number) {
            errors.push(ErrorKind::Duplicate, value.path.clone(), Some(number.to_string()), "");
        }
    }
    if !numbers.is_sorted() {
        errors.invalid_json(path, codes.raw("values"), "must be ordered");
    }
}

pub(super) fn check_success(spec: &Node<'_>, errors: &mut Errors) {
    let policy = spec.at("successPolicy");
    let rules = policy.items("rules");
    if rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        errors.required(policy.path("rules"), detail);
    }
    if rules.len() > RULES_LIMIT {
        errors.too_many(policy.path("rules"), rules.len(), RULES_LIMIT);
    }
    let Some(completions) = completions(spec) else {
        // The real server has no answer for this one.
        return errors.not_foretold(spec.path("completions"), "a success policy without completions");
    };
    for rule in rules {
        check_success_rule(&rule, completions, errors);
    }
}

fn check_success_rule(rule: &Node<'_>, completions: i64, errors: &mut Errors) {
    let indexes = rule.has("succeededIndexes").then(|| rule.str("succeededIndexes"));
    let count = rule.int("succeededCount");
    if indexes.is_none() && count.is_none() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        errors.required(rule.path.clone(), detail);
    }
    let mut total = 0;
    if let Some(indexes) = indexes {
        let path = rule.path("succeededIndexes");
        if indexes.len() > INDEXES_LIMIT {
            errors.too_long(&path, INDEXES_LIMIT);
        }
        match count_indexes(indexes, completions) {
            Ok(count) => total = count,
            Err(why) => errors.invalid(path, indexes, format!("error parsing succeededIndexes: {why}")),
        }
    }
    errors.not_negative(rule, "succeededCount");
    let Some(count) = count else { return };
    let path = rule.path("succeededCount");
    if count > completions {
        let detail =
            format!("must be less than or equal to {completions} (the number of specified completions)");
        errors.invalid_number(&path, count, detail);
    }
    if indexes.is_some() && count > total {
        let detail = format!(
            "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        );
        errors.invalid_number(path, count, detail);
    }
}

/// How many indexes a text like `1,3-5` names.
fn count_indexes(indexes: &str, completions: i64) -> Result<i64, String> {
    if indexes.is_empty() {
        return Ok(0);
    }
    let number = |text: &str| -> Result<i64, String> {
        let shown = text::quote(text);
        let number =
            text.parse().map_err(|_| format!("cannot convert string to integer for index: {shown}"))?;
        if number >= completions { Err(format!("too large index: {shown}")) } else { Ok(number) }
    };
    let unordered = |last: i64, next: i64| format!("non-increasing order, previous: {last}, current: {next}");
    let (mut last, mut total) = (None, 0);
    for part in indexes.split(',') {
        let (first, end) = match part.split('-').collect::<Vec<_>>().as_slice() {
            [one] => (number(one)?, None),
            [first, end] => (number(first)?, Some(*end)),
            _ => {
                return Err(format!(
                    "the fragment {} violates the requirement that an index interval can have at most two parts \
                     separated by '-'",
                    text::quote(part)
                ));
            }
        };
        let end = match end.map(number).transpose()? {
            Some(end) if first >= end => return Err(unordered(first, end)),
            end => end.unwrap_or(first),
        };
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(unordered(last, first));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}
