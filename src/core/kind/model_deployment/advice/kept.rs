//! Values that the shims' write-back loses.

use super::{Found, Situation, rule, view};
use serde_json::Value;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let spec = situation.stored.get("spec").unwrap_or(&Value::Null);
    if view::at(spec, &["engine", "enablePrefixCaching"]) == Some(&Value::Bool(false)) {
        let message = "the provider's write-back turns this into true, and prefix caching stays on";
        let hint = "remove it and set spec.engine.args: {no-enable-prefix-caching: \"\"}";
        found.add_with_hint(&rule::VALUE_NOT_KEPT, "spec.engine.enablePrefixCaching", message, hint);
    }
    for path in [
        &["scaling", "replicas"][..],
        &["scaling", "prefill", "replicas"],
        &["scaling", "decode", "replicas"],
    ] {
        if view::at(spec, path).is_some_and(|replicas| replicas.as_i64() == Some(0)) {
            let path = format!("spec.{}", path.join("."));
            let message = "the provider's write-back turns zero into one, and a pod starts";
            let hint = "a ModelDeployment cannot be scaled to zero; delete it, or leave replicas out";
            found.add_with_hint(&rule::VALUE_NOT_KEPT, &path, message, hint);
        }
    }
}
