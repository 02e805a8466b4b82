//! What is known of the tags of vLLM's own images.
//!
//! Facts: vllm issue 42738 (cu130 became the default build after 0.20.0 and the tag got no update from then on) and the
//! clean-up job of vLLM's build, which keeps the newest 14 tags that begin with `nightly-`.

use crate::core::image::{TagBehavior, TagKnowledge};

const REPOSITORY: &str = "docker.io/vllm/vllm-openai";
/// The builds for AMD GPUs.
const ROCM: &str = "docker.io/vllm/vllm-openai-rocm";

const ROTATES: &str = "vLLM keeps its newest 14 nightly builds and deletes the rest, so this image is deleted in about two weeks";
const MOVES: &str =
    "the tag moves daily, and a pinned image is deleted with its build's tag after about two weeks";

/// The rules; the first that fits counts.
pub(super) static TAGS: [TagKnowledge; 8] = [
    TagKnowledge {
        repository: REPOSITORY,
        tag: "cu130-nightly",
        is_prefix: false,
        behavior: TagBehavior::Frozen { since: "2026-04-23", instead: "vllm/vllm-openai:latest" },
        note: "vLLM stopped updating this tag at version 0.19 when CUDA 13 became the default build; `latest` and `nightly` move on",
    },
    rotating(REPOSITORY, "cu130-nightly-"),
    rotating(REPOSITORY, "nightly-"),
    moving(REPOSITORY),
    release(REPOSITORY),
    rotating(ROCM, "nightly-"),
    moving(ROCM),
    release(ROCM),
];

/// Tags of single commits, of which the newest are kept.
const fn rotating(repository: &'static str, prefix: &'static str) -> TagKnowledge {
    let behavior = TagBehavior::Rotates { kept: 14, prefix };
    TagKnowledge { repository, tag: prefix, is_prefix: true, behavior, note: ROTATES }
}

/// The tag of the newest nightly build.
const fn moving(repository: &'static str) -> TagKnowledge {
    TagKnowledge { repository, tag: "nightly", is_prefix: false, behavior: TagBehavior::Moves, note: MOVES }
}

/// The tags of releases.
const fn release(repository: &'static str) -> TagKnowledge {
    TagKnowledge { repository, tag: "v", is_prefix: true, behavior: TagBehavior::Fixed, note: "a release" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::image::{ImageRef, tag_knowledge};

    #[test]
    fn what_is_known_about_vllms_tags() {
        let behavior = |text: &str| {
            let image: ImageRef = text.parse().expect(text);
            tag_knowledge(&image, &TAGS).map(|rule| rule.behavior)
        };
        assert_eq!(
            behavior("vllm/vllm-openai:cu130-nightly"),
            Some(TagBehavior::Frozen { since: "2026-04-23", instead: "vllm/vllm-openai:latest" })
        );
        let rotates = TagBehavior::Rotates { kept: 14, prefix: "nightly-" };
        assert_eq!(behavior("vllm/vllm-openai:nightly-abc"), Some(rotates));
        assert_eq!(behavior("vllm/vllm-openai-rocm:nightly-abc"), Some(rotates));
        let of_cuda_13 = TagBehavior::Rotates { kept: 14, prefix: "cu130-nightly-" };
        assert_eq!(behavior("vllm/vllm-openai:cu130-nightly-abc"), Some(of_cuda_13));
        assert_eq!(behavior("docker.io/vllm/vllm-openai:nightly"), Some(TagBehavior::Moves));
        assert_eq!(behavior("vllm/vllm-openai:v0.11.0"), Some(TagBehavior::Fixed));
        assert_eq!(behavior("quay.io/vllm/vllm-openai:v0.11.0"), None, "another registry");
    }
}
