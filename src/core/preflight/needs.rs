//! What the pods of child objects name and ask for, read wherever a pod's specification may stand: in a Deployment as well as
//! in a custom resource that becomes one.

use super::Subject;
use crate::core::kubernetes::json::{flag_at, integer_at, list_at, text_at};
use crate::core::kubernetes::quantity::Quantity;
use crate::core::kubernetes::resource::{PERSISTENT_VOLUME_CLAIM, SECRET};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Amounts by resource, in thousandths.
pub(super) type Amounts = BTreeMap<String, i64>;

/// What is named.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Needs {
    /// Secrets that must be there, with the keys that they must have.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// Secrets that a pull may use.
    pub pull_secrets: BTreeSet<String>,
    /// Claims.
    pub claims: BTreeSet<String>,
    /// Runtime classes.
    pub runtime_classes: BTreeSet<String>,
    /// Storage classes, each with the claim that asks for it.
    pub storage_classes: BTreeSet<(String, String)>,
    /// Pods, by what they are of.
    pub pods: Vec<Pods>,
}

/// Pods of one template.
#[derive(Debug, PartialEq)]
pub(super) struct Pods {
    /// How many.
    pub replicas: i64,
    /// What each requests.
    pub requests: Amounts,
    /// What each is limited to.
    pub limits: Amounts,
    /// The specification.
    pub spec: Value,
    /// Whether they come one behind the other with the rest: a download before the model is served.
    pub passing: bool,
}

impl Needs {
    /// What an object needs through its children; what these create among themselves is not needed.
    pub(super) fn of(subject: &Subject<'_>) -> Needs {
        let mut needs = Needs::default();
        for child in subject.children() {
            if child.resource == PERSISTENT_VOLUME_CLAIM {
                let class = text_at(&child.object, "/spec/storageClassName");
                let name = text_at(&child.object, "/metadata/name");
                if !class.is_empty() {
                    needs.storage_classes.insert((class.to_owned(), name.to_owned()));
                }
            }
            // An object without replicas starts nothing.
            if integer_at(&child.object, "/spec/replicas") != Some(0) {
                needs.walk(&child.object, child.resource.kind == "Job");
            }
        }
        let made = |resource: &str| -> BTreeSet<String> {
            let ours = subject.children().iter().filter(|child| child.resource.plural == resource);
            ours.map(|child| text_at(&child.object, "/metadata/name").to_owned()).collect()
        };
        let (claims, secrets) = (made(PERSISTENT_VOLUME_CLAIM.plural), made(SECRET.plural));
        needs.claims.retain(|name| !claims.contains(name));
        needs.secrets.retain(|name, _| !secrets.contains(name));
        needs
    }

    /// The pods of one workload; `None` when it has no template or no replicas.
    pub(super) fn pods_of(workload: &Value) -> Option<Pods> {
        let mut needs = Needs::default();
        needs.walk(workload, false);
        needs.pods.into_iter().next()
    }

    fn walk(&mut self, value: &Value, passing: bool) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, passing)),
            Value::Object(fields) => {
                self.template(fields, passing);
                for (name, inner) in fields {
                    self.field(name, inner);
                    self.walk(inner, passing);
                }
            }
            _ => {}
        }
    }

    /// A map that holds a pod template, with its replicas beside it.
    fn template(&mut self, fields: &Map<String, Value>, passing: bool) {
        let Some(spec) = fields.get("template").and_then(|template| template.get("spec")) else { return };
        if list_at(spec, "/containers").is_empty() {
            return;
        }
        let replicas = fields.get("replicas").and_then(Value::as_i64).unwrap_or(1);
        let [requests, limits] = [amounts(spec, true), amounts(spec, false)];
        if replicas > 0 {
            self.pods.push(Pods { replicas, requests, limits, spec: spec.clone(), passing });
        }
    }

    fn field(&mut self, name: &str, inner: &Value) {
        let optional = flag_at(inner, "/optional");
        match name {
            "secretKeyRef" if !optional => self.secret(text_at(inner, "/name"), [text_at(inner, "/key")]),
            "secretRef" if !optional => self.secret(text_at(inner, "/name"), []),
            // Dynamo's short form of the same.
            "envFromSecret" => self.secret(inner.as_str().unwrap_or_default(), []),
            "secret" if !optional => self.secret(text_at(inner, "/secretName"), items(inner)),
            "projected" => {
                let sources = list_at(inner, "/sources").iter().filter_map(|source| source.get("secret"));
                for secret in sources.filter(|secret| !flag_at(secret, "/optional")) {
                    self.secret(text_at(secret, "/name"), items(secret));
                }
            }
            "imagePullSecrets" => {
                let names = inner.as_array().into_iter().flatten().map(|one| text_at(one, "/name"));
                self.pull_secrets.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
            }
            "persistentVolumeClaim" => add(&mut self.claims, text_at(inner, "/claimName")),
            "runtimeClassName" => add(&mut self.runtime_classes, inner.as_str().unwrap_or_default()),
            _ => {}
        }
    }

    fn secret<'a>(&mut self, name: &str, keys: impl IntoIterator<Item = &'a str>) {
        if !name.is_empty() {
            let keys = keys.into_iter().filter(|key| !key.is_empty()).map(str::to_owned);
            self.secrets.entry(name.to_owned()).or_default().extend(keys);
        }
    }
}

fn add(names: &mut BTreeSet<String>, name: &str) {
    if !name.is_empty() {
        names.insert(name.to_owned());
    }
}

fn items(volume: &Value) -> Vec<&str> {
    list_at(volume, "/items").iter().map(|item| text_at(item, "/key")).collect()
}

/// What a pod asks for: its containers together, or one that runs before them if that is more.
fn amounts(spec: &Value, requests: bool) -> Amounts {
    let mut sum = Amounts::new();
    for container in list_at(spec, "/containers") {
        for (resource, amount) in of_container(container, requests) {
            *sum.entry(resource).or_default() += amount;
        }
    }
    for container in list_at(spec, "/initContainers") {
        for (resource, amount) in of_container(container, requests) {
            let most = sum.entry(resource).or_default();
            *most = amount.max(*most);
        }
    }
    sum.retain(|_, amount| *amount > 0);
    sum
}

/// A limit without a request counts as the request, as the API server fills it in.
pub(super) fn of_container(container: &Value, requests: bool) -> Amounts {
    let mut found = Amounts::new();
    let places = if requests { &["limits", "requests"][..] } else { &["limits"][..] };
    for place in places {
        let named = container.pointer("/resources").and_then(|all| all.get(*place)?.as_object());
        for (resource, amount) in named.into_iter().flatten() {
            found.extend(milli(amount).map(|amount| (resource.clone(), amount)));
        }
    }
    found
}

/// A quantity in thousandths, written as text or as a number.
pub(super) fn milli(amount: &Value) -> Option<i64> {
    match amount {
        Value::String(text) => Quantity::parse(text).ok()?.to_milli(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok()?.to_milli(),
        _ => None,
    }
}

/// An amount in thousandths, for people: whole numbers as such, bytes with a binary suffix where that is exact enough.
pub(super) fn shown(resource: &str, milli: i64) -> String {
    let is_bytes = resource.ends_with("memory") || resource.ends_with("storage");
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let whole = milli / 1000;
    let units = [("Ti", 1_i64 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20)];
    match units.into_iter().find(|(_, unit)| is_bytes && whole >= *unit) {
        Some((suffix, unit)) => format!("{}{suffix}", whole / unit),
        None => whole.to_string(),
    }
}
