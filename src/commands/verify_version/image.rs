//! `--image` and `--image-archive`: the binary that a container of the image runs, without running it.

use super::binary;
use super::settings::{ImagePlace, VerifyVersionSettings, Wanted};
use crate::core::image::{ImageRef, Platform};
use crate::core::kind::model_deployment::provider;
use crate::core::shim::archive::RunConfig;
use crate::core::shim::table::is_published;
use crate::core::shim::{Expectation, Verdict};
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::binary::BinaryFile;
use crate::io::files;
use crate::io::images::registry;
use crate::io::layers::{
    Archive, ArchiveError, Extracted, FindError, LayerError, LayerLimits, Outcome, find, read_layer,
};
use crate::io::registry::{RegistryError, RemoteImage};
use crate::report::versions::{BinaryEvidence, Evidence, ImageOrigin, Origin, VersionItem};
use std::io::{self, Read};
use std::path::Path;
use tokio::sync::mpsc;

/// Pieces of a layer that are on their way from the network to the reader.
const PIECES: usize = 4;

/// Judges the binary of an image.
///
/// # Errors
/// A registry or file that cannot be read, or content that is not what its digest promises.
pub(super) async fn verify(
    place: &ImagePlace,
    platform: Option<&Platform>,
    wanted: &Wanted,
    settings: &VerifyVersionSettings,
    world: &World,
) -> Result<VersionItem> {
    let wanted_platform = platform.cloned().unwrap_or_else(Platform::linux_amd64);
    let (mut origin, found) = match place {
        ImagePlace::Registry(image) => from_registry(image, &wanted_platform, settings, world).await?,
        ImagePlace::Archive(path) => from_archive(path, &wanted_platform).await?,
    };
    if let (Some(wanted), Some(built)) = (platform, &origin.platform)
        && !wanted.accepts(built)
    {
        return Err(Error::failure(format!("the image is not built for {wanted}, only for {built}"))
            .hint("choose another --platform"));
    }
    let expect = expectation(&origin, settings.expectation(wanted));
    let (program, extracted) = match found {
        Ok(found) => found,
        Err(missing) => return Ok(without_program(origin, &expect, &missing)),
    };
    origin.program = Some(program);
    origin.layer = Some(extracted.layer);
    origin.layers_read = extracted.layers_read;
    let file = BinaryFile::from_file(extracted.file)
        .map_err(|error| Error::failure("cannot read the extracted program").caused_by(error.to_string()))?;
    Ok(binary::judge(&file, Origin::Image(Box::new(origin)), &expect))
}

/// The program and where it was, or why there is none.
type Found = std::result::Result<(String, Extracted), String>;

async fn from_registry(
    image: &ImageRef,
    platform: &Platform,
    settings: &VerifyVersionSettings,
    world: &World,
) -> Result<(ImageOrigin, Found)> {
    let registry = registry(world, &settings.plain_http, Vec::new());
    let failed = |error: &RegistryError| registry_failure(image, error);
    let remote = registry.open(image, platform).await.map_err(|error| failed(&error))?;
    let config = RunConfig::parse(&remote.config).map_err(|error| {
        Error::failure(format!("cannot inspect image {image}"))
            .caused_by(format!("its configuration cannot be read: {error}"))
    })?;
    let origin = ImageOrigin {
        name: image.to_string(),
        archive: false,
        tags: Vec::new(),
        digest: Some(remote.resolved.digest.clone()),
        platform_digest: Some(remote.digest.clone()),
        platform: config.platform.clone(),
        program: None,
        layer: None,
        layers: remote.layers.len(),
        layers_read: 0,
    };
    let found =
        search(&config, remote.layers.len(), async |layer, wanted| read_remote(&remote, layer, wanted).await);
    let found = found.await.map_err(|error| match error {
        LayerFailure::Registry(error) => failed(&error),
        LayerFailure::Layer(number, error) => layer_failure(&image.to_string(), number, &error.to_string()),
    })?;
    Ok((origin, found))
}

async fn from_archive(path: &Path, platform: &Platform) -> Result<(ImageOrigin, Found)> {
    let name = path.display().to_string();
    let failed = |error: ArchiveError| {
        let failure = Error::failure(format!("cannot inspect {name}")).caused_by(error.to_string());
        match error {
            ArchiveError::Several(_) => failure.hint("save one image: docker save -o FILE IMAGE"),
            ArchiveError::Platform { .. } => failure.hint("choose another --platform"),
            _ => failure.hint("write one with docker save -o FILE IMAGE"),
        }
    };
    let archive = Archive::at(path)
        .map_err(|error| Error::failure(format!("cannot inspect {name}")).caused_by(files::reason(&error)))?;
    let image = archive.image(platform).map_err(failed)?;
    let origin = ImageOrigin {
        name: name.clone(),
        archive: true,
        tags: image.names.clone(),
        digest: image.digest.clone(),
        platform_digest: image.digest.clone(),
        platform: image.config.platform.clone(),
        program: None,
        layer: None,
        layers: image.layers,
        layers_read: 0,
    };
    let limits = LayerLimits::default();
    let found = search(&image.config, image.layers, async |layer, wanted: Option<String>| {
        archive.layer(&image, layer, wanted.as_deref(), &limits)
    });
    Ok((origin, found.await.map_err(failed)?))
}

/// Searches the program in the places where the configuration says it may be.
async fn search<E>(
    config: &RunConfig,
    layers: usize,
    mut read: impl AsyncFnMut(usize, Option<String>) -> std::result::Result<Outcome, E>,
) -> std::result::Result<Found, E> {
    let mut missing = "the image names no program".to_owned();
    for program in &config.programs {
        match find(program, layers, &mut read).await {
            Ok(extracted) => return Ok(Ok((program.clone(), extracted))),
            Err(FindError::Missing(why)) => missing = why,
            Err(FindError::Search(error)) => missing = error.to_string(),
            Err(FindError::Layer(error)) => return Err(error),
        }
    }
    Ok(Err(missing))
}

/// Why a layer of a registry cannot be read.
enum LayerFailure {
    Registry(RegistryError),
    Layer(usize, LayerError),
}

/// Downloads a layer and reads it at the same time, on a thread of its own, since unpacking blocks.
async fn read_remote(
    remote: &RemoteImage,
    number: usize,
    wanted: Option<String>,
) -> std::result::Result<Outcome, LayerFailure> {
    let malformed = |text: &str| LayerFailure::Layer(number, LayerError::Malformed(text.to_owned()));
    let layer = remote.layers.get(number).ok_or_else(|| malformed("the layer does not exist"))?;
    let (sender, receiver) = mpsc::channel(PIECES);
    let promised = layer.digest.clone();
    let reader = tokio::task::spawn_blocking(move || {
        let source = Pieces { receiver, piece: io::Cursor::new(Vec::new()) };
        read_layer(source, Some(&promised), wanted.as_deref(), &LayerLimits::default())
    });
    let (downloaded, read) = futures::future::join(remote.download(layer, sender), reader).await;
    // A reader that saw the end of a broken download blames the bytes.
    downloaded.map_err(LayerFailure::Registry)?;
    let read = read.map_err(|_| malformed("the reader ended early"))?;
    read.map_err(|error| LayerFailure::Layer(number, error))
}

/// What comes from the network, to be read by a thread that waits for it.
struct Pieces {
    receiver: mpsc::Receiver<Vec<u8>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

/// What the image's own name adds to what the user expects: a release tag, and the provider of the repository.
fn expectation(origin: &ImageOrigin, expect: Expectation) -> Expectation {
    let names = if origin.archive { origin.tags.clone() } else { vec![origin.name.clone()] };
    let images: Vec<ImageRef> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let tag = images.iter().filter_map(ImageRef::tag).chain(names.iter().map(String::as_str));
    let tag = tag.filter(|tag| is_published(tag)).map(str::to_owned).next();
    let provider = images.iter().find_map(|image| {
        let name = image.repository().rsplit('/').next()?.strip_suffix("-provider")?;
        provider::names().find(|id| *id == name).map(str::to_owned)
    });
    Expectation { tag: expect.tag.or(tag), provider: expect.provider.or(provider), ..expect }
}

fn without_program(origin: ImageOrigin, expect: &Expectation, missing: &str) -> VersionItem {
    VersionItem {
        provider: expect.provider.clone(),
        reported: None,
        verdict: Verdict::Unknown,
        reason: format!("the image has no program to inspect: {missing}"),
        hints: vec!["check that this is the image of a shim; they run /provider".to_owned()],
        notes: Vec::new(),
        evidence: Evidence::Binary(Box::new(BinaryEvidence {
            origin: Origin::Image(Box::new(origin)),
            report: None,
            checks: Vec::new(),
        })),
    }
}

fn registry_failure(image: &ImageRef, error: &RegistryError) -> Error {
    let mut failure = Error::failure(format!("cannot inspect image {image}"));
    for cause in error.passed_over.iter().chain([&error.to_string()]).chain(&error.credential_problems) {
        failure = failure.caused_by(cause.clone());
    }
    error.hints().into_iter().fold(failure, Error::hint)
}

fn layer_failure(image: &str, number: usize, words: &str) -> Error {
    Error::failure(format!("cannot inspect image {image}"))
        .caused_by(format!("layer {}: {words}", number + 1))
}
