//! Which image an object runs, and its pin: chosen where the user chose none, named by digest where that was asked for.

use super::inputs::{ImageArgs, PinChoice, SourceObject};
use super::pinner::{Answer, LockFile, Pinner};
use super::pull_secrets;
use crate::core::image::{ImageRef, Platform, TagBehaviour, tag_knowledge};
use crate::core::kind::model_deployment::image_class;
use crate::core::kind::model_deployment::provider::{Versions, provider, tags};
use crate::core::kind::model_deployment::release::Release;
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::cluster::Cluster;
use crate::io::registry::PullSecret;
use crate::ui::Ui;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Parsed image flags.
#[derive(Debug, Clone)]
pub struct ImageSettings {
    /// Whether images are pinned.
    pub pin: bool,
    /// Platform that the image must have.
    pub platform: Option<Platform>,
    /// Hosts that are spoken to over plain http.
    pub plain_http: Vec<String>,
    /// Lock file that was named.
    pub lock: Option<PathBuf>,
    /// Whether only the lock file may answer.
    pub locked: bool,
}

impl ImageSettings {
    /// Parses the flags; `pin_by_default` is the verb's own default.
    ///
    /// # Errors
    /// A platform that is not `os/arch[/variant]`.
    pub fn resolve(args: ImageArgs, pin_by_default: bool) -> Result<ImageSettings> {
        let ImageArgs { pin, platform, plain_http, lock, locked } = args;
        let pin = pin.map_or(pin_by_default, |choice| choice == PinChoice::Digest);
        Ok(ImageSettings { pin, platform: parse_platform(platform)?, plain_http, lock, locked })
    }

    /// A pinner with these settings.
    ///
    /// # Errors
    /// A lock file that cannot be used, or that is named and absent.
    pub fn pinner(&self, world: &World) -> Result<Pinner> {
        let lock = LockFile::for_reading(self.lock.as_deref())?;
        // Without --pin=digest only the lock file is asked.
        let locked = self.locked || !self.pin;
        Ok(Pinner::new(world, self.plain_http.clone(), self.platform.clone(), lock, locked).or_tag())
    }
}

/// Parses `--platform`.
///
/// # Errors
/// A platform that is not `os/arch[/variant]`.
pub fn parse_platform(text: Option<String>) -> Result<Option<Platform>> {
    let wrong = |error| Error::usage(format!("invalid value for --platform: {error}"));
    text.map(|text| text.parse::<Platform>().map_err(wrong)).transpose()
}

/// Where the image of a ModelDeployment stands: `spec.engine.image` before the older `spec.image` (airunway-api.md section 2.3).
const IMAGE_FIELDS: [&str; 2] = ["/spec/engine/image", "/spec/image"];

/// Pinned references and the digests of their manifests for single platforms: what a container runtime may report instead of the pin.
pub type Pins = BTreeMap<String, Vec<String>>;

/// Pins the image of every ModelDeployment: from the lock file, else, where pinning is on, from the registry.
///
/// # Errors
/// A reference that is no reference, or a registry that does not answer for it.
pub async fn pin_all(
    objects: &mut [SourceObject],
    settings: &ImageSettings,
    world: &World,
    ui: &mut Ui,
) -> Result<()> {
    pin_all_for(objects, settings, None, world, ui).await.map(drop)
}

/// As [`pin_all`]; where a registry wants a login that this machine does not have, with the pull secrets of the objects'
/// namespaces.
///
/// # Errors
/// As [`pin_all`].
pub async fn pin_all_for(
    objects: &mut [SourceObject],
    settings: &ImageSettings,
    cluster: Option<&Cluster>,
    world: &World,
    ui: &mut Ui,
) -> Result<Pins> {
    let mut pins = Pins::new();
    let pinner = settings.pinner(world)?;
    let mut images = Vec::new();
    for object in objects.iter().filter(|object| object.is_model_deployment()) {
        for text in IMAGE_FIELDS.iter().filter_map(|pointer| image_at(&object.value, pointer)) {
            match text.parse::<ImageRef>() {
                Ok(image) => images.push(image),
                // Whether the reference is one is for the rules to say where nothing is asked of a registry.
                Err(_) if !settings.pin => {}
                Err(error) => {
                    return Err(Error::verdict(format!("image {text:?} cannot be pinned: {error}")));
                }
            }
        }
    }
    if !settings.pin && !settings.locked {
        images.retain(|image| image.digest().is_some() || matches!(pinner.from_lock(image), Ok(Some(_))));
    }
    let answers = match (pinner.pin_all(&images).await, cluster) {
        (Err(refused), Some(cluster)) if refused.needs_login => {
            let secrets = pull_secrets_of(objects, cluster, ui).await;
            if secrets.is_empty() {
                return Err(refused.error);
            }
            pinner.with_pull_secrets(secrets).pin_all(&images).await?
        }
        (answers, _) => answers?,
    };
    for object in objects.iter_mut().filter(|object| object.is_model_deployment()) {
        for pointer in IMAGE_FIELDS {
            let Some(image) = image_at(&object.value, pointer).and_then(|text| text.parse::<ImageRef>().ok())
            else {
                continue;
            };
            let Some(answer) = answers.get(&image.to_string()).filter(|_| image.digest().is_none()) else {
                continue;
            };
            let pinned = image.pin(answer.digest()).to_string();
            ui.status(&format!("image: {pinned}{}", origin(answer)));
            let platforms =
                answer.platform_digests().iter().map(|digest| digest.as_str().to_owned()).collect();
            pins.insert(pinned.clone(), platforms);
            if let Some(place) = object.value.pointer_mut(pointer) {
                *place = Value::String(pinned);
            }
        }
    }
    Ok(pins)
}

/// The pull secrets of the objects and of every namespace that one is in.
async fn pull_secrets_of(objects: &[SourceObject], cluster: &Cluster, ui: &mut Ui) -> Vec<PullSecret> {
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for object in objects {
        named.entry(object.namespace()).or_default().extend(pull_secrets::named_by(&object.value));
    }
    let mut secrets = Vec::new();
    for (namespace, named) in named {
        secrets.extend(pull_secrets::read(cluster, namespace, &named, ui).await);
    }
    secrets
}

fn image_at<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str).filter(|image| !image.is_empty())
}

fn origin(answer: &Answer) -> &'static str {
    match answer {
        Answer::Locked(..) => " (from the lock file)",
        Answer::Typed(_) | Answer::Resolved(_) => "",
    }
}

/// Says what is known about a tag that will not do what it seems to promise, with the age of the build where that is known.
pub fn warn_of_tag(image: &ImageRef, age_days: Option<i64>, ui: &mut Ui) {
    if let Some(rule) = tag_knowledge(image, tags())
        && matches!(rule.behaviour, TagBehaviour::Frozen { .. } | TagBehaviour::Rotates { .. })
    {
        let age = age_days.map(|days| format!(" (built {days} days ago)")).unwrap_or_default();
        ui.warning(&format!("image {image}: {}{age}", rule.note));
    }
}

/// The image that Direct vLLM runs where none is named, which decides the class of equal references.
pub fn default_image(release: &Release) -> String {
    image_class::default_image(&Versions::of(release))
}

/// Names the default image of the provider where an object names none, because only a named image can be pinned.
///
/// Only for an object that names a provider with such a default.
pub fn choose_default(object: &mut SourceObject, settings: &ImageSettings, release: &Release, ui: &mut Ui) {
    let text = |pointer: &str| object.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let named = IMAGE_FIELDS.iter().any(|pointer| !text(pointer).is_empty());
    if !settings.pin || named || text("/spec/model/source") == "custom" {
        return;
    }
    let shim = provider(text("/spec/provider/name"));
    let Some(image) = shim.and_then(|shim| shim.default_image(&Versions::of(release))) else { return };
    let Some(spec) = object.value.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let engine = spec.entry("engine").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Value::Object(engine) = engine {
        ui.status(&format!("image: {image} (default of AI Runway {})", release.name));
        engine.insert("image".to_owned(), Value::String(image));
    }
}
