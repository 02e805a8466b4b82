//! The writes of all objects, in their order. The first that fails is the last that is sent.

use super::apply;
use super::args::ApplySettings;
use super::interrupt::Stage;
use crate::commands::output::qualified_name;
use crate::commands::planned::{Plan, Planned};
use crate::core::kind::Kind;
use crate::error::Error;
use crate::io::cluster::Cluster;
use crate::ui::Ui;
use serde_json::Value;

/// An object that was written.
pub(super) struct Written<'a> {
    pub(super) kind: &'static dyn Kind,
    /// As it was sent.
    pub(super) planned: &'a Planned,
    /// As the API server stored it.
    pub(super) stored: Value,
}

/// Applies every object; answers those that are stored, and why the one after them is not. What became of each of several
/// is said when one of them failed.
pub(super) async fn all<'a>(
    cluster: &Cluster,
    plan: &'a Plan,
    settings: &ApplySettings,
    stage: &Stage,
    ui: &mut Ui,
) -> (Vec<Written<'a>>, Option<Error>) {
    let mut written = Vec::new();
    // Others were left out before.
    let mut rest = plan.objects.iter().filter_map(|planned| Some((planned.object.kind()?, planned)));
    while let Some((kind, planned)) = rest.next() {
        match apply::apply(cluster, kind, planned, settings, stage, ui).await {
            Ok(stored) => written.push(Written { kind, planned, stored }),
            Err(error) => {
                let unsent: Vec<&Planned> = rest.map(|(_, planned)| planned).collect();
                tell(&written, planned, &unsent, ui);
                return (written, Some(error));
            }
        }
    }
    (written, None)
}

fn tell(written: &[Written<'_>], failed: &Planned, unsent: &[&Planned], ui: &mut Ui) {
    if written.is_empty() && unsent.is_empty() {
        return;
    }
    let name = |planned: &&Planned| qualified_name(&planned.object.value);
    let stored: Vec<String> = written.iter().map(|one| qualified_name(&one.stored)).collect();
    let unsent: Vec<String> = unsent.iter().map(name).collect();
    for (what, names) in [("applied", stored), ("not applied", vec![name(&failed)]), ("not sent", unsent)] {
        if !names.is_empty() {
            ui.status(&format!("{what}: {}", names.join(", ")));
        }
    }
}
