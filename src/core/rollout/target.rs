//! What was applied, and by what it is told that it runs.

use super::drift::{AppliedField, applied_fields, drift};
use super::{Problem, ProblemKind};
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
    /// The fields that were sent, as they were stored.
    pub(in crate::core) applied: Applied,
}

/// The fields of a write; none where only the object is known.
#[derive(Debug, Clone, Default)]
pub(in crate::core) struct Applied(Vec<AppliedField>);

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
            applied: Applied::default(),
        }
    }

    /// The same with the fields that `sent` said and `stored`, the answer, holds: they are held against what others write.
    #[must_use]
    pub fn with_fields(self, sent: &Value, stored: &Value) -> Target {
        Target { applied: Applied(applied_fields(sent, stored)), ..self }
    }

    /// What somebody made of the applied fields. The generation tells when to look: without it nothing has changed.
    pub(super) fn changed(&self, live: &Value) -> Option<Problem> {
        if integer_at(live, "/metadata/generation").unwrap_or_default() <= self.generation {
            return None;
        }
        let drifts = drift(&self.applied.0, live);
        let (first, more) = drifts.split_first()?;
        let message = format!("{first} during the wait: what runs is not what was applied");
        let detail: Vec<String> = more.iter().map(ToString::to_string).collect();
        Some(Problem::new(ProblemKind::Changed, message, Some(&detail.join("; "))))
    }
}

/// Whether a write arrived whose answer was lost: `live` holds every field that was `sent`, and is not as it was `before`.
pub fn has_arrived(sent: &Value, before: Option<&Value>, live: &Value) -> bool {
    let version = |object: &Value| text_at(object, "/metadata/resourceVersion").to_owned();
    before.is_none_or(|before| version(before) != version(live))
        && drift(&applied_fields(sent, sent), live).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_applied_field_that_somebody_changes_is_a_problem_and_a_write_back_is_none() {
        let stored = json!({"kind": "Gizmo", "metadata": {"generation": 3}, "spec": {"size": 1}});
        let target =
            Target::of(&stored, None, |_| Vec::new()).with_fields(&json!({"spec": {"size": 1}}), &stored);
        let live = |generation: i64, size: i64| json!({"metadata": {"generation": generation}, "spec": {"size": size, "chosen": "x"}});
        assert_eq!(target.changed(&live(4, 1)), None);
        assert_eq!(target.changed(&live(3, 1)), None);
        let problem = target.changed(&live(4, 2)).unwrap();
        assert_eq!(problem.kind, ProblemKind::Changed);
        assert_eq!(
            problem.message,
            "spec.size was changed or removed during the wait: what runs is not what was applied"
        );
    }

    #[test]
    fn a_write_has_arrived_when_its_fields_are_there_and_the_object_is_another() {
        let sent = json!({"spec": {"size": 2}});
        let live = |size: i64, version: &str| json!({"metadata": {"resourceVersion": version}, "spec": {"size": size, "x": 1}});
        assert!(has_arrived(&sent, None, &live(2, "7")));
        assert!(has_arrived(&sent, Some(&live(1, "6")), &live(2, "7")));
        assert!(!has_arrived(&sent, Some(&live(1, "6")), &live(1, "7")));
        assert!(
            !has_arrived(&sent, Some(&live(2, "7")), &live(2, "7")),
            "a field that goes away may still be there"
        );
    }

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
