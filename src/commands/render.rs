//! `render`: the object as it will be applied, and what the cluster makes of it, without a cluster.

use super::authored::{self, ImageChoice};
use super::globals::GlobalArgs;
use super::images::{self, ImageSettings};
use super::inputs::{self, ImageArgs, InputArgs, InputSettings, OperatorArgs, ReleaseArgs, SourceObject};
use super::output::{ObjectFormat, format_objects, qualified_name};
use super::verdict;
use crate::core::kind::judge::{Child, Children};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kind::operator::OperatorValues;
use crate::core::verdict::{Change, Rules, Verdict};
use crate::core::yaml;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::ui::{Note, Ui};
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # The manifest for GitOps, pinned by digest
  kubectl airunway render Qwen/Qwen3-0.6B --provider vllm --pin=digest > model.yaml

  # The Deployment and Service that the vllm shim will create
  kubectl airunway render -f model.yaml --stage children

  # Who would serve it, and why
  kubectl airunway render Qwen/Qwen3-0.6B --gpus 2 --scores",
mut_arg("pin", |pin| pin.help("Pin image tags to digests; default: never (deploy: digest)")))]
pub struct RenderArgs {
    /// Stage of the object to print
    #[arg(long, value_enum, value_name = "STAGE", default_value_t, help_heading = RENDER)]
    pub stage: RenderStage,

    /// Print each provider's selection rules and score, on stderr
    #[arg(long, alias = "explain", help_heading = RENDER)]
    pub scores: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml", value_parser = ["yaml", "json", "name"], help_heading = RENDER)]
    pub output: String,

    #[command(flatten)]
    pub images: ImageArgs,

    #[command(flatten)]
    pub release: ReleaseArgs,

    #[command(flatten)]
    pub operators: OperatorArgs,

    #[command(flatten)]
    pub input: InputArgs,
}

/// Heading of the flags that are this verb's own.
const RENDER: &str = "Render";

/// `--stage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum RenderStage {
    /// As it will be applied
    #[default]
    Authored,
    /// As the API server stores it, with defaults
    Stored,
    /// After the shim's write-back
    Settled,
    /// Child objects the provider creates
    Children,
    /// All stages
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
    operators: OperatorValues,
}

impl RenderSettings {
    pub fn resolve(args: RenderArgs, globals: GlobalArgs) -> Result<RenderSettings> {
        let RenderArgs { stage, scores, output, images, release, operators, input } = args;
        let format = match output.as_str() {
            "json" => ObjectFormat::Json,
            "name" => ObjectFormat::Name,
            _ => ObjectFormat::Yaml,
        };
        Ok(RenderSettings {
            globals,
            input: InputSettings::resolve(input, "render")?,
            stage,
            explain: scores,
            format,
            images: ImageSettings::resolve(images, false)?,
            release: release.resolve()?,
            operators: operators.resolve()?,
        })
    }
}

/// Runs `render`.
///
/// # Errors
/// Unreadable input, or with `--pin=digest` a registry that does not answer.
pub fn run(settings: RenderSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let RenderSettings { globals, input, stage, explain, format, images, release, operators } = settings;
    let namespace = globals.namespace(world)?;
    let rules = Rules::offline(release).operated(operators);
    let renderer = Renderer { stage, explain, format: &format, release, rules };
    let work = |objects| renderer.batch(objects);
    let batches = if images.may_pin()? {
        let choice = ImageChoice { settings: &images, release };
        let mut objects = authored::load(input, choice, &namespace, ui)?;
        block_on(authored::pin_accepted(&mut objects, &renderer.rules, choice, world, ui))?;
        inputs::in_batches(objects, world.threads, &work)
    } else {
        inputs::each(input, &namespace, world.threads, ui, &work)?
    };
    let refused = batches.iter().any(|batch| batch.refused);
    let notes = batches.iter().flat_map(|batch| &batch.notes).cloned().collect();
    let assumed: BTreeSet<&String> = batches.iter().flat_map(|batch| &batch.assumed).collect();
    assumed.into_iter().for_each(|line| ui.status(line));
    verdict::grouped(notes).iter().for_each(|note| ui.say(note));
    if !images.pin_said && batches.iter().any(|batch| batch.unpinned) {
        ui.status("image: not pinned; --pin=digest pins it, as deploy does");
    }
    print(&batches, &format, ui)?;
    Ok(if refused { Exit::VerdictNo } else { Exit::Success })
}

/// Some objects once they are rendered.
#[derive(Default)]
struct Batch {
    /// YAML documents.
    text: String,
    /// The objects, for formats that need to know all of them.
    objects: Vec<Value>,
    notes: Vec<Note>,
    /// What is assumed of operators, for what was rendered.
    assumed: BTreeSet<String>,
    refused: bool,
    /// Whether an object has an image that a deploy would pin.
    unpinned: bool,
}

struct Renderer<'a> {
    stage: RenderStage,
    explain: bool,
    format: &'a ObjectFormat,
    release: &'static Release,
    rules: Rules,
}

impl Renderer<'_> {
    fn batch(&self, objects: Vec<SourceObject>) -> Batch {
        let mut batch = Batch::default();
        for object in objects {
            if let Some(flaw) = &object.flaw {
                batch.notes.push(Note::Finding(object.place(&flaw.finding.path), flaw.finding.clone()));
                batch.refused = true;
            } else if object.kind().is_some() {
                let verdict = self.rules.judge(&object.subject(), Change::Create);
                batch.refused |= !self.render(object, verdict, &mut batch);
            } else {
                self.show("", object.value, &mut batch);
            }
        }
        batch.text.shrink_to_fit();
        batch
    }

    fn shows(&self, stage: RenderStage) -> bool {
        self.stage == stage || self.stage == RenderStage::All
    }

    /// Adds one object to what is printed; with `--stage all` in YAML a comment names its stage.
    fn show(&self, stage: &str, object: Value, batch: &mut Batch) {
        if *self.format != ObjectFormat::Yaml {
            batch.objects.push(object);
            return;
        }
        if !batch.text.is_empty() {
            batch.text.push_str(BETWEEN);
        }
        if self.stage == RenderStage::All && !stage.is_empty() {
            batch.text.push_str("# ");
            batch.text.push_str(stage);
            batch.text.push('\n');
        }
        yaml::write_yaml(&object, &mut batch.text);
    }

    /// Adds what is to be printed of one followed object; answers whether all went well.
    fn render(&self, object: SourceObject, verdict: Verdict, batch: &mut Batch) -> bool {
        if verdict.refused() {
            batch.notes.extend(verdict::denial(&verdict, &object));
            return false;
        }
        batch.notes.extend(verdict::advice(&verdict, &object));
        batch.notes.extend(verdict::chosen(&verdict));
        if matches!(self.stage, RenderStage::Children | RenderStage::All) {
            batch.assumed.extend(self.rules.assumption(&object.value));
        }
        let Verdict { review, foresight, .. } = verdict;
        let (Some(stored), Some(foresight)) = (review.stored, foresight) else { return false };
        if self.explain {
            batch.notes.extend(self.rules.explain(&stored).into_iter().map(Note::Status));
        }
        batch.unpinned |= images::is_unpinned(&object, self.release);
        let name = object.name().to_owned();
        if self.shows(RenderStage::Authored) {
            self.show("authored", object.value, batch);
        }
        if self.shows(RenderStage::Stored) {
            self.show("stored", stored, batch);
        }
        if matches!(self.stage, RenderStage::Authored | RenderStage::Stored) {
            return true;
        }
        match foresight.children {
            Children::Known(children) => {
                if let Some(settled) = foresight.settled.filter(|_| self.shows(RenderStage::Settled)) {
                    self.show("settled", settled, batch);
                }
                if self.stage == RenderStage::Settled {
                    return true;
                }
                self.show_children(children, batch);
                foresight.status.is_none_or(|status| status.later)
            }
            // The advice has said this already.
            Children::Stopped => false,
            Children::NotFollowed(why) => {
                batch.notes.push(Note::Warning(format!("{name}: {why}")));
                false
            }
        }
    }

    fn show_children(&self, children: Vec<Child>, batch: &mut Batch) {
        let mut later = Vec::new();
        for child in children {
            if child.later {
                later.push(qualified_name(&child.object));
            }
            match child.later {
                false => self.show("children", child.object, batch),
                true if self.stage == RenderStage::All => self.show("children, later", child.object, batch),
                true => {}
            }
        }
        if !later.is_empty() {
            batch.notes.push(Note::Status(format!(
                "later, when these are done: {} (--stage all prints them)",
                later.join(", ")
            )));
        }
    }
}

/// Between two YAML documents.
const BETWEEN: &str = "---\n";

/// Prints the batches as one.
fn print(batches: &[Batch], format: &ObjectFormat, ui: &mut Ui) -> Result<()> {
    if *format == ObjectFormat::Yaml {
        return ui.data_with(|writer| {
            let mut is_first = true;
            for batch in batches.iter().filter(|batch| !batch.text.is_empty()) {
                if !std::mem::take(&mut is_first) {
                    writer.write_all(BETWEEN.as_bytes())?;
                }
                writer.write_all(batch.text.as_bytes())?;
            }
            Ok(())
        });
    }
    let objects: Vec<&Value> = batches.iter().flat_map(|batch| &batch.objects).collect();
    if objects.is_empty() { ui.data("") } else { ui.data(&format_objects(&objects, format)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::{Printed, printed};

    /// Everything that is printed, on both streams, and how it ends.
    fn rendered(file: &str, arguments: &[&str], threads: usize) -> Printed {
        let line: Vec<&str> =
            ["render", "-f", file, "--stage", "all"].into_iter().chain(arguments.iter().copied()).collect();
        printed(&line, threads)
    }

    #[test]
    fn output_does_not_depend_on_threads() {
        let folder = tempfile::tempdir().expect("a folder");
        let object = |index: usize| {
            let provider = ["vllm", "llmd", "kuberay", "dynamo"][index % 4];
            let port = if index.is_multiple_of(5) { ", args: {port: '1'}" } else { "" };
            format!(
                "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: m{}\nspec:\n  model:\n    id: org/m\n  \
                 engine: {{type: vllm{port}}}\n  provider:\n    name: {provider}\n  resources:\n    gpu:\n      count: {}\n",
                // The last are there already, in another piece.
                index % 880,
                index % 7
            )
        };
        let other = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n".to_owned();
        let documents: Vec<String> =
            (0..900).map(|index| if index % 50 == 7 { other.clone() } else { object(index) }).collect();
        let file = folder.path().join("models.yaml");
        std::fs::write(&file, documents.join("---\n")).expect("a writable folder");
        let file = file.to_str().expect("text");
        for arguments in [&[][..], &["-o", "json"], &["-o", "name"]] {
            let one = rendered(file, arguments, 1);
            assert_eq!(one.exit, Exit::VerdictNo, "some are refused");
            assert!(one.stdout.len() > 10_000 && one.stderr.len() > 1_000);
            for threads in [2, 7] {
                assert!(rendered(file, arguments, threads) == one, "{arguments:?} on {threads} threads");
            }
        }
    }
}
