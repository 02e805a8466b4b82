//! The flags of `apply-recipe` and their parsed values.

use crate::commands::completion;
use crate::commands::deploy::{ApplyArgs, ApplySettings};
use crate::commands::globals::GlobalArgs;
use crate::commands::inputs::{InputArgs, InputSettings, MemberArgs};
use crate::commands::recipe::library::{self, RecipeSourceArgs};
use crate::core::kind::model_deployment::author::Members;
use crate::core::kind::model_deployment::object::engine;
use crate::core::recipe::{FeatureChoice, Request};
use crate::error::{Error, Result};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # The recipe for a node with H200 GPUs
  kubectl airunway apply-recipe Qwen/Qwen3-32B --hardware h200

  # What would be applied, and where each field comes from
  kubectl airunway apply-recipe Qwen/Qwen3-32B --hardware h200 --dry-run --provenance

  # Another checkpoint and parallel layout, one feature more and one less
  kubectl airunway apply-recipe org/model --hardware h200 --variant fp8 \\
    --strategy single_node_tep --feature reasoning --feature no-tool_calling

  # Without a network, from a copy of the site's files
  kubectl airunway apply-recipe org/model --hardware h200 --recipes ./recipes

Exit codes: 0 done, 1 failed, 2 usage error, 3 refused, 124 not ready in time, 130 interrupted")]
pub struct ApplyRecipeArgs {
    /// Model id, for example Qwen/Qwen3-32B
    #[arg(value_name = "MODEL", add = completion::recipe_models())]
    pub model: String,

    #[command(flatten)]
    pub choice: ChoiceArgs,

    /// Print where each field comes from (recipe line, flag or default), on stderr
    #[arg(long, alias = "explain", help_heading = "Recipe")]
    pub provenance: bool,

    #[command(flatten)]
    pub source: RecipeSourceArgs,

    #[command(flatten)]
    pub apply: ApplyArgs,

    #[command(flatten)]
    pub members: MemberArgs,

    /// Further engine arguments, after -- and after the recipe's own
    #[arg(last = true, value_name = "ENGINE_ARGS", allow_hyphen_values = true, help_heading = None)]
    pub extra_args: Vec<String>,
}

/// Flags that choose one of a recipe's commands.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Recipe")]
pub struct ChoiceArgs {
    /// Hardware, for example h200 or mi300x; default: ask on a terminal
    #[arg(long, value_name = "ID", add = completion::recipe_hardware())]
    pub hardware: Option<String>,

    /// Strategy, for example single_node_tp; default: the recommended one
    #[arg(long, value_name = "NAME", add = completion::recipe_strategies())]
    pub strategy: Option<String>,

    /// Variant (checkpoint); default: `default`
    #[arg(long, value_name = "NAME", add = completion::recipe_variants())]
    pub variant: Option<String>,

    /// Weight precision, for example fp8; selects the variant
    #[arg(long, value_name = "PRECISION", add = completion::recipe_precisions())]
    pub precision: Option<String>,

    /// Feature to add, NAME or NAME=MODE, or to remove, no-NAME; repeatable
    #[arg(long = "feature", value_name = "FEATURE", add = completion::recipe_features(), allow_hyphen_values = true)]
    pub features: Vec<String>,

    /// Deploy even if the hardware is unsupported or the provider cannot request it
    #[arg(long, alias = "force")]
    pub allow_unsupported_hardware: bool,
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
    pub fn resolve(args: ApplyRecipeArgs, globals: GlobalArgs) -> Result<ApplyRecipeSettings> {
        let ApplyRecipeArgs { model, choice, provenance, source, apply, members, extra_args } = args;
        let input = InputSettings::resolve(
            InputArgs { members, extra_args, ..InputArgs::default() },
            "apply-recipe",
        )?;
        let members = input.members;
        if let Some(engine) = members.engine.as_deref().filter(|engine| *engine != engine::VLLM) {
            return Err(Error::usage(format!(
                "recipes are written for engine {}, not for {engine}",
                engine::VLLM
            ))
            .hint("omit --engine, or use deploy with --engine"));
        }
        let ChoiceArgs { hardware, strategy, variant, precision, features, allow_unsupported_hardware } =
            choice;
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
            force: allow_unsupported_hardware,
        };
        Ok(ApplyRecipeSettings {
            request,
            members,
            explain: provenance,
            source,
            apply: ApplySettings::resolve(apply, globals)?,
        })
    }
}
