//! What is known about tags: which move, which are frozen, which are deleted after a while. The rules about single
//! repositories are data that the caller has.

use super::reference::ImageRef;

/// How a tag behaves over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagBehavior {
    /// Points at another image from time to time.
    Moves,
    /// Looks as if it moved, and no longer does.
    Frozen {
        /// Day of the last image behind it, `YYYY-MM-DD`.
        since: &'static str,
        /// An image that took its place.
        instead: &'static str,
    },
    /// Never moves, and is deleted when this many newer siblings exist.
    Rotates {
        /// Siblings that are kept.
        kept: usize,
        /// What the tags of the siblings begin with.
        prefix: &'static str,
    },
    /// Names one release.
    Fixed,
}

/// A rule about the tags of one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagKnowledge {
    /// Repository with its registry, as [`ImageRef::repository`] with [`ImageRef::registry`] give it.
    pub repository: &'static str,
    /// The tag, or what it begins with when `is_prefix`.
    pub tag: &'static str,
    /// Whether `tag` is only the beginning.
    pub is_prefix: bool,
    /// How such a tag behaves.
    pub behavior: TagBehavior,
    /// The consequence for the user, a clause without a full stop.
    pub note: &'static str,
}

/// What is known about the tag of an image: the first of the rules that fits; without one, `latest` and names with `nightly`,
/// `main`, `master`, `edge` or `dev` in them move.
pub fn tag_knowledge(image: &ImageRef, rules: &[TagKnowledge]) -> Option<TagKnowledge> {
    let tag = image.effective_tag()?;
    let repository = format!("{}/{}", image.registry(), image.repository());
    let fits = |rule: &&TagKnowledge| {
        rule.repository == repository
            && (if rule.is_prefix { tag.starts_with(rule.tag) } else { tag == rule.tag })
    };
    if let Some(rule) = rules.iter().find(fits) {
        return Some(*rule);
    }
    let word =
        |part: &str| matches!(part, "latest" | "nightly" | "main" | "master" | "edge" | "dev" | "snapshot");
    tag.to_ascii_lowercase().split(['-', '_', '.']).any(word).then_some(TagKnowledge {
        repository: "",
        tag: "",
        is_prefix: true,
        behavior: TagBehavior::Moves,
        note: "the tag moves from build to build",
    })
}
