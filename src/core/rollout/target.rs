//! What was applied, and by what it is told that it runs.

use super::{integer, text};
use serde_json::Value;

/// What was applied and is waited for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name of the ModelDeployment.
    pub name: String,
    /// Its uid: an object of the same name that was created anew is another one.
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
    /// What the API server answered to a write; `platform_digests` knows those of an image that was pinned.
    pub fn of(object: &Value, platform_digests: impl FnOnce(&str) -> Vec<String>) -> Target {
        let image = wanted_image(object);
        Target {
            name: text(object, "/metadata/name").to_owned(),
            uid: text(object, "/metadata/uid").to_owned(),
            generation: integer(object, "/metadata/generation").unwrap_or_default(),
            platform_digests: image.as_deref().map(platform_digests).unwrap_or_default(),
            image,
        }
    }
}

/// The image the pods must run: the object's own, unless overrides replace the container list.
fn wanted_image(object: &Value) -> Option<String> {
    if object.pointer("/spec/provider/overrides/spec/template/spec/containers").is_some() {
        return None;
    }
    ["/spec/engine/image", "/spec/image"]
        .iter()
        .map(|pointer| text(object, pointer))
        .find(|image| !image.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_target_is_what_the_server_answered() {
        let object = json!({
            "metadata": {"name": "q", "uid": "u", "generation": 3},
            "spec": {"image": "old", "engine": {"image": "repo@sha256:a"}},
        });
        let target = Target::of(&object, |image| vec![format!("{image}, linux/amd64")]);
        assert_eq!((target.name.as_str(), target.uid.as_str(), target.generation), ("q", "u", 3));
        assert_eq!(target.image.as_deref(), Some("repo@sha256:a"));
        assert_eq!(target.platform_digests, ["repo@sha256:a, linux/amd64"]);
    }

    #[test]
    fn no_image_is_expected_where_overrides_replace_the_containers_or_none_is_named() {
        let replaced = json!({"spec": {"image": "a", "provider": {"overrides": {"spec": {"template": {"spec": {"containers": []}}}}}}});
        for object in [replaced, json!({"spec": {"engine": {"image": ""}}})] {
            let target = Target::of(&object, |_| panic!("no image"));
            assert_eq!((target.image, target.platform_digests), (None, Vec::new()));
        }
    }
}
