//! `pin -f`: manifests with their images pinned, everything else as it was.

use super::live::Live;
use super::{PinSettings, pin_and_describe};
use crate::commands::signals::Signals;
use crate::core::image::{Edit, ImagePlace, ImageRef, apply_edits, images_of};
use crate::core::kind;
use crate::core::text::without_password;
use crate::core::yaml::{self, Document};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::files::{self, Source};
use crate::io::replace::{self, Held};
use crate::report::images::{PinItem, pin_report};
use crate::ui::Ui;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The byte order mark of UTF-8.
const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
/// Names of files that one line says.
const SHOWN_PATHS: usize = 20;

/// One file that was read.
struct Manifest {
    source: Source,
    bytes: Vec<u8>,
    documents: Vec<Document>,
}

impl Manifest {
    /// Its new content.
    fn with(&self, rewritten: &Rewritten) -> Vec<u8> {
        let mark = if self.bytes.starts_with(UTF8_MARK) { UTF8_MARK } else { b"" };
        [mark, rewritten.text.as_bytes()].concat()
    }
}

/// An image of a file, and the reference that it is.
struct Found<'a> {
    document: &'a Document,
    place: ImagePlace,
    image: ImageRef,
}

/// Pins the images of files. Nothing is written before every image of every file has its digest.
pub(super) async fn pin(
    paths: &[PathBuf],
    recursive: bool,
    write: bool,
    settings: &PinSettings,
    world: &World,
    ui: &mut Ui,
) -> Result<Exit> {
    let mut manifests = Vec::new();
    for source in files::expand(paths, recursive)? {
        let bytes = files::read(&source)?;
        let documents = files::parse(&source, &bytes)?;
        manifests.push(Manifest { source, bytes, documents });
    }
    let found: Vec<Vec<Found<'_>>> = manifests.iter().map(find).collect::<Result<_>>()?;
    let mut images: Vec<ImageRef> = Vec::new();
    for found in found.iter().flatten() {
        if !images.iter().any(|image| image.to_string() == found.image.to_string()) {
            images.push(found.image.clone());
        }
    }
    if images.is_empty() {
        ui.status("no image in the input");
    }
    let live = settings.live(world, ui).await?;
    let items = pin_and_describe(&images, live.as_ref(), settings, world, ui).await?;
    if let Some(live) = &live {
        warn_of_nodes(live, &found, &items, ui);
    }
    let pinned: HashMap<&str, &str> =
        items.iter().map(|item| (item.image.as_str(), item.pinned.as_str())).collect();
    let mut texts = Vec::new();
    for (manifest, found) in manifests.iter().zip(&found) {
        texts.push(rewrite(manifest, found, &pinned)?);
    }
    if write {
        write_files(&manifests, &texts, ui).await?;
    }
    if settings.json {
        ui.data(&pin_report(&items)?)?;
    } else if !write {
        ui.data(&joined(&texts))?;
    }
    Ok(Exit::Success)
}

/// Warns of nodes that an image cannot run on, once for each image and node selector.
fn warn_of_nodes(live: &Live, found: &[Vec<Found<'_>>], items: &[PinItem], ui: &mut Ui) {
    let mut seen = BTreeSet::new();
    for Found { document, place, image } in found.iter().flatten() {
        let (image, selector) = (image.to_string(), place.node_selector(document));
        if let Some(item) = items.iter().find(|item| item.image == image)
            && seen.insert((image, selector.clone()))
        {
            live.warn(item, &selector, ui);
        }
    }
}

fn find(manifest: &Manifest) -> Result<Vec<Found<'_>>> {
    let mut found = Vec::new();
    for document in &manifest.documents {
        for place in images_of(document, image_fields) {
            let image = place.image.parse::<ImageRef>().map_err(|error| {
                Error::verdict(format!(
                    "{}: image {:?}: {error}",
                    shown(manifest, &place),
                    without_password(&place.image)
                ))
            })?;
            found.push(Found { document, place, image });
        }
    }
    Ok(found)
}

/// The fields in which an object of a followed kind names images.
fn image_fields(object: &Value) -> Option<&'static [&'static str]> {
    kind::of(object).map(|kind| kind.images()).filter(|fields| !fields.is_empty())
}

fn shown(manifest: &Manifest, place: &ImagePlace) -> String {
    format!("{}:{}:{}", manifest.source.label(), place.position.line, place.position.column)
}

/// The file with its images replaced; `None` when nothing changes.
fn rewrite(manifest: &Manifest, found: &[Found<'_>], pinned: &HashMap<&str, &str>) -> Result<Rewritten> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut refused = None;
    for Found { document, place, image } in found.iter().filter(|found| found.image.digest().is_none()) {
        let Some(pinned) = pinned.get(image.to_string().as_str()) else { continue };
        match place.replace(document, pinned) {
            Ok(edit) => edits.push(edit),
            Err(error) => {
                let place = format!("{}: {}", shown(manifest, place), place.path);
                refused.get_or_insert(Error::failure(format!("{place} cannot be pinned in place: {error}")));
            }
        }
    }
    let text = match manifest.documents.first() {
        Some(document) => document.text(),
        // A file without documents is comments at most.
        None => {
            return Ok(Rewritten { text: String::from_utf8_lossy(&manifest.bytes).into_owned(), changes: 0 });
        }
    };
    let body = manifest.bytes.strip_prefix(UTF8_MARK).unwrap_or(&manifest.bytes);
    if body != text.as_bytes() {
        return Err(Error::failure(format!(
            "{} is UTF-16, which cannot be edited in place",
            manifest.source.label()
        ))
        .hint("convert the file to UTF-8"));
    }
    let changes = edits.len();
    let text = apply_edits(text, edits);
    // An image that an alias repeats is pinned where its anchor is, if that is an image too.
    match refused {
        Some(error) if !all_pinned(&text) => Err(error),
        _ => Ok(Rewritten { text, changes }),
    }
}

fn all_pinned(text: &str) -> bool {
    yaml::parse(text.as_bytes()).is_ok_and(|documents| {
        let mut places = documents.iter().flat_map(|document| images_of(document, image_fields));
        places.all(|place| place.image.parse::<ImageRef>().is_ok_and(|image| image.digest().is_some()))
    })
}

/// A file's new text.
struct Rewritten {
    text: String,
    changes: usize,
}

/// Writes the files that change. One that somebody else has changed meanwhile stops it before any is written, if that can be
/// seen by then.
async fn write_files(manifests: &[Manifest], texts: &[Rewritten], ui: &mut Ui) -> Result<()> {
    let mut files: Vec<(&Path, &Manifest, &Rewritten)> = Vec::new();
    for (manifest, rewritten) in manifests.iter().zip(texts) {
        let Source::File(path) = &manifest.source else { continue };
        files.push((path, manifest, rewritten));
    }
    let changed: Vec<_> = files.iter().copied().filter(|(.., rewritten)| rewritten.changes > 0).collect();
    for (path, manifest, rewritten) in &changed {
        // Another run that pins the same may be done already.
        replace::is_as_read(path, &manifest.bytes)
            .or_else(|error| replace::is_as_read(path, &manifest.with(rewritten)).map_err(|_| error))?;
    }
    let mut signals = Signals::listen();
    let mut index = 0;
    for (path, manifest, rewritten) in files {
        if rewritten.changes == 0 {
            ui.status(&format!("{}: unchanged", path.display()));
            continue;
        }
        let names = || changed.iter().map(|(path, ..)| *path);
        let stopped = |error: Error, done: usize| {
            error
                .excerpt(said_of("written", names().take(done)))
                .excerpt(said_of("not written", names().skip(done)))
        };
        let written =
            Held::new(path).and_then(|held| held.change(Some(&manifest.bytes), &manifest.with(rewritten)));
        written.map_err(|error| stopped(error, index))?;
        let plural = if rewritten.changes == 1 { "image" } else { "images" };
        ui.status(&format!("{}: {} {plural} pinned", path.display(), rewritten.changes));
        if signals.came().await && index + 1 < changed.len() {
            let error = Error::new(Exit::Interrupted, "interrupted between two files");
            return Err(stopped(error.hint("run the same command again to pin the rest"), index + 1));
        }
        index += 1;
    }
    Ok(())
}

/// A line with the names of files, of many the first ones; none for no file.
fn said_of<'a>(what: &str, paths: impl Iterator<Item = &'a Path>) -> Option<String> {
    let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    let shown = paths.iter().take(SHOWN_PATHS).cloned().collect::<Vec<_>>().join(", ");
    let more = paths.len().saturating_sub(SHOWN_PATHS);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!paths.is_empty()).then(|| format!("  {what}: {shown}{more}"))
}

/// Several files as one stream of documents.
fn joined(texts: &[Rewritten]) -> String {
    let mut all = String::new();
    for Rewritten { text, .. } in texts {
        if !all.is_empty() {
            if !all.ends_with('\n') {
                all.push('\n');
            }
            // JSON objects follow each other as they are; a marker would make them unreadable as JSON.
            if !text.starts_with("---") && !text.trim_start().starts_with('{') {
                all.push_str("---\n");
            }
        }
        all.push_str(text);
    }
    all
}
