//! Where the fields of version v1alpha1 went in OGXServer (llama-stack.md section B7).

use serde_json::Value;

/// A field of v1alpha1 as a JSON pointer, and the field of OGXServer that took its place.
const MOVED: [(&str, &str); 10] = [
    ("/spec/replicas", "spec.workload.replicas"),
    ("/spec/server/distribution", "spec.distribution"),
    ("/spec/server/containerSpec/env", "spec.workload.overrides.env"),
    ("/spec/server/containerSpec/port", "spec.network.port"),
    ("/spec/server/containerSpec/resources", "spec.workload.resources"),
    ("/spec/server/storage", "spec.workload.storage"),
    ("/spec/server/tlsConfig/caBundle", "spec.tls.trust.caCertificates"),
    ("/spec/network/exposeRoute", "spec.network.externalAccess.enabled"),
    ("/spec/network/allowedFrom", "spec.network.policy.ingress"),
    ("/spec/server/userConfig", "spec.overrideConfig"),
];

/// What becomes of the fields that an object of v1alpha1 has: `spec.replicas becomes spec.workload.replicas`, each.
pub(super) fn moved(object: &Value) -> Vec<String> {
    let has = MOVED.iter().filter(|(pointer, _)| object.pointer(pointer).is_some());
    has.map(|(pointer, now)| format!("{} becomes {now}", pointer[1..].replace('/', "."))).collect()
}
