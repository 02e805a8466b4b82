//! What is known about tags: which move, which are frozen, which are deleted after a while.
//!
//! Facts: vllm issue 42738 (cu130 became the default build after 0.20.0 and the tag got no update from then on) and the
//! clean-up job of vLLM's build, which keeps the newest 14 tags that begin with `nightly-`.

use super::reference::ImageRef;

/// How a tag behaves over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagBehaviour {
    /// Points at another image from time to time.
    Moves,
    /// Looks as if it moved, and no longer does.
    Frozen {
        /// Day of the last image behind it, `YYYY-MM-DD`.
        since: &'static str,
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
    pub behaviour: TagBehaviour,
    /// The consequence for the user, a clause without a full stop.
    pub note: &'static str,
}

/// The rules; the first that fits counts.
const KNOWLEDGE: &[TagKnowledge] = &[
    TagKnowledge {
        repository: "docker.io/vllm/vllm-openai",
        tag: "cu130-nightly",
        is_prefix: false,
        behaviour: TagBehaviour::Frozen { since: "2026-04-23" },
        note: "vLLM stopped updating this tag at version 0.19 when CUDA 13 became the default build; `nightly` moves on",
    },
    TagKnowledge {
        repository: "docker.io/vllm/vllm-openai",
        tag: "nightly-",
        is_prefix: true,
        behaviour: TagBehaviour::Rotates { kept: 14, prefix: "nightly-" },
        note: "vLLM keeps its newest 14 nightly builds and deletes the rest, so this image will be gone in about two weeks",
    },
    TagKnowledge {
        repository: "docker.io/vllm/vllm-openai",
        tag: "nightly",
        is_prefix: false,
        behaviour: TagBehaviour::Moves,
        note: "the tag moves every day, and the image behind a pin of it is deleted with the build's own tag after about two weeks",
    },
    TagKnowledge {
        repository: "docker.io/vllm/vllm-openai",
        tag: "v",
        is_prefix: true,
        behaviour: TagBehaviour::Fixed,
        note: "a release",
    },
];

/// What is known about the tag of an image; without a rule, `latest` and names with `nightly`, `main`, `master`, `edge` or `dev` in them move.
pub fn tag_knowledge(image: &ImageRef) -> Option<TagKnowledge> {
    let tag = image.effective_tag()?;
    let repository = format!("{}/{}", image.registry(), image.repository());
    let fits = |rule: &&TagKnowledge| {
        rule.repository == repository
            && (if rule.is_prefix { tag.starts_with(rule.tag) } else { tag == rule.tag })
    };
    if let Some(rule) = KNOWLEDGE.iter().find(fits) {
        return Some(*rule);
    }
    let word =
        |part: &str| matches!(part, "latest" | "nightly" | "main" | "master" | "edge" | "dev" | "snapshot");
    tag.to_ascii_lowercase().split(['-', '_', '.']).any(word).then_some(TagKnowledge {
        repository: "",
        tag: "",
        is_prefix: true,
        behaviour: TagBehaviour::Moves,
        note: "the tag moves from build to build",
    })
}
