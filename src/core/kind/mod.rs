//! The kinds of custom resources that the program follows: one folder each, and one line in [`KINDS`].
//!
//! Verbs ask [`of`] for an object's kind and know nothing else of it. Objects of other kinds pass through.

pub mod follow;
pub mod judge;
mod llama_stack;
#[cfg(test)]
mod made_up;
pub mod model_deployment;
mod model_service;
mod ogx_server;
pub mod operator;
pub mod release;

use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::Resource;
use crate::core::kubernetes::rule::Rule;
use crate::core::nearest::nearest;
use follow::Follow;
use judge::Judge;
use operator::{Operator, OperatorValues};
use release::Release;
use serde_json::Value;

/// Every kind that the program follows.
pub static KINDS: &[&dyn Kind] = &[
    &model_deployment::ModelDeploymentKind,
    &ogx_server::OgxServerKind,
    &llama_stack::LlamaStackKind,
    &model_service::ModelServiceKind,
    #[cfg(test)]
    &made_up::GizmoKind,
];

/// The kind of an object, by its group and kind, whatever the version.
pub fn of(object: &Value) -> Option<&'static dyn Kind> {
    let version = text_at(object, "/apiVersion");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let kind = object.get("kind").and_then(Value::as_str)?;
    let is_it = |each: &&&dyn Kind| each.resource().group == group && each.resource().kind == kind;
    KINDS.iter().find(is_it).copied()
}

/// What is wrong with the kind of an object whose group is that of a followed kind: the group has no such kind. Answers the
/// name that was probably meant, and every kind that the group has.
pub fn unknown_in_group(object: &Value) -> Option<(Option<&'static str>, Vec<&'static str>)> {
    let (group, _) = text_at(object, "/apiVersion").split_once('/')?;
    let kind = text_at(object, "/kind");
    let followed = KINDS.iter().find(|each| each.resource().group == group)?;
    let mut known: Vec<&str> = vec![followed.resource().kind];
    for each in KINDS.iter().filter(|each| each.resource().group == group) {
        known.push(each.resource().kind);
        known.extend(each.context().iter().filter(|other| other.group == group).map(|other| other.kind));
    }
    known.sort_unstable();
    known.dedup();
    let is_list = kind.strip_suffix("List").is_some_and(|item| known.contains(&item));
    if known.contains(&kind) || is_list {
        return None;
    }
    let plural = KINDS.iter().map(|each| each.resource()).find(|each| each.plural.eq_ignore_ascii_case(kind));
    let meant = plural.map(|each| each.kind).or_else(|| nearest(kind, known.iter().copied()));
    Some((meant, known))
}

/// The group of the followed kind of this name, for an object of another group.
pub fn group_of(kind: &str) -> Option<&'static str> {
    KINDS.iter().map(|each| each.resource()).find(|each| each.kind == kind).map(|each| each.group)
}

/// The product behind a resource by its qualified name, for example `modeldeployments.airunway.ai`: that of a followed kind
/// of the same group.
pub fn product_of(resource: &str) -> Option<&'static Product> {
    let (_, group) = resource.split_once('.')?;
    KINDS.iter().find(|kind| kind.resource().group == group).map(|kind| kind.product())
}

/// The names of the followed kinds, for a message: `ModelDeployment`, or several with `or` before the last.
pub fn names() -> String {
    let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.resource().kind).collect();
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { last.to_owned() } else { format!("{} or {last}", names.join(", ")) }
}

/// A kind of custom resource: what it is called, who judges it, and what a verb may know of it. Pure.
pub trait Kind: Sync {
    /// Group, version, plural, kind and scope.
    fn resource(&self) -> &'static Resource;

    /// The product that brings its definition and its controller.
    fn product(&self) -> &'static Product;

    /// The release that counts for this kind where `asked` was asked for: that one, if it is of its product, else the newest
    /// that is embedded.
    fn release(&self, asked: &'static Release) -> Option<&'static Release> {
        let is_its = self.product().releases.iter().any(|each| std::ptr::eq(each, asked));
        if is_its { Some(asked) } else { self.product().newest() }
    }

    /// The rules that only this kind has, in the order in which they apply.
    fn rules(&self) -> Vec<&'static Rule>;

    /// Resources whose objects a verdict rests on beside the object itself; all of them are listed for `--live`, `deploy`
    /// and `diff`.
    fn context(&self) -> &'static [Resource] {
        &[]
    }

    /// The objects of [`Kind::context`] that an installation of `release` has, for a verdict without a cluster.
    fn installed(&self, _release: &'static Release) -> Vec<Value> {
        Vec::new()
    }

    /// A judge for a release and the objects of [`Kind::context`].
    fn judge(&self, release: &'static Release, context: Vec<Value>) -> Box<dyn Judge>;

    /// The operator behind it whose flags decide what the children are.
    fn operator(&self) -> Option<&'static Operator> {
        None
    }

    /// The same as [`Kind::judge`] for an operator that was started with these values.
    fn judge_operated(
        &self,
        release: &'static Release,
        context: Vec<Value>,
        _values: &OperatorValues,
    ) -> Box<dyn Judge> {
        self.judge(release, context)
    }

    /// Where an object names images, as JSON pointers, the one that counts first.
    fn images(&self) -> &'static [&'static str] {
        &[]
    }

    /// The image that runs where the object names none, when that is certain from the object and the release.
    fn default_image(&self, _object: &Value, _release: &Release) -> Option<DefaultImage> {
        None
    }

    /// Why an object that names no image runs one that is not certain before the write, and the flag that makes it certain;
    /// `None` where one is named or certain, or none runs.
    fn open_image(&self, _object: &Value, _release: &Release) -> Option<String> {
        None
    }

    /// The words of a command line that write `value` into the field of an object of this kind.
    fn flag_of(&self, _path: &str, _value: &Value) -> Option<Vec<String>> {
        None
    }

    /// The hint of a finding at `path`, for an object that flags alone describe: it names flags where it named fields.
    fn hint_in_flags(&self, _path: &str, hint: &str) -> String {
        hint.to_owned()
    }

    /// The columns of a table of its objects, behind the name.
    fn columns(&self) -> &'static [Column] {
        &[]
    }

    /// Names of the admission webhooks of its product that judge its objects: any other is somebody else's.
    fn webhooks(&self) -> &'static [&'static str] {
        &[]
    }

    /// How to see that an object runs; `None` for a kind that is done once it is stored.
    fn follow(&self) -> Option<&'static dyn Follow> {
        None
    }
}

/// A product behind kinds.
#[derive(Debug)]
pub struct Product {
    /// Its name, for example `AI Runway`.
    pub name: &'static str,
    /// How a cluster gets it, a hint each.
    pub install: &'static [&'static str],
    /// The embedded releases, oldest first.
    pub releases: &'static [Release],
}

impl Product {
    /// The newest embedded release.
    pub fn newest(&self) -> Option<&'static Release> {
        self.releases.last()
    }
}

/// An image that a controller runs where an object names none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultImage {
    /// JSON pointer of the field to write it into.
    pub field: &'static str,
    /// The reference.
    pub image: String,
    /// Whose default it is, for example `AI Runway v0.7.0`.
    pub origin: String,
}

/// A column of a table of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Heading.
    pub name: &'static str,
    /// JSON pointers; the first that holds something is shown.
    pub fields: &'static [&'static str],
}
