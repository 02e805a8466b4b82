//! The object of a resolution.

use serde_json::Value;

use crate::core::kind::model_deployment::author::{Component, EnvEntry, EnvSource, Members, new_object};
use crate::core::kind::model_deployment::object::engine;

use crate::core::recipe::resolution::{Mode, Pod, Resolution, Sizes};

/// Annotation that names what made the object. Its value is that of upstream's resolver, by which AI Runway's shims and
/// dashboard know recipes.
const GENERATED_BY: (&str, &str) = ("airunway.ai/generated-by", "vllm-recipe-resolver");
/// Before the name of each member of the provenance.
const PREFIX: &str = "airunway.ai/recipe.";
/// What AI Runway asks for when no type is named.
const DEFAULT_ACCELERATOR: &str = "nvidia.com/gpu";

impl Resolution {
    /// The ModelDeployment as authored, without a namespace: the same shape `deploy` builds.
    ///
    /// `base` is the address of the recipe site (or the name of a directory); with the document's path behind it, it
    /// becomes the annotation `airunway.ai/recipe.source`.
    #[must_use]
    pub fn object(&self, name: &str, base: &str) -> Value {
        let mut object = new_object(name, Some(&self.model));
        let applied = self.members(base).apply(&mut object);
        debug_assert!(applied.is_ok(), "a new object holds nothing in the way");
        object
    }

    /// What the recipe says, as flags of `deploy` would say it.
    #[must_use]
    pub fn members(&self, base: &str) -> Members {
        let component =
            |pod: Pod| Component { gpus: Some(pod.gpus), replicas: Some(pod.replicas), memory: None };
        let (gpus, prefill, decode) = match self.sizes {
            Sizes::Aggregated(pod) => (Some(pod.gpus), Component::default(), Component::default()),
            Sizes::Disaggregated { prefill, decode } => (None, component(prefill), component(decode)),
        };
        let env = self
            .env
            .iter()
            .map(|(name, value)| EnvEntry { name: name.clone(), source: EnvSource::Value(value.clone()) });
        Members {
            engine: Some(engine::VLLM.to_owned()),
            provider: Some(self.provider.clone()),
            mode: (self.mode == Mode::Disaggregated).then(|| self.mode.as_str().to_owned()),
            gpus,
            gpu_type: self.accelerator.clone().filter(|kind| kind != DEFAULT_ACCELERATOR),
            prefill,
            decode,
            image: Some(self.image.clone()),
            served_name: self.served_name.clone(),
            context_length: self.context_length,
            trust_remote_code: self.trust_remote_code,
            enforce_eager: self.enforce_eager,
            args: self.engine_args.clone(),
            extra_args: self.extra_args.clone(),
            env: env.collect(),
            annotations: self.annotations(base),
            ..Members::default()
        }
    }

    /// Where the object comes from: only what is really known and applied (`recipes.md` section 4.3).
    #[must_use]
    pub fn annotations(&self, base: &str) -> Vec<(String, String)> {
        let source = format!("{}{}", base.trim_end_matches('/'), self.document);
        let features = (!self.features.is_empty()).then(|| Value::from(self.features.clone()).to_string());
        let members = [
            ("source", Some(source.as_str())),
            ("id", Some(&self.recipe)),
            ("strategy", Some(&self.strategy)),
            ("hardware", Some(&self.hardware)),
            ("variant", Some(&self.variant)),
            ("precision", self.precision.as_deref()),
            ("revision", self.revision.as_deref()),
            ("features", features.as_deref()),
        ];
        let known = members.into_iter().filter_map(|(member, value)| {
            let value = value?.trim();
            (!value.is_empty()).then(|| (format!("{PREFIX}{member}"), value.to_owned()))
        });
        let (key, value) = GENERATED_BY;
        std::iter::once((key.to_owned(), value.to_owned())).chain(known).collect()
    }
}
