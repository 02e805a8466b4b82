//! Prefill and decode apart, as llm-d runs them (`airunway-providers.md` section 6).
//!
//! A ModelDeployment has one list of arguments and one of variables for both roles, and llm-d's shim gives each role its
//! transfer configuration and its tensor-parallel size. A recipe that says the same is written; any other is refused with
//! every word that keeps it from being one object.

use serde_json::Value;

use crate::core::kind::model_deployment::provider::Facts;
use crate::core::recipe::choice::features;
use crate::core::recipe::choice::locate::{Located, malformed};
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::command::argv::{Argument, shorten};
use crate::core::recipe::command::environment;
use crate::core::recipe::command::image;
use crate::core::recipe::command::launch::{self, TENSOR_PARALLEL};
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::resolution::{Mode, Note, Pod, Resolution, Sizes};
use crate::core::recipe::resolve::compose::{accelerator, outline, remarks, with_launch};
use crate::core::recipe::resolve::explain::Explain;
use crate::core::recipe::resolve::providers;
use crate::core::recipe::resolve::single_node::{self, Command};
use crate::core::recipe::resolve::steps::one_node_instead;
use crate::core::recipe::site::document::Role;

const TRANSFER: &str = "kv-transfer-config";

/// One role of the recipe.
struct Half {
    command: Command,
    env: Vec<(String, String)>,
    pod: Pod,
    /// What of it the shim does otherwise, in words.
    otherwise: Vec<String>,
}

/// Prefill and decode as one object for llm-d.
///
/// # Errors
/// [`Reason::PdCluster`] with the first thing the object cannot say, and the refusals of any rendering.
pub(in crate::core::recipe) fn compose(
    request: &Request,
    mut located: Located<'_>,
) -> Result<Resolution, Stop> {
    let (provider, transfer) =
        providers::for_prefill_and_decode(request.provider.as_deref(), located.strategy)?;
    let mut notes = std::mem::take(&mut located.notes);
    let missing = |role: &str| {
        malformed(
            &located.path,
            &crate::core::recipe::site::document::Malformed(format!("{role} is missing")),
        )
    };
    let prefill = located.rendering.prefill().ok_or_else(|| missing("prefill"))?;
    let decode = located.rendering.decode().ok_or_else(|| missing("decode"))?;
    let (mut prefill, applied) =
        half(request, &located, provider, ("prefill", prefill, transfer.prefill), &mut notes)?;
    let decode = half(request, &located, provider, ("decode", decode, transfer.decode), &mut Vec::new());
    let (decode, _) = match decode {
        // What else is wrong with it does not matter any more.
        Err(_) if !prefill.otherwise.is_empty() => {
            return Err(cannot_say(&located, &prefill.otherwise));
        }
        decode => decode?,
    };
    check_words(&located, &prefill, &decode)?;
    let image = image::read(located.rendering)?;
    if let Some(asked) = request.gpus {
        let text = format!("--gpus {asked} does not tell prefill from decode");
        return Err(Refusal::new(Reason::GpuCount, text)
            .hint("leave --gpus out: the recipe sets both sizes")
            .into());
    }
    let accelerator = accelerator(request, &located, provider.id, &mut notes)?;
    // The shim derives each role's size from its GPUs, unless the arguments that both have name one.
    prefill.command.arguments.retain(|argument| argument.key() != TENSOR_PARALLEL);
    let launch = launch::place(&prefill.command.arguments, &prefill.command.model, 1)?;
    let mut resolution = outline(request, &located, prefill.command.model, provider.id, image, accelerator);
    resolution.mode = Mode::Disaggregated;
    let mut explain = Explain::new(request, &located);
    explain.common(&resolution);
    for (role, pod) in [("prefill", prefill.pod), ("decode", decode.pod)] {
        let argv = format!("{role}/argv");
        explain.derived(
            &format!("spec.scaling.{role}.gpu.count"),
            pod.gpus,
            &argv,
            "from the parallel sizes",
        );
        explain.derived(&format!("spec.scaling.{role}.replicas"), pod.replicas, role, "one server");
    }
    explain.env(&prefill.env, "prefill/env");
    explain.launch(&launch, "prefill/argv");
    notes.extend(applied.notes);
    notes.extend(remarks(request, &located, &resolution, &prefill.command.arguments));
    resolution.features = applied.features;
    resolution.sizes = Sizes::Disaggregated { prefill: prefill.pod, decode: decode.pod };
    resolution.origins = explain.finish();
    resolution.env = prefill.env;
    resolution.notes = notes;
    Ok(with_launch(resolution, launch))
}

/// Reads a role and takes out what the shim writes itself.
fn half(
    request: &Request,
    located: &Located<'_>,
    provider: &Facts,
    (name, role, transfer): (&str, Role<'_>, &str),
    notes: &mut Vec<Note>,
) -> Result<(Half, features::Applied), Stop> {
    let mut command = single_node::read_role(located, role)?;
    let mut otherwise = Vec::new();
    let nodes = role.nodes().unwrap_or(1);
    if nodes > 1 || command.spans_nodes() {
        otherwise.push(format!("{name} runs over {} nodes", nodes.max(2)));
    }
    let applied = features::apply(&request.features, located, &mut command.arguments)?;
    let env = role.env().map_err(|error| malformed(&located.path, &error))?;
    otherwise.extend(other_transfer(&command, provider, (name, transfer)));
    // Recipes tell the roles apart by port on one machine; here each has an address of its own.
    command.arguments.retain(|argument| argument.key() != TRANSFER && argument.key() != "port");
    if !otherwise.is_empty() {
        // Its size is not what is wrong with it, but what has to be filled in is one word more.
        let gap = command.check_placeholders().err().or_else(|| environment::read(env, notes).err());
        otherwise.extend(gap.map(|refusal| refusal.message));
        let env = environment::as_written(env);
        return Ok((Half { command, env, pod: Pod { replicas: 1, gpus: 0 }, otherwise }, applied));
    }
    command.check_placeholders()?;
    let env = environment::read(env, notes)?;
    let gpus = command.gpus(located)?;
    Ok((Half { command, env, pod: Pod { replicas: 1, gpus }, otherwise }, applied))
}

/// How a role's transfer of the cache is another than the shim's.
fn other_transfer(command: &Command, provider: &Facts, (name, transfer): (&str, &str)) -> Option<String> {
    let shim = provider.title;
    let said = |argument: &&Argument| argument.key() == TRANSFER;
    let Some(text) = command.arguments.iter().find(said).and_then(|argument| argument.value.as_deref())
    else {
        return Some(format!("{name} sets no transfer of the cache, but {shim}'s shim does"));
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (own, other) = (json(text), json(transfer));
    if own.is_some() && own == other {
        return None;
    }
    let (Some(Value::Object(own)), Some(Value::Object(other))) = (own, other) else {
        return Some(format!("{name} transfers the cache by {}, {shim}'s shim by {transfer}", shorten(text)));
    };
    let shown = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => shorten(text),
        Some(other) => shorten(&other.to_string()),
    };
    let keys = own.keys().chain(other.keys().filter(|key| !own.contains_key(*key)));
    let differing = keys.filter(|key| own.get(*key) != other.get(*key)).map(|key| {
        format!("{} is {}, {shim}'s shim says {}", shorten(key), shown(own.get(key)), shown(other.get(key)))
    });
    let words: Vec<String> = differing.collect();
    Some(format!("{name} transfers the cache otherwise ({})", words.join("; ")))
}

/// Refuses what one object cannot say: every word of it, so that nobody finds them one by one.
fn check_words(located: &Located<'_>, prefill: &Half, decode: &Half) -> Result<(), Stop> {
    let mut words: Vec<String> = prefill.otherwise.clone();
    words.extend(decode.otherwise.iter().filter(|word| !prefill.otherwise.contains(word)).cloned());
    let different = differences(prefill, decode);
    if !different.is_empty() {
        words.push(format!(
            "it needs {} for prefill and decode, and a ModelDeployment has one for both",
            different.join(", ")
        ));
    }
    if words.is_empty() {
        return Ok(());
    }
    Err(cannot_say(located, &words))
}

fn cannot_say(located: &Located<'_>, words: &[String]) -> Stop {
    let text = format!(
        "strategy {} of {} on {} cannot be expressed exactly for AI Runway: {}",
        located.strategy,
        located.recipe.hf_id(),
        located.hardware,
        words.join("; ")
    );
    one_node_instead(located, Reason::PdCluster, text).into()
}

/// What differs between the roles but for the size that the shim derives: model, variables, arguments.
fn differences(prefill: &Half, decode: &Half) -> Vec<String> {
    let mut different = Vec::new();
    if prefill.command.model != decode.command.model {
        let (one, other) = (&prefill.command.model, &decode.command.model);
        different.push(format!("different models ({one} and {other})"));
    }
    let lacks = |(name, value): &&(String, String), half: &Half| {
        !half.env.iter().any(|(other, same)| other == name && same == value)
    };
    let mut names: Vec<&str> =
        prefill.env.iter().filter(|it| lacks(it, decode)).map(|it| it.0.as_str()).collect();
    for (name, _) in decode.env.iter().filter(|it| lacks(it, prefill)) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        different.push(format!("different variables ({})", names.join(", ")));
    } else if prefill.env != decode.env {
        different.push("different variables (in another order)".to_owned());
    }
    let mut keys: Vec<String> = Vec::new();
    for argument in prefill.command.arguments.iter().chain(&decode.command.arguments) {
        let said = |half: &Half| half.command.arguments.iter().any(|other| other.says_as(argument));
        let is_same = said(prefill) && said(decode);
        if is_same || is_derived(argument, prefill, decode) || keys.contains(&argument.key()) {
            continue;
        }
        keys.push(argument.key());
        different.push(values(argument, prefill, decode));
    }
    different
}

/// An argument's values for the two roles.
fn values(argument: &Argument, prefill: &Half, decode: &Half) -> String {
    let of = |half: &Half| {
        let same = half.command.arguments.iter().find(|other| other.key() == argument.key());
        match same.map(|same| same.value.as_deref()) {
            None => "none".to_owned(),
            Some(None) => "set".to_owned(),
            Some(Some(value)) => shorten(value),
        }
    };
    format!("different values of {} ({} and {})", argument.flag, of(prefill), of(decode))
}

/// A tensor-parallel size that is the number of the role's GPUs is what the shim derives.
fn is_derived(argument: &Argument, prefill: &Half, decode: &Half) -> bool {
    let is_size = |half: &Half| {
        let mut sizes = half.command.arguments.iter().filter(|it| it.key() == TENSOR_PARALLEL);
        sizes.all(|size| size.value.as_deref() == Some(half.pod.gpus.to_string().as_str()))
    };
    let is_unknown = !(prefill.otherwise.is_empty() && decode.otherwise.is_empty());
    argument.key() == TENSOR_PARALLEL && (is_unknown || is_size(prefill) && is_size(decode))
}
