//! Objects that the server would take and that can never run: they are not sent unless that is asked for.

use super::ApplySettings;
use crate::commands::planned::{Plan, Planned};
use crate::core::kubernetes::finding::Finding;
use crate::core::kubernetes::rule::{RestsOn, Rule, Stage};
use crate::error::{Error, Result};

/// The phase from which nothing but a change of the object leads.
const FAILED: &str = "Failed";

/// Refuses what its controller will set to Failed, and a provider of a flag that nobody has registered: in a file it may be
/// one that is installed later, typed it is a mistake.
///
/// # Errors
/// The refusal; what is wrong was said before.
pub(super) fn refuse(plan: &Plan, settings: &ApplySettings, provider_by_flag: bool) -> Result<()> {
    if settings.force_invalid {
        return Ok(());
    }
    let doomed: Vec<String> =
        plan.objects.iter().filter_map(|planned| why(planned, provider_by_flag)).collect();
    let message = match doomed.as_slice() {
        [] => return Ok(()),
        [one] => format!("{one}; nothing was sent"),
        several => format!("{} objects can never run; nothing was sent", several.len()),
    };
    let error = Error::verdict(message);
    let error = if doomed.len() > 1 { doomed.into_iter().fold(error, Error::caused_by) } else { error };
    Err(error.hint("--force-invalid sends it all the same"))
}

fn why(planned: &Planned, provider_by_flag: bool) -> Option<String> {
    let Planned { object, verdict, .. } = planned;
    let name = format!("{} {}", object.kind_name(), object.name());
    let status = verdict.foresight.as_ref().and_then(|foresight| foresight.status.as_ref());
    if status.is_some_and(|status| status.phase == FAILED) {
        return Some(format!("{name} would become {FAILED}"));
    }
    let missing = verdict.findings.iter().find(|finding| waits_for_the_cluster(finding))?;
    provider_by_flag.then(|| format!("{name}: {}", missing.message))
}

/// Whether it is about something that the cluster does not have, without which the object is taken and nothing comes of it.
fn waits_for_the_cluster(finding: &Finding) -> bool {
    Rule::named(finding.rule)
        .is_some_and(|rule| rule.stage == Stage::Advice && rule.rests_on == RestsOn::Context)
}
