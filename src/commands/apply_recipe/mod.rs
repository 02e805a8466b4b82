//! `apply-recipe`: a recipe becomes an object, flags are written over it, and from there on it is a deploy.

mod args;
mod choose;
mod explain;

pub use args::{ApplyRecipeArgs, ApplyRecipeSettings};

use super::deploy;
use super::inputs::SourceObject;
use super::recipe::library::{self, refused, say_notes};
use crate::core::kind::model_deployment::author::Members;
use crate::core::kubernetes::json::list_at;
use crate::core::kubernetes::names;
use crate::core::recipe::Resolution;
use crate::core::recipe::drift::mark_given;
use crate::core::recipe::fit::Demand;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::ui::Ui;
use serde_json::Value;

/// Whether a flag was given.
type Given = fn(&Members) -> bool;

/// Engine arguments of a recipe that a flag of ours sets elsewhere, where the flag has to win.
const ARGUMENT_OF_FLAG: [(&str, Given); 5] = [
    ("max-model-len", |members| members.context_length.is_some()),
    ("served-model-name", |members| members.served_name.is_some()),
    ("trust-remote-code", |members| members.trust_remote_code),
    ("enforce-eager", |members| members.enforce_eager),
    ("enable-prefix-caching", |members| {
        members.args.iter().any(|(key, _)| key == "no-enable-prefix-caching")
    }),
];

/// Runs `apply-recipe`.
///
/// # Errors
/// A recipe that cannot be had or deployed, and whatever stops a deploy.
pub fn run(settings: ApplyRecipeSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let ApplyRecipeSettings { request, members, explain, source, apply } = settings;
    let namespace = apply.globals.namespace(world)?;
    let library = library::open(&source, &apply.globals, world)?;
    let resolution = block_on(async {
        let request = choose::complete(&library, request, &apply.globals, world, ui).await?;
        let outcome = library.resolve(&request).await;
        say_notes(&library, ui);
        outcome?.map_err(|refusal| refused(&refusal))
    })?;
    say_choice(&resolution, ui);
    let notes = match members.image.as_deref().filter(|image| *image != resolution.image) {
        Some(given) => resolution.notes_with_image(given),
        None => resolution.notes.clone(),
    };
    for note in &notes {
        if note.kind.is_warning() { ui.warning(&note.message) } else { ui.status(&note.message) }
    }
    let name = name_of(&resolution, &members, ui)?;
    let authored = resolution.object(&name, &library.base());
    let mut value = with_flags(authored.clone(), &members)?;
    mark_given(&mut value, &authored);
    let object = SourceObject::from_value(value, &namespace)?;
    if explain {
        explain::print(&resolution, &authored, &object.value, ui);
    }
    let demand = Demand::of(&object.value, &resolution);
    deploy::run_objects(vec![object], &apply, Some(&demand), world, ui)
}

fn name_of(resolution: &Resolution, members: &Members, ui: &mut Ui) -> Result<String> {
    if let Some(name) = &members.name {
        return Ok(name.clone());
    }
    match names::object_name_from_model(resolution.asked.as_str()).filter(|name| !name.is_empty()) {
        Some(name) => {
            ui.status(&format!("name: {name} (from the model id)"));
            Ok(name)
        }
        None => Err(Error::usage(format!(
            "cannot derive an object name from model id {:?}",
            resolution.asked.as_str()
        ))
        .hint("set one with --name NAME")),
    }
}

/// Sets the fields that flags name in the recipe's object.
fn with_flags(mut object: Value, members: &Members) -> Result<Value> {
    let mut members = members.clone();
    // The name is in the object, and the number of GPUs was compared with the recipe's.
    (members.name, members.gpus) = (None, None);
    if let Some(args) = object.pointer_mut("/spec/engine/args").and_then(Value::as_object_mut) {
        for (argument, said) in ARGUMENT_OF_FLAG {
            if said(&members) {
                args.shift_remove(argument);
            }
        }
    }
    if !members.extra_args.is_empty() {
        let own =
            list_at(&object, "/spec/engine/extraArgs").iter().filter_map(Value::as_str).map(str::to_owned);
        // Behind the recipe's own: of a flag that is there twice the engine takes the last.
        members.extra_args = own.chain(members.extra_args).collect();
    }
    members.apply(&mut object).map_err(Error::usage)?;
    Ok(object)
}

/// Which of the recipe's commands it is, in one line.
fn say_choice(resolution: &Resolution, ui: &mut Ui) {
    let Resolution { recipe, hardware, strategy, variant, revision, .. } = resolution;
    let revision = revision.as_deref().map(|date| format!(", of {date}")).unwrap_or_default();
    ui.status(&format!("recipe: {recipe} on {hardware}, strategy {strategy}, variant {variant}{revision}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn flags_win_over_the_recipe_and_what_they_do_not_name_stays() {
        let object = json!({"metadata": {"name": "q"}, "spec": {
            "model": {"id": "a/m"},
            "engine": {"args": {"max-model-len": "100", "x": "1"}, "extraArgs": ["--own"]},
        }});
        let members = Members {
            context_length: Some(5),
            replicas: Some(2),
            extra_args: vec!["--typed".to_owned()],
            ..Members::default()
        };
        let changed = with_flags(object.clone(), &members).unwrap();
        assert_eq!(changed["spec"]["engine"]["args"], json!({"x": "1"}));
        assert_eq!(changed["spec"]["engine"]["contextLength"], json!(5));
        assert_eq!(changed["spec"]["engine"]["extraArgs"], json!(["--own", "--typed"]));
        assert_eq!(changed["spec"]["scaling"]["replicas"], json!(2));
        assert_eq!(with_flags(object.clone(), &Members::default()).unwrap(), object);
    }
}
