//! The write of an object that was checked.

use super::args::{ApplySettings, DryRun};
use super::interrupt::Stage;
use crate::commands::inputs::SourceObject;
use crate::commands::output::qualified_name;
use crate::commands::planned::Planned;
use crate::core::kind::Kind;
use crate::core::kubernetes::json::text_at;
use crate::core::rollout::has_arrived;
use crate::error::{Error, Result};
use crate::io::cluster::{Applied, ApplyOptions, Cluster, ClusterError, DeleteOptions, Deleted, Propagation};
use crate::ui::Ui;
use serde_json::Value;
use std::time::Duration;

/// Applies one object and prints that; returns it as the API server stored it.
pub(super) async fn apply(
    cluster: &Cluster,
    kind: &dyn Kind,
    planned: &Planned,
    settings: &ApplySettings,
    stage: &Stage,
    ui: &mut Ui,
) -> Result<Value> {
    let Planned { object, live, recreates, .. } = planned;
    let existing = live.as_ref().filter(|_| !recreates);
    if let Some(old) = live.as_ref().filter(|_| *recreates) {
        recreate(cluster, kind, object, old, settings, stage, ui).await?;
    }
    stage.applying(&object.value);
    let options =
        ApplyOptions { dry_run: settings.dry_run == DryRun::Server, force: settings.force_conflicts };
    let written =
        cluster.apply(kind.resource(), Some(object.namespace()), object.name(), &object.value, options).await;
    let answer = match written {
        Ok(answer) => answer,
        Err(error) if !options.dry_run && error.may_have_arrived() => {
            read_back(cluster, kind, object, existing, error, ui).await?
        }
        Err(error) => return Err(explain(error, kind, object, settings)),
    };
    for warning in &answer.warnings {
        ui.server_warning(warning);
    }
    stage.applied(&answer.object);
    let unchanged = existing.is_some_and(|old| same_object(old, &answer.object));
    if settings.output.is_none() {
        let done = if unchanged { "unchanged" } else { "serverside-applied" };
        let dry = if settings.dry_run == DryRun::Server { " (server dry run)" } else { "" };
        ui.line(&format!("{} {done}{dry}", qualified_name(&answer.object)))?;
    }
    Ok(answer.object)
}

/// How long the look at what a write without an answer has done may take.
const READ_BACK: Duration = Duration::from_secs(10);

/// The answer to a write was lost: what is stored is the answer.
///
/// # Errors
/// The error of the write, with what is known of the object: as it was before, or unknown as well.
async fn read_back(
    cluster: &Cluster,
    kind: &dyn Kind,
    object: &SourceObject,
    before: Option<&Value>,
    error: ClusterError,
    ui: &mut Ui,
) -> Result<Applied> {
    let name = qualified_name(&object.value);
    let found = cluster.within(READ_BACK).get(kind.resource(), Some(object.namespace()), object.name()).await;
    let known = match found {
        Ok(Some(live)) if has_arrived(&object.value, before, &live) => {
            ui.status(&format!("the answer to the write of {name} was lost ({error}); it is stored"));
            return Ok(Applied { object: live, warnings: Vec::new(), created: before.is_none() });
        }
        Ok(Some(_)) => "in the cluster it is as it was before; run the same command again",
        Ok(None) => "it is not stored; run the same command again",
        Err(_) => "it may be stored all the same; run the same command again to find out and to continue",
    };
    Err(Error::from(error).hint(format!("{name}: {known}")))
}

/// Whether an apply left what a user writes as it was. The version of the object is no measure: controllers write too.
fn same_object(before: &Value, after: &Value) -> bool {
    ["/metadata/uid", "/metadata/generation", "/metadata/labels", "/metadata/annotations"]
        .iter()
        .all(|pointer| before.pointer(pointer) == after.pointer(pointer))
}

async fn recreate(
    cluster: &Cluster,
    kind: &dyn Kind,
    object: &SourceObject,
    old: &Value,
    settings: &ApplySettings,
    stage: &Stage,
    ui: &mut Ui,
) -> Result<()> {
    let name = qualified_name(old);
    if settings.dry_run == DryRun::Server {
        return Err(Error::verdict(format!("{name} would be recreated, which the server cannot dry-run"))
            .hint("print the new object with --dry-run=client"));
    }
    if !settings.yes {
        let question = format!(
            "delete and recreate {name} in namespace {}? its endpoint is down meanwhile",
            object.namespace()
        );
        match ui.confirm(&question)? {
            Some(true) => {}
            Some(false) => {
                return Err(Error::new(crate::exit::Exit::Failure, "not confirmed; nothing was changed"));
            }
            None => {
                return Err(
                    Error::usage(format!("deleting {name} needs confirmation")).hint("confirm with --yes")
                );
            }
        }
    }
    stage.deleting(old);
    let uid = text_at(old, "/metadata/uid");
    let namespace = Some(object.namespace());
    // The children go first: a Service that is still there would belong to the old object, and the shim would not touch it.
    let options = DeleteOptions {
        uid: Some(uid.to_owned()),
        propagation: Propagation::Foreground,
        ..DeleteOptions::default()
    };
    let deleted = cluster.delete(kind.resource(), namespace, object.name(), &options).await?;
    if matches!(deleted, Deleted::Marked(_)) {
        let mut progress = ui.progress();
        progress.set(&format!("waiting for {name} to be deleted"));
        gone(cluster, kind, object, uid, settings).await?;
    }
    ui.status(&format!("{name} deleted"));
    Ok(())
}

async fn gone(
    cluster: &Cluster,
    kind: &dyn Kind,
    object: &SourceObject,
    uid: &str,
    settings: &ApplySettings,
) -> Result<()> {
    let gone = cluster.gone(kind.resource(), Some(object.namespace()), object.name(), uid);
    let Some(limit) = settings.timeout else { return Ok(gone.await?) };
    tokio::time::timeout(limit, gone).await.map(|gone| Ok(gone?)).unwrap_or_else(|_| {
        Err(Error::new(crate::exit::Exit::TimedOut, format!("{} is still being deleted", object.name()))
            .hint("the provider's shim removes its finalizer; run the same command again to continue"))
    })
}

/// Adds what only this verb knows to an error of the write.
fn explain(error: ClusterError, kind: &dyn Kind, object: &SourceObject, settings: &ApplySettings) -> Error {
    let disagreement = matches!(
        error,
        ClusterError::Denied { .. } | ClusterError::Invalid { .. } | ClusterError::BadRequest { .. }
    );
    let foreign = match &error {
        ClusterError::Denied { by, .. } if !kind.webhooks().contains(&by.as_str()) => Some(by.clone()),
        _ => None,
    };
    let converted = Error::from(error);
    if let Some(by) = foreign {
        return converted.hint(format!(
            "{by} is not a webhook of {}: ask whoever runs this cluster what it wants of {}",
            kind.product().name,
            object.name()
        ));
    }
    if disagreement {
        return converted.hint(format!(
            "please report this: the rules of {} {} in this program accept {}",
            kind.product().name,
            kind.release(settings.release).map_or("", |release| release.name),
            object.name()
        ));
    }
    converted
}
