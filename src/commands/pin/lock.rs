//! `pin --lock`: the lock file gets what the registry answered.

use super::PinSettings;
use crate::core::image::{ImageRef, Locked};
use crate::error::Result;
use crate::io::World;
use crate::io::images::LockFile;
use crate::io::replace::Held;
use crate::report::images::PinItem;
use crate::ui::Ui;
use std::path::Path;

/// Adds or refreshes the entries of the images, removes the others with `--prune`, and writes the file.
pub(super) fn write(
    path: &Path,
    images: &[ImageRef],
    items: &[PinItem],
    settings: &PinSettings,
    world: &World,
    ui: &mut Ui,
) -> Result<()> {
    // Other runs may write the same file: each adds to what the one before has written.
    let held = Held::new(path)?;
    let was = LockFile::find(Some(path))?;
    let (was, mut lock) = was.map_or_else(Default::default, |file| (Some(file.bytes), file.lock));
    let now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (before, mut moved) = (lock.len(), 0);
    let mut recorded = 0;
    for (image, item) in images.iter().zip(items) {
        // An image that was typed with a digest has nothing to be looked up by.
        let Some(answered) = &item.answered else { continue };
        let locked = Locked {
            digest: item.digest.clone(),
            media_type: answered.media_type,
            size: answered.size,
            platforms: answered.platforms.clone(),
            created: item.created.clone(),
            revision: item.revision.clone(),
        };
        recorded += 1;
        if let Some(old) = lock.record(image, locked, item.class.as_str(), &now) {
            moved += 1;
            ui.status(&format!("{image}: moved from {old} to {}", item.digest));
        }
    }
    let added = lock.len() - before;
    let pruned = if settings.prune { lock.prune(images) } else { Vec::new() };
    for image in &pruned {
        ui.status(&format!("{image}: removed"));
    }
    held.change(was.as_deref(), lock.to_text().as_bytes())?;
    ui.status(&format!(
        "{}: {recorded} verified ({added} new, {moved} moved); {} in total",
        path.display(),
        lock.len()
    ));
    Ok(())
}
