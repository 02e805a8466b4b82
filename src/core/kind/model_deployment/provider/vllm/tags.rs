//! What is known of the tags of vLLM's own images.
//!
//! Facts: vllm issue 42738 (cu130 became the default build after 0.20.0 and the tag got no update from then on) and the
//! clean-up job of vLLM's build, which keeps the newest 14 tags that begin with `nightly-`.

use crate::core::image::{TagBehaviour, TagKnowledge};

const REPOSITORY: &str = "docker.io/vllm/vllm-openai";

/// The rules; the first that fits counts.
pub(super) static TAGS: [TagKnowledge; 4] = [
    TagKnowledge {
        repository: REPOSITORY,
        tag: "cu130-nightly",
        is_prefix: false,
        behaviour: TagBehaviour::Frozen { since: "2026-04-23" },
        note: "vLLM stopped updating this tag at version 0.19 when CUDA 13 became the default build; `nightly` moves on",
    },
    TagKnowledge {
        repository: REPOSITORY,
        tag: "nightly-",
        is_prefix: true,
        behaviour: TagBehaviour::Rotates { kept: 14, prefix: "nightly-" },
        note: "vLLM keeps its newest 14 nightly builds and deletes the rest, so this image will be gone in about two weeks",
    },
    TagKnowledge {
        repository: REPOSITORY,
        tag: "nightly",
        is_prefix: false,
        behaviour: TagBehaviour::Moves,
        note: "the tag moves every day, and the image behind a pin of it is deleted with the build's own tag after about two weeks",
    },
    TagKnowledge {
        repository: REPOSITORY,
        tag: "v",
        is_prefix: true,
        behaviour: TagBehaviour::Fixed,
        note: "a release",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::image::{ImageRef, tag_knowledge};

    #[test]
    fn what_is_known_about_vllms_tags() {
        let behaviour = |text: &str| {
            let image: ImageRef = text.parse().expect(text);
            tag_knowledge(&image, &TAGS).map(|rule| rule.behaviour)
        };
        assert_eq!(
            behaviour("vllm/vllm-openai:cu130-nightly"),
            Some(TagBehaviour::Frozen { since: "2026-04-23" })
        );
        let rotates = TagBehaviour::Rotates { kept: 14, prefix: "nightly-" };
        assert_eq!(behaviour("vllm/vllm-openai:nightly-abc"), Some(rotates));
        assert_eq!(behaviour("docker.io/vllm/vllm-openai:nightly"), Some(TagBehaviour::Moves));
        assert_eq!(behaviour("vllm/vllm-openai:v0.11.0"), Some(TagBehaviour::Fixed));
        assert_eq!(behaviour("quay.io/vllm/vllm-openai:v0.11.0"), None, "another registry");
    }
}
