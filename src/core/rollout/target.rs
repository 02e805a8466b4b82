//! What was applied, and by what it is told that it runs.

use crate::core::kubernetes::json::{integer_at, text_at};
use serde_json::Value;

/// What was applied and is waited for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Kind of the object, for messages.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid: a recreated object of the same name is another one.
    pub uid: String,
    /// Its generation after the write.
    pub generation: i64,
    /// The image its pods must run, when the object names one.
    pub image: Option<String>,
    /// Digests of the manifests for single platforms that belong to a pinned image, where they are known: a container runtime
    /// reports one of them or the pin itself.
    pub platform_digests: Vec<String>,
}

impl Target {
    /// What the API server answered to a write. `image` is what its pods must run, `platform_digests` knows those of an image
    /// that was pinned.
    pub fn of(
        object: &Value,
        image: Option<String>,
        platform_digests: impl FnOnce(&str) -> Vec<String>,
    ) -> Target {
        Target {
            kind: text_at(object, "/kind").to_owned(),
            name: text_at(object, "/metadata/name").to_owned(),
            uid: text_at(object, "/metadata/uid").to_owned(),
            generation: integer_at(object, "/metadata/generation").unwrap_or_default(),
            platform_digests: image.as_deref().map(platform_digests).unwrap_or_default(),
            image,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_target_is_what_the_server_answered() {
        let object = json!({"kind": "Gizmo", "metadata": {"name": "q", "uid": "u", "generation": 3}});
        let image = Some("repo@sha256:a".to_owned());
        let target = Target::of(&object, image, |image| vec![format!("{image}, linux/amd64")]);
        assert_eq!((target.name.as_str(), target.uid.as_str(), target.generation), ("q", "u", 3));
        assert_eq!((target.kind.as_str(), target.image.as_deref()), ("Gizmo", Some("repo@sha256:a")));
        assert_eq!(target.platform_digests, ["repo@sha256:a, linux/amd64"]);
        assert_eq!(Target::of(&object, None, |_| panic!("no image")).platform_digests, [""; 0]);
    }
}
