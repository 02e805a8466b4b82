//! What a user types for `apply-recipe`, and what it means.

use crate::commands::completion;
use crate::commands::deploy::{ApplyArgs, ApplySettings};
use crate::commands::globals::GlobalArgs;
use crate::commands::inputs::{InputArgs, InputSettings, MemberArgs};
use crate::commands::recipe::library::{self, RecipeSourceArgs};
use crate::core::kind::model_deployment::author::Members;
use crate::core::kind::model_deployment::object::engine;
use crate::core::recipe::{FeatureChoice, Request};
use crate::error::{Error, Result};

/// Deploy a model by its official vLLM recipe
///
/// Takes the command that the recipe gives for the model on a kind of hardware, makes a ModelDeployment of it whose engine gets
/// exactly the recipe's flags, variables and image, and then goes the way of deploy: judged, pinned, applied, waited for. All
/// flags of deploy set members on top. What a provider of AI Runway cannot express is refused with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # The recipe for a node with H200 GPUs
  kubectl airunway apply-recipe Qwen/Qwen3-32B --hardware h200

  # What would be applied, and where each member comes from
  kubectl airunway apply-recipe Qwen/Qwen3-32B --hardware h200 --dry-run --explain

  # Another checkpoint, another way to spread it, a feature more and one less
  kubectl airunway apply-recipe org/model --hardware h200 --variant fp8 --strategy single_node_tep --feature reasoning --feature no-tool_calling

  # Without a network: a copy of the site's files
  kubectl airunway apply-recipe org/model --hardware h200 --recipes ./recipes")]
pub struct ApplyRecipeArgs {
    /// Model id, for example Qwen/Qwen3-32B
    #[arg(value_name = "MODEL", add = completion::recipe_models())]
    pub model: String,

    #[command(flatten)]
    pub choice: ChoiceArgs,

    /// Show for every member which line of the recipe, flag or default it comes from, on stderr
    #[arg(long, help_heading = "Recipe")]
    pub explain: bool,

    #[command(flatten)]
    pub source: RecipeSourceArgs,

    #[command(flatten)]
    pub members: MemberArgs,

    #[command(flatten)]
    pub apply: ApplyArgs,

    /// Further tokens for the engine, after `--` and after the recipe's own
    #[arg(last = true, value_name = "ENGINE_ARGS", allow_hyphen_values = true, help_heading = None)]
    pub extra_args: Vec<String>,
}

/// Which of a recipe's commands is meant.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Recipe")]
pub struct ChoiceArgs {
    /// Hardware, for example h200 or mi300x; asked for on a terminal
    #[arg(long, value_name = "ID", add = completion::recipe_hardware())]
    pub hardware: Option<String>,

    /// Strategy, for example single_node_tp; default: the recommended one
    #[arg(long, value_name = "NAME", add = completion::recipe_strategies())]
    pub strategy: Option<String>,

    /// Variant, a checkpoint of the recipe; default: default
    #[arg(long, value_name = "NAME", add = completion::recipe_variants())]
    pub variant: Option<String>,

    /// Precision of the weights, for example fp8: takes the variant that has it
    #[arg(long, value_name = "PRECISION", add = completion::recipe_precisions())]
    pub precision: Option<String>,

    /// Feature to add, NAME or NAME=MODE, or to remove, no-NAME; repeatable
    #[arg(long = "feature", value_name = "FEATURE", add = completion::recipe_features(), allow_hyphen_values = true)]
    pub features: Vec<String>,

    /// Write the object although the provider cannot request this hardware
    #[arg(long)]
    pub force: bool,
}

/// Parsed flags of `apply-recipe`.
pub struct ApplyRecipeSettings {
    pub(super) request: Request,
    pub(super) members: Members,
    pub(super) explain: bool,
    pub(super) source: RecipeSourceArgs,
    pub(super) apply: ApplySettings,
}

impl ApplyRecipeSettings {
    /// Parses the flags; every flag is looked at, so a new one cannot be forgotten.
    ///
    /// # Errors
    /// A usage error that names the flag.
    pub fn resolve(args: ApplyRecipeArgs, globals: GlobalArgs) -> Result<ApplyRecipeSettings> {
        let ApplyRecipeArgs { model, choice, explain, source, members, apply, extra_args } = args;
        let input = InputSettings::resolve(InputArgs { members, extra_args, ..InputArgs::default() })?;
        let members = input.members;
        if let Some(engine) = members.engine.as_deref().filter(|engine| *engine != engine::VLLM) {
            return Err(Error::usage(format!(
                "recipes are written for engine {}, not for {engine}",
                engine::VLLM
            ))
            .hint("leave --engine away, or use deploy with --engine"));
        }
        let ChoiceArgs { hardware, strategy, variant, precision, features, force } = choice;
        let features = features.iter().map(|text| text.parse::<FeatureChoice>());
        let features = features
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| Error::usage(format!("invalid value for --feature: {error}")))?;
        let request = Request {
            model: library::model_id(&model)?,
            hardware,
            strategy,
            variant,
            precision,
            features,
            gpus: members.gpus,
            provider: members.provider.clone(),
            force,
        };
        Ok(ApplyRecipeSettings {
            request,
            members,
            explain,
            source,
            apply: ApplySettings::resolve(apply, globals)?,
        })
    }
}
