//! What the user left open: asked for on a terminal, else named by an error that lists what there is.

use crate::commands::connection;
use crate::commands::globals::GlobalArgs;
use crate::commands::recipe::details;
use crate::core::kubernetes::resource::NODE;
use crate::core::recipe::catalogue::{
    Attempt, Hardware, StrategyDetails, VariantDetails, hardware_ids, variants,
};
use crate::core::recipe::document::Recipe;
use crate::core::recipe::fit::hardware_of;
use crate::core::recipe::{ModelId, Request};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::recipes::Library;
use crate::ui::Ui;
use serde_json::Value;
use std::time::Duration;

/// How long the cluster is waited for, which only adds marks to the list.
const NODES_WITHIN: Duration = Duration::from_secs(2);

/// Completes a request that names no hardware.
///
/// # Errors
/// Without a terminal a usage error that lists the hardware; and a recipe that cannot be had.
pub(super) async fn complete(
    library: &Library,
    mut request: Request,
    globals: &GlobalArgs,
    world: &World,
    ui: &mut Ui,
) -> Result<Request> {
    if request.hardware.is_some() {
        return Ok(request);
    }
    let (_, document) = library.recipe(&request.model).await?;
    // Already read once, so this cannot fail.
    let Ok(recipe) = Recipe::of(&document) else { return Ok(request) };
    let interactive = ui.interactive();
    if interactive && request.variant.is_none() && request.precision.is_none() {
        request.variant = ask_variant(&request.model, recipe, ui)?;
    }
    // A promoted variant has a recipe, and so hardware, of its own.
    let (_, chosen) = details::recipe_of(library, &request).await?;
    let ids = Recipe::of(&chosen).map(hardware_ids).unwrap_or_default();
    match ids.as_slice() {
        // Without a command the resolution says why.
        [] => {}
        [only] => {
            ui.status(&format!("hardware: {only} (the only one of the recipe)"));
            request.hardware = Some(only.clone());
        }
        _ if interactive => {
            request.hardware = Some(ask_hardware(library, &request, globals, world, ui).await?);
            if request.strategy.is_none() {
                request.strategy = ask_strategy(library, &request, ui).await?;
            }
        }
        _ => {
            return Err(Error::usage(format!("choose hardware for the recipe of {}", request.model))
                .hint(format!("choose with --hardware: {}", ids.join(", "))));
        }
    }
    Ok(request)
}

fn ask_variant(model: &ModelId, recipe: Recipe<'_>, ui: &mut Ui) -> Result<Option<String>> {
    let variants = variants(recipe);
    if variants.len() < 2 {
        return Ok(None);
    }
    let lines: Vec<String> = variants.iter().map(variant_line).collect();
    let chosen = pick(&format!("variant of {model}"), &lines, ui)?;
    Ok(variants.into_iter().nth(chosen).map(|variant| variant.name))
}

async fn ask_hardware(
    library: &Library,
    request: &Request,
    globals: &GlobalArgs,
    world: &World,
    ui: &mut Ui,
) -> Result<String> {
    let hardware = details::hardware(library, request).await?;
    let nodes = nodes(globals, world).await;
    let here = hardware_of(hardware.iter().map(|one| one.id.as_str()), &nodes);
    let lines: Vec<String> =
        hardware.iter().map(|one| hardware_line(one, here.contains(one.id.as_str()))).collect();
    let chosen = pick("hardware", &lines, ui)?;
    Ok(hardware.into_iter().nth(chosen).map(|one| one.id).unwrap_or_default())
}

async fn ask_strategy(library: &Library, request: &Request, ui: &mut Ui) -> Result<Option<String>> {
    let strategies = details::strategies(library, request).await?;
    let can = |strategy: &StrategyDetails| matches!(strategy.command, Attempt::Deployable { .. });
    let strategies: Vec<StrategyDetails> = strategies.into_iter().filter(can).collect();
    if strategies.len() < 2 {
        return Ok(None);
    }
    let lines: Vec<String> = strategies.iter().map(strategy_line).collect();
    let chosen = pick("strategy", &lines, ui)?;
    Ok(strategies.into_iter().nth(chosen).map(|strategy| strategy.name))
}

fn pick(question: &str, lines: &[String], ui: &mut Ui) -> Result<usize> {
    ui.select(question, lines)?
        .ok_or_else(|| Error::new(Exit::Interrupted, "nothing was chosen; nothing was changed"))
}

/// The nodes of the cluster, if one answers at once.
async fn nodes(globals: &GlobalArgs, world: &World) -> Vec<Value> {
    let nodes = async {
        let cluster = connection::connect(globals, world).await.ok()?;
        Some(cluster.list(&NODE, None, None).await.ok()?.items)
    };
    tokio::time::timeout(NODES_WITHIN, nodes).await.ok().flatten().unwrap_or_default()
}

fn variant_line(variant: &VariantDetails) -> String {
    let memory = variant.memory_gb.map(|memory| format!("{memory:.0} GB"));
    let parts = [variant.precision.clone(), memory, variant.model.clone()];
    described(&variant.name, parts.into_iter().flatten().collect())
}

fn hardware_line(hardware: &Hardware, here: bool) -> String {
    let node = match (hardware.node_gpus, hardware.node_memory_gb) {
        (Some(gpus), Some(memory)) => Some(format!("{gpus}-GPU node, {memory:.0} GB")),
        _ => None,
    };
    let parts = [
        hardware.command.as_ref().map(outcome),
        node,
        hardware.status.clone(),
        here.then(|| "in this cluster".to_owned()),
    ];
    described(&hardware.id, parts.into_iter().flatten().collect())
}

fn strategy_line(strategy: &StrategyDetails) -> String {
    let recommended = strategy.recommended.then(|| "recommended".to_owned());
    described(&strategy.name, [Some(outcome(&strategy.command)), recommended].into_iter().flatten().collect())
}

fn outcome(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Deployable { sizes, .. } if sizes.total() == 1 => "1 GPU".to_owned(),
        Attempt::Deployable { sizes, .. } => format!("{} GPUs", sizes.total()),
        Attempt::Refused { reason, .. } => format!("cannot be deployed: {reason}"),
    }
}

fn described(name: &str, parts: Vec<String>) -> String {
    if parts.is_empty() { name.to_owned() } else { format!("{name}  ({})", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_decides() {
        let hardware = Hardware {
            id: "h200".to_owned(),
            node_gpus: Some(8),
            node_memory_gb: Some(1128.0),
            status: Some("verified".to_owned()),
            command: Some(Attempt::Refused { reason: "multi-node", message: String::new() }),
            ..Hardware::default()
        };
        assert_eq!(
            hardware_line(&hardware, true),
            "h200  (cannot be deployed: multi-node, 8-GPU node, 1128 GB, verified, in this cluster)"
        );
        let variant = VariantDetails {
            name: "fp8".to_owned(),
            precision: Some("fp8".to_owned()),
            memory_gb: Some(70.4),
            ..VariantDetails::default()
        };
        assert_eq!(variant_line(&variant), "fp8  (fp8, 70 GB)");
        assert_eq!(hardware_line(&Hardware { id: "x".to_owned(), ..Hardware::default() }, false), "x");
    }
}
