//! What the user asked of a recipe.

use crate::core::recipe::choice::feature_choice::FeatureChoice;
use crate::core::recipe::site::model_id::ModelId;

/// What the user asked; whatever is `None` is taken as the recipe recommends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The model.
    pub model: ModelId,
    /// Hardware id as in the recipe's `by_hardware`, for example `h200`.
    pub hardware: Option<String>,
    /// Strategy, for example `single_node_tp`.
    pub strategy: Option<String>,
    /// Key of the recipe's `variants`, or the name a promoted variant has in its parent.
    pub variant: Option<String>,
    /// Precision of the weights, for example `fp8`: picks the variant that has it, or is checked against the variant named.
    pub precision: Option<String>,
    /// Features to add and to remove, in the order given; later choices about the same feature win.
    pub features: Vec<FeatureChoice>,
    /// GPUs per pod. Refused when the recipe's parallel sizes say otherwise.
    pub gpus: Option<i64>,
    /// Provider of AI Runway; without one the first that can express the recipe.
    pub provider: Option<String>,
    /// Writes the object although the provider cannot request this hardware, or the recipe's authors say that the hardware
    /// is unsupported. Nothing else is forced.
    pub force: bool,
}

impl Request {
    /// Everything as the recipe recommends it.
    #[must_use]
    pub fn new(model: ModelId) -> Self {
        Self {
            model,
            hardware: None,
            strategy: None,
            variant: None,
            precision: None,
            features: Vec::new(),
            gpus: None,
            provider: None,
            force: false,
        }
    }
}
