//! A rendering of one server as a resolution.

use crate::core::recipe::choice::features;
use crate::core::recipe::choice::locate::{LISTED, Located, malformed};
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::command::argv::Argument;
use crate::core::recipe::command::environment;
use crate::core::recipe::command::gpus::Parallel;
use crate::core::recipe::command::image;
use crate::core::recipe::command::launch;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::{Refusal, Stop};
use crate::core::recipe::resolution::{Mode, Note, NoteKind, Pod, Resolution, Sizes};
use crate::core::recipe::resolve::explain::Explain;
use crate::core::recipe::resolve::providers::{self, Accelerator};
use crate::core::recipe::resolve::single_node;
use crate::core::recipe::resolve::steps::multi_node;

/// One server on one node.
///
/// # Errors
/// A refusal.
pub(in crate::core::recipe) fn single_node(
    request: &Request,
    mut located: Located<'_>,
) -> Result<Resolution, Stop> {
    let mut command = single_node::read(&located, located.rendering.argv())?;
    if command.spans_nodes() {
        return Err(multi_node(&located).into());
    }
    let applied = features::apply(&request.features, &located, &mut command.arguments)?;
    command.check_placeholders()?;
    let mut notes = std::mem::take(&mut located.notes);
    let env = located.rendering.env().map_err(|error| malformed(&located.path, &error))?;
    let env = environment::read(env, &mut notes)?;
    let image = image::read(located.rendering)?;
    let gpus = command.gpus(&located)?;
    check_gpus(request, gpus, &command.arguments, &located)?;
    let provider = providers::for_one_server(request.provider.as_deref())?.id;
    let accelerator = accelerator(request, &located, provider, &mut notes)?;
    let launch = launch::place(&command.arguments, &command.model, gpus)?;
    let parallel = Parallel::of(&command.arguments)?;
    let pod = Pod { replicas: 1, gpus };
    let mut resolution = outline(request, &located, command.model, provider, image, accelerator);
    let mut explain = Explain::new(request, &located);
    explain.common(&resolution);
    explain.derived("spec.resources.gpu.count", gpus, "argv", &format!("from {}", parallel.shown()));
    explain.env(&env, "env");
    explain.launch(&launch, "argv");
    notes.extend(applied.notes);
    notes.extend(remarks(request, &located, &resolution, &command.arguments));
    resolution.features = applied.features;
    resolution.sizes = Sizes::Aggregated(pod);
    resolution.origins = explain.finish();
    resolution.env = env;
    resolution.notes = notes;
    Ok(with_launch(resolution, launch))
}

/// The engine's part.
pub(in crate::core::recipe) fn with_launch(resolution: Resolution, launch: launch::Launch) -> Resolution {
    Resolution {
        engine_args: launch.args,
        extra_args: launch.extra_args,
        served_name: launch.served_name,
        context_length: launch.context_length,
        trust_remote_code: launch.trust_remote_code,
        enforce_eager: launch.enforce_eager,
        ..resolution
    }
}

/// A resolution with what holds for every kind of rendering.
pub(in crate::core::recipe) fn outline(
    request: &Request,
    located: &Located<'_>,
    model: String,
    provider: &str,
    image: String,
    accelerator: Accelerator,
) -> Resolution {
    let entry = located.entry;
    let node_gpus = located.profile.gpu_count();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let minimum = entry.and_then(|entry| entry.min_vllm_version());
    Resolution {
        asked: request.model.clone(),
        recipe: located.recipe.hf_id().to_owned(),
        model,
        document: located.path.clone(),
        pointer: located.pointer,
        hardware: located.hardware.to_owned(),
        strategy: located.strategy.to_owned(),
        variant: located.variant.to_owned(),
        precision: owned(entry.and_then(|entry| entry.precision())),
        vram_minimum_gb: entry.and_then(|entry| entry.vram_minimum_gb()),
        gpu_memory_gb: located.profile.vram_gb().zip(node_gpus).map(|(all, gpus)| all / gpus as f64),
        node_gpus,
        revision: owned(located.recipe.date_updated()),
        min_vllm_version: owned(minimum.or(located.recipe.min_vllm_version())),
        features: Vec::new(),
        provider: provider.to_owned(),
        mode: Mode::Aggregated,
        sizes: Sizes::Aggregated(Pod { replicas: 1, gpus: 0 }),
        accelerator: owned(accelerator.resource()),
        image,
        engine_args: Vec::new(),
        extra_args: Vec::new(),
        served_name: None,
        context_length: None,
        trust_remote_code: false,
        enforce_eager: false,
        env: Vec::new(),
        notes: Vec::new(),
        origins: Vec::new(),
    }
}

/// `--gpus` may only say what the command uses anyway: its parallel sizes are part of the recipe.
fn check_gpus(
    request: &Request,
    gpus: i64,
    command: &[Argument],
    located: &Located<'_>,
) -> Result<(), Refusal> {
    let Some(asked) = request.gpus.filter(|asked| *asked != gpus) else { return Ok(()) };
    let unit = if gpus == 1 { "GPU" } else { "GPUs" };
    let text = format!(
        "strategy {} on {} uses {gpus} {unit} ({}), not {asked}",
        located.strategy,
        located.hardware,
        Parallel::of(command)?.shown()
    );
    let hint = format!("use --gpus {gpus}, or another --strategy, --hardware or --variant");
    Err(Refusal::new(Reason::GpuCount, text).hint(hint))
}

/// The accelerator, which the provider must be able to ask for unless it is forced.
pub(in crate::core::recipe) fn accelerator(
    request: &Request,
    located: &Located<'_>,
    provider: &str,
    notes: &mut Vec<Note>,
) -> Result<Accelerator, Refusal> {
    let accelerator = Accelerator::of(located.profile);
    match accelerator.obstacle(located.hardware, provider) {
        None => Ok(accelerator),
        Some(why) if request.force => {
            notes.push(Note {
                kind: NoteKind::Forced,
                message: format!("{why}; deployed because of --allow-unsupported-hardware"),
            });
            Ok(accelerator)
        }
        Some(why) => {
            let refusal =
                Refusal::new(Reason::Accelerator, why).instead("--hardware", nvidia_hardware(located));
            let also = refusal.hint.as_ref().map(|hint| format!("{hint}; ")).unwrap_or_default();
            Err(refusal.hint(format!("{also}deploy it anyway with --allow-unsupported-hardware")))
        }
    }
}

/// The recipe's hardware that the providers can ask for, as far as the taxonomy is there to tell.
fn nvidia_hardware<'a>(located: &Located<'a>) -> Vec<&'a str> {
    let Some(taxonomy) = located.taxonomy else { return Vec::new() };
    let ids = located.recipe.recommended().into_iter().flat_map(|it| it.by_hardware()).map(|(id, _)| id);
    let is_nvidia =
        |id: &&str| taxonomy.profile(id).is_some_and(|it| Accelerator::of(it) == Accelerator::Nvidia);
    ids.filter(is_nvidia).take(LISTED).collect()
}

/// What the user should know besides.
pub(in crate::core::recipe) fn remarks(
    request: &Request,
    located: &Located<'_>,
    resolution: &Resolution,
    command: &[Argument],
) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut say = |kind, message| notes.push(Note { kind, message });
    if resolution.model != request.model.as_str() {
        let message = format!("the recipe serves {}, not {}", resolution.model, request.model);
        say(NoteKind::OtherCheckpoint, message);
    }
    notes.extend(image::age(&resolution.image, resolution.min_vllm_version.as_deref()));
    let mut say = |kind, message| notes.push(Note { kind, message });
    for argument in command {
        if let Some(file) = argument.value.as_deref().filter(|value| is_file(value)) {
            say(NoteKind::FileInImage, format!("{} {file} must exist in the image", argument.flag));
        }
    }
    let caching = |argument: &Argument| argument.key().ends_with("enable-prefix-caching");
    if !command.iter().any(caching) {
        let message = "AI Runway adds --enable-prefix-caching, which the recipe does not set".to_owned();
        say(NoteKind::Added, message);
    }
    let status = located.recipe.hardware_status().find(|(id, _)| *id == located.hardware);
    if status.map(|(_, status)| status) == Some("unsupported") {
        let message = format!(
            "the recipe's authors mark {} as unsupported; deployed because of --allow-unsupported-hardware",
            located.hardware
        );
        say(NoteKind::Forced, message);
    }
    notes
}

/// Whether a value is a path of a file that the image must bring along.
fn is_file(value: &str) -> bool {
    let is_path = !value.contains("://") && !value.contains(char::is_whitespace);
    is_path && [".jinja", ".py"].iter().any(|ending| value.ends_with(ending))
}
