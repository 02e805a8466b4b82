//! `pin --verify`: every entry of the lock file against its registry.

use super::PinSettings;
use crate::core::image::{
    ImageRef, LOCK_FILE, Lock, LockEntry, Platform, Seen, State, Verification, judge, rotation_of,
};
use crate::core::kind::model_deployment::provider::tags;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::images::{LockFile, absent, registry};
use crate::io::registry::{Registry, RegistryError, RegistryErrorKind};
use crate::report::images::{lock_report, lock_table};
use crate::ui::Ui;
use futures::future::join_all;
use std::path::Path;

/// Most siblings whose build time is asked for.
const MAX_SIBLINGS: usize = 40;

/// Judges every entry; the exit code is the verdict.
pub(super) async fn verify(
    max_age: Option<i64>,
    settings: &PinSettings,
    world: &World,
    ui: &mut Ui,
) -> Result<Exit> {
    let path = settings.lock.as_deref();
    let Some(LockFile { path, lock, .. }) = LockFile::for_reading(path)? else {
        return Err(absent(Path::new(LOCK_FILE)));
    };
    if lock.is_empty() {
        let empty = Error::new(Exit::Inconclusive, format!("{} lists no image", path.display()));
        return Err(
            empty.hint(format!("add one with `kubectl airunway pin --lock {} IMAGE`", path.display()))
        );
    }
    let verifications = verify_entries(&lock, max_age, settings, world).await;
    if settings.json {
        ui.data(&lock_report(&verifications)?)?;
    } else {
        ui.data(&lock_table(&verifications))?;
    }
    Ok(if verifications.iter().any(Verification::is_bad) {
        Exit::VerdictNo
    } else if verifications.iter().any(|verification| verification.state == State::Unknown) {
        Exit::Inconclusive
    } else {
        Exit::Success
    })
}

async fn verify_entries(
    lock: &Lock,
    max_age: Option<i64>,
    settings: &PinSettings,
    world: &World,
) -> Vec<Verification> {
    let registry = registry(world, &settings.plain_http, Vec::new());
    let registry = &registry;
    let now = world.clock.now();
    let judged = lock.entries().map(|entry| async {
        let seen = look(registry, entry).await;
        let rank = match seen {
            Seen::Gone(_) | Seen::Unknown(_) => None,
            _ => rank(registry, entry).await,
        };
        judge(entry, seen, rank, now, max_age, tags())
    });
    join_all(judged).await
}

/// What the registry says now: one request while nothing has changed, a second for the locked digest otherwise.
async fn look(registry: &Registry, entry: &LockEntry) -> Seen {
    let tagged = match registry.resolve(&entry.image, None).await {
        Ok(resolved) if resolved.digest == entry.digest => return Seen::Same,
        Ok(resolved) => Some(resolved.digest),
        Err(error) if is_absent(&error) => None,
        Err(error) => return Seen::Unknown(error.to_string()),
    };
    match registry.resolve(&entry.image.pin(&entry.digest), None).await {
        Ok(_) => tagged.map_or(Seen::Untagged, Seen::Moved),
        Err(error) if is_absent(&error) => Seen::Gone(tagged),
        Err(error) => Seen::Unknown(error.to_string()),
    }
}

fn is_absent(error: &RegistryError) -> bool {
    matches!(*error.kind, RegistryErrorKind::NotFound { .. } | RegistryErrorKind::RepositoryNotFound { .. })
}

/// The place of an image among the siblings that its repository deletes, from 1 for the newest.
///
/// Tags do not tell when they were made, so the build time of each sibling is asked for. A note depends on it, not the
/// verdict: what cannot be found out is left out.
async fn rank(registry: &Registry, entry: &LockEntry) -> Option<usize> {
    let (_, prefix) = rotation_of(entry, tags())?;
    let created: jiff::Timestamp = entry.created.as_deref()?.parse().ok()?;
    let tags = registry.tags(&entry.image).await.ok()?;
    let siblings: Vec<ImageRef> = tags
        .iter()
        .filter(|tag| tag.starts_with(prefix))
        .take(MAX_SIBLINGS)
        .filter_map(|tag| entry.image.with_tag(tag).ok())
        .collect();
    let platform = entry.platforms.keys().next().cloned().unwrap_or_else(Platform::linux_amd64);
    let builds = join_all(siblings.iter().map(|sibling| registry.config(sibling, &platform))).await;
    let built = |config: crate::core::image::ImageConfig| config.created?.parse::<jiff::Timestamp>().ok();
    let newer = builds.into_iter().flatten().filter_map(built).filter(|sibling| *sibling > created);
    Some(newer.count() + 1)
}
