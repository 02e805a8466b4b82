//! The providers that the validating webhook finds registered.

use super::view;
use serde_json::Value;
use std::collections::BTreeMap;

/// What one provider registered for one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// Engine type.
    pub engine: String,
    /// Serving modes.
    pub modes: Vec<String>,
    /// Whether it runs on CPUs alone.
    pub on_cpu: bool,
}

/// How the webhook's look-up of a provider goes; anything but `Found` stands for a cluster that is not well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LookUp {
    /// The registered providers are known.
    #[default]
    Found,
    /// The definition of InferenceProviderConfig is missing.
    NoDefinition,
    /// The webhook may not read them; the API server's words.
    Refused(String),
    /// The look-up failed otherwise; the error.
    Failed(String),
}

/// The registered providers.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    registered: BTreeMap<String, Option<Vec<Capability>>>,
    look_up: LookUp,
}

impl Providers {
    /// From InferenceProviderConfig objects, as they are in the cluster or embedded in the program.
    pub fn of(configs: &[Value]) -> Providers {
        let registered = configs
            .iter()
            .map(|config| (view::text(config, &["metadata", "name"]).to_owned(), capabilities(config)))
            .collect();
        Providers { registered, look_up: LookUp::Found }
    }

    /// A cluster in which looking them up does not work.
    pub fn failing(look_up: LookUp) -> Providers {
        Providers { registered: BTreeMap::new(), look_up }
    }

    /// Only those of the given names.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Providers {
        let kept = self.registered.iter().filter(|(name, _)| names.contains(&name.as_str()));
        let registered = kept.map(|(name, capabilities)| (name.clone(), capabilities.clone())).collect();
        Providers { registered, look_up: self.look_up.clone() }
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.registered.keys().map(String::as_str)
    }

    /// How look-ups go.
    pub fn look_up(&self) -> &LookUp {
        &self.look_up
    }

    /// What a provider registered: `None` when it is unknown, `Some(None)` when it registered no capabilities.
    pub fn get(&self, name: &str) -> Option<Option<&[Capability]>> {
        self.registered.get(name).map(Option::as_deref)
    }
}

fn capabilities(config: &Value) -> Option<Vec<Capability>> {
    let capabilities = view::at(config, &["spec", "capabilities"])?;
    let texts = |value: &Value, name: &str| -> Vec<String> {
        view::list(value, &[name]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let engines = view::list(capabilities, &["engines"]).iter().map(|engine| match engine {
        // Older objects name engines as texts and hold modes and hardware beside the list.
        Value::String(name) => Capability {
            engine: name.clone(),
            modes: texts(capabilities, "servingModes"),
            on_cpu: view::flag(capabilities, &["cpuSupport"]),
        },
        _ => Capability {
            engine: view::text(engine, &["name"]).to_owned(),
            modes: texts(engine, "servingModes"),
            on_cpu: view::flag(engine, &["cpuSupport"]),
        },
    });
    Some(engines.collect())
}
