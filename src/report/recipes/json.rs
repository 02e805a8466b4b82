//! The reports as JSON: structs of their own, members only ever added.

use crate::core::recipe::catalogue::{
    Attempt, Details, Entry, FeatureDetails, Hardware, StrategyDetails, VariantDetails,
};
use crate::core::recipe::{Mode, Sizes};
use crate::error::Result;
use crate::report::json::pretty;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    api_version: &'static str,
    kind: &'static str,
    source: &'a str,
    items: Vec<ListItem<'a>>,
}

/// Members that only a recipe tells are null where no filter made the program read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListItem<'a> {
    model: &'a str,
    title: &'a str,
    provider: &'a str,
    path: &'a str,
    derived_from: Option<&'a str>,
    tasks: Option<&'a [String]>,
    hardware: Option<&'a [String]>,
    precision: Option<&'a str>,
    memory_gb: Option<f64>,
    updated: Option<&'a str>,
    command: Option<Command<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Command<'a> {
    deployable: bool,
    strategy: Option<&'a str>,
    variant: Option<&'a str>,
    provider: Option<&'a str>,
    mode: Option<&'static str>,
    gpus: Option<i64>,
    pods: Vec<PodLine>,
    image: Option<&'a str>,
    reason: Option<&'a str>,
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct PodLine {
    role: &'static str,
    replicas: i64,
    gpus: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Show<'a> {
    api_version: &'static str,
    kind: &'static str,
    model: &'a str,
    source: &'a str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    derived_from: Option<&'a str>,
    updated: Option<&'a str>,
    tasks: &'a [String],
    parameters: Option<&'a str>,
    context_length: Option<i64>,
    min_vllm_version: Option<&'a str>,
    default_hardware: Option<&'a str>,
    default_strategy: Option<&'a str>,
    shown_hardware: Option<&'a str>,
    hardware: Vec<HardwareLine<'a>>,
    variants: Vec<VariantLine<'a>>,
    strategies: Vec<StrategyLine<'a>>,
    features: Vec<FeatureLine<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HardwareLine<'a> {
    id: &'a str,
    name: Option<&'a str>,
    brand: Option<&'a str>,
    node_gpus: Option<i64>,
    node_memory_gb: Option<f64>,
    status: Option<&'a str>,
    command: Option<Command<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VariantLine<'a> {
    name: &'a str,
    precision: Option<&'a str>,
    memory_gb: Option<f64>,
    model: Option<&'a str>,
    description: Option<&'a str>,
    min_vllm_version: Option<&'a str>,
    hardware: &'a [String],
}

#[derive(Serialize)]
struct StrategyLine<'a> {
    name: &'a str,
    recommended: bool,
    command: Command<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FeatureLine<'a> {
    name: &'a str,
    description: Option<&'a str>,
    on: bool,
    modes: &'a [String],
    default_mode: Option<&'a str>,
}

/// `recipe list -o json`.
///
/// # Errors
/// Never in practice; JSON of these values can always be written.
pub fn list_json(source: &str, entries: &[Entry]) -> Result<String> {
    let items = entries.iter().map(list_item).collect();
    pretty(&List { api_version: "cli.airunway.ai/v1", kind: "RecipeList", source, items })
}

fn list_item(entry: &Entry) -> ListItem<'_> {
    let Entry { row, summary } = entry;
    let summary = summary.as_ref();
    ListItem {
        model: &row.hf_id,
        title: &row.title,
        provider: &row.provider,
        path: row.json.as_str(),
        derived_from: row.derived_from.as_deref(),
        tasks: summary.map(|summary| summary.tasks.as_slice()),
        hardware: summary.map(|summary| summary.hardware.as_slice()),
        precision: summary.and_then(|summary| summary.precision.as_deref()),
        memory_gb: summary.and_then(|summary| summary.memory_gb),
        updated: summary.and_then(|summary| summary.updated.as_deref()),
        command: summary.and_then(|summary| summary.command.as_ref()).map(command),
    }
}

/// `recipe show -o json`.
///
/// # Errors
/// Never in practice; JSON of these values can always be written.
pub fn show_json(details: &Details) -> Result<String> {
    pretty(&Show {
        api_version: "cli.airunway.ai/v1",
        kind: "RecipeShow",
        model: &details.model,
        source: &details.source,
        title: details.title.as_deref(),
        description: details.description.as_deref(),
        derived_from: details.derived_from.as_deref(),
        updated: details.updated.as_deref(),
        tasks: &details.tasks,
        parameters: details.parameters.as_deref(),
        context_length: details.context_length,
        min_vllm_version: details.min_vllm_version.as_deref(),
        default_hardware: details.default_hardware.as_deref(),
        default_strategy: details.default_strategy.as_deref(),
        shown_hardware: details.shown_hardware.as_deref(),
        hardware: details.hardware.iter().map(hardware).collect(),
        variants: details.variants.iter().map(variant).collect(),
        strategies: details.strategies.iter().map(strategy).collect(),
        features: details.features.iter().map(feature).collect(),
    })
}

fn hardware(hardware: &Hardware) -> HardwareLine<'_> {
    HardwareLine {
        id: &hardware.id,
        name: hardware.name.as_deref(),
        brand: hardware.brand.as_deref(),
        node_gpus: hardware.node_gpus,
        node_memory_gb: hardware.node_memory_gb,
        status: hardware.status.as_deref(),
        command: hardware.command.as_ref().map(command),
    }
}

fn variant(variant: &VariantDetails) -> VariantLine<'_> {
    VariantLine {
        name: &variant.name,
        precision: variant.precision.as_deref(),
        memory_gb: variant.memory_gb,
        model: variant.model.as_deref(),
        description: variant.description.as_deref(),
        min_vllm_version: variant.min_vllm_version.as_deref(),
        hardware: &variant.hardware,
    }
}

fn strategy(strategy: &StrategyDetails) -> StrategyLine<'_> {
    StrategyLine {
        name: &strategy.name,
        recommended: strategy.recommended,
        command: command(&strategy.command),
    }
}

fn feature(feature: &FeatureDetails) -> FeatureLine<'_> {
    FeatureLine {
        name: &feature.name,
        description: feature.description.as_deref(),
        on: feature.on,
        modes: &feature.modes,
        default_mode: feature.default_mode.as_deref(),
    }
}

fn command(attempt: &Attempt) -> Command<'_> {
    match attempt {
        Attempt::Deployable { strategy, variant, sizes, mode, provider, image } => Command {
            deployable: true,
            strategy: Some(strategy),
            variant: Some(variant),
            provider: Some(provider),
            mode: Some(Mode::as_str(*mode)),
            gpus: Some(sizes.total()),
            pods: pods(*sizes),
            image: Some(image),
            reason: None,
            message: None,
        },
        Attempt::Refused { reason, message } => Command {
            deployable: false,
            strategy: None,
            variant: None,
            provider: None,
            mode: None,
            gpus: None,
            pods: Vec::new(),
            image: None,
            reason: Some(reason),
            message: Some(message),
        },
    }
}

fn pods(sizes: Sizes) -> Vec<PodLine> {
    match sizes {
        Sizes::Aggregated(pod) => vec![PodLine { role: "server", replicas: pod.replicas, gpus: pod.gpus }],
        Sizes::Disaggregated { prefill, decode } => vec![
            PodLine { role: "prefill", replicas: prefill.replicas, gpus: prefill.gpus },
            PodLine { role: "decode", replicas: decode.replicas, gpus: decode.gpus },
        ],
    }
}
