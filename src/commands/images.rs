//! Which image an object runs, and its pin: chosen if the user chose none, with a digest if one was asked for.

use super::inputs::{ImageArgs, PinChoice, SourceObject};
use crate::core::image::{ImageRef, Platform, TagBehavior, tag_knowledge};
use crate::core::kind::model_deployment::image_class;
use crate::core::kind::model_deployment::provider::{Versions, tags};
use crate::core::kind::release::Release;
use crate::core::kind::{self, DefaultImage};
use crate::core::kubernetes::json::text_at;
use crate::core::text::without_password;
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::cluster::Cluster;
use crate::io::images::{Answer, LockFile, Pinner, pull_secrets};
use crate::io::registry::PullSecret;
use crate::ui::{Note, Ui};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Parsed image flags.
#[derive(Debug, Clone)]
pub struct ImageSettings {
    /// Whether images are pinned.
    pub pin: bool,
    /// Whether that was said on the command line.
    pub pin_said: bool,
    /// Platform that the image must have.
    pub platform: Option<Platform>,
    /// Hosts that are contacted over plain HTTP.
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
        let pin_said = pin.is_some() || locked;
        let pin = pin.map_or(pin_by_default, |choice| choice == PinChoice::Digest);
        Ok(ImageSettings { pin, pin_said, platform: parse_platform(platform)?, plain_http, lock, locked })
    }

    /// Whether any image could get a digest: asked for, or from a lock file that is there.
    ///
    /// # Errors
    /// As [`ImageSettings::pinner`].
    pub fn may_pin(&self) -> Result<bool> {
        Ok(self.pin || self.locked || LockFile::for_reading(self.lock.as_deref())?.is_some())
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

/// Pinned references and the digests of their manifests for single platforms: what a container runtime may report instead of the pin.
pub type Pins = BTreeMap<String, Vec<String>>;

/// Pins the images of objects: from the lock file, else, where pinning is on, from the registry; where that wants a login
/// that this machine does not have, with the pull secrets of the objects' namespaces.
///
/// # Errors
/// An image that is not a reference, or a registry that does not answer for it.
pub async fn pin_all(
    objects: &mut [&mut SourceObject],
    settings: &ImageSettings,
    cluster: Option<&Cluster>,
    world: &World,
    ui: &mut Ui,
) -> Result<Pins> {
    let mut pinner = settings.pinner(world)?;
    let mut images = images_of(objects, settings)?;
    if !settings.pin && !settings.locked {
        images.retain(|image| image.digest().is_some() || matches!(pinner.in_lock(image), Ok(Some(_))));
    }
    let secrets = async || match cluster {
        Some(cluster) => pull_secrets_of(objects, cluster, ui).await,
        None => Vec::new(),
    };
    let answers = pinner.pin_all(&images, secrets).await?;
    let mut pins = Pins::new();
    for object in objects {
        for pointer in image_fields(object) {
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

/// What is to be pinned.
fn images_of(objects: &[&mut SourceObject], settings: &ImageSettings) -> Result<Vec<ImageRef>> {
    let mut images = Vec::new();
    for object in objects {
        for text in image_fields(object).iter().filter_map(|pointer| image_at(&object.value, pointer)) {
            match text.parse::<ImageRef>() {
                Ok(image) => images.push(image),
                // Whether the reference is one is for the rules to say where nothing is asked of a registry.
                Err(_) if !settings.pin => {}
                Err(error) => {
                    return Err(Error::verdict(format!(
                        "image {:?} cannot be pinned: {error}",
                        without_password(text)
                    )));
                }
            }
        }
    }
    Ok(images)
}

/// The pull secrets of the objects and of every namespace that one is in.
async fn pull_secrets_of(objects: &[&mut SourceObject], cluster: &Cluster, ui: &mut Ui) -> Vec<PullSecret> {
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for object in objects {
        named.entry(object.namespace()).or_default().extend(pull_secrets::named_by(&object.value));
    }
    let mut secrets = Vec::new();
    for (namespace, named) in named {
        let found = pull_secrets::read(cluster, namespace, &named).await;
        found.problems.iter().for_each(|problem| ui.status(problem));
        secrets.extend(found.secrets);
    }
    secrets
}

/// Where an object names images.
fn image_fields(object: &SourceObject) -> &'static [&'static str] {
    kind::of(&object.value).map_or(&[], |kind| kind.images())
}

fn image_at<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    Some(text_at(object, pointer)).filter(|image| !image.is_empty())
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
        && matches!(rule.behavior, TagBehavior::Frozen { .. } | TagBehavior::Rotates { .. })
    {
        let age = age_days.map(|days| format!(" (built {days} days ago)")).unwrap_or_default();
        ui.warning(&format!("image {image}: {}{age}", rule.note));
    }
}

/// The image that Direct vLLM runs where none is named, which decides the class of equal references.
pub fn default_image(release: &Release) -> String {
    image_class::default_image(&Versions::of(release))
}

/// Whether an object names an image by its tag alone, or runs a default that a deploy would name and pin.
pub fn is_unpinned(object: &SourceObject, release: &'static Release) -> bool {
    let Some(kind) = kind::of(&object.value) else { return false };
    let named = kind.images().iter().filter_map(|field| image_at(&object.value, field));
    named.clone().any(|image| image.parse::<ImageRef>().is_ok_and(|image| image.digest().is_none()))
        || kind.default_image(&object.value, release).is_some()
}

/// Names the image that would run where an object names none, because only a named image can be pinned; answers what is to
/// be said about it.
pub fn choose_default(
    object: &mut SourceObject,
    settings: &ImageSettings,
    release: &'static Release,
) -> Option<Note> {
    let kind = kind::of(&object.value).filter(|_| settings.pin)?;
    let Some(DefaultImage { field, image, origin }) = kind.default_image(&object.value, release) else {
        let why = kind.open_image(&object.value, release)?;
        return Some(Note::Status(format!("image: not pinned: {why}")));
    };
    let line = format!("image: {image} (default of {origin}{})", staleness(&image));
    insert(&mut object.value, field, image).then_some(Note::Status(line))
}

/// That a default is an old build, and which one is newer.
fn staleness(image: &str) -> String {
    let known = image.parse::<ImageRef>().ok().and_then(|image| tag_knowledge(&image, tags()));
    match known.map(|known| known.behavior) {
        Some(TagBehavior::Frozen { since, instead }) => {
            format!("; built {since}, newer: --image {instead}")
        }
        _ => String::new(),
    }
}

/// Writes a string below maps of which all but the last may be absent; answers whether that was possible.
fn insert(object: &mut Value, pointer: &str, text: String) -> bool {
    let Some((parents, name)) = pointer.trim_start_matches('/').rsplit_once('/') else { return false };
    let mut at = object;
    for parent in parents.split('/') {
        let Some(members) = at.as_object_mut() else { return false };
        at = members.entry(parent).or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    let Some(members) = at.as_object_mut() else { return false };
    members.insert(name.to_owned(), Value::String(text));
    true
}
