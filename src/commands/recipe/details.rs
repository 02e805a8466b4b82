//! What a recipe offers, with its commands resolved: the same resolution that `apply-recipe` deploys by.

use crate::core::recipe::catalogue::{self, Attempt, Details, Hardware, StrategyDetails};
use crate::core::recipe::document::{Recipe, Rendering, Taxonomy};
use crate::core::recipe::{Request, SitePath};
use crate::error::Result;
use crate::io::recipes::Library;
use futures::future::join_all;
use serde_json::Value;
use std::sync::Arc;

/// Everything about the recipe of a request; its hardware, where it names one, decides which strategies are shown.
///
/// # Errors
/// A file that cannot be read.
pub async fn all(library: &Library, request: &Request) -> Result<Details> {
    let (path, document) = recipe_of(library, request).await?;
    let Ok(recipe) = Recipe::of(&document) else { return Ok(Details::default()) };
    let taxonomy = library.document(&SitePath::taxonomy(), None).await?;
    let taxonomy = taxonomy.as_deref().map(Taxonomy::of);
    let source = library.address(&path);
    let mut details = Details::of(recipe, source, taxonomy, request.hardware.as_deref());
    let ids: Vec<String> = details.hardware.iter().map(|hardware| hardware.id.clone()).collect();
    let commands = commands(library, request, &ids).await?;
    for (hardware, command) in details.hardware.iter_mut().zip(commands) {
        hardware.command = Some(command);
    }
    if let Some(shown) = details.shown_hardware.clone() {
        details.strategies =
            strategies(library, &Request { hardware: Some(shown), ..request.clone() }).await?;
    }
    Ok(details)
}

/// The recipe of a request: the model's own, or that of the promoted variant it names, and where it is.
///
/// # Errors
/// A file that cannot be read.
pub async fn recipe_of(library: &Library, request: &Request) -> Result<(SitePath, Arc<Value>)> {
    let (path, document) = library.recipe(&request.model).await?;
    let promoted = match Recipe::of(&document) {
        Ok(recipe) => promoted(recipe, request),
        Err(_) => None,
    };
    if let Some(promoted) = promoted
        && let Some(document) = library.document(&promoted, None).await?
        && Recipe::of(&document).is_ok()
    {
        return Ok((promoted, document));
    }
    Ok((path, document))
}

/// The file of the variant that a request names by key or by precision, where that has one of its own.
fn promoted(recipe: Recipe<'_>, request: &Request) -> Option<SitePath> {
    let variant = match (&request.variant, &request.precision) {
        (Some(key), _) => recipe.variant(key)?,
        (None, Some(wanted)) => {
            let is_it = |own: &str| own.eq_ignore_ascii_case(wanted);
            recipe.variants().find(|variant| variant.precision().is_some_and(is_it))?
        }
        (None, None) => return None,
    };
    variant.json()
}

/// The hardware of a recipe with what its own command on each comes to.
///
/// # Errors
/// A file that cannot be read.
pub async fn hardware(library: &Library, request: &Request) -> Result<Vec<Hardware>> {
    let (_, document) = recipe_of(library, request).await?;
    let Ok(recipe) = Recipe::of(&document) else { return Ok(Vec::new()) };
    let taxonomy = library.document(&SitePath::taxonomy(), None).await?;
    let mut listed = catalogue::hardware_of(recipe, taxonomy.as_deref().map(Taxonomy::of));
    let ids: Vec<String> = listed.iter().map(|hardware| hardware.id.clone()).collect();
    for (hardware, command) in listed.iter_mut().zip(commands(library, request, &ids).await?) {
        hardware.command = Some(command);
    }
    Ok(listed)
}

async fn commands(library: &Library, request: &Request, ids: &[String]) -> Result<Vec<Attempt>> {
    let requests =
        ids.iter().map(|id| Request { hardware: Some(id.clone()), strategy: None, ..request.clone() });
    attempts(library, requests.collect()).await
}

/// The strategies of a recipe on the hardware that the request names, the recommended one first.
///
/// # Errors
/// A file that cannot be read.
pub async fn strategies(library: &Library, request: &Request) -> Result<Vec<StrategyDetails>> {
    let (_, document) = recipe_of(library, request).await?;
    let Some(recommended) = Recipe::of(&document).ok().and_then(Recipe::recommended) else {
        return Ok(Vec::new());
    };
    let wanted = request.hardware.as_deref();
    let named = if recommended.hardware() == wanted {
        names(recommended)
    } else {
        let path = recommended.by_hardware().find(|(id, _)| Some(*id) == wanted).map(|(_, path)| path);
        let Some(path) = path else { return Ok(Vec::new()) };
        let document = library.document(&path, None).await?;
        document.as_deref().and_then(|document| Rendering::of(document).ok()).map(names).unwrap_or_default()
    };
    let requests = named.iter().map(|name| Request { strategy: Some(name.clone()), ..request.clone() });
    let commands = attempts(library, requests.collect()).await?;
    let listed = named.into_iter().zip(commands).enumerate();
    Ok(listed
        .map(|(index, (name, command))| StrategyDetails { name, recommended: index == 0, command })
        .collect())
}

/// A rendering's own strategy, then the others.
fn names(rendering: Rendering<'_>) -> Vec<String> {
    let others = rendering.alternatives().map(|(name, _)| name);
    rendering.strategy().into_iter().chain(others).map(str::to_owned).collect()
}

/// Resolves many requests at the same time.
async fn attempts(library: &Library, requests: Vec<Request>) -> Result<Vec<Attempt>> {
    let outcomes = join_all(requests.iter().map(|request| library.resolve(request))).await;
    outcomes.into_iter().map(|outcome| outcome.map(Attempt::of)).collect()
}
