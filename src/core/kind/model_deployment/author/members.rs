//! What the flags say, and how it is written over an object.

use crate::core::kind::model_deployment::provider::{self, Provider};
use crate::core::kubernetes::json::text_at;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// One `--env` entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// Name of the variable.
    pub name: String,
    /// Where its value comes from.
    pub source: EnvSource,
}

/// Where the value of an environment variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvSource {
    /// A literal value.
    Value(String),
    /// A key of a Secret in the same namespace.
    Secret {
        /// Name of the Secret.
        name: String,
        /// Key in it.
        key: String,
    },
}

/// One `--volume`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volume {
    /// `name`.
    pub name: Option<String>,
    /// `purpose`: modelCache, compilationCache, custom.
    pub purpose: Option<String>,
    /// `size`: a quantity.
    pub size: Option<String>,
    /// `storageClassName`.
    pub storage_class: Option<String>,
    /// `accessMode`.
    pub access_mode: Option<String>,
    /// `mountPath`.
    pub mount_path: Option<String>,
    /// `claimName`.
    pub claim: Option<String>,
    /// `readOnly`.
    pub read_only: Option<bool>,
}

impl Volume {
    fn value(&self) -> Value {
        let mut map = Map::new();
        let texts = [
            ("name", &self.name),
            ("purpose", &self.purpose),
            ("claimName", &self.claim),
            ("mountPath", &self.mount_path),
            ("size", &self.size),
            ("storageClassName", &self.storage_class),
            ("accessMode", &self.access_mode),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                map.insert(key.to_owned(), value.as_str().into());
            }
        }
        if let Some(read_only) = self.read_only {
            map.insert("readOnly".to_owned(), read_only.into());
        }
        Value::Object(map)
    }
}

/// Sizes of one component of a disaggregated deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// GPUs of each replica.
    pub gpus: Option<i64>,
    /// Number of replicas.
    pub replicas: Option<i64>,
    /// Memory of each replica, a quantity.
    pub memory: Option<String>,
}

/// Every member a flag can set; `None` and empty mean "not said".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Members {
    /// `metadata.name`.
    pub name: Option<String>,
    /// `spec.model.id`.
    pub model: Option<String>,
    /// `spec.model.source`.
    pub source: Option<String>,
    /// `spec.provider.name`.
    pub provider: Option<String>,
    /// `spec.engine.type`.
    pub engine: Option<String>,
    /// `spec.serving.mode`.
    pub mode: Option<String>,
    /// `spec.resources.gpu.count`.
    pub gpus: Option<i64>,
    /// `spec.resources.gpu.type`.
    pub gpu_type: Option<String>,
    /// `spec.resources.cpu`.
    pub cpu: Option<String>,
    /// `spec.resources.memory`.
    pub memory: Option<String>,
    /// `spec.scaling.replicas`.
    pub replicas: Option<i64>,
    /// `spec.scaling.prefill`.
    pub prefill: Component,
    /// `spec.scaling.decode`.
    pub decode: Component,
    /// `spec.engine.image`, or `spec.image` for a provider that asks for that.
    pub image: Option<String>,
    /// `spec.model.servedName`.
    pub served_name: Option<String>,
    /// `spec.engine.contextLength`.
    pub context_length: Option<i64>,
    /// `spec.engine.trustRemoteCode`.
    pub trust_remote_code: bool,
    /// `spec.engine.enforceEager`.
    pub enforce_eager: bool,
    /// Entries of `spec.engine.args`.
    pub args: Vec<(String, String)>,
    /// Tokens of `spec.engine.extraArgs`.
    pub extra_args: Vec<String>,
    /// Entries of `spec.env`, replacing one of the same name.
    pub env: Vec<EnvEntry>,
    /// `spec.secrets.huggingFaceToken`.
    pub hf_token_secret: Option<String>,
    /// Entries of `spec.model.storage.volumes`, replacing one of the same name.
    pub volumes: Vec<Volume>,
    /// Entries of `spec.nodeSelector`.
    pub node_selector: Vec<(String, String)>,
    /// Entries of `spec.tolerations`, added unless already there.
    pub tolerations: Vec<Value>,
    /// Entries of `spec.podTemplate.metadata.labels`.
    pub pod_labels: Vec<(String, String)>,
    /// Entries of `spec.podTemplate.metadata.annotations`.
    pub pod_annotations: Vec<(String, String)>,
    /// Entries of `metadata.labels`.
    pub labels: Vec<(String, String)>,
    /// Entries of `metadata.annotations`.
    pub annotations: Vec<(String, String)>,
    /// `spec.gateway.enabled`.
    pub gateway: Option<bool>,
    /// `spec.gateway.modelName`.
    pub gateway_model_name: Option<String>,
    /// Merged into `spec.provider.overrides`, objects member by member.
    pub overrides: Option<Value>,
}

impl Members {
    /// Whether anything was said at all.
    pub fn is_empty(&self) -> bool {
        *self == Members::default()
    }

    /// Writes what was said over `object`, member by member; everything else stays as it is.
    ///
    /// # Errors
    /// The path of a member that cannot be written because the object holds something else than an object or list above it.
    pub fn apply(&self, object: &mut Value) -> Result<(), String> {
        let mut writer = Writer { object };
        self.write_metadata(&mut writer)?;
        self.write_model(&mut writer)?;
        self.write_engine(&mut writer)?;
        self.write_provider(&mut writer)?;
        self.write_sizes(&mut writer)?;
        self.write_pod(&mut writer)
    }

    /// Where the provider looks for it; a field that has one already gets the same, because they may not differ.
    fn write_image(&self, writer: &mut Writer) -> Result<(), String> {
        if self.image.is_none() {
            return Ok(());
        }
        let said = |flag: &Option<String>, pointer: &str| {
            flag.clone().unwrap_or_else(|| text_at(writer.object, pointer).to_owned())
        };
        let provider = said(&self.provider, "/spec/provider/name");
        let engine = said(&self.engine, "/spec/engine/type");
        let field = image_field(&provider, &engine);
        for (path, pointer) in IMAGES {
            if path == field || !text_at(writer.object, pointer).is_empty() {
                writer.text(path, &self.image)?;
            }
        }
        Ok(())
    }

    fn write_metadata(&self, writer: &mut Writer) -> Result<(), String> {
        writer.text("metadata.name", &self.name)?;
        writer.pairs("metadata.labels", &self.labels)?;
        writer.pairs("metadata.annotations", &self.annotations)
    }

    fn write_model(&self, writer: &mut Writer) -> Result<(), String> {
        writer.text("spec.model.id", &self.model)?;
        writer.text("spec.model.source", &self.source)?;
        writer.text("spec.model.servedName", &self.served_name)?;
        let volumes =
            self.volumes.iter().map(|volume| (volume.name.as_deref().unwrap_or_default(), volume.value()));
        writer.named("spec.model.storage.volumes", volumes)
    }

    fn write_engine(&self, writer: &mut Writer) -> Result<(), String> {
        writer.text("spec.engine.type", &self.engine)?;
        self.write_image(writer)?;
        writer.number("spec.engine.contextLength", self.context_length)?;
        if self.trust_remote_code {
            writer.set("spec.engine.trustRemoteCode", true.into())?;
        }
        if self.enforce_eager {
            writer.set("spec.engine.enforceEager", true.into())?;
        }
        writer.pairs("spec.engine.args", &self.args)?;
        if !self.extra_args.is_empty() {
            writer.set("spec.engine.extraArgs", self.extra_args.clone().into())?;
        }
        Ok(())
    }

    fn write_provider(&self, writer: &mut Writer) -> Result<(), String> {
        writer.text("spec.provider.name", &self.provider)?;
        if let Some(overrides) = &self.overrides {
            merge(writer.place("spec.provider.overrides")?, overrides);
        }
        Ok(())
    }

    fn write_sizes(&self, writer: &mut Writer) -> Result<(), String> {
        writer.text("spec.serving.mode", &self.mode)?;
        writer.number("spec.scaling.replicas", self.replicas)?;
        for (path, component) in
            [("spec.scaling.prefill", &self.prefill), ("spec.scaling.decode", &self.decode)]
        {
            writer.number(&format!("{path}.replicas"), component.replicas)?;
            writer.number(&format!("{path}.gpu.count"), component.gpus)?;
            writer.text(&format!("{path}.memory"), &component.memory)?;
        }
        writer.number("spec.resources.gpu.count", self.gpus)?;
        writer.text("spec.resources.gpu.type", &self.gpu_type)?;
        writer.text("spec.resources.memory", &self.memory)?;
        writer.text("spec.resources.cpu", &self.cpu)
    }

    fn write_pod(&self, writer: &mut Writer) -> Result<(), String> {
        let entries = self.env.iter().map(|entry| {
            let value = match &entry.source {
                EnvSource::Value(value) => json!({ "name": entry.name, "value": value }),
                EnvSource::Secret { name, key } => {
                    json!({ "name": entry.name, "valueFrom": { "secretKeyRef": { "name": name, "key": key } } })
                }
            };
            (entry.name.as_str(), value)
        });
        writer.named("spec.env", entries)?;
        writer.pairs("spec.podTemplate.metadata.labels", &self.pod_labels)?;
        writer.pairs("spec.podTemplate.metadata.annotations", &self.pod_annotations)?;
        writer.text("spec.secrets.huggingFaceToken", &self.hf_token_secret)?;
        if let Some(enabled) = self.gateway {
            writer.set("spec.gateway.enabled", enabled.into())?;
        }
        writer.text("spec.gateway.modelName", &self.gateway_model_name)?;
        writer.pairs("spec.nodeSelector", &self.node_selector)?;
        for toleration in &self.tolerations {
            let list = writer.list("spec.tolerations")?;
            if !list.contains(toleration) {
                list.push(toleration.clone());
            }
        }
        Ok(())
    }
}

/// The fields of an image.
const IMAGES: [(&str, &str); 2] =
    [("spec.engine.image", "/spec/engine/image"), ("spec.image", "/spec/image")];

/// The field from which a provider takes the image; where none is named, every one that has the engine.
fn image_field(name: &str, engine: &str) -> &'static str {
    let has_engine = |shim: &dyn Provider| provider::engines(shim).iter().any(|own| own == engine);
    let mut fields = match provider::provider(name) {
        Some(shim) => vec![shim.image_field(engine)],
        None if name.is_empty() => {
            let able = provider::PROVIDERS.iter().filter(|shim| has_engine(**shim));
            able.map(|shim| shim.image_field(engine)).collect()
        }
        None => Vec::new(),
    };
    fields.dedup();
    match fields.as_slice() {
        [only] => only,
        _ => IMAGES[0].0,
    }
}

/// Writes single members at dotted paths; none of our own paths holds a key with a dot.
struct Writer<'a> {
    object: &'a mut Value,
}

impl Writer<'_> {
    fn place(&mut self, path: &str) -> Result<&mut Value, String> {
        let mut place = &mut *self.object;
        for key in path.split('.') {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            place = match place {
                Value::Object(map) => map.entry(key).or_insert(Value::Null),
                _ => return Err(format!("cannot set {path}: the file has no map above {key}")),
            };
        }
        Ok(place)
    }

    fn set(&mut self, path: &str, value: Value) -> Result<(), String> {
        *self.place(path)? = value;
        Ok(())
    }

    fn text(&mut self, path: &str, value: &Option<String>) -> Result<(), String> {
        value.as_ref().map_or(Ok(()), |value| self.set(path, value.as_str().into()))
    }

    fn number(&mut self, path: &str, value: Option<i64>) -> Result<(), String> {
        value.map_or(Ok(()), |value| self.set(path, value.into()))
    }

    fn pairs(&mut self, path: &str, pairs: &[(String, String)]) -> Result<(), String> {
        for (key, value) in pairs {
            let place = self.place(path)?;
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            match place {
                Value::Object(map) => map.insert(key.clone(), value.as_str().into()),
                _ => return Err(format!("cannot set {path}: the file has no map there")),
            };
        }
        Ok(())
    }

    fn list(&mut self, path: &str) -> Result<&mut Vec<Value>, String> {
        let place = self.place(path)?;
        if place.is_null() {
            *place = Value::Array(Vec::new());
        }
        place.as_array_mut().ok_or_else(|| format!("cannot set {path}: the file has no list there"))
    }

    /// Replaces the list's entries of these names, or adds them; each name is looked up once, however many there are.
    fn named<'a>(
        &mut self,
        path: &str,
        entries: impl ExactSizeIterator<Item = (&'a str, Value)>,
    ) -> Result<(), String> {
        if entries.len() == 0 {
            return Ok(());
        }
        let list = self.list(path)?;
        let mut places: HashMap<String, usize> = HashMap::new();
        for (index, entry) in list.iter().enumerate() {
            if let Some(name) = entry.get("name").and_then(Value::as_str) {
                // Of two of the same name the first is the one that counts.
                places.entry(name.to_owned()).or_insert(index);
            }
        }
        for (name, value) in entries {
            match places.get(name).and_then(|index| list.get_mut(*index)) {
                Some(entry) => *entry = value,
                None => {
                    places.insert(name.to_owned(), list.len());
                    list.push(value);
                }
            }
        }
        Ok(())
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::model_deployment::author::new_object;

    #[test]
    fn flags_win_member_by_member() {
        let mut object = new_object("q", Some("org/model"));
        object["spec"]["engine"] = json!({ "type": "vllm", "args": { "a": "1", "b": "2" } });
        object["spec"]["env"] = json!([{ "name": "A", "value": "old" }, { "name": "B", "value": "kept" }]);
        let members = Members {
            args: vec![("b".into(), "3".into())],
            env: vec![EnvEntry { name: "A".into(), source: EnvSource::Value("new".into()) }],
            gpus: Some(2),
            ..Members::default()
        };
        members.apply(&mut object).unwrap();
        assert_eq!(object["spec"]["engine"]["args"], json!({ "a": "1", "b": "3" }));
        assert_eq!(
            object["spec"]["env"],
            json!([{ "name": "A", "value": "new" }, { "name": "B", "value": "kept" }])
        );
        assert_eq!(object["spec"]["resources"], json!({ "gpu": { "count": 2 } }));
        assert_eq!(object["spec"]["model"], json!({ "id": "org/model" }));
    }

    #[test]
    fn nothing_said_changes_nothing() {
        let mut object = new_object("q", Some("org/model"));
        let before = object.clone();
        Members::default().apply(&mut object).unwrap();
        assert_eq!(object, before);
    }

    #[test]
    fn a_scalar_in_the_way_is_an_error_with_the_path() {
        let mut object = json!({ "spec": { "resources": 3 } });
        let error = Members { gpus: Some(1), ..Members::default() }.apply(&mut object).unwrap_err();
        assert_eq!(error, "cannot set spec.resources.gpu.count: the file has no map above gpu");
    }

    #[test]
    fn an_image_goes_where_the_provider_asks_for_it() {
        let image = |object: Value| {
            let mut object = object;
            Members { image: Some("x/y:1".into()), ..Members::default() }.apply(&mut object).unwrap();
            object["spec"].clone()
        };
        let kaito = json!({ "spec": { "provider": { "name": "kaito" }, "engine": { "type": "llamacpp" } } });
        assert_eq!(image(kaito)["image"], "x/y:1");
        assert_eq!(image(json!({ "spec": { "engine": { "type": "llamacpp" } } }))["image"], "x/y:1");
        for object in [json!({}), json!({ "spec": { "engine": { "type": "vllm" } } })] {
            let spec = image(object);
            assert_eq!((&spec["engine"]["image"], &spec["image"]), (&json!("x/y:1"), &Value::Null));
        }
        let both = image(json!({ "spec": { "image": "old" } }));
        assert_eq!((&both["engine"]["image"], &both["image"]), (&json!("x/y:1"), &json!("x/y:1")));
    }

    #[test]
    fn overrides_merge_into_those_of_the_file() {
        let mut object = json!({ "spec": { "provider": { "overrides": { "a": { "x": 1 } } } } });
        let overrides = Some(json!({ "a": { "y": 2 } }));
        Members { overrides, ..Members::default() }.apply(&mut object).unwrap();
        assert_eq!(object["spec"]["provider"]["overrides"], json!({ "a": { "x": 1, "y": 2 } }));
    }
}
