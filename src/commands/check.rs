//! `check`: the verdict of the API server and the webhook, offline, an object at a time.

mod workloads;

use super::globals::GlobalArgs;
use super::inputs::{self, Before, Flaw, InputArgs, InputSettings, OperatorArgs, ReleaseArgs, SourceObject};
use crate::core::kind::judge::{Chosen, Foresight};
use crate::core::kind::model_deployment::provider::registered;
use crate::core::kind::model_deployment::release::Release;
use crate::core::kind::operator::OperatorValues;
use crate::core::kind::{self, KINDS, model_deployment};
use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::Rule;
use crate::core::verdict::{Change, Rules, Verdict};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::report::check::{
    self, CheckFormat, CheckItem, Decision, OperatorInputs, Piece, PlacedFinding, PredictedStatus,
};
use crate::ui::Ui;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway check -f models/
  kubectl airunway check -f model.yaml -o sarif > findings.sarif
  kubectl airunway check -f new.yaml --old stored.yaml
  kubectl airunway check --explain provider-needs-gpu

Exit codes: 0 all valid, 1 failed, 2 usage error, 3 something is invalid or unreadable, 4 inconclusive")]
pub struct CheckArgs {
    /// Explain a rule, instead of checking
    #[arg(long, value_name = "RULE", help_heading = CHECK, add = super::completion::rules())]
    pub explain: Option<String>,

    /// What the input replaces, as a manifest or out of a cluster; checks an update
    #[arg(long, value_name = "FILE", help_heading = CHECK, value_hint = clap::ValueHint::FilePath)]
    pub old: Option<PathBuf>,

    /// Providers to assume registered; default: the five that AI Runway registers
    #[arg(long, value_name = "NAMES", help_heading = CHECK, value_delimiter = ',', conflicts_with = "live")]
    pub providers: Option<Vec<String>>,

    /// Of these, providers to assume ready; default: all, '' for none
    #[arg(long, value_name = "NAMES", help_heading = CHECK, value_delimiter = ',', conflicts_with = "live")]
    pub ready: Option<Vec<String>>,

    /// Read the registered providers and their readiness from the cluster
    #[arg(long, help_heading = CHECK)]
    pub live: bool,

    /// Check Deployments, Services, Jobs, PersistentVolumeClaims and ConfigMaps as well
    #[arg(long, help_heading = CHECK)]
    pub workloads: bool,

    /// Treat warnings as errors
    #[arg(long, help_heading = CHECK)]
    pub strict: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", help_heading = CHECK, value_parser = ["json", "junit", "sarif", "tap"])]
    pub output: Option<String>,

    #[command(flatten)]
    pub release: ReleaseArgs,

    #[command(flatten)]
    pub operators: OperatorArgs,

    #[command(flatten)]
    pub input: InputArgs,
}

/// Heading of the flags that are this verb's own.
const CHECK: &str = "Check";

/// Parsed flags of `check`.
#[derive(Debug)]
pub struct CheckSettings {
    globals: GlobalArgs,
    input: InputSettings,
    explain: Option<String>,
    old: Option<PathBuf>,
    providers: Option<Vec<String>>,
    ready: Option<Vec<String>>,
    live: bool,
    workloads: bool,
    strict: bool,
    format: CheckFormat,
    release: &'static Release,
    operators: OperatorValues,
}

impl CheckSettings {
    pub fn resolve(args: CheckArgs, globals: GlobalArgs) -> Result<CheckSettings> {
        let CheckArgs {
            input,
            explain,
            old,
            providers,
            ready,
            live,
            workloads,
            strict,
            output,
            release,
            operators,
        } = args;
        let format = match output.as_deref() {
            Some("json") => CheckFormat::Json,
            Some("junit") => CheckFormat::Junit,
            Some("sarif") => CheckFormat::Sarif,
            Some("tap") => CheckFormat::Tap,
            _ => CheckFormat::Human,
        };
        let named = |names: Option<Vec<String>>| {
            names.map(|names| names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>())
        };
        Ok(CheckSettings {
            globals,
            input: InputSettings::resolve(input, "check")?,
            explain,
            old,
            providers: named(providers),
            ready: named(ready),
            live,
            workloads,
            strict,
            format,
            release: release.resolve()?,
            operators: operators.resolve()?,
        })
    }
}

/// Runs `check`.
///
/// # Errors
/// Unreadable input, an unknown rule or provider, or a cluster that does not answer with `--live`.
pub fn run(settings: CheckSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    if let Some(rule) = &settings.explain {
        ui.data(&explanation(rule)?)?;
        return Ok(Exit::Success);
    }
    let rules = rules(&settings, world)?;
    let namespace = settings.globals.namespace(world)?;
    let old = settings.old.as_ref().map(|path| Before::read(path, &namespace, &rules)).transpose()?;
    let workloads = settings.workloads.then_some(&namespace);
    let judge = Judge { old: old.as_ref(), rules, strict: settings.strict, workloads };
    let format = settings.format;
    let batches =
        inputs::each(settings.input, &namespace, world.threads, ui, &|objects| judge.batch(objects, format))?;
    let mut pieces = Vec::with_capacity(batches.len());
    let mut assumed = BTreeSet::new();
    for Batch { piece, assumed: of_batch, skipped, flaws } in batches {
        assumed.extend(of_batch);
        skipped.iter().for_each(|line| ui.status(line));
        for flaw in &flaws {
            ui.warning(&flaw.line);
            flaw.excerpt.iter().for_each(|line| ui.status(line));
        }
        pieces.push(piece);
    }
    assumed.iter().for_each(|line| ui.status(line));
    if pieces.iter().all(Piece::is_empty) {
        return Err(inputs::none());
    }
    let passed = pieces.iter().all(Piece::passes);
    let certain = pieces.iter().all(Piece::is_certain);
    ui.data_with(|writer| check::write(pieces, format, writer))?;
    Ok(match (passed, certain) {
        (false, _) => Exit::VerdictNo,
        (true, false) => Exit::Inconclusive,
        (true, true) => Exit::Success,
    })
}

fn explanation(id: &str) -> Result<String> {
    let Some(rule) = Rule::named(id) else {
        let nearest = crate::core::nearest::nearest(id, Rule::all().map(|rule| rule.id));
        let error = Error::usage(format!("rule {id:?} does not exist"));
        return Err(match nearest {
            Some(near) => error.hint(format!("did you mean --explain {near}?")),
            None => error.hint(format!(
                "choose one of {}",
                Rule::all().map(|rule| rule.id).collect::<Vec<_>>().join(", ")
            )),
        });
    };
    let hint = if rule.hint.is_empty() { String::new() } else { format!("\nhint: {}\n", rule.hint) };
    Ok(format!("{}: {}\n\n{}\n{hint}", rule.id, rule.title, rule.about))
}

/// What objects are checked against, from the flags or the cluster.
fn rules(settings: &CheckSettings, world: &World) -> Result<Rules> {
    if settings.live {
        return block_on(async {
            let cluster = super::connection::connect(&settings.globals, world).await?;
            let mut rules = Rules::offline(settings.release);
            for kind in KINDS.iter().filter(|kind| !kind.context().is_empty()) {
                let mut context = Vec::new();
                for resource in kind.context() {
                    context.extend(cluster.list(resource, None, None).await?.items);
                }
                rules = rules.with(*kind, context);
            }
            let mut operators = settings.operators.clone();
            for operator in kind::operator::operators() {
                inputs::add_live(&cluster, operator, &mut operators).await?;
            }
            Ok(rules.operated(operators))
        });
    }
    let rules = Rules::offline(settings.release).operated(settings.operators.clone());
    let (providers, ready) = (settings.providers.as_deref(), settings.ready.as_deref());
    if providers.is_none() && ready.is_none() {
        return Ok(rules);
    }
    let configs = registered(settings.release, providers, ready).map_err(|unknown| {
        Error::usage(unknown.to_string())
            .hint(format!("providers: {}; use those of the cluster with --live", unknown.known.join(", ")))
    })?;
    Ok(rules.with(model_deployment::KIND, configs))
}

/// Some objects once they are checked.
struct Batch {
    piece: Piece,
    /// What is assumed of operators, for what was checked.
    assumed: BTreeSet<String>,
    skipped: Vec<String>,
    /// What was given and not judged, for those who read a report later.
    flaws: Vec<NotJudged>,
}

/// Something that was given and not judged.
struct NotJudged {
    /// Its place, and why.
    line: String,
    /// The text around the place.
    excerpt: Vec<String>,
}

struct Judge<'a> {
    old: Option<&'a Before>,
    rules: Rules,
    strict: bool,
    /// The namespace of built-in objects, when these are checked as well.
    workloads: Option<&'a inputs::Namespace>,
}

impl Judge<'_> {
    fn batch(&self, objects: Vec<SourceObject>, format: CheckFormat) -> Batch {
        let (ours, skipped) = workloads::split(objects, self.workloads.is_some());
        let flaws = ours.iter().filter_map(not_judged).collect();
        let assumed = ours.iter().filter_map(|object| self.rules.assumption(&object.value)).collect();
        let items = ours.into_iter().map(|object| self.one(object)).collect();
        Batch { piece: Piece::of(items, format), assumed, skipped, flaws }
    }

    fn one(&self, object: SourceObject) -> CheckItem {
        if let Some(flaw) = &object.flaw {
            let Flaw { finding, place, .. } = flaw.as_ref().clone();
            let findings = vec![PlacedFinding { finding, place }];
            return CheckItem { refused: true, findings, ..item(&object) };
        }
        let old = self.old.and_then(|old| old.of(&object));
        if let Some(item) = self.workloads.and_then(|it| workloads::item(&object, it, old, self.strict)) {
            return item;
        }
        let change = old.map_or(Change::Create, |old| Change::Replace { old });
        let verdict = self.rules.judge(&object.subject(), change);
        let refused = verdict.refused();
        let Verdict { review, foresight, findings } = verdict;
        let findings = findings.into_iter().map(|mut finding| {
            if self.strict && finding.severity == Severity::Warning {
                finding.severity = Severity::Error;
            }
            let place = object.position(&finding.path);
            PlacedFinding { finding: object.in_its_words(finding), place }
        });
        let findings = findings.collect();
        let Foresight { chosen, stopped, status, .. } = foresight.unwrap_or_default();
        CheckItem {
            findings,
            refused,
            denial: review.denial.map(|denial| (denial.code, denial.message)),
            warnings: review.warnings,
            chosen: chosen.into_iter().map(decision).collect(),
            stopped,
            predicted: status.map(predicted),
            operator: self.rules.operator_of(&object.value).map(|(operator, release)| OperatorInputs {
                name: operator.prefix,
                release,
                inputs: self.rules.operators().told(operator),
            }),
            ..item(&object)
        }
    }
}

/// The place of an object in the report, nothing found yet.
fn item(object: &SourceObject) -> CheckItem {
    CheckItem {
        kind: object.kind_name().to_owned(),
        source: object.source.clone(),
        document: object.document,
        name: object.name().to_owned(),
        namespace: object.namespace().to_owned(),
        ..CheckItem::default()
    }
}

fn not_judged(object: &SourceObject) -> Option<NotJudged> {
    let flaw = object.flaw.as_ref()?;
    let line = format!("{}: not judged: {}", object.place(&flaw.finding.path), flaw.finding.message);
    Some(NotJudged { line, excerpt: flaw.excerpt.clone() })
}

fn decision(chosen: Chosen) -> Decision {
    let Chosen { what, value, why, .. } = chosen;
    Decision { what, value, why }
}

fn predicted(status: kind::judge::PredictedStatus) -> PredictedStatus {
    let kind::judge::PredictedStatus { phase, message, conditions, .. } = status;
    PredictedStatus { phase, message, conditions }
}
