//! The write: what is there is read once, judged with the object, and then applied.

use super::args::{ApplySettings, DryRun};
use super::interrupt::Stage;
use crate::commands::inputs::SourceObject;
use crate::commands::output::qualified_name;
use crate::commands::verdict::{Rules, Verdict};
use crate::error::{Error, Result};
use crate::io::cluster::{
    ApplyOptions, Cluster, ClusterError, DeleteOptions, Deleted, INFERENCE_PROVIDER_CONFIG, MODEL_DEPLOYMENT,
    Propagation,
};
use crate::ui::Ui;
use serde_json::Value;

/// What the cluster holds before the write.
pub(super) struct Plan {
    rules: Rules,
    /// The existing object for each of the input, in the same order.
    existing: Vec<Option<Value>>,
}

/// What the write left.
pub(super) struct Applied {
    /// The object as the API server answered it.
    pub(super) object: Value,
}

impl Plan {
    /// Reads the registered providers and the objects of the same names: one request each.
    pub(super) async fn read(
        cluster: &Cluster,
        objects: &[SourceObject],
        settings: &ApplySettings,
    ) -> Result<Plan> {
        let rules = match cluster.list(&INFERENCE_PROVIDER_CONFIG, None, None).await {
            Ok(list) => Rules::with(settings.release, list.items),
            // Someone who may deploy need not be allowed to read cluster-wide objects.
            Err(ClusterError::Forbidden { .. }) => Rules::offline(settings.release),
            Err(error) => return Err(error.into()),
        };
        let mut existing = Vec::new();
        for object in objects {
            existing.push(cluster.get(&MODEL_DEPLOYMENT, Some(object.namespace()), object.name()).await?);
        }
        Ok(Plan { rules, existing })
    }

    /// The verdict with what the cluster knows: its own providers, and the object that is there.
    pub(super) fn judge(
        &self,
        objects: &[SourceObject],
        settings: &ApplySettings,
        ui: &mut Ui,
    ) -> Result<()> {
        let mut refused = Vec::new();
        for (object, live) in objects.iter().zip(&self.existing) {
            let verdict = self.rules.judge(object, live.as_ref());
            if !verdict.refused() {
                verdict.print_advice(object, ui);
                verdict.print_selection(object, ui);
                self.say_health(&verdict, ui);
            } else if !(settings.recreate && immutable_members(&verdict).is_some()) {
                verdict.print_denial(object, ui);
                refused.push(refusal(object, &verdict));
            }
        }
        match refused.len() {
            0 => Ok(()),
            1 => Err(refused.remove(0)),
            many => {
                Err(Error::verdict(format!("{many} ModelDeployments would be refused, nothing was sent")))
            }
        }
    }

    /// A provider that says itself that it is not ready will not serve the object soon.
    fn say_health(&self, verdict: &Verdict, ui: &mut Ui) {
        let Some(provider) = verdict.selection.as_ref().and_then(|selection| selection.provider.as_deref())
        else {
            return;
        };
        let is_it =
            |config: &&Value| config.pointer("/metadata/name").and_then(Value::as_str) == Some(provider);
        let Some(config) = self.rules.configs.iter().find(is_it) else { return };
        if config.pointer("/status/ready").and_then(Value::as_bool) != Some(true) {
            ui.warning(&format!("provider {provider} says that it is not ready"));
        }
    }

    fn existing_of(&self, object: &SourceObject) -> Option<&Value> {
        self.existing.iter().flatten().find(|old| {
            old.pointer("/metadata/name").and_then(Value::as_str) == Some(object.name())
                && old.pointer("/metadata/namespace").and_then(Value::as_str) == Some(object.namespace())
        })
    }
}

fn refusal(object: &SourceObject, verdict: &Verdict) -> Error {
    match immutable_members(verdict) {
        Some(members) => {
            Error::verdict(format!("{} cannot be changed in {}", members.join(", "), object.name()))
                .hint("--recreate deletes the object and creates it anew; its endpoint is away in between")
        }
        None => {
            Error::verdict(format!("ModelDeployment {} would be refused, nothing was sent", object.name()))
        }
    }
}

/// The members that cannot be changed, when a denial is about nothing else.
fn immutable_members(verdict: &Verdict) -> Option<Vec<String>> {
    let mut members = Vec::new();
    for finding in verdict.errors() {
        if !(finding.rule.starts_with("immutable-") || finding.rule.starts_with("managed-volume-")) {
            return None;
        }
        members.push(finding.path.clone());
    }
    (!members.is_empty()).then_some(members)
}

/// Applies one object and says so.
pub(super) async fn apply(
    cluster: &Cluster,
    plan: &Plan,
    object: &SourceObject,
    settings: &ApplySettings,
    stage: &Stage,
    ui: &mut Ui,
) -> Result<Applied> {
    let mut existing = plan.existing_of(object);
    let must_recreate = |old: &&Value| immutable_members(&plan.rules.judge(object, Some(old))).is_some();
    if let Some(old) = existing.filter(|old| settings.recreate && must_recreate(old)) {
        recreate(cluster, object, old, settings, stage, ui).await?;
        existing = None;
    }
    stage.applying(&object.value);
    let options =
        ApplyOptions { dry_run: settings.dry_run == DryRun::Server, force: settings.force_conflicts };
    let answer = cluster
        .apply(&MODEL_DEPLOYMENT, Some(object.namespace()), object.name(), &object.value, options)
        .await
        .map_err(|error| explain(error, object, settings))?;
    for warning in &answer.warnings {
        ui.server_warning(warning);
    }
    stage.waiting_for(&answer.object);
    let unchanged = existing.is_some_and(|old| same_object(old, &answer.object));
    if settings.output.is_none() {
        let done = if unchanged { "unchanged" } else { "serverside-applied" };
        let dry = if settings.dry_run == DryRun::Server { " (server dry run)" } else { "" };
        ui.line(&format!("{} {done}{dry}", qualified_name(&answer.object)))?;
    }
    Ok(Applied { object: answer.object })
}

/// Whether an apply left what a user writes as it was. The version of the object is no measure: controllers write too.
fn same_object(before: &Value, after: &Value) -> bool {
    ["/metadata/uid", "/metadata/generation", "/metadata/labels", "/metadata/annotations"]
        .iter()
        .all(|pointer| before.pointer(pointer) == after.pointer(pointer))
}

async fn recreate(
    cluster: &Cluster,
    object: &SourceObject,
    old: &Value,
    settings: &ApplySettings,
    stage: &Stage,
    ui: &mut Ui,
) -> Result<()> {
    let name = qualified_name(old);
    if settings.dry_run == DryRun::Server {
        return Err(Error::verdict(format!(
            "{name} would be deleted and created anew, which the server cannot try"
        ))
        .hint("--dry-run=client shows the new object"));
    }
    if !settings.yes {
        let question = format!("delete {name} in namespace {} and create it anew?", object.namespace());
        match ui.confirm(&question)? {
            Some(true) => {}
            Some(false) => {
                return Err(Error::new(crate::exit::Exit::Failure, "not confirmed, nothing was changed"));
            }
            None => {
                return Err(
                    Error::usage(format!("deleting {name} needs a confirmation")).hint("--recreate --yes")
                );
            }
        }
    }
    stage.deleting(old);
    let uid = old.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    let namespace = Some(object.namespace());
    // The children go first: a Service that is still there would belong to the old object, and the shim would not touch it.
    let options = DeleteOptions {
        uid: Some(uid.to_owned()),
        propagation: Propagation::Foreground,
        ..DeleteOptions::default()
    };
    let deleted = cluster.delete(&MODEL_DEPLOYMENT, namespace, object.name(), &options).await?;
    if matches!(deleted, Deleted::Marked(_)) {
        let mut progress = ui.progress();
        progress.set(&format!("waiting until {name} is deleted"));
        gone(cluster, object, uid, settings).await?;
    }
    ui.status(&format!("{name} deleted"));
    Ok(())
}

async fn gone(cluster: &Cluster, object: &SourceObject, uid: &str, settings: &ApplySettings) -> Result<()> {
    let gone = cluster.gone(&MODEL_DEPLOYMENT, Some(object.namespace()), object.name(), uid);
    let Some(limit) = settings.timeout else { return Ok(gone.await?) };
    tokio::time::timeout(limit, gone).await.map(|gone| Ok(gone?)).unwrap_or_else(|_| {
        Err(Error::new(crate::exit::Exit::TimedOut, format!("{} is still being deleted", object.name()))
            .hint(
                "its finalizer is removed by the provider's shim; the same command again goes on from there",
            ))
    })
}

/// Adds what only this verb knows to an error of the write.
fn explain(error: ClusterError, object: &SourceObject, settings: &ApplySettings) -> Error {
    let disagreement = matches!(
        error,
        ClusterError::Denied { .. } | ClusterError::Invalid { .. } | ClusterError::BadRequest { .. }
    );
    let converted = Error::from(error);
    if disagreement {
        return converted.hint(format!(
            "the rules of AI Runway {} in this program accept {}: please report the difference",
            settings.release.name,
            object.name()
        ));
    }
    converted
}
