//! Where an object's values come from, if a recipe made it (`airunway-providers.md` section 4, last paragraph).

use crate::core::kind::model_deployment::object::ObjectMeta;

/// Annotation that names what made the object.
const GENERATED_BY: &str = "airunway.ai/generated-by";
const RESOLVER: &str = "vllm-recipe-resolver";
const PREFIX: &str = "airunway.ai/recipe.";
/// The parts of the summary, in order.
const PARTS: [&str; 8] =
    ["source", "id", "strategy", "hardware", "variant", "precision", "revision", "features"];

/// The summary the shim writes, if the object carries recipe provenance.
pub(super) fn summary(metadata: &ObjectMeta) -> Option<String> {
    let annotations = metadata.annotations.as_ref()?;
    let generated = annotations.get(GENERATED_BY).is_some_and(|value| value.trim() == RESOLVER);
    if !generated && !annotations.keys().any(|key| key.starts_with(PREFIX)) {
        return None;
    }
    let first = annotations.get(GENERATED_BY).map(|value| ("generated-by", value));
    let rest = PARTS.iter().filter_map(|part| Some((*part, annotations.get(&format!("{PREFIX}{part}"))?)));
    let parts = first.into_iter().chain(rest).map(|(label, value)| (label, value.trim()));
    let parts: Vec<_> = parts
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label}={value}"))
        .collect();
    Some(parts.join(", "))
}
