//! Adding features to a command and taking them out (`recipes-data.md` sections 2 and 7).

use serde_json::Value;

use crate::core::recipe::choice::feature_choice::FeatureChoice;
use crate::core::recipe::choice::locate::{LISTED, Located, malformed};
use crate::core::recipe::command::argv::{self, Argument, Place};
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::resolution::{Note, NoteKind};
use crate::core::recipe::resolve::explain::escaped;
use crate::core::recipe::site::document::{Feature, FeatureMode};

/// A feature's arguments, in one of its modes, on one kind of hardware.
struct Shape<'a> {
    mode: FeatureMode<'a>,
    arguments: Vec<Argument>,
}

/// What became of the choices.
#[derive(Default)]
pub(in crate::core::recipe) struct Applied {
    /// The choices that hold now, as typed.
    pub(in crate::core::recipe) features: Vec<String>,
    /// What to tell the user.
    pub(in crate::core::recipe) notes: Vec<Note>,
}

/// Applies the choices to a command, in order; of several about the same feature the last one counts.
///
/// # Errors
/// A feature or mode that is unknown, not for this rendering, or cannot be applied exactly.
pub(in crate::core::recipe) fn apply(
    choices: &[FeatureChoice],
    located: &Located<'_>,
    command: &mut Vec<Argument>,
) -> Result<Applied, Stop> {
    let mut applied = Applied::default();
    for (position, choice) in choices.iter().enumerate() {
        let is_last = !choices.iter().skip(position + 1).any(|later| later.name() == choice.name());
        if !is_last {
            continue;
        }
        let Some(feature) = located.recipe.feature(choice.name()) else {
            return Err(unknown(choice.name(), located).into());
        };
        match choice {
            FeatureChoice::Add { mode, .. } => {
                check_gates(feature, located)?;
                add(feature, mode.as_deref(), located, command)?;
            }
            FeatureChoice::Remove { .. } => remove(feature, located, command, &mut applied.notes)?,
        }
        applied.features.push(choice.to_string());
    }
    Ok(applied)
}

fn unknown(name: &str, located: &Located<'_>) -> Refusal {
    let text = format!("the recipe of {} has no feature {name:?}", located.recipe.hf_id());
    let names = located.recipe.features().map(|feature| feature.name).take(LISTED);
    Refusal::new(Reason::UnknownFeature, text).instead("--feature", names)
}

/// A feature may be limited to strategies and to hardware.
fn check_gates(feature: Feature<'_>, located: &Located<'_>) -> Result<(), Refusal> {
    if let Some(strategies) = feature.strategies()
        && !strategies.contains(&located.strategy)
    {
        let text = format!("feature {} does not apply to strategy {}", feature.name, located.strategy);
        return Err(Refusal::new(Reason::FeatureGate, text)
            .instead("--strategy", strategies.into_iter().take(LISTED)));
    }
    if feature.hardware().is_some_and(|gate| !is_open(gate, located)) {
        let text = format!("feature {} does not apply to {}", feature.name, located.hardware);
        return Err(Refusal::new(Reason::FeatureGate, text));
    }
    Ok(())
}

/// Whether a hardware gate lets the rendering's hardware through: a map of ids to a status, or a list of ids.
fn is_open(gate: &Value, located: &Located<'_>) -> bool {
    let mut names =
        [Some(located.hardware), located.profile.generation(), located.profile.brand()].into_iter().flatten();
    match gate {
        Value::Object(statuses) => {
            let status = |name: &str| statuses.get(name).and_then(Value::as_str);
            names.find_map(|name| status(name).or_else(|| status(&name.to_ascii_lowercase())))
                != Some("unsupported")
        }
        Value::Array(allowed) => {
            let is_named = |name: &str| {
                allowed.iter().any(|it| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(name)))
            };
            names.any(is_named)
        }
        _ => true,
    }
}

fn mode_is_open(mode: FeatureMode<'_>, located: &Located<'_>) -> bool {
    mode.variants().is_none_or(|variants| variants.contains(&located.variant))
        && mode.hardware().is_none_or(|gate| is_open(gate, located))
}

/// The mode to take: the one asked for, else the variant's, else the feature's, else the first that is allowed.
fn pick<'a>(
    feature: Feature<'a>,
    asked: Option<&str>,
    located: &Located<'a>,
) -> Result<FeatureMode<'a>, Refusal> {
    let modes = feature.modes();
    let named = |name: &str| modes.iter().find(|mode| mode.name == Some(name)).copied();
    let names = || modes.iter().filter_map(|mode| mode.name).take(LISTED);
    if let Some(asked) = asked {
        let Some(mode) = named(asked) else {
            let text = format!("feature {} has no mode {asked:?}", feature.name);
            let names = names().map(|name| format!("{}={name}", feature.name));
            return Err(Refusal::new(Reason::UnknownFeature, text).instead("--feature", names));
        };
        if !mode_is_open(mode, located) {
            let text = format!(
                "mode {asked} of feature {} does not apply to variant {} on {}",
                feature.name, located.variant, located.hardware
            );
            return Err(Refusal::new(Reason::FeatureGate, text));
        }
        return Ok(mode);
    }
    let by_variant = located.entry.and_then(|entry| entry.default_mode(feature.name));
    let preferred = [by_variant, feature.default_mode()].into_iter().flatten().filter_map(named);
    let allowed = preferred.chain(modes.iter().copied()).find(|mode| mode_is_open(*mode, located));
    allowed.ok_or_else(|| {
        let text = format!(
            "feature {} has no mode for variant {} on {}",
            feature.name, located.variant, located.hardware
        );
        Refusal::new(Reason::FeatureGate, text)
    })
}

/// A mode's arguments on this hardware: those of its generation or brand take the place of the common ones.
fn shape<'a>(feature: Feature<'a>, mode: FeatureMode<'a>, located: &Located<'a>) -> Result<Shape<'a>, Stop> {
    let wrong = |error| malformed(&located.recipe_path, &error);
    let base = match mode.name {
        None => format!("/features/{}", escaped(feature.name)),
        Some(name) => format!("/features/{}/modes/{}", escaped(feature.name), escaped(name)),
    };
    for name in [located.profile.generation(), located.profile.brand()].into_iter().flatten() {
        let lower = name.to_ascii_lowercase();
        if let Some(tokens) = mode.args_on(&lower).map_err(wrong)? {
            let pointer = format!("{base}/hardware_overrides/{lower}/args");
            let arguments = argv::parse(&tokens, |at| Place::Feature(pointer.clone(), at))?;
            return Ok(Shape { mode, arguments });
        }
    }
    let tokens = mode.args().map_err(wrong)?.unwrap_or_default();
    let pointer = format!("{base}/args");
    Ok(Shape { mode, arguments: argv::parse(&tokens, |at| Place::Feature(pointer.clone(), at))? })
}

/// Every shape the feature may have in this command, the picked one first.
fn shapes<'a>(feature: Feature<'a>, located: &Located<'a>) -> Result<Vec<Shape<'a>>, Stop> {
    let first = pick(feature, None, located).ok().and_then(|mode| mode.name);
    let mut modes = feature.modes();
    modes.sort_by_key(|mode| mode.name != first);
    modes.into_iter().map(|mode| shape(feature, mode, located)).collect()
}

fn holds(command: &[Argument], shape: &Shape<'_>) -> bool {
    let is_there = |wanted: &Argument| command.iter().any(|present| present.says_as(wanted));
    !shape.arguments.is_empty() && shape.arguments.iter().all(is_there)
}

/// The shape in which the feature is in the command: where one mode is a part of another, the larger one.
fn present<'a>(
    feature: Feature<'a>,
    located: &Located<'a>,
    command: &[Argument],
) -> Result<Option<Shape<'a>>, Stop> {
    let held = shapes(feature, located)?.into_iter().filter(|shape| holds(command, shape));
    let larger =
        |best: Shape<'a>, it: Shape<'a>| if it.arguments.len() > best.arguments.len() { it } else { best };
    Ok(held.reduce(larger))
}

/// Puts a feature in, in place of what it replaces; another mode of it goes first.
fn add<'a>(
    feature: Feature<'a>,
    mode: Option<&str>,
    located: &Located<'a>,
    command: &mut Vec<Argument>,
) -> Result<(), Stop> {
    let wanted = shape(feature, pick(feature, mode, located)?, located)?;
    if wanted.arguments.is_empty() {
        let text = format!("feature {} names no arguments for {}", feature.name, located.hardware);
        return Err(Refusal::new(Reason::FeatureConflict, text).into());
    }
    match present(feature, located, command)? {
        Some(present) if present.mode.name == wanted.mode.name => return Ok(()),
        Some(other) => take_out(feature, &other, located, command, &wanted)?,
        None => {}
    }
    check_forms(feature, &wanted, command)?;
    for argument in wanted.arguments {
        command.retain(|present| !argument.replaces(present));
        command.push(argument);
    }
    Ok(())
}

/// vLLM takes `--a.b` and `--a` of one flag for two sayings of the same thing, of which one is lost.
fn check_forms(feature: Feature<'_>, wanted: &Shape<'_>, command: &[Argument]) -> Result<(), Refusal> {
    let is_part =
        |part: &str, whole: &str| part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'));
    let clashes = |present: &&Argument| {
        let key = present.key();
        wanted.arguments.iter().any(|it| is_part(&key, &it.key()) || is_part(&it.key(), &key))
    };
    let Some(present) = command.iter().find(clashes) else { return Ok(()) };
    let text = format!(
        "feature {} cannot be added exactly: the command already sets {} in another form",
        feature.name, present.flag
    );
    Err(Refusal::new(Reason::FeatureConflict, text))
}

/// Takes a feature out; one that is not in is left at that.
fn remove<'a>(
    feature: Feature<'a>,
    located: &Located<'a>,
    command: &mut Vec<Argument>,
    notes: &mut Vec<Note>,
) -> Result<(), Stop> {
    let nothing =
        Shape { mode: feature.modes().first().copied().unwrap_or(FeatureMode::NONE), arguments: Vec::new() };
    match present(feature, located, command)? {
        Some(shape) => take_out(feature, &shape, located, command, &nothing),
        None => {
            let message = format!("feature {} is already off", feature.name);
            notes.push(Note { kind: NoteKind::Chosen, message });
            Ok(())
        }
    }
}

/// Removes exactly the flag and value pairs of a shape. Pairs that another part of the recipe wants as well stay.
fn take_out<'a>(
    feature: Feature<'a>,
    shape: &Shape<'a>,
    located: &Located<'a>,
    command: &mut Vec<Argument>,
    next: &Shape<'_>,
) -> Result<(), Stop> {
    let others = wanted_by_others(feature, located, command)?;
    let goes: Vec<&Argument> = shape
        .arguments
        .iter()
        .filter(|argument| !others.iter().any(|other| other.says_as(argument)))
        .collect();
    // What the feature replaced is not in the published command any more, so the command without it is not known.
    let replaced = |argument: &&&Argument| {
        let comes_next = next.arguments.iter().any(|it| it.replaces(argument));
        !comes_next && others.iter().any(|other| other.replaces(argument))
    };
    if let Some(argument) = goes.iter().find(replaced) {
        let text = format!(
            "feature {} cannot be removed exactly: another part of the recipe sets {} to something else",
            feature.name, argument.flag
        );
        return Err(Refusal::new(Reason::FeatureConflict, text).into());
    }
    if goes.is_empty() && next.arguments.is_empty() {
        let text = format!(
            "feature {} cannot be removed: other parts of the recipe need all of its arguments",
            feature.name
        );
        return Err(Refusal::new(Reason::FeatureConflict, text).into());
    }
    command.retain(|present| !goes.iter().any(|argument| argument.says_as(present)));
    Ok(())
}

/// Arguments of the recipe's base, of the variant and the hardware, and of the features that are in the command.
fn wanted_by_others<'a>(
    feature: Feature<'a>,
    located: &Located<'a>,
    command: &[Argument],
) -> Result<Vec<Argument>, Stop> {
    let wrong = |error| malformed(&located.recipe_path, &error);
    let kinds =
        [located.profile.generation(), located.profile.brand()].map(|name| name.map(str::to_ascii_lowercase));
    let mut others = Vec::new();
    for tokens in located.recipe.composed_of(located.entry, &kinds).map_err(wrong)? {
        others.extend(argv::parse(&tokens, Place::Command)?);
    }
    for other in located.recipe.features().filter(|other| other.name != feature.name) {
        let present = present(other, located, command)?;
        others.extend(present.into_iter().flat_map(|shape| shape.arguments));
    }
    Ok(others)
}
