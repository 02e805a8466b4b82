//! The id of the model.

use super::{Found, Situation, rule, view};
use crate::core::kubernetes::finding::Finding;

const ID: &str = "spec.model.id";
/// Pages of models, whose addresses are pasted.
const HOSTS: [&str; 4] = ["huggingface.co/", "www.huggingface.co/", "hf.co/", "hf-mirror.com/"];
/// What engines load from by themselves.
const STORES: [&str; 4] = ["s3", "gs", "az", "abfs"];

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let id = view::text(situation.stored, &["spec", "model", "id"]);
    if id.is_empty() || view::text(situation.stored, &["spec", "model", "source"]) == "custom" {
        return;
    }
    found.0.extend(wrong(id));
}

fn wrong(id: &str) -> Option<Finding> {
    let refused =
        |message: String, hint: Option<String>| Some(rule::MODEL_ID_INVALID.finding(ID, message, hint));
    let trimmed = id.trim();
    if trimmed.len() < id.len() {
        return refused(format!("{id:?} has blanks around it"), Some(format!("write {trimmed}")));
    }
    if id.contains(char::is_whitespace) {
        return refused(format!("{id:?} has a blank in it"), None);
    }
    if id.contains('\\') {
        return refused(format!("{id:?} is a Windows path"), None);
    }
    let address = match id.split_once("://") {
        Some((scheme, _)) if STORES.contains(&scheme) => return None,
        Some((_, rest)) => rest,
        None if HOSTS.iter().any(|host| id.starts_with(host)) => id,
        None if id.starts_with("~/") => {
            let hint = "write owner/name, or the whole path of a directory in the container";
            return refused(format!("{id:?} is a directory of your own machine"), Some(hint.to_owned()));
        }
        None => return None,
    };
    refused(format!("{id:?} is an address"), repository(address).map(|id| format!("write {id}")))
}

/// The repository in the address of one of its pages.
fn repository(address: &str) -> Option<String> {
    let path = HOSTS.iter().find_map(|host| address.strip_prefix(host))?;
    let mut parts = path.split(['/', '?', '#']);
    match (parts.next(), parts.next()) {
        (Some(owner), Some(name)) if !owner.is_empty() && !name.is_empty() => Some(format!("{owner}/{name}")),
        _ => None,
    }
}
