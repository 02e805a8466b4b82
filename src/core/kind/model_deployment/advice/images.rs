//! Images: class, tags that move, freeze or vanish.

use super::{Found, Situation, rule, view};
use crate::core::image::{ImageRef, SourceClass, TagBehaviour, tag_knowledge};

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let member = ["spec.engine.image", "spec.image"];
    let image = [&["spec", "engine", "image"][..], &["spec", "image"]]
        .into_iter()
        .zip(member)
        .map(|(path, member)| (view::text(situation.stored, path), member))
        .find(|(image, _)| !image.is_empty());
    check_kaito(situation, found);
    let Some((image, path)) = image else { return };
    // A KAITO preset brings its own image.
    if situation.provider_name() == "kaito" && situation.engine_name() == "vllm" {
        return;
    }
    let Ok(reference) = image.parse::<ImageRef>() else {
        found.add(&rule::IMAGE_INVALID, path, format!("{image:?} is no image reference"));
        return;
    };
    if situation.provider_name() == "vllm" {
        let default =
            format!("vllm/vllm-openai:{}", situation.release.version("VLLM_VERSION").unwrap_or_default());
        if SourceClass::of(image, &default) == SourceClass::Custom {
            let message = "the shim classifies it as custom and sets the condition UnsupportedImage";
            found.add(&rule::CUSTOM_IMAGE, path, message);
        }
    }
    let Some(known) = tag_knowledge(&reference).filter(|_| reference.digest().is_none()) else { return };
    match known.behaviour {
        TagBehaviour::Frozen { since } => {
            found.add(&rule::IMAGE_TAG_FROZEN, path, format!("no new image since {since}: {}", known.note));
        }
        TagBehaviour::Moves => found.add(&rule::IMAGE_TAG_MOVES, path, known.note),
        TagBehaviour::Rotates { .. } => found.add(&rule::IMAGE_TAG_ROTATES, path, known.note),
        TagBehaviour::Fixed => {}
    }
}

fn check_kaito(situation: &Situation<'_>, found: &mut Found) {
    let needs = situation.provider_name() == "kaito" && situation.engine_name() == "llamacpp";
    if needs && view::text(situation.stored, &["spec", "image"]).is_empty() {
        let message = "llamacpp on KAITO requires spec.image; the shim refuses the object without it";
        found.add(&rule::KAITO_IMAGE, "spec.image", message);
    }
}
