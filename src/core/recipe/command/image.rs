//! The image of a rendering, and whether its tag looks old enough to matter.

use crate::core::image::ImageRef;
use crate::core::kind::model_deployment::object::engine;

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
    let (tag, minimum) = (old_tag(image, minimum?)?, minimum?);
    let message = if is_nightly(minimum) {
        format!("the recipe needs a nightly build of vLLM, but its image has tag {tag}")
    } else {
        format!("the recipe needs vLLM {minimum}, but its image has tag {tag}")
    };
    Some(Note { kind: NoteKind::OldImage, message })
}

/// The same of an image that was given instead of the recipe's own.
pub(in crate::core::recipe) fn age_of_given(image: &str, minimum: Option<&str>, own: &str) -> Option<Note> {
    let minimum = minimum?;
    old_tag(image, minimum)?;
    let needs = if is_nightly(minimum) { "a nightly build of vLLM" } else { "vLLM" };
    let version = if is_nightly(minimum) { String::new() } else { format!(" {minimum}") };
    let message =
        format!("the recipe needs {needs}{version}, and --image {image} is older; its own image is {own}");
    Some(Note { kind: NoteKind::OldImage, message })
}

/// The tag, where it names a release of vLLM before `minimum`.
fn old_tag(image: &str, minimum: &str) -> Option<String> {
    let reference = image.parse::<ImageRef>().ok()?;
    let tag = reference.tag()?;
    let release = release(reference.repository(), tag);
    let is_old = if is_nightly(minimum) {
        release.is_some() || tag == "latest" && has_releases_of_vllm(reference.repository())
    } else {
        release? < version(minimum)?
    };
    is_old.then(|| tag.to_owned())
}

fn is_nightly(minimum: &str) -> bool {
    minimum.eq_ignore_ascii_case("nightly")
}

/// The release of vLLM that a tag names. Other programs around vLLM number their images by releases of their own
/// (llm-d, LMCache, Dynamo, whoever builds one in-house), so the tag counts where the repository is one of vLLM's or a
/// copy of it, or where the tag says `vllm` itself, as in `rocm7.0_vllm_0.11.2`.
fn release(repository: &str, tag: &str) -> Option<[u64; 3]> {
    if let Some((_, behind)) = tag.split_once(engine::VLLM) {
        return version(behind.trim_start_matches(['-', '_']));
    }
    if has_releases_of_vllm(repository) { version(tag) } else { None }
}

/// Whether a repository is one of vLLM's, at whatever registry it is kept.
fn has_releases_of_vllm(repository: &str) -> bool {
    let mut parts = repository.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let is_ours = name == engine::VLLM
        || ["vllm-openai", "vllm-cpu", "vllm-tpu", "vllm-xpu"].iter().any(|known| {
            name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        });
    is_ours && parts.next() != Some("lmcache")
}

/// The numbers of `v0.25.0` or `0.25`, also before a suffix; `None` for any other tag. A candidate or a post-release
/// counts as the release that it is of.
fn version(tag: &str) -> Option<[u64; 3]> {
    const PARTS: std::ops::RangeInclusive<usize> = 2..=4;
    let text = tag.strip_prefix('v').unwrap_or(tag);
    let numbers = text.split(['-', '+', '_']).next()?;
    let parts: Vec<&str> = numbers.split('.').collect();
    if !PARTS.contains(&parts.len()) {
        return None;
    }
    let mut version = [0; 3];
    for (place, part) in version.iter_mut().zip(&parts) {
        let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        if !(rest.is_empty() || rest.starts_with("rc") || rest.starts_with("post")) {
            return None;
        }
        *place = number.parse().ok()?;
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
            ("vllm/vllm-openai:v0.22.0rc1", "0.22.0"),
            ("vllm/vllm-openai:v0.22.0.post1", "0.22.0"),
            // Numbers of other programs' own.
            ("ghcr.io/llm-d/llm-d-cuda:v0.3.0", "0.22.0"),
            ("lmcache/vllm-openai:v0.3.5", "0.22.0"),
            ("nvcr.io/nvidia/ai-dynamo/vllm-runtime:0.6.0", "0.22.0"),
            ("registry.example/team/engine:1.2", "nightly"),
            ("rocm/vllm:rocm7.0_vllm_0.22.0_20251210", "0.22.0"),
        ] {
            assert_eq!(said(image, minimum), None, "{image} {minimum}");
        }
        for (image, minimum) in [
            ("vllm/vllm-openai:latest", "nightly"),
            ("vllm/vllm-openai:v0.10.1.1", "0.22.0"),
            ("vllm/vllm-openai:v0.8.5.post1", "0.22.0"),
            ("vllm/vllm-openai:v0.11.0rc2", "0.22"),
            ("vllm/vllm-openai-rocm:v0.14.0", "0.22.0"),
            ("mirror.example:5000/hub/vllm/vllm-openai:v0.10.0-x86_64", "0.22.0"),
            ("rocm/vllm:rocm6.4.1_vllm_0.10.1_20250909", "0.22.0"),
        ] {
            assert!(said(image, minimum).is_some(), "{image} {minimum}");
        }
    }

    #[test]
    fn an_image_that_was_given_is_named_with_the_minimum_and_the_recipes_own() {
        let said = age_of_given("vllm/vllm-openai:v0.10.0", Some("0.23.0"), "vllm/vllm-openai:v0.23.0");
        assert_eq!(
            said.map(|note| note.message).as_deref(),
            Some(
                "the recipe needs vLLM 0.23.0, and --image vllm/vllm-openai:v0.10.0 is older; its own image is \
                 vllm/vllm-openai:v0.23.0"
            )
        );
        assert_eq!(age_of_given("registry.example/engine:v0.1", Some("0.23.0"), "x"), None);
    }
}
