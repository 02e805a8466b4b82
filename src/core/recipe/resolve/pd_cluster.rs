//! Prefill and decode apart, as llm-d runs them (`airunway-providers.md` section 6).
//!
//! A ModelDeployment has one list of arguments and one of variables for both roles, and llm-d's shim gives each role its
//! transfer configuration and its tensor-parallel size. A recipe that says the same is written; any other is refused with
//! the first difference.

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
    let (decode, _) =
        half(request, &located, provider, ("decode", decode, transfer.decode), &mut Vec::new())?;
    check_same(&located, &prefill, &decode)?;
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
    let refused = |why: String| {
        let text = format!(
            "strategy {} of {} on {} cannot be expressed exactly for AI Runway: {why}",
            located.strategy,
            located.recipe.hf_id(),
            located.hardware
        );
        one_node_instead(located, Reason::PdCluster, text)
    };
    let mut command = single_node::read_role(located, role)?;
    let nodes = role.nodes().unwrap_or(1);
    if nodes > 1 || command.spans_nodes() {
        return Err(refused(format!("{name} runs over {} nodes", nodes.max(2))).into());
    }
    let applied = features::apply(&request.features, located, &mut command.arguments)?;
    let env = role.env().map_err(|error| malformed(&located.path, &error))?;
    let said = |argument: &&Argument| argument.key() == TRANSFER;
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    match command.arguments.iter().find(said).and_then(|argument| argument.value.as_deref()) {
        Some(text) if json(text).is_some() && json(text) == json(transfer) => {}
        Some(text) => {
            let shim = provider.title;
            let text =
                format!("{name} transfers the cache by {}, {shim}'s shim by {transfer}", shorten(text));
            return Err(refused(text).into());
        }
        None => {
            let text = format!("{name} sets no transfer of the cache, but {}'s shim does", provider.title);
            return Err(refused(text).into());
        }
    }
    // Recipes tell the roles apart by port on one machine; here each has an address of its own.
    command.arguments.retain(|argument| argument.key() != TRANSFER && argument.key() != "port");
    command.check_placeholders()?;
    let env = environment::read(env, notes)?;
    let gpus = command.gpus(located)?;
    Ok((Half { command, env, pod: Pod { replicas: 1, gpus } }, applied))
}

/// Both roles must have the same model, variables and arguments but for the size that the shim derives.
fn check_same(located: &Located<'_>, prefill: &Half, decode: &Half) -> Result<(), Stop> {
    let refused = |why: String| {
        let text = format!(
            "strategy {} of {} on {} needs {why} for prefill and decode, and a ModelDeployment has one for both",
            located.strategy,
            located.recipe.hf_id(),
            located.hardware
        );
        Err(one_node_instead(located, Reason::PdCluster, text).into())
    };
    if prefill.command.model != decode.command.model {
        return refused("different models".to_owned());
    }
    if prefill.env != decode.env {
        return refused("different variables".to_owned());
    }
    let (one, other) = (&prefill.command.arguments, &decode.command.arguments);
    let lacks = |argument: &&Argument, others: &[Argument]| {
        !is_derived(argument, prefill, decode) && !others.iter().any(|other| other.says_as(argument))
    };
    let differs = one.iter().find(|it| lacks(it, other)).or_else(|| other.iter().find(|it| lacks(it, one)));
    match differs {
        Some(argument) => refused(format!("different values of {}", argument.flag)),
        None => Ok(()),
    }
}

/// A tensor-parallel size that is the number of the role's GPUs is what the shim derives.
fn is_derived(argument: &Argument, prefill: &Half, decode: &Half) -> bool {
    let is_size = |half: &Half| {
        let mut sizes = half.command.arguments.iter().filter(|it| it.key() == TENSOR_PARALLEL);
        sizes.all(|size| size.value.as_deref() == Some(half.pod.gpus.to_string().as_str()))
    };
    argument.key() == TENSOR_PARALLEL && is_size(prefill) && is_size(decode)
}
