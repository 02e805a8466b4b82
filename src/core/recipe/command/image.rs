//! The image of a rendering, and whether its tag looks old enough to matter.

use crate::core::image::ImageRef;

use crate::core::recipe::command::argv::shorten;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;
use crate::core::recipe::resolution::{Note, NoteKind};
use crate::core::recipe::site::document::Rendering;

/// The image as the rendering names it.
///
/// # Errors
/// [`Reason::Image`] when there is none, or it is not a reference: three renderings say `docker pull …`.
pub(in crate::core::recipe) fn read(rendering: Rendering<'_>) -> Result<String, Refusal> {
    let Some(text) = rendering.image() else {
        let text = "the recipe's command names no image";
        return Err(Refusal::new(Reason::Image, text));
    };
    if text.trim() != text || text.parse::<ImageRef>().is_err() {
        return Err(Refusal::new(
            Reason::Image,
            format!("the recipe's image {} is not an image reference", shorten(text)),
        ));
    }
    Ok(text.to_owned())
}

/// What to say when the tag is a release before the one the recipe needs.
pub(in crate::core::recipe) fn age(image: &str, minimum: Option<&str>) -> Option<Note> {
    let minimum = minimum?;
    let reference = image.parse::<ImageRef>().ok()?;
    let tag = reference.tag()?;
    let message = if minimum.eq_ignore_ascii_case("nightly") {
        let is_old = tag == "latest" || version(tag).is_some();
        is_old.then(|| format!("the recipe needs a nightly build of vLLM, but its image has tag {tag}"))?
    } else {
        let (has, needs) = (version(tag)?, version(minimum)?);
        (has < needs).then(|| format!("the recipe needs vLLM {minimum}, but its image has tag {tag}"))?
    };
    Some(Note { kind: NoteKind::OldImage, message })
}

/// The numbers of `v0.25.0` or `0.25`, also before a suffix; `None` for any other tag.
fn version(tag: &str) -> Option<[u64; 3]> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    let numbers = text.split(['-', '+', '_']).next()?;
    let mut version = [0; 3];
    let parts: Vec<&str> = numbers.split('.').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    for (place, part) in version.iter_mut().zip(parts) {
        *place = part.parse().ok()?;
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(image: &str, minimum: &str) -> Option<String> {
        age(image, Some(minimum)).map(|note| note.message)
    }

    #[test]
    fn only_a_release_before_the_minimum_is_old() {
        let text = "the recipe needs vLLM 0.22.0, but its image has tag v0.20.2";
        assert_eq!(said("vllm/vllm-openai:v0.20.2", "0.22.0").as_deref(), Some(text));
        for (image, minimum) in [
            ("vllm/vllm-openai:v0.22.0", "0.22.0"),
            ("vllm/vllm-openai:v0.22.1-cu130", "0.22.0"),
            ("vllm/vllm-openai:latest", "0.22.0"),
            ("vllm/vllm-openai:qwen38", "0.22.0"),
            ("vllm/vllm-openai:nightly", "nightly"),
            ("vllm/vllm-openai", "0.22.0"),
        ] {
            assert_eq!(said(image, minimum), None, "{image} {minimum}");
        }
        assert!(said("vllm/vllm-openai:latest", "nightly").is_some());
    }
}
