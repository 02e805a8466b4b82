//! `render`: the object as it will be applied, and what the cluster makes of it, without a cluster.

use super::globals::GlobalArgs;
use super::images::{self, ImageSettings};
use super::inputs::{ImageArgs, InputArgs, InputSettings, Inputs, ReleaseArgs, SourceObject};
use super::output::{ObjectFormat, format_objects, qualified_name};
use super::runtime::block_on;
use super::verdict::Rules;
use crate::core::provider::{Outcome, Phase, Selection, StageError};
use crate::core::release::Release;
use crate::core::yaml;
use crate::error::Result;
use crate::exit::Exit;
use crate::ui::Ui;
use serde_json::Value;

/// Print the object that would be applied, or what the cluster makes of it
///
/// Never needs a cluster. Objects that the rules refuse are not printed: their findings go to stderr, and the exit code is 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # The manifest for GitOps, pinned by digest
  kubectl airunway render Qwen/Qwen3-0.6B --provider vllm --pin=digest > model.yaml

  # The Deployment and Service that the vllm shim will create
  kubectl airunway render -f model.yaml --stage children

  # Who would serve it, and why
  kubectl airunway render Qwen/Qwen3-0.6B --gpus 2 --explain")]
pub struct RenderArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help of the verb")]
    pub input: InputArgs,

    /// How far the object is followed
    #[arg(long, value_enum, value_name = "STAGE", default_value_t, help_heading = RENDER)]
    pub stage: RenderStage,

    /// Show each provider with its selection rules and its score, on stderr
    #[arg(long, help_heading = RENDER)]
    pub explain: bool,

    /// Output format: yaml, json, name
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml", value_parser = ["yaml", "json", "name"], help_heading = RENDER)]
    pub output: String,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help of the verb")]
    pub images: ImageArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help of the verb")]
    pub release: ReleaseArgs,
}

/// Heading of the flags that are this verb's own.
const RENDER: &str = "Render";

/// `--stage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum RenderStage {
    /// What will be applied
    #[default]
    Authored,
    /// What the API server persists, defaults and all
    Stored,
    /// What is left after the shim has written the object back
    Settled,
    /// What the provider's controller creates from it
    Children,
    /// Everything
    All,
}

/// Parsed flags of `render`.
#[derive(Debug)]
pub struct RenderSettings {
    globals: GlobalArgs,
    input: InputSettings,
    stage: RenderStage,
    explain: bool,
    format: ObjectFormat,
    images: ImageSettings,
    release: &'static Release,
}

impl RenderSettings {
    /// Parses the flags; every flag is looked at, so a new one cannot be forgotten.
    ///
    /// # Errors
    /// A usage error that names the flag.
    pub fn resolve(args: RenderArgs, globals: GlobalArgs) -> Result<RenderSettings> {
        let RenderArgs { input, stage, explain, output, images, release } = args;
        let format = match output.as_str() {
            "json" => ObjectFormat::Json,
            "name" => ObjectFormat::Name,
            _ => ObjectFormat::Yaml,
        };
        Ok(RenderSettings {
            globals,
            input: InputSettings::resolve(input)?,
            stage,
            explain,
            format,
            images: ImageSettings::resolve(images, false)?,
            release: release.resolve()?,
        })
    }
}

/// Runs `render`.
///
/// # Errors
/// Unreadable input, or with `--pin=digest` a registry that does not answer.
pub fn run(settings: RenderSettings, ui: &mut Ui) -> Result<Exit> {
    let namespace = settings.globals.namespace()?;
    let mut objects = Inputs::load(settings.input.clone(), &namespace, ui)?.objects;
    if settings.images.pin {
        for object in objects.iter_mut().filter(|object| object.is_model_deployment()) {
            images::choose_default(object, &settings.images, settings.release, ui);
        }
        block_on(images::pin_all(&mut objects, &settings.images, ui))?;
    }
    let renderer = Renderer { settings: &settings, rules: Rules::offline(settings.release) };
    let mut printed = Vec::new();
    let mut refused = false;
    for object in objects {
        if object.is_model_deployment() {
            refused |= !renderer.render(&object, &mut printed, ui);
        } else {
            printed.push(Printed { stage: "", object: object.value });
        }
    }
    ui.data(&text(&printed, &settings)?)?;
    Ok(if refused { Exit::VerdictNo } else { Exit::Success })
}

/// An object to print, and the stage it shows.
struct Printed {
    stage: &'static str,
    object: Value,
}

struct Renderer<'a> {
    settings: &'a RenderSettings,
    rules: Rules,
}

impl Renderer<'_> {
    /// Adds what is to be printed of one ModelDeployment; answers whether all went well.
    fn render(&self, object: &SourceObject, printed: &mut Vec<Printed>, ui: &mut Ui) -> bool {
        let verdict = self.rules.judge(object, None);
        let (Some(stored), Some(selection)) = (&verdict.review.stored, &verdict.selection) else {
            verdict.print_denial(object, ui);
            return false;
        };
        verdict.print_advice(object, ui);
        verdict.print_selection(object, ui);
        if self.settings.explain {
            explanation(selection).iter().for_each(|line| ui.status(line));
        }
        let stage = self.settings.stage;
        let mut show = |of: RenderStage, name: &'static str, value: &Value| {
            if stage == of || stage == RenderStage::All {
                printed.push(Printed { stage: name, object: value.clone() });
            }
        };
        show(RenderStage::Authored, "authored", &object.value);
        show(RenderStage::Stored, "stored", stored);
        if matches!(stage, RenderStage::Authored | RenderStage::Stored) {
            return true;
        }
        match &verdict.stages {
            Some(Ok(stages)) => {
                show(RenderStage::Settled, "settled", &stages.settled);
                for child in &stages.outcome.children {
                    show(RenderStage::Children, "children", child);
                }
                for child in stages.outcome.later.iter().flat_map(|later| &later.children) {
                    show(RenderStage::All, "children, later", child);
                }
                if stage == RenderStage::Settled {
                    return true;
                }
                say_later(&stages.outcome, ui);
                stages.outcome.phase != Phase::Failed
            }
            // The advice has said this already.
            Some(Err(StageError::NotSelected(_))) | None => false,
            Some(Err(error)) => {
                ui.warning(&format!("{}: {error}", object.name()));
                false
            }
        }
    }
}

/// Each provider with its score and its rules.
fn explanation(selection: &Selection) -> Vec<String> {
    let mut lines = Vec::new();
    for candidate in &selection.candidates {
        lines.push(match (candidate.score, candidate.unfit) {
            (Some(score), _) => format!("  {}: score {score}", candidate.provider),
            (None, why) => format!("  {}: {}", candidate.provider, why.unwrap_or("is not looked at")),
        });
        for rule in &candidate.rules {
            let result = match &rule.result {
                Ok(true) => format!("true, counts {}", rule.priority),
                Ok(false) => "false".to_owned(),
                Err(why) => format!("ignored ({why})"),
            };
            lines.push(format!("    {}: {result}", rule.condition));
        }
    }
    lines
}

/// Says what the shim creates only when something else is done.
fn say_later(outcome: &Outcome, ui: &mut Ui) {
    if let Some(later) = &outcome.later {
        let names: Vec<String> = later.children.iter().map(qualified_name).collect();
        ui.status(&format!("later, when these are done: {} (--stage all prints them)", names.join(", ")));
    }
}

/// The printed text; with `--stage all` in YAML a comment names the stage of each object.
fn text(printed: &[Printed], settings: &RenderSettings) -> Result<String> {
    if settings.stage == RenderStage::All && settings.format == ObjectFormat::Yaml {
        let document = |item: &Printed| match item.stage {
            "" => yaml::to_yaml(&item.object),
            stage => format!("# {stage}\n{}", yaml::to_yaml(&item.object)),
        };
        return Ok(printed.iter().map(document).collect::<Vec<_>>().join("---\n"));
    }
    if printed.is_empty() {
        return Ok(String::new());
    }
    let objects: Vec<Value> = printed.iter().map(|item| item.object.clone()).collect();
    format_objects(&objects, &settings.format)
}
