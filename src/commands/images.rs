//! Which image an object runs, and its pin: chosen where the user chose none, named by digest where that was asked for.

use super::inputs::{ImageArgs, PinChoice, SourceObject};
use crate::core::image::{ImageRef, Platform};
use crate::core::release::Release;
use crate::error::{Error, Result};
use crate::io::registry::{Registry, RegistryOptions};
use crate::ui::Ui;
use serde_json::Value;

/// Parsed image flags.
#[derive(Debug, Clone)]
pub struct ImageSettings {
    /// Whether images are pinned.
    pub pin: bool,
    /// Platform that the image must have.
    pub platform: Option<Platform>,
    /// Hosts that are spoken to over plain http.
    pub plain_http: Vec<String>,
}

impl ImageSettings {
    /// Parses the flags; `pin_by_default` is the verb's own default.
    ///
    /// # Errors
    /// A platform that is not `os/arch[/variant]`.
    pub fn resolve(args: ImageArgs, pin_by_default: bool) -> Result<ImageSettings> {
        let ImageArgs { pin, platform, plain_http } = args;
        let platform = platform
            .map(|text| {
                text.parse::<Platform>()
                    .map_err(|error| Error::usage(format!("invalid value for --platform: {error}")))
            })
            .transpose()?;
        let pin = pin.map_or(pin_by_default, |choice| choice == PinChoice::Digest);
        Ok(ImageSettings { pin, platform, plain_http })
    }

    fn registry_options(&self) -> RegistryOptions {
        RegistryOptions { plain_http: self.plain_http.clone(), ..RegistryOptions::from_environment() }
    }
}

/// Where the image of a ModelDeployment stands: `spec.engine.image` before the older `spec.image` (airunway-api.md section 2.3).
const IMAGE_FIELDS: [&str; 2] = ["/spec/engine/image", "/spec/image"];

/// Repository of the default image of Direct vLLM (airunway-providers.md section 3.3).
const DEFAULT_VLLM_REPOSITORY: &str = "vllm/vllm-openai";

/// Pins the image of every ModelDeployment.
///
/// # Errors
/// A reference that is no reference, or a registry that does not answer for it.
pub async fn pin_all(objects: &mut [SourceObject], settings: &ImageSettings, ui: &mut Ui) -> Result<()> {
    if !settings.pin {
        return Ok(());
    }
    let mut registry = None;
    for object in objects.iter_mut().filter(|object| object.is_model_deployment()) {
        for pointer in IMAGE_FIELDS {
            let Some(image) =
                object.value.pointer(pointer).and_then(Value::as_str).filter(|image| !image.is_empty())
            else {
                continue;
            };
            let registry = match &registry {
                Some(registry) => registry,
                None => registry.insert(Registry::new(settings.registry_options())),
            };
            let pinned = pin(image, registry, settings.platform.as_ref(), ui).await?;
            if let Some(place) = object.value.pointer_mut(pointer) {
                *place = Value::String(pinned);
            }
        }
    }
    Ok(())
}

async fn pin(image: &str, registry: &Registry, platform: Option<&Platform>, ui: &mut Ui) -> Result<String> {
    let reference: ImageRef = image
        .parse()
        .map_err(|error| Error::verdict(format!("image {image:?} cannot be pinned: {error}")))?;
    if reference.digest().is_some() {
        return Ok(image.to_owned());
    }
    let resolved = registry.resolve(&reference, platform).await.map_err(|error| {
        let mut failure = Error::failure(format!("cannot pin image {image}")).caused_by(error.to_string());
        for hint in error.hints() {
            failure = failure.hint(hint);
        }
        failure
    })?;
    let pinned = resolved.pinned().to_string();
    ui.status(&format!("image: {pinned}"));
    Ok(pinned)
}

/// Names AI Runway's default image where a Direct vLLM object names none, because only a named image can be pinned.
///
/// Only for an object whose provider is Direct vLLM by name: elsewhere the provider's own default is the better one.
pub fn choose_default(object: &mut SourceObject, settings: &ImageSettings, release: &Release, ui: &mut Ui) {
    let text = |pointer: &str| object.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let named = IMAGE_FIELDS.iter().any(|pointer| !text(pointer).is_empty());
    if !settings.pin
        || named
        || text("/spec/provider/name") != "vllm"
        || text("/spec/model/source") == "custom"
    {
        return;
    }
    let Some(tag) = release.version("VLLM_VERSION") else { return };
    let image = format!("{DEFAULT_VLLM_REPOSITORY}:{tag}");
    let Some(spec) = object.value.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let engine = spec.entry("engine").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Value::Object(engine) = engine {
        ui.status(&format!("image: {image} (default of AI Runway {})", release.name));
        engine.insert("image".to_owned(), Value::String(image));
    }
}
