//! `recipe show`: one recipe.

use super::ReportFormat;
use super::details;
use super::library::{self, RecipeSourceArgs, model_id, say_notes};
use crate::commands::completion;
use crate::commands::globals::GlobalArgs;
use crate::core::recipe::Request;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::report::recipes;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway recipe show Qwen/Qwen3-32B
  kubectl airunway recipe show Qwen/Qwen3-32B --hardware mi300x
  kubectl airunway recipe show Qwen/Qwen3-32B -o json")]
pub(super) struct ShowArgs {
    /// Model id, for example Qwen/Qwen3-32B
    #[arg(value_name = "MODEL", add = completion::recipe_models())]
    model: String,

    /// Hardware to show strategies and features for; default: the recommended one
    #[arg(long, value_name = "ID", add = completion::recipe_hardware())]
    hardware: Option<String>,

    /// Variant to show
    #[arg(long, value_name = "NAME", add = completion::recipe_variants())]
    variant: Option<String>,

    /// Provider that must serve it; default: the first that can
    #[arg(long, value_name = "NAME", add = completion::providers())]
    provider: Option<String>,

    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<ReportFormat>,

    #[command(flatten)]
    source: RecipeSourceArgs,
}

pub(super) fn run(args: ShowArgs, globals: &GlobalArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    let ShowArgs { model, hardware, variant, provider, output, source } = args;
    let request = Request { hardware, variant, provider, ..Request::new(model_id(&model)?) };
    let library = library::open(&source, globals, world)?;
    let outcome = block_on(async {
        let details = details::all(&library, &request).await?;
        // A recipe without a command says why when it is asked for one.
        let refusal = if details.hardware.is_empty() { library.resolve(&request).await?.err() } else { None };
        Ok((details, refusal))
    });
    say_notes(&library, ui);
    let (details, refusal) = outcome?;
    if let Some(wanted) = &request.variant
        && !known_variant(&details, wanted)
    {
        let names: Vec<&str> = details.variants.iter().map(|variant| variant.name.as_str()).collect();
        return Err(Error::usage(format!("the recipe of {model} has no variant {wanted}"))
            .hint(format!("choose with --variant: {}", names.join(", "))));
    }
    if let Some(wanted) = &request.hardware
        && !details.hardware.iter().any(|hardware| hardware.id == *wanted)
    {
        let ids: Vec<&str> = details.hardware.iter().map(|hardware| hardware.id.as_str()).collect();
        return Err(Error::usage(format!("the recipe of {model} has no command for hardware {wanted}"))
            .hint(format!("choose with --hardware: {}", ids.join(", "))));
    }
    if let Some(refusal) = refusal {
        ui.status(&refusal.message);
    }
    ui.data(&match output {
        Some(ReportFormat::Json) => recipes::show_json(&details)?,
        None => recipes::show_text(&details, ui.width()),
    })?;
    Ok(Exit::Success)
}

/// A promoted variant's own recipe calls itself `default`.
fn known_variant(details: &crate::core::recipe::catalogue::Details, wanted: &str) -> bool {
    details.derived_from.is_some() || details.variants.iter().any(|variant| variant.name == wanted)
}
