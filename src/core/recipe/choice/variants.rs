//! Which variant is meant, and which recipe is its (`recipes-data.md` section 7, step 2).

use crate::core::recipe::choice::locate::{self, LISTED, malformed};
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::site::document::{Index, Recipe, Rendering, Variant};
use crate::core::recipe::site::documents::{Documents, Found, SitePath};

/// The recipe to go on with, its path, and the variant its rendering must be of, when one was asked for.
type Chosen<'a> = (Recipe<'a>, SitePath, Option<String>);

/// Chooses the variant by name or by precision.
pub(in crate::core::recipe) fn choose<'a>(
    request: &Request,
    documents: &'a Documents,
    recipe: Recipe<'a>,
    path: SitePath,
) -> Result<Chosen<'a>, Stop> {
    if let Some(given) = unasked(request, documents, recipe)? {
        return Ok((recipe, path, Some(given.to_owned())));
    }
    let Some(wanted) = wanted(request, recipe)? else { return Ok((recipe, path, None)) };
    // A promoted recipe has one variant, `default`, which its parent and its own rendering know by another name.
    if let Some(own) = recipe.promoted_variant()
        && (wanted == own || wanted == "default")
    {
        if let Some(variant) = entry(recipe, own) {
            check_precision(request, variant)?;
        }
        return Ok((recipe, path, Some(own.to_owned())));
    }
    let Some(variant) = recipe.variant(&wanted) else { return Err(unknown(&wanted, recipe).into()) };
    check_precision(request, variant)?;
    if let Some(json) = variant.json().filter(|json| *json != path) {
        let promoted = locate::recipe(documents, &json, variant.model_id())?;
        return Ok((promoted, json, Some(wanted)));
    }
    if wanted == "default" || recipe.recommended().and_then(|it| it.variant()) == Some(&wanted) {
        return Ok((recipe, path, Some(wanted)));
    }
    let Some(json) = by_checkpoint(documents, variant)?.filter(|json| *json != path) else {
        let text = format!("the recipe site has no command for variant {wanted} of {}", recipe.hf_id());
        return Err(Refusal::new(Reason::NoRendering, text).instead("--variant", rendered(recipe)).into());
    };
    let promoted = locate::recipe(documents, &json, variant.model_id())?;
    // A recipe of its own names its variants as it likes.
    let own = promoted.promoted_variant().map(str::to_owned);
    Ok((promoted, json, own))
}

/// The variant that the recipe gives unasked, on this hardware or the recommended one, where it is the one that is asked
/// for by name or precision. It is looked at first: naming what one gets without a name must give the same, also where that
/// variant has a recipe of its own, or is one that the site chose for the hardware and the recipe does not list.
fn unasked<'a>(
    request: &Request,
    documents: &'a Documents,
    recipe: Recipe<'a>,
) -> Result<Option<&'a str>, Stop> {
    let asks = request.variant.is_some() || request.precision.is_some();
    let Some(recommended) = recipe.recommended().filter(|_| asks) else { return Ok(None) };
    let hardware = request.hardware.as_deref();
    let path = hardware.and_then(|id| recommended.by_hardware().find(|(known, _)| *known == id));
    let rendering = match path {
        None if hardware.is_none() || hardware == recommended.hardware() => recommended,
        None => return Ok(None),
        Some((_, path)) => match documents.get(&path) {
            Found::Unknown => return Err(Stop::Need(vec![path])),
            Found::Missing => return Ok(None),
            Found::Document(document) => Rendering::of(document).map_err(|error| malformed(&path, &error))?,
        },
    };
    let Some(given) = rendering.variant() else { return Ok(None) };
    if request.variant.as_deref().is_some_and(|wanted| wanted != given) {
        return Ok(None);
    }
    let Some(precision) = request.precision.as_deref() else { return Ok(Some(given)) };
    let variant = match entry(recipe, given) {
        Some(variant) => Some(variant),
        None => of_parent(documents, recipe, given)?,
    };
    let Some(variant) = variant else { return Ok(None) };
    if request.variant.is_some() {
        check_precision(request, variant)?;
    }
    Ok(variant.precision().is_some_and(|it| it.eq_ignore_ascii_case(precision)).then_some(given))
}

/// The recipe of a variant's checkpoint, as the index has it.
fn by_checkpoint(documents: &Documents, variant: Variant<'_>) -> Result<Option<SitePath>, Stop> {
    let (Some(id), path) = (variant.model_id(), SitePath::index()) else { return Ok(None) };
    match documents.get(&path) {
        Found::Document(index) => Index::look_up(index, id).map_err(|error| malformed(&path, &error)),
        Found::Unknown | Found::Missing => Ok(None),
    }
}

/// The variant's key: as asked, or the one of the asked precision.
fn wanted(request: &Request, recipe: Recipe<'_>) -> Result<Option<String>, Stop> {
    if let Some(variant) = &request.variant {
        return Ok(Some(variant.clone()));
    }
    let Some(precision) = request.precision.as_deref() else { return Ok(None) };
    let has =
        |variant: &Variant<'_>| variant.precision().is_some_and(|it| it.eq_ignore_ascii_case(precision));
    let recommended = recipe.recommended().and_then(|it| it.variant()).and_then(|key| entry(recipe, key));
    if recommended.as_ref().is_some_and(has) {
        return Ok(recommended.map(|variant| variant.key.to_owned()));
    }
    let found: Vec<Variant<'_>> = recipe.variants().filter(has).collect();
    match found.as_slice() {
        [one] => Ok(Some(one.key.to_owned())),
        [] => {
            let text = format!("the recipe of {} has no variant of precision {precision:?}", recipe.hf_id());
            let mut had: Vec<&str> = recipe.variants().filter_map(Variant::precision).collect();
            had.sort_unstable();
            had.dedup();
            Err(Refusal::new(Reason::UnknownVariant, text).instead("--precision", had).into())
        }
        several => {
            let text =
                format!("the recipe of {} has several variants of precision {precision}", recipe.hf_id());
            let keys = several.iter().map(|variant| variant.key);
            Err(Refusal::new(Reason::UnknownVariant, text).instead("--variant", keys).into())
        }
    }
}

fn check_precision(request: &Request, variant: Variant<'_>) -> Result<(), Stop> {
    let (Some(asked), has) = (request.precision.as_deref(), variant.precision().unwrap_or("unknown")) else {
        return Ok(());
    };
    if asked.eq_ignore_ascii_case(has) {
        return Ok(());
    }
    let text = format!("variant {} has precision {has}, not {asked}", variant.key);
    Err(Refusal::new(Reason::UnknownVariant, text).hint("leave out --precision or --variant").into())
}

fn unknown(wanted: &str, recipe: Recipe<'_>) -> Refusal {
    let text = format!("the recipe of {} has no variant {wanted:?}", recipe.hf_id());
    let own = recipe.promoted_variant().into_iter();
    let keys: Vec<&str> = match recipe.promoted_variant() {
        Some(_) => own.collect(),
        None => recipe.variants().map(|variant| variant.key).take(LISTED).collect(),
    };
    Refusal::new(Reason::UnknownVariant, text).instead("--variant", keys)
}

/// Variants that have a command.
fn rendered<'a>(recipe: Recipe<'a>) -> Vec<&'a str> {
    let recommended = recipe.recommended().and_then(|it| it.variant());
    let is_there = |variant: &Variant<'_>| variant.json().is_some() || Some(variant.key) == recommended;
    recipe.variants().filter(is_there).map(|variant| variant.key).take(LISTED).collect()
}

/// The recipe's entry for the variant of a rendering; a promoted recipe has it as `default`.
pub(in crate::core::recipe) fn entry<'a>(recipe: Recipe<'a>, rendered: &str) -> Option<Variant<'a>> {
    let own = recipe.promoted_variant() == Some(rendered);
    recipe.variant(rendered).or_else(|| recipe.variant("default").filter(|_| own))
}

/// The entry in the recipe that a promoted one is a variant of: on small hardware another variant of the parent may take
/// its place.
pub(in crate::core::recipe) fn of_parent<'a>(
    documents: &'a Documents,
    recipe: Recipe<'_>,
    rendered: &str,
) -> Result<Option<Variant<'a>>, Stop> {
    let (Some(parent), Found::Document(index)) = (recipe.derived_from(), documents.get(&SitePath::index()))
    else {
        return Ok(None);
    };
    let Ok(Some(path)) = Index::look_up(index, parent) else { return Ok(None) };
    match documents.get(&path) {
        Found::Unknown => Err(Stop::Need(vec![path])),
        Found::Missing => Ok(None),
        Found::Document(document) => {
            Ok(Recipe::of(document).ok().and_then(|parent| parent.variant(rendered)))
        }
    }
}
