//! What the shim reports about its image (`airunway-providers.md` section 4).

use crate::core::kind::model_deployment::image_class::{ShimReference, SourceClass, default_image};
use crate::core::kind::model_deployment::object::{Condition, ImageStatus, ModelDeployment};
use crate::core::kind::model_deployment::provider::contract::{ImageInput, ImageReview};
use crate::core::kind::model_deployment::provider::versions::Versions;
use crate::core::schema::text::quote;

use super::recipe;

const NOT_VERIFIED: &str = "Image attestation/signature verification is not implemented by this controller";
const CUSTOM: &str = "User-specified custom vLLM image is not verified as a supported provider image";
const SUPPORTED: &str = "Selected vLLM image is supported by provider image policy";

/// How the resolution ended.
struct Resolution {
    resolved: Option<String>,
    digest: Option<String>,
    created_at: Option<String>,
    revision: Option<String>,
    age: Option<String>,
    /// Status, reason and message of condition `ImageResolved`.
    verdict: Option<(&'static str, &'static str, String)>,
    failure: Option<String>,
}

/// Status and conditions of the image, given what a registry said.
pub(super) fn review(deployment: &ModelDeployment, versions: &Versions, input: &ImageInput) -> ImageReview {
    let default = default_image(versions);
    let wanted = deployment.image_override();
    let (requested, custom) = if wanted.is_empty() { (default.as_str(), false) } else { (wanted, true) };
    let parts = ShimReference::parse(requested);
    let source = SourceClass::of(requested, &default);
    let previous = deployment.status.as_ref().and_then(|status| status.image.as_ref());
    let outcome = resolve(requested, &parts, source, custom, previous, input);

    let recipe = recipe::summary(&deployment.metadata);
    let message = outcome.verdict.as_ref().map(|(_, _, message)| match &recipe {
        Some(summary) => format!("{message} Recipe provenance: {summary}."),
        None => message.clone(),
    });
    let mut conditions = Vec::new();
    if let Some(summary) = recipe {
        conditions.push(Condition::new("RecipeResolved", "True", "RecipeProvenanceResolved", summary));
    }
    conditions.push(if source == SourceClass::Custom {
        Condition::new("UnsupportedImage", "True", "CustomImage", CUSTOM)
    } else {
        Condition::new("UnsupportedImage", "False", "SupportedImage", SUPPORTED)
    });
    if let (Some((status, reason, _)), Some(message)) = (&outcome.verdict, &message) {
        conditions.push(Condition::new("ImageResolved", *status, *reason, message));
    }
    conditions.push(Condition::new("ImageVerified", "Unknown", "VerificationNotImplemented", NOT_VERIFIED));

    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let status = ImageStatus {
        requested: text(requested),
        resolved: outcome.resolved.clone(),
        repository: text(parts.repository),
        tag: parts.tag.and_then(text),
        digest: outcome.digest.or_else(|| parts.digest.and_then(text)),
        source: text(source.as_str()),
        created_at: outcome.created_at,
        revision: outcome.revision,
        age: outcome.age,
        in_nightly: (source == SourceClass::Nightly).then_some(true),
        verification_message: text(NOT_VERIFIED),
        message,
        ..ImageStatus::default()
    };
    ImageReview { status: Some(status), conditions, image: outcome.resolved, failure: outcome.failure }
}

fn resolve(
    requested: &str,
    parts: &ShimReference<'_>,
    source: SourceClass,
    custom: bool,
    previous: Option<&ImageStatus>,
    input: &ImageInput,
) -> Resolution {
    let nothing = Resolution {
        resolved: None,
        digest: None,
        created_at: None,
        revision: None,
        age: None,
        verdict: None,
        failure: None,
    };
    let quoted = quote(requested);
    if !parts.moves() {
        let message = format!("Resolved Direct vLLM image {quoted} from {source} selection.");
        return Resolution {
            resolved: Some(requested.to_owned()),
            verdict: Some(("True", "ImageResolved", message)),
            ..nothing
        };
    }
    if let Some((resolved, image)) = previous.and_then(|image| Some((reusable(image, requested)?, image))) {
        let message = format!(
            "Reused resolved Direct vLLM image {quoted} to {} from {source} selection.",
            quote(resolved)
        );
        return Resolution {
            resolved: Some(resolved.to_owned()),
            digest: image.digest.clone(),
            created_at: image.created_at.clone(),
            revision: image.revision.clone(),
            age: image.age.clone(),
            verdict: Some(("True", "ImageResolutionReused", message)),
            failure: None,
        };
    }
    match input {
        ImageInput::NotAsked => nothing,
        ImageInput::Resolved { digest, created_at, revision, age } => {
            let resolved = format!("{}@{digest}", parts.repository);
            let message = format!(
                "Resolved Direct vLLM image {quoted} to {} from {source} selection.",
                quote(&resolved)
            );
            Resolution {
                resolved: Some(resolved),
                digest: Some(digest.clone()),
                created_at: created_at.clone(),
                revision: revision.clone(),
                age: age.clone(),
                verdict: Some(("True", "ImageResolved", message)),
                failure: None,
            }
        }
        ImageInput::Failed(error) => {
            let message =
                format!("Failed to resolve Direct vLLM image {quoted} from {source} selection: {error}.");
            let (message, failure) = if custom {
                (format!("{message} Continuing with the user-specified image reference."), None)
            } else {
                (message, Some(format!("failed to resolve default vLLM image {quoted}: {error}")))
            };
            Resolution { verdict: Some(("False", "ImageResolutionFailed", message)), failure, ..nothing }
        }
    }
}

/// The reference an earlier pass resolved, if it was for the same request and is complete.
fn reusable<'a>(previous: &'a ImageStatus, requested: &str) -> Option<&'a str> {
    let same = previous.requested.as_deref()?.trim() == requested.trim();
    let complete = !previous.digest.as_deref()?.trim().is_empty();
    previous.resolved.as_deref().filter(|resolved| same && complete && !resolved.trim().is_empty())
}
