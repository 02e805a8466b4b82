//! From a request to the one rendering it means (`recipes-data.md` section 7, steps 1 to 5).

use crate::core::nearest::alike;
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::choice::variants;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::resolution::{Note, NoteKind};
use crate::core::recipe::site::document::{
    HardwareProfile, Index, Malformed, Recipe, Rendering, Taxonomy, Variant,
};
use crate::core::recipe::site::documents::{Documents, Found, SitePath};

/// Pointer to the recommended command in a recipe.
const RECOMMENDED: &str = "/recommended_command";
/// Most values that a message lists.
pub(in crate::core::recipe) const LISTED: usize = 40;

/// A rendering, and how it was found.
pub(in crate::core::recipe) struct Located<'a> {
    /// The recipe; for a promoted variant its own.
    pub(in crate::core::recipe) recipe: Recipe<'a>,
    /// The recipe's document.
    pub(in crate::core::recipe) recipe_path: SitePath,
    /// The rendering.
    pub(in crate::core::recipe) rendering: Rendering<'a>,
    /// The rendering's document.
    pub(in crate::core::recipe) path: SitePath,
    /// Where in its document it stands.
    pub(in crate::core::recipe) pointer: &'static str,
    /// Hardware id.
    pub(in crate::core::recipe) hardware: &'a str,
    /// Strategy.
    pub(in crate::core::recipe) strategy: &'a str,
    /// Variant, as the parent names it.
    pub(in crate::core::recipe) variant: &'a str,
    /// The variant's entry in the recipe.
    pub(in crate::core::recipe) entry: Option<Variant<'a>>,
    /// The hardware.
    pub(in crate::core::recipe) profile: HardwareProfile<'a>,
    /// The site's taxonomy, if it is there.
    pub(in crate::core::recipe) taxonomy: Option<Taxonomy<'a>>,
    /// Other strategies on this hardware.
    pub(in crate::core::recipe) alternatives: Vec<&'a str>,
    /// What to tell the user.
    pub(in crate::core::recipe) notes: Vec<Note>,
}

/// A rendering on its way.
#[derive(Clone)]
struct Step<'a> {
    rendering: Rendering<'a>,
    path: SitePath,
    pointer: &'static str,
}

/// Finds the rendering.
///
/// # Errors
/// [`Stop`]: documents that are missing yet, or a refusal.
pub(in crate::core::recipe) fn locate<'a>(
    request: &Request,
    documents: &'a Documents,
) -> Result<Located<'a>, Stop> {
    let path = recipe_path(request, documents)?;
    let recipe = recipe(documents, &path, Some(request.model.as_str()))?;
    check_omni(recipe)?;
    let (recipe, path, wanted) = variants::choose(request, documents, recipe, path)?;
    let (recommended, by_hardware) = hardware(request, documents, recipe, &path)?;
    let chosen = strategy(request, documents, &by_hardware)?;
    let own = |step: &Step<'a>| -> Result<(&'a str, &'a str, &'a str), Stop> {
        let it = step.rendering;
        let member = |name: &str, value: Option<&'a str>| {
            value.ok_or_else(|| malformed(&step.path, &Malformed(format!("{name} is missing"))))
        };
        Ok((
            member("hardware", it.hardware())?,
            member("strategy", it.strategy())?,
            member("variant", it.variant())?,
        ))
    };
    let (first, last) = (own(&recommended)?, own(&chosen)?);
    let expected = (request.hardware.as_deref(), request.strategy.as_deref(), wanted.as_deref());
    check_answer(&chosen, last, expected, &own(&by_hardware)?)?;
    let entry = match variants::entry(recipe, last.2) {
        Some(entry) => Some(entry),
        None => variants::of_parent(documents, recipe, last.2)?,
    };
    let mut notes = Vec::new();
    if last != first && (request.strategy.is_none() && last.1 != first.1 || last.2 != first.2) {
        notes.push(Note {
            kind: NoteKind::OtherRendering,
            message: format!(
                "on {} the recipe uses strategy {} and variant {}, not {} and {} as on {}",
                last.0, last.1, last.2, first.1, first.2, first.0
            ),
        });
    }
    let profile = profile(documents, &[&chosen, &by_hardware], last.0)?;
    let alternatives = by_hardware.rendering.alternatives().map(|(name, _)| name);
    let own_strategy = by_hardware.rendering.strategy().into_iter();
    let alternatives = own_strategy.chain(alternatives).filter(|name| *name != last.1).collect();
    Ok(Located {
        recipe,
        recipe_path: path,
        rendering: chosen.rendering,
        path: chosen.path,
        pointer: chosen.pointer,
        hardware: last.0,
        strategy: last.1,
        variant: last.2,
        entry,
        profile,
        taxonomy: taxonomy(documents),
        alternatives,
        notes,
    })
}

/// The recipe's path: from the index, or from the id when the index cannot be read.
fn recipe_path(request: &Request, documents: &Documents) -> Result<SitePath, Stop> {
    let path = SitePath::index();
    let index = match documents.get(&path) {
        Found::Unknown => return Err(Stop::Need(vec![path])),
        Found::Missing => return Ok(request.model.guessed_path()),
        Found::Document(document) => document,
    };
    let id = request.model.as_str();
    match Index::look_up(index, id).map_err(|error| malformed(&path, &error))? {
        Some(row) => Ok(row),
        None => {
            let index = Index::of(index).map_err(|error| malformed(&path, &error))?;
            Err(unknown_model(id, &index).into())
        }
    }
}

fn unknown_model(id: &str, index: &Index) -> Refusal {
    const NEAREST: usize = 5;
    let near = alike(id, index.rows().iter().map(|row| row.hf_id.as_str()), NEAREST);
    let refusal = Refusal::new(Reason::UnknownModel, format!("the recipe site has no recipe for {id}"));
    match near.first() {
        None => refusal.hint("list the models that have one: kubectl airunway recipe list"),
        Some(_) => {
            let hint = format!("recipes with a similar name: {}", near.join(", "));
            Refusal { alternatives: near.into_iter().map(str::to_owned).collect(), ..refusal.hint(hint) }
        }
    }
}

/// The recipe at a path; `hf_id` is the model it must be about.
pub(in crate::core::recipe) fn recipe<'a>(
    documents: &'a Documents,
    path: &SitePath,
    hf_id: Option<&str>,
) -> Result<Recipe<'a>, Stop> {
    let recipe = Recipe::of(document(documents, path)?).map_err(|error| malformed(path, &error))?;
    match hf_id.filter(|id| !id.eq_ignore_ascii_case(recipe.hf_id())) {
        None => Ok(recipe),
        Some(id) => {
            let text = format!("{path} is the recipe of {}, not of {id}", recipe.hf_id());
            Err(Refusal::new(Reason::Mismatch, text).into())
        }
    }
}

/// A document that must be there.
pub(in crate::core::recipe) fn document<'a>(
    documents: &'a Documents,
    path: &SitePath,
) -> Result<&'a serde_json::Value, Stop> {
    match documents.get(path) {
        Found::Unknown => Err(Stop::Need(vec![path.clone()])),
        Found::Missing => {
            let text = format!("the recipe site has no {path}, although a recipe names it");
            Err(Refusal::new(Reason::MissingDocument, text).into())
        }
        Found::Document(document) => Ok(document),
    }
}

/// Recipes for vLLM-Omni have no command, of whichever variant.
fn check_omni(recipe: Recipe<'_>) -> Result<(), Refusal> {
    if !recipe.is_omni() {
        return Ok(());
    }
    let text = format!(
        "the recipe of {} is for vLLM-Omni, which needs its own server; the recipe site has no command for it",
        recipe.hf_id()
    );
    Err(Refusal::new(Reason::Omni, text))
}

/// The recommended command, and the rendering of the wanted hardware.
fn hardware<'a>(
    request: &Request,
    documents: &'a Documents,
    recipe: Recipe<'a>,
    path: &SitePath,
) -> Result<(Step<'a>, Step<'a>), Stop> {
    check_omni(recipe)?;
    let Some(rendering) = recipe.recommended() else {
        let text = format!("the recipe of {} recommends no command", recipe.hf_id());
        return Err(Refusal::new(Reason::NoCommand, text).into());
    };
    let recommended = Step { rendering, path: path.clone(), pointer: RECOMMENDED };
    let Some(wanted) = request.hardware.as_deref() else {
        return Ok((recommended.clone(), recommended));
    };
    match rendering.by_hardware().find(|(id, _)| *id == wanted) {
        Some((_, path)) => {
            let step = step(documents, path)?;
            Ok((recommended, step))
        }
        None if rendering.hardware() == Some(wanted) => Ok((recommended.clone(), recommended)),
        None => Err(unknown_hardware(wanted, recipe, rendering, documents).into()),
    }
}

fn step(documents: &Documents, path: SitePath) -> Result<Step<'_>, Stop> {
    let rendering = Rendering::of(document(documents, &path)?).map_err(|error| malformed(&path, &error))?;
    Ok(Step { rendering, path, pointer: "" })
}

fn unknown_hardware(
    wanted: &str,
    recipe: Recipe<'_>,
    rendering: Rendering<'_>,
    documents: &Documents,
) -> Refusal {
    let status = recipe.hardware_status().find(|(id, _)| *id == wanted).map(|(_, status)| status);
    let why = match status {
        Some("unsupported") => "; its authors mark it as unsupported",
        Some(_) => "; its authors mention it, but without a command",
        None => "",
    };
    let mut ids: Vec<&str> = rendering.by_hardware().map(|(id, _)| id).collect();
    if let Some(taxonomy) = taxonomy(documents) {
        let is_kind = |id: &&str| {
            let profile = taxonomy.profile(id);
            let names = profile.map(|profile| [profile.brand(), profile.generation()]).unwrap_or_default();
            names.iter().flatten().any(|name| name.eq_ignore_ascii_case(wanted))
        };
        let of_kind: Vec<&str> = ids.iter().copied().filter(is_kind).collect();
        if !of_kind.is_empty() {
            ids = of_kind;
        }
    }
    ids.truncate(LISTED);
    let text = format!("the recipe of {} has nothing for hardware {wanted:?}{why}", recipe.hf_id());
    Refusal::new(Reason::UnknownHardware, text).instead("--hardware", ids)
}

/// The rendering of the wanted strategy on that hardware.
fn strategy<'a>(request: &Request, documents: &'a Documents, on: &Step<'a>) -> Result<Step<'a>, Stop> {
    let Some(wanted) = request.strategy.as_deref().filter(|wanted| on.rendering.strategy() != Some(wanted))
    else {
        return Ok(on.clone());
    };
    let found = on.rendering.alternatives().find(|(name, _)| *name == wanted);
    if let Some((_, path)) = found {
        return step(documents, path);
    }
    let hardware = on.rendering.hardware().unwrap_or("this hardware");
    let text = format!("the recipe has no strategy {wanted:?} on {hardware}");
    let names = on.rendering.strategy().into_iter().chain(on.rendering.alternatives().map(|(name, _)| name));
    Err(Refusal::new(Reason::UnknownStrategy, text).instead("--strategy", names.take(LISTED)).into())
}

type Own<'a> = (&'a str, &'a str, &'a str);

/// What came back must be what was asked; nothing else is ever annotated.
fn check_answer(
    step: &Step<'_>,
    got: Own<'_>,
    wanted: (Option<&str>, Option<&str>, Option<&str>),
    on: &Own<'_>,
) -> Result<(), Stop> {
    let differs = |what: &str, asked: &str, got: &str| {
        let text = format!("{} is for {what} {got}, not {asked}", step.path);
        Stop::from(Refusal::new(Reason::Mismatch, text))
    };
    if let Some(asked) = wanted.0.filter(|asked| *asked != got.0) {
        return Err(differs("hardware", asked, got.0));
    }
    if got.0 != on.0 {
        return Err(differs("hardware", on.0, got.0));
    }
    if let Some(asked) = wanted.1.filter(|asked| *asked != got.1) {
        return Err(differs("strategy", asked, got.1));
    }
    match wanted.2.filter(|asked| *asked != got.2) {
        None => Ok(()),
        Some(asked) => {
            let text = format!(
                "on {} the recipe only has variant {}, because {asked} does not fit or was not tried there",
                got.0, got.2
            );
            let refusal = Refusal::new(Reason::Mismatch, text);
            Err(refusal
                .hint(format!("use it with --variant {}, or choose other hardware with --hardware", got.2))
                .into())
        }
    }
}

/// The hardware: a rendering below `strategies/` has no profile of its own, but the one that led to it has.
fn profile<'a>(documents: &'a Documents, steps: &[&Step<'a>], id: &str) -> Result<HardwareProfile<'a>, Stop> {
    if let Some(profile) = steps.iter().find_map(|step| step.rendering.hardware_profile()) {
        return Ok(profile);
    }
    let path = SitePath::taxonomy();
    let unknown =
        || Refusal::new(Reason::Malformed, format!("the recipe site does not describe hardware {id}"));
    match documents.get(&path) {
        Found::Unknown => Err(Stop::Need(vec![path])),
        Found::Missing => Err(unknown().into()),
        Found::Document(taxonomy) => Taxonomy::of(taxonomy).profile(id).ok_or_else(|| unknown().into()),
    }
}

/// The taxonomy, if it is there: only messages are better with it.
fn taxonomy(documents: &Documents) -> Option<Taxonomy<'_>> {
    match documents.get(&SitePath::taxonomy()) {
        Found::Document(taxonomy) => Some(Taxonomy::of(taxonomy)),
        Found::Unknown | Found::Missing => None,
    }
}

/// A document of the wrong shape.
pub(in crate::core::recipe) fn malformed(path: &SitePath, error: &Malformed) -> Stop {
    Refusal::new(Reason::Malformed, format!("{path} is not a valid recipe: {error}")).into()
}
