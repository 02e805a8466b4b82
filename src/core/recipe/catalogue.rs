//! What a recipe offers, as data for tables and reports.

use std::collections::BTreeMap;

use crate::core::recipe::refusal::Refusal;
use crate::core::recipe::resolution::{Mode, Resolution, Sizes};
use crate::core::recipe::site::document::{Recipe, Row, Taxonomy};

/// One model of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its row in the index.
    pub row: Row,
    /// What its recipe says, where the recipe was read.
    pub summary: Option<Summary>,
}

/// The few things about a recipe that a list can be filtered by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// text, multimodal, omni, embedding.
    pub tasks: Vec<String>,
    /// Hardware ids that the recipe has renderings for; the recommended one first.
    pub hardware: Vec<String>,
    /// Precision of the default variant.
    pub precision: Option<String>,
    /// Memory of the default variant over all accelerators, in GB.
    pub memory_gb: Option<f64>,
    /// When it was last changed.
    pub updated: Option<String>,
    /// Whether the command, on the hardware asked for or the recommended one, can be deployed; `None` when it was not tried.
    pub command: Option<Attempt>,
}

impl Summary {
    /// Reads a recipe.
    pub fn of(recipe: Recipe<'_>) -> Summary {
        let default = recipe.variant("default");
        Summary {
            tasks: recipe.tasks().into_iter().map(str::to_owned).collect(),
            hardware: hardware_ids(recipe),
            precision: default.and_then(|variant| variant.precision()).map(str::to_owned),
            memory_gb: default.and_then(|variant| variant.vram_minimum_gb()),
            updated: recipe.date_updated().map(str::to_owned),
            command: None,
        }
    }
}

/// Hardware ids of a recipe, the recommended one first, then in the recipe's order.
pub fn hardware_ids(recipe: Recipe<'_>) -> Vec<String> {
    let Some(recommended) = recipe.recommended() else { return Vec::new() };
    let own = recommended.hardware().into_iter();
    let mut ids: Vec<String> = Vec::new();
    for id in own.chain(recommended.by_hardware().map(|(id, _)| id)) {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// Whether every word of a search stands in the model's id, title or maker, in any case.
pub fn matches(row: &Row, words: &[String]) -> bool {
    let text = format!("{}\n{}\n{}", row.hf_id, row.title, row.provider).to_lowercase();
    words.iter().all(|word| text.contains(&word.to_lowercase()))
}

/// What came of resolving one rendering.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt {
    /// It can be deployed.
    Deployable {
        /// Strategy of the rendering.
        strategy: String,
        /// Variant of the rendering.
        variant: String,
        /// Pods and their accelerators.
        sizes: Sizes,
        /// Serving mode.
        mode: Mode,
        /// Provider of AI Runway.
        provider: String,
        /// Image with its tag.
        image: String,
    },
    /// It cannot, with the id of the reason and the sentence.
    Refused {
        /// Stable id of the reason.
        reason: &'static str,
        /// The sentence.
        message: String,
    },
}

impl Attempt {
    /// From what the resolution said.
    pub fn of(outcome: Result<Resolution, Refusal>) -> Attempt {
        match outcome {
            Ok(resolution) => Attempt::Deployable {
                strategy: resolution.strategy,
                variant: resolution.variant,
                sizes: resolution.sizes,
                mode: resolution.mode,
                provider: resolution.provider,
                image: resolution.image,
            },
            Err(refusal) => Attempt::Refused { reason: refusal.reason.id(), message: refusal.message },
        }
    }

    /// Accelerators of all pods together, where it can be deployed.
    pub fn gpus(&self) -> Option<i64> {
        match self {
            Attempt::Deployable { sizes, .. } => Some(sizes.total()),
            Attempt::Refused { .. } => None,
        }
    }
}

/// Everything about one recipe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// Id on Hugging Face.
    pub model: String,
    /// Address of the recipe.
    pub source: String,
    /// Name for people.
    pub title: Option<String>,
    /// One sentence.
    pub description: Option<String>,
    /// For a promoted variant: the recipe it is a variant of.
    pub derived_from: Option<String>,
    /// When it was last changed.
    pub updated: Option<String>,
    /// text, multimodal, omni, embedding.
    pub tasks: Vec<String>,
    /// Size of the model for people.
    pub parameters: Option<String>,
    /// Longest context, in tokens.
    pub context_length: Option<i64>,
    /// Oldest vLLM that will do, or `nightly`.
    pub min_vllm_version: Option<String>,
    /// Recommended hardware.
    pub default_hardware: Option<String>,
    /// Recommended strategy.
    pub default_strategy: Option<String>,
    /// Hardware, the recommended first.
    pub hardware: Vec<Hardware>,
    /// Variants.
    pub variants: Vec<VariantDetails>,
    /// Strategies on the hardware asked for, else on the recommended one.
    pub strategies: Vec<StrategyDetails>,
    /// The hardware of `strategies` and `features`.
    pub shown_hardware: Option<String>,
    /// Features.
    pub features: Vec<FeatureDetails>,
}

/// One kind of hardware of a recipe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hardware {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    /// Maker.
    pub brand: Option<String>,
    /// Accelerators of one node.
    pub node_gpus: Option<i64>,
    /// Memory of one node's accelerators together, in GB.
    pub node_memory_gb: Option<f64>,
    /// What the authors say: verified, supported, unsupported.
    pub status: Option<String>,
    /// What the recipe's own command on it comes to.
    pub command: Option<Attempt>,
}

/// One variant of a recipe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VariantDetails {
    /// Key, for `--variant`.
    pub name: String,
    /// Precision of the weights.
    pub precision: Option<String>,
    /// Memory over all accelerators, in GB.
    pub memory_gb: Option<f64>,
    /// The checkpoint, when it is not the recipe's own.
    pub model: Option<String>,
    /// One sentence.
    pub description: Option<String>,
    /// Oldest vLLM that will do, where the variant says otherwise.
    pub min_vllm_version: Option<String>,
    /// Hardware it is limited to; empty means any.
    pub hardware: Vec<String>,
}

/// One strategy on one hardware.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyDetails {
    /// Name, for `--strategy`.
    pub name: String,
    /// Whether it is the recommended one there.
    pub recommended: bool,
    /// What it comes to.
    pub command: Attempt,
}

/// One feature of a recipe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureDetails {
    /// Name, for `--feature`.
    pub name: String,
    /// One sentence.
    pub description: Option<String>,
    /// Modes, where it has some.
    pub modes: Vec<String>,
    /// The mode taken when none is named.
    pub default_mode: Option<String>,
    /// Whether the command has it without being asked.
    pub on: bool,
}

impl Details {
    /// Reads a recipe; commands are resolved by the caller.
    pub fn of(
        recipe: Recipe<'_>,
        source: String,
        taxonomy: Option<Taxonomy<'_>>,
        hardware: Option<&str>,
    ) -> Details {
        let recommended = recipe.recommended();
        let own = |text: Option<&str>| text.map(str::to_owned);
        let default_hardware = own(recommended.and_then(|rendering| rendering.hardware()));
        let shown_hardware = own(hardware).or_else(|| default_hardware.clone());
        Details {
            model: recipe.hf_id().to_owned(),
            source,
            title: own(recipe.title()),
            description: own(recipe.description()),
            derived_from: own(recipe.derived_from()),
            updated: own(recipe.date_updated()),
            tasks: recipe.tasks().into_iter().map(str::to_owned).collect(),
            parameters: own(recipe.parameter_count()),
            context_length: recipe.context_length(),
            min_vllm_version: own(recipe.min_vllm_version()),
            default_strategy: own(recommended.and_then(|rendering| rendering.strategy())),
            hardware: hardware_of(recipe, taxonomy),
            variants: variants(recipe),
            strategies: Vec::new(),
            features: features(recipe, shown_hardware.as_deref().unwrap_or_default()),
            default_hardware,
            shown_hardware,
        }
    }
}

/// The hardware of a recipe, the recommended first; commands are resolved by the caller.
pub fn hardware_of(recipe: Recipe<'_>, taxonomy: Option<Taxonomy<'_>>) -> Vec<Hardware> {
    let status: BTreeMap<&str, &str> = recipe.hardware_status().collect();
    let recommended = recipe.recommended();
    let one = |id: String| {
        let own = recommended.filter(|rendering| rendering.hardware() == Some(&id));
        let profile = taxonomy
            .and_then(|taxonomy| taxonomy.profile(&id))
            .or_else(|| own.and_then(|rendering| rendering.hardware_profile()));
        Hardware {
            name: profile.and_then(|profile| profile.display_name()).map(str::to_owned),
            brand: profile.and_then(|profile| profile.brand()).map(str::to_owned),
            node_gpus: profile.and_then(|profile| profile.gpu_count()),
            node_memory_gb: profile.and_then(|profile| profile.vram_gb()),
            status: status.get(id.as_str()).map(|status| (*status).to_owned()),
            command: None,
            id,
        }
    };
    hardware_ids(recipe).into_iter().map(one).collect()
}

/// The variants of a recipe, in its order.
pub fn variants(recipe: Recipe<'_>) -> Vec<VariantDetails> {
    recipe.variants().map(variant).collect()
}

fn variant(variant: crate::core::recipe::site::document::Variant<'_>) -> VariantDetails {
    VariantDetails {
        name: variant.key.to_owned(),
        precision: variant.precision().map(str::to_owned),
        memory_gb: variant.vram_minimum_gb(),
        model: variant.model_id().map(str::to_owned),
        description: variant.description().map(one_line),
        min_vllm_version: variant.min_vllm_version().map(str::to_owned),
        hardware: variant.supported_hardware().into_iter().map(str::to_owned).collect(),
    }
}

fn features(recipe: Recipe<'_>, hardware: &str) -> Vec<FeatureDetails> {
    recipe
        .features()
        .map(|feature| FeatureDetails {
            name: feature.name.to_owned(),
            description: feature.description().map(one_line),
            modes: feature.modes().into_iter().filter_map(|mode| mode.name).map(str::to_owned).collect(),
            default_mode: feature.default_mode().map(str::to_owned),
            on: !recipe.is_opt_in(feature.name, hardware),
        })
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_recipe_is_read_with_what_is_there() {
        let document = json!({
            "hf_id": "a/m",
            "meta": {"title": "M", "tasks": ["text"], "hardware": {"h100": "verified"}, "date_updated": "2026-01-01"},
            "recommended_command": {
                "hardware": "h200", "strategy": "single_node_tp", "variant": "default",
                "hardware_profile": {"brand": "NVIDIA", "gpu_count": 8, "vram_gb": 1128},
                "by_hardware": {"h100": "/a/m/hw/h100.json", "h200": "/a/m/hw/h200.json"},
            },
            "variants": {"default": {"precision": "bf16", "vram_minimum_gb": 10, "description": "two\n lines"}, "odd": 3},
            "features": {"reasoning": {"args": ["--x"]}, "spec": {"modes": {"mtp": {"args": []}}, "default_mode": "mtp"}},
            "opt_in_features": ["spec"],
        });
        let recipe = Recipe::of(&document).unwrap();
        let details = Details::of(recipe, "https://h/a/m.json".to_owned(), None, None);
        let hardware: Vec<(&str, Option<i64>, Option<&str>)> = details
            .hardware
            .iter()
            .map(|hardware| (hardware.id.as_str(), hardware.node_gpus, hardware.status.as_deref()))
            .collect();
        assert_eq!(hardware, [("h200", Some(8), None), ("h100", None, Some("verified"))]);
        assert_eq!(details.variants[0].description.as_deref(), Some("two lines"));
        assert_eq!(details.variants.len(), 1);
        let features: Vec<(&str, bool)> =
            details.features.iter().map(|feature| (feature.name.as_str(), feature.on)).collect();
        assert_eq!(features, [("reasoning", true), ("spec", false)]);
        assert_eq!(Summary::of(recipe).memory_gb, Some(10.0));

        let empty = json!({"hf_id": "a/m"});
        let details = Details::of(Recipe::of(&empty).unwrap(), String::new(), None, Some("h200"));
        assert_eq!((details.hardware.len(), details.variants.len()), (0, 0));
    }

    #[test]
    fn a_search_is_all_its_words() {
        let row = Row {
            hf_id: "Qwen/Qwen3-0.6B".to_owned(),
            title: "Qwen3 small".to_owned(),
            provider: "Alibaba".to_owned(),
            json: super::super::SitePath::new("/x"),
            derived_from: None,
        };
        let search =
            |words: &[&str]| matches(&row, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert!(search(&[]) && search(&["QWEN3", "alibaba"]) && search(&["0.6b"]));
        assert!(!search(&["qwen3", "deepseek"]));
    }
}
