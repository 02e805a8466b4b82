//! Images: class, tags that move, freeze or vanish.

use super::{Found, Situation, rule, view};
use crate::core::image::{ImageRef, TagBehavior, tag_knowledge};
use crate::core::kind::model_deployment::provider::{Versions, tags};
use crate::core::text::without_password;

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    if let Some(shim) = situation.shim() {
        let versions = Versions::of(situation.release);
        shim.advise_image(situation.stored, situation.engine_name(), &versions, found);
    }
    let Some((image, path)) = view::image(situation.stored) else { return };
    if !situation.is_used("image") {
        return;
    }
    let Ok(reference) = image.parse::<ImageRef>() else {
        found.add(
            &rule::IMAGE_INVALID,
            path,
            format!("{:?} is not an image reference", without_password(image)),
        );
        return;
    };
    let Some(known) = tag_knowledge(&reference, tags()).filter(|_| reference.digest().is_none()) else {
        return;
    };
    match known.behavior {
        TagBehavior::Frozen { since, instead } => {
            let message = format!("no new image since {since}: {}", known.note);
            let hint = format!("use {instead} (flag: --image {instead})");
            found.add_with_hint(&rule::IMAGE_TAG_FROZEN, path, message, hint);
        }
        TagBehavior::Moves => found.add(&rule::IMAGE_TAG_MOVES, path, known.note),
        TagBehavior::Rotates { .. } => found.add(&rule::IMAGE_TAG_ROTATES, path, known.note),
        TagBehavior::Fixed => {}
    }
}
