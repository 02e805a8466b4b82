//! Objects that were judged as they will be sent, beside what the cluster holds under their names.

use super::authored::{self, ImageChoice};
use super::images::Pins;
use super::inputs::{self, SourceObject};
use super::{second, verdict};
use crate::core::kind::operator::OperatorValues;
use crate::core::kind::release::Release;
use crate::core::kind::{KINDS, Kind};
use crate::core::kubernetes::FIELD_MANAGER;
use crate::core::verdict::{Change, Rules, Verdict};
use crate::error::Result;
use crate::io::World;
use crate::io::cluster::{Cluster, ClusterError};
use crate::ui::Ui;
use serde_json::Value;
use std::collections::BTreeSet;

/// One object that may be sent as it is.
pub struct Planned {
    /// The object.
    pub object: SourceObject,
    /// What the cluster holds under its name.
    pub live: Option<Value>,
    /// What was judged: the object over the live one, or as a new one where that is deleted first.
    pub verdict: Verdict,
    /// Whether the live object has to be deleted first.
    pub recreates: bool,
}

/// The objects of one command line once nothing is left to decide.
pub struct Plan {
    /// The objects, in input order.
    pub objects: Vec<Planned>,
    /// What their images were pinned to.
    pub pins: Pins,
    /// What they were judged against.
    pub rules: Rules,
}

/// What is done about a field that cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recreate {
    /// The object is refused.
    Never,
    /// The same, and the flag is named.
    Offered,
    /// The flag was given: the object is deleted and recreated.
    Asked,
}

/// How objects are planned.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// How images are chosen and pinned.
    pub images: ImageChoice<'a>,
    /// What is done about a field that cannot be changed.
    pub recreate: Recreate,
    /// What operators were started with, as far as that was said.
    pub operators: &'a OperatorValues,
}

/// Refuses what no cluster would take, before one is asked. What rests on the cluster is left to [`in_cluster`].
///
/// # Errors
/// The refusal, once its reasons have been said.
pub fn refuse_everywhere(objects: &[SourceObject], release: &'static Release, ui: &mut Ui) -> Result<()> {
    let rules = Rules::offline(release);
    let verdicts = objects.iter().map(|object| (object, rules.review(&object.subject(), Change::Create)));
    let refused: Vec<_> = verdicts.filter(|(_, verdict)| !verdict.rests_on_context()).collect();
    refuse(refused.iter().map(|(object, verdict)| (*object, verdict)), Recreate::Never, ui)
}

/// Plans objects without a cluster: as new ones, with the release's own providers.
///
/// # Errors
/// A refusal, once its reasons have been said; an image that cannot be pinned.
pub async fn without_cluster(
    objects: Vec<SourceObject>,
    intent: Intent<'_>,
    world: &World,
    ui: &mut Ui,
) -> Result<Plan> {
    let rules = Rules::offline(intent.images.release).operated(intent.operators.clone());
    say_assumed(&objects, &rules, ui);
    let candidates = objects.into_iter().map(|object| Candidate { object, live: None, recreates: false });
    plan(candidates.collect(), rules, intent, None, world, ui).await
}

/// Plans objects against the providers of a cluster and what it holds under their names: one request each.
///
/// # Errors
/// A refusal, once its reasons have been said; an image that cannot be pinned; a cluster that does not answer.
pub async fn in_cluster(
    cluster: &Cluster,
    objects: Vec<SourceObject>,
    intent: Intent<'_>,
    world: &World,
    ui: &mut Ui,
) -> Result<Plan> {
    let rules = rules_of(cluster, &objects, intent).await?;
    say_assumed(&objects, &rules, ui);
    let mut candidates = Vec::with_capacity(objects.len());
    for object in objects {
        let live = match object.kind() {
            Some(kind) => cluster.get(kind.resource(), Some(object.namespace()), object.name()).await?,
            None => None,
        };
        candidates.push(Candidate { object, live, recreates: false });
    }
    plan(candidates, rules, intent, Some(cluster), world, ui).await
}

/// The rules of a cluster, for the kinds of the objects.
async fn rules_of(cluster: &Cluster, objects: &[SourceObject], intent: Intent<'_>) -> Result<Rules> {
    let mut rules = Rules::offline(intent.images.release);
    let mut operators = intent.operators.clone();
    for kind in KINDS {
        let is_meant = |object: &SourceObject| object.is_of(*kind);
        if objects.iter().any(is_meant)
            && let Some(operator) = kind.operator()
        {
            inputs::add_live(cluster, operator, &mut operators).await?;
        }
        if objects.iter().any(is_meant)
            && let Some(context) = context_of(cluster, *kind).await?
        {
            rules = rules.with(*kind, context);
        }
    }
    Ok(rules.operated(operators))
}

/// Says what is assumed of operators, a line each.
fn say_assumed(objects: &[SourceObject], rules: &Rules, ui: &mut Ui) {
    let lines: BTreeSet<String> =
        objects.iter().filter_map(|object| rules.assumption(&object.value)).collect();
    lines.iter().for_each(|line| ui.status(line));
}

/// The objects that verdicts about a kind rest on; `None` where there are none to read, or reading them is not allowed:
/// someone who may deploy need not be allowed to read cluster-wide objects.
async fn context_of(cluster: &Cluster, kind: &dyn Kind) -> Result<Option<Vec<Value>>> {
    let mut context = Vec::new();
    for resource in kind.context() {
        match cluster.list(resource, None, None).await {
            Ok(list) => context.extend(list.items),
            Err(ClusterError::Forbidden { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((!kind.context().is_empty()).then_some(context))
}

/// An object on its way: it may still be refused, and its image may still get a digest.
struct Candidate {
    object: SourceObject,
    live: Option<Value>,
    recreates: bool,
}

impl Candidate {
    fn change(&self) -> Change<'_> {
        match &self.live {
            Some(live) if !self.recreates => Change::Apply { live, manager: FIELD_MANAGER },
            _ => Change::Create,
        }
    }
}

async fn plan(
    mut candidates: Vec<Candidate>,
    rules: Rules,
    intent: Intent<'_>,
    cluster: Option<&Cluster>,
    world: &World,
    ui: &mut Ui,
) -> Result<Plan> {
    // A refused object must not cost a request to a registry, so there is a first look before the pin.
    let mut reviews = Vec::with_capacity(candidates.len());
    for candidate in &mut candidates {
        let mut review = rules.review(&candidate.object.subject(), candidate.change());
        if intent.recreate == Recreate::Asked && review.immutable().is_some() {
            candidate.recreates = true;
            review = rules.review(&candidate.object.subject(), Change::Create);
        }
        reviews.push(review);
    }
    let judged = || candidates.iter().zip(&reviews);
    let refusal =
        refuse(judged().map(|(candidate, review)| (&candidate.object, review)), intent.recreate, ui);
    refusal.map_err(|error| {
        judged().fold(error, |error, (Candidate { object, live, .. }, review)| {
            second::remind(error, object, live.as_ref(), review)
        })
    })?;
    let objects = candidates.iter_mut().map(|candidate| &mut candidate.object).collect();
    let pins = authored::pin(objects, intent.images, cluster, world, ui).await?;
    let judged = |candidate: Candidate| {
        let verdict = rules.judge(&candidate.object.subject(), candidate.change());
        let Candidate { object, live, recreates } = candidate;
        Planned { object, live, verdict, recreates }
    };
    let objects: Vec<Planned> = candidates.into_iter().map(judged).collect();
    refuse(objects.iter().map(|planned| (&planned.object, &planned.verdict)), intent.recreate, ui)?;
    Ok(Plan { objects, pins, rules })
}

/// Says why objects are refused, and answers the error when any is.
fn refuse<'a>(
    judged: impl Iterator<Item = (&'a SourceObject, &'a Verdict)>,
    recreate: Recreate,
    ui: &mut Ui,
) -> Result<()> {
    let refused: Vec<_> = judged.filter(|(_, verdict)| verdict.refused()).collect();
    for (object, verdict) in &refused {
        verdict::denial(verdict, object).iter().for_each(|note| ui.say(note));
    }
    let error = match refused.as_slice() {
        [] => return Ok(()),
        refused => verdict::refused(refused),
    };
    Err(match refused.as_slice() {
        [(_, verdict)] if recreate == Recreate::Offered && verdict.immutable().is_some() => {
            error.hint("--recreate deletes and recreates the object; its endpoint is down meanwhile")
        }
        _ => error,
    })
}
