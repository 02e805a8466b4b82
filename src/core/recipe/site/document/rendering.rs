//! One rendered command: a recipe's `recommended_command`, or a file below `hw/` and `strategies/`.

use serde_json::{Map, Value};

use super::taxonomy::HardwareProfile;
use super::{Malformed, object, text, tokens};
use crate::core::recipe::site::documents::SitePath;

/// How a rendering is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeployType<'a> {
    /// One server on one node.
    SingleNode,
    /// One server over several nodes.
    MultiNode,
    /// Prefill and decode apart.
    PdCluster,
    /// Engines around a KV store, behind a load balancer.
    KvStoreLb,
    /// Anything else.
    Unknown(&'a str),
}

/// One rendered command.
#[derive(Debug, Clone, Copy)]
pub struct Rendering<'a>(&'a Value);

/// Prefill or decode of a `pd_cluster` rendering.
#[derive(Debug, Clone, Copy)]
pub struct Role<'a>(&'a Value);

impl<'a> Rendering<'a> {
    /// A view on the document.
    ///
    /// # Errors
    /// [`Malformed`] when it is not an object.
    pub fn of(document: &'a Value) -> Result<Self, Malformed> {
        if document.is_object() {
            Ok(Self(document))
        } else {
            Err(Malformed("it is not a JSON object".to_owned()))
        }
    }

    /// Hardware id.
    #[must_use]
    pub fn hardware(self) -> Option<&'a str> {
        text(self.0, "hardware")
    }

    /// Strategy.
    #[must_use]
    pub fn strategy(self) -> Option<&'a str> {
        text(self.0, "strategy")
    }

    /// Variant, as the parent recipe names it.
    #[must_use]
    pub fn variant(self) -> Option<&'a str> {
        text(self.0, "variant")
    }

    /// Nodes; for `kv_store_lb` per engine.
    #[must_use]
    pub fn node_count(self) -> Option<i64> {
        self.0.get("node_count").and_then(Value::as_i64)
    }

    /// How it is deployed; `None` when the rendering does not say.
    #[must_use]
    pub fn deploy_type(self) -> Option<DeployType<'a>> {
        Some(match text(self.0, "deploy_type")? {
            "single_node" => DeployType::SingleNode,
            "multi_node" => DeployType::MultiNode,
            "pd_cluster" => DeployType::PdCluster,
            "kv_store_lb" => DeployType::KvStoreLb,
            other => DeployType::Unknown(other),
        })
    }

    /// Image, with a tag.
    #[must_use]
    pub fn image(self) -> Option<&'a str> {
        text(self.0, "docker_image")
    }

    /// The command of a `single_node` rendering.
    ///
    /// # Errors
    /// [`Malformed`] when it is not a list of texts.
    pub fn argv(self) -> Result<Option<Vec<&'a str>>, Malformed> {
        tokens(self.0, "argv")
    }

    /// Variables, as they are: numbers occur.
    ///
    /// # Errors
    /// [`Malformed`] when it is there and not an object.
    pub fn env(self) -> Result<Option<&'a Map<String, Value>>, Malformed> {
        env(self.0)
    }

    /// Prefill of a `pd_cluster` rendering.
    #[must_use]
    pub fn prefill(self) -> Option<Role<'a>> {
        self.0.get("prefill").filter(|role| role.is_object()).map(Role)
    }

    /// Decode of a `pd_cluster` rendering.
    #[must_use]
    pub fn decode(self) -> Option<Role<'a>> {
        self.0.get("decode").filter(|role| role.is_object()).map(Role)
    }

    /// The hardware; not in files below `strategies/`.
    #[must_use]
    pub fn hardware_profile(self) -> Option<HardwareProfile<'a>> {
        self.0.get("hardware_profile").filter(|profile| profile.is_object()).map(HardwareProfile::of)
    }

    /// Other strategies on this hardware and where they are; never this rendering's own.
    pub fn alternatives(self) -> impl Iterator<Item = (&'a str, SitePath)> {
        references(self.0, "alternatives")
    }

    /// All hardware of the recipe and where its renderings are; only in `recommended_command`.
    pub fn by_hardware(self) -> impl Iterator<Item = (&'a str, SitePath)> {
        references(self.0, "by_hardware")
    }
}

impl<'a> Role<'a> {
    /// The command.
    ///
    /// # Errors
    /// [`Malformed`] when it is not a list of texts.
    pub fn argv(self) -> Result<Option<Vec<&'a str>>, Malformed> {
        tokens(self.0, "argv")
    }

    /// Variables, as they are.
    ///
    /// # Errors
    /// [`Malformed`] when it is there and not an object.
    pub fn env(self) -> Result<Option<&'a Map<String, Value>>, Malformed> {
        env(self.0)
    }

    /// Number of nodes.
    #[must_use]
    pub fn nodes(self) -> Option<i64> {
        self.number("nodes")
    }

    /// A number of the role: `tp`, `dpLocal`, `dpSize`, `poolGpus` …
    #[must_use]
    pub fn number(self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }
}

fn env(value: &Value) -> Result<Option<&Map<String, Value>>, Malformed> {
    match value.get("env") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(Malformed("env is not an object".to_owned())),
    }
}

fn references<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a str, SitePath)> + use<'a> {
    let members = object(value, name).into_iter().flatten();
    members.filter_map(|(key, path)| {
        let path = path.as_str().filter(|path| !path.is_empty())?;
        Some((key.as_str(), SitePath::new(path)))
    })
}
