//! Resource types: the ones that the program talks about are constants, nothing is ever discovered.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A Kubernetes resource type: what a request path needs and what its objects are called.
#[derive(Debug, Clone, Copy, PartialOrd, Ord, PartialEq, Eq, Hash)]
pub struct Resource {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Plural name as in request paths, lowercase.
    pub plural: &'static str,
    /// Kind of its objects.
    pub kind: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

/// What the Direct vLLM and llm-d shims create.
pub const DEPLOYMENT: Resource = namespaced("apps", "v1", "deployments", "Deployment");
/// What a Deployment creates for each revision.
pub const REPLICA_SET: Resource = namespaced("apps", "v1", "replicasets", "ReplicaSet");
/// What runs the model.
pub const POD: Resource = namespaced("", "v1", "pods", "Pod");
/// What the cluster reports about an object.
pub const EVENT: Resource = namespaced("", "v1", "events", "Event");
/// The address of a model endpoint.
pub const SERVICE: Resource = namespaced("", "v1", "services", "Service");
/// A machine of the cluster.
pub const NODE: Resource = cluster_wide("", "v1", "nodes", "Node");
/// The definition of a resource type, whose name is `<plural>.<group>`.
pub const CUSTOM_RESOURCE_DEFINITION: Resource =
    cluster_wide("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition");
/// A claim of storage.
pub const PERSISTENT_VOLUME_CLAIM: Resource =
    namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
/// Keys with values that are nobody's business.
pub const SECRET: Resource = namespaced("", "v1", "secrets", "Secret");
/// Work that ends.
pub const JOB: Resource = namespaced("batch", "v1", "jobs", "Job");
/// The question what the asking user may do; created, never stored.
pub const SELF_SUBJECT_ACCESS_REVIEW: Resource =
    cluster_wide("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview");
/// A namespace.
pub const NAMESPACE: Resource = cluster_wide("", "v1", "namespaces", "Namespace");

/// A resource whose objects live in a namespace.
pub const fn namespaced(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Resource {
    Resource { group, version, plural, kind, namespaced: true }
}

/// A resource without namespaces.
pub const fn cluster_wide(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Resource {
    Resource { group, version, plural, kind, namespaced: false }
}

impl Resource {
    /// The `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The name as kubectl prints it: `deployments.apps`, and `pods` for the core group.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The request path of the collection, or of one object; every segment is escaped, so that a name never becomes
    /// another path. A namespace is ignored for a resource that has none.
    pub fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let (true, Some(namespace)) = (self.namespaced, namespace) {
            path.push_str("/namespaces/");
            path.push_str(&escape(namespace));
        }
        path.push('/');
        path.push_str(self.plural);
        if let Some(name) = name {
            path.push('/');
            path.push_str(&escape(name));
        }
        path
    }
}

/// Escapes a path segment or a query value, so that it stays one.
pub fn escape(text: &str) -> String {
    // A segment of dots alone would be resolved away by some proxies.
    if !text.is_empty() && text.bytes().all(|byte| byte == b'.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_those_of_the_api_server() {
        assert_eq!(POD.path(Some("a"), Some("b")), "/api/v1/namespaces/a/pods/b");
        assert_eq!(POD.path(None, None), "/api/v1/pods");
        assert_eq!(NAMESPACE.path(Some("ignored"), Some("a")), "/api/v1/namespaces/a");
        assert_eq!(
            DEPLOYMENT.path(Some("default"), Some("q")),
            "/apis/apps/v1/namespaces/default/deployments/q"
        );
    }

    #[test]
    fn a_name_never_leaves_its_segment() {
        assert_eq!(
            POD.path(Some("a/../b"), Some("x?watch=1")),
            "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fwatch%3D1"
        );
        assert_eq!(POD.path(Some(".."), Some(".")), "/api/v1/namespaces/%2E%2E/pods/%2E");
    }

    proptest! {
        #[test]
        fn an_escaped_text_is_one_segment(text in "\\PC{0,20}") {
            let escaped = escape(&text);
            prop_assert!(escaped.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)));
            prop_assert!(escaped != "." && escaped != "..");
        }
    }
}
