//! What an update makes of the children that are there already.

use crate::core::api_server;
use crate::core::kind::judge::{Child, Children, Foresight, Judge};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::preview::Write;
use serde_json::Value;

/// The changes of children that the API server will refuse, when an object replaces another that its controller has acted
/// on: the children in the cluster are those of the old object, and what the server filled in.
pub(super) fn refused(judge: &dyn Judge, old: &Value, foresight: &Foresight) -> Vec<Finding> {
    let Children::Known(new) = &foresight.children else { return Vec::new() };
    // By server-side apply what the server filled in stays; the other ways write the whole object.
    let is_changed = |child: &&Child| matches!(child.write, Write::Apply { .. }) && !child.later;
    if !new.iter().any(|child| is_changed(&child)) {
        return Vec::new();
    }
    let Children::Known(known) = judge.foresee(old, old).children else { return Vec::new() };
    let refusal = |child: &Child| {
        let before = known.iter().find(|known| is_same(&known.object, &child.object))?;
        let merged = api_server::over_defaults(&before.object, &child.object);
        let refusal = api_server::refusal_of_change(&before.object, &merged)?;
        let message = format!("the API server will refuse the change of a child object: {refusal}");
        Some(super::CHILD_CHANGE_REFUSED.finding("", message, None))
    };
    new.iter().filter(is_changed).filter_map(refusal).collect()
}

fn is_same(one: &Value, other: &Value) -> bool {
    ["/apiVersion", "/kind", "/metadata/name"]
        .iter()
        .all(|place| text_at(one, place) == text_at(other, place))
}
