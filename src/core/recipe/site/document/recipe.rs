//! `/{org}/{model}.json`.

use serde_json::Value;

use super::{Malformed, Rendering, object, text, texts, tokens};
use crate::core::recipe::site::documents::SitePath;

/// One recipe.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a>(&'a Value);

/// One variant of a recipe: a checkpoint.
#[derive(Debug, Clone, Copy)]
pub struct Variant<'a> {
    /// Key in the recipe.
    pub key: &'a str,
    value: &'a Value,
}

/// One feature of a recipe.
#[derive(Debug, Clone, Copy)]
pub struct Feature<'a> {
    /// Key in the recipe.
    pub name: &'a str,
    value: &'a Value,
}

/// One mode of a feature.
#[derive(Debug, Clone, Copy)]
pub struct FeatureMode<'a> {
    /// Key in the feature; `None` for a feature without modes.
    pub name: Option<&'a str>,
    value: &'a Value,
}

impl<'a> Recipe<'a> {
    /// A view on the document.
    ///
    /// # Errors
    /// [`Malformed`] when it is not an object, or names no model.
    pub fn of(document: &'a Value) -> Result<Self, Malformed> {
        let recipe = Self(document);
        match (document.is_object(), text(document, "hf_id")) {
            (false, _) => Err(Malformed("it is not a JSON object".to_owned())),
            (true, None) => Err(Malformed("hf_id is missing".to_owned())),
            (true, Some(_)) => Ok(recipe),
        }
    }

    /// Id on Hugging Face.
    #[must_use]
    pub fn hf_id(self) -> &'a str {
        text(self.0, "hf_id").unwrap_or_default()
    }

    fn meta(self, name: &str) -> Option<&'a str> {
        text(self.0.get("meta")?, name)
    }

    /// Name for people.
    #[must_use]
    pub fn title(self) -> Option<&'a str> {
        self.meta("title")
    }

    /// One sentence about the model.
    #[must_use]
    pub fn description(self) -> Option<&'a str> {
        self.meta("description")
    }

    /// When the recipe was last changed: the only mark of freshness.
    #[must_use]
    pub fn date_updated(self) -> Option<&'a str> {
        self.meta("date_updated")
    }

    /// text, multimodal, omni, embedding.
    #[must_use]
    pub fn tasks(self) -> Vec<&'a str> {
        self.0.get("meta").map(|meta| texts(meta, "tasks")).unwrap_or_default()
    }

    /// Whether the recipe is for vLLM-Omni, whose recipes have no command.
    #[must_use]
    pub fn is_omni(self) -> bool {
        self.tasks().contains(&"omni")
    }

    /// For a promoted variant: the recipe it is a variant of.
    #[must_use]
    pub fn derived_from(self) -> Option<&'a str> {
        self.meta("derived_from")
    }

    /// For a promoted variant: its key in the parent.
    #[must_use]
    pub fn promoted_variant(self) -> Option<&'a str> {
        self.meta("variant")
    }

    /// What the authors say about hardware: `verified`, `supported` or `unsupported`, by id.
    pub fn hardware_status(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let members = self.0.get("meta").and_then(|meta| object(meta, "hardware")).into_iter().flatten();
        members.filter_map(|(id, status)| Some((id.as_str(), status.as_str()?)))
    }

    /// Oldest vLLM that will do, or `nightly`; the variant may say otherwise.
    #[must_use]
    pub fn min_vllm_version(self) -> Option<&'a str> {
        text(self.0.get("model")?, "min_vllm_version")
    }

    /// Longest context, in tokens.
    #[must_use]
    pub fn context_length(self) -> Option<i64> {
        self.0.get("model")?.get("context_length")?.as_i64()
    }

    /// Size of the model for people, for example `70B`.
    #[must_use]
    pub fn parameter_count(self) -> Option<&'a str> {
        text(self.0.get("model")?, "parameter_count")
    }

    /// The recommended command.
    #[must_use]
    pub fn recommended(self) -> Option<Rendering<'a>> {
        Rendering::of(self.0.get("recommended_command")?).ok()
    }

    /// Variants, in the recipe's order.
    pub fn variants(self) -> impl Iterator<Item = Variant<'a>> {
        let members = object(self.0, "variants").into_iter().flatten();
        members.filter(|(_, value)| value.is_object()).map(|(key, value)| Variant { key, value })
    }

    /// One variant.
    #[must_use]
    pub fn variant(self, key: &str) -> Option<Variant<'a>> {
        self.variants().find(|variant| variant.key == key)
    }

    /// Features, in the recipe's order.
    pub fn features(self) -> impl Iterator<Item = Feature<'a>> {
        let members = object(self.0, "features").into_iter().flatten();
        members.filter(|(_, value)| value.is_object()).map(|(name, value)| Feature { name, value })
    }

    /// One feature.
    #[must_use]
    pub fn feature(self, name: &str) -> Option<Feature<'a>> {
        self.features().find(|feature| feature.name == name)
    }

    /// The published parts of which the generator composed a command besides strategy and features: base, variant, and
    /// what kinds of hardware (generation, brand) add.
    ///
    /// # Errors
    /// [`Malformed`] when one is not a list of texts.
    pub(in crate::core::recipe) fn composed_of(
        self,
        variant: Option<Variant<'a>>,
        kinds: &[Option<String>],
    ) -> Result<Vec<Vec<&'a str>>, Malformed> {
        let mut parts = Vec::new();
        if let Some(model) = self.0.get("model") {
            parts.extend(tokens(model, "base_args")?);
        }
        if let Some(variant) = variant {
            parts.extend(tokens(variant.value, "extra_args")?);
        }
        for holder in [Some(self.0), variant.map(|variant| variant.value)].into_iter().flatten() {
            let Some(overrides) = object(holder, "hardware_overrides") else { continue };
            for kind in kinds.iter().flatten() {
                if let Some(part) = overrides.get(kind) {
                    parts.extend(tokens(part, "extra_args")?);
                }
            }
        }
        Ok(parts)
    }

    /// Whether the rendered command of that hardware leaves the feature out.
    #[must_use]
    pub fn is_opt_in(self, feature: &str, hardware: &str) -> bool {
        let listed = |value: &'a Value, name: &str| texts(value, name).contains(&feature);
        listed(self.0, "opt_in_features")
            || self.0.get("hardware_opt_in_features").is_some_and(|by_hardware| listed(by_hardware, hardware))
    }
}

impl<'a> Variant<'a> {
    /// Precision of the weights.
    #[must_use]
    pub fn precision(self) -> Option<&'a str> {
        text(self.value, "precision")
    }

    /// Memory it needs over all accelerators together, in GB.
    #[must_use]
    pub fn vram_minimum_gb(self) -> Option<f64> {
        self.value.get("vram_minimum_gb").and_then(Value::as_f64).filter(|size| *size > 0.0)
    }

    /// One sentence about it.
    #[must_use]
    pub fn description(self) -> Option<&'a str> {
        text(self.value, "description")
    }

    /// The checkpoint, when it is not the recipe's own.
    #[must_use]
    pub fn model_id(self) -> Option<&'a str> {
        text(self.value, "model_id")
    }

    /// The file of the promoted variant.
    #[must_use]
    pub fn json(self) -> Option<SitePath> {
        text(self.value, "json").map(SitePath::new)
    }

    /// Oldest vLLM that will do, or `nightly`.
    #[must_use]
    pub fn min_vllm_version(self) -> Option<&'a str> {
        text(self.value, "min_vllm_version")
    }

    /// Hardware it is limited to; empty means any.
    #[must_use]
    pub fn supported_hardware(self) -> Vec<&'a str> {
        texts(self.value, "supported_hardware")
    }

    /// The mode of a feature it takes by default.
    #[must_use]
    pub fn default_mode(self, feature: &str) -> Option<&'a str> {
        text(self.value.get("default_modes")?, feature)
    }
}

impl<'a> Feature<'a> {
    /// One sentence about it.
    #[must_use]
    pub fn description(self) -> Option<&'a str> {
        text(self.value, "description")
    }

    /// Strategies it is limited to; `None` means any.
    #[must_use]
    pub fn strategies(self) -> Option<Vec<&'a str>> {
        self.value.get("strategies").filter(|list| list.is_array()).map(|_| texts(self.value, "strategies"))
    }

    /// Hardware it is limited to; see [`FeatureMode::hardware`].
    #[must_use]
    pub fn hardware(self) -> Option<&'a Value> {
        self.value.get("hardware").filter(|gate| !gate.is_null())
    }

    /// The mode the recipe takes when nothing else says.
    #[must_use]
    pub fn default_mode(self) -> Option<&'a str> {
        text(self.value, "default_mode")
    }

    /// Its modes; a feature without modes has one without a name.
    #[must_use]
    pub fn modes(self) -> Vec<FeatureMode<'a>> {
        match object(self.value, "modes") {
            None => vec![FeatureMode { name: None, value: self.value }],
            Some(modes) => {
                let modes = modes.iter().filter(|(_, value)| value.is_object());
                modes.map(|(name, value)| FeatureMode { name: Some(name), value }).collect()
            }
        }
    }
}

impl<'a> FeatureMode<'a> {
    /// A mode that says nothing.
    pub(in crate::core::recipe) const NONE: FeatureMode<'static> =
        FeatureMode { name: None, value: &Value::Null };

    /// Variants it is limited to; `None` means any.
    #[must_use]
    pub fn variants(self) -> Option<Vec<&'a str>> {
        self.value.get("variants").filter(|list| list.is_array()).map(|_| texts(self.value, "variants"))
    }

    /// Hardware it is limited to.
    #[must_use]
    pub fn hardware(self) -> Option<&'a Value> {
        self.value.get("hardware").filter(|gate| !gate.is_null())
    }

    /// Its arguments.
    ///
    /// # Errors
    /// [`Malformed`] when they are not a list of texts.
    pub fn args(self) -> Result<Option<Vec<&'a str>>, Malformed> {
        tokens(self.value, "args")
    }

    /// Arguments that take the place of [`FeatureMode::args`] on a generation or brand of hardware.
    ///
    /// # Errors
    /// [`Malformed`] when they are not a list of texts.
    pub fn args_on(self, generation_or_brand: &str) -> Result<Option<Vec<&'a str>>, Malformed> {
        let overrides = object(self.value, "hardware_overrides").and_then(|all| all.get(generation_or_brand));
        overrides.map_or(Ok(None), |it| tokens(it, "args"))
    }
}
