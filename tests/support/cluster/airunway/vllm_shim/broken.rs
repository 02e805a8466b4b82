//! Where the shim breaks its promises ([`Lapse`]): small changes to what a pass does, each for one.

use std::sync::atomic::Ordering;

use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kubectl_airunway::core::kind::model_deployment::object::{Condition, ModelDeployment};
use kubectl_airunway::core::kind::model_deployment::provider::{ImageInput, ImageReview};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::super::lapses::Lapse;
use super::super::resource::json as plain;
use super::super::status::now;
use super::{MANAGER, Pass};

/// The word that upstream looks for in the tag of a launch image.
const LAUNCH: &str = "launch";
const CUSTOM: &str = "User-specified custom vLLM image is not verified as a supported provider image";
const SUPPORTED: &str = "Selected vLLM image is supported by provider image policy";
/// An annotation that only a broken promise sets.
const MARK: &str = "airunway.test/broken";

impl Pass<'_> {
    /// Whether this promise is broken for the object of this pass.
    pub(super) fn breaks(&self, lapse: Lapse) -> bool {
        self.shared.faults.breaks(&self.namespace, &self.name, lapse)
    }

    /// The object as the shim looks at its image: without the digest that it found before, where it forgets that.
    pub(super) fn looked_at(&self) -> ModelDeployment {
        let mut deployment = self.deployment.clone();
        if self.other_digest().is_some()
            && let Some(status) = &mut deployment.status
        {
            status.image = None;
        }
        deployment
    }

    /// [`Lapse::Repins`]: what the digest depends on instead of the image.
    fn other_digest(&self) -> Option<String> {
        self.breaks(Lapse::Repins).then(|| digest(&format!("{:?}", self.deployment.metadata.annotations)))
    }

    /// What the registry has said, or what the shim takes it for.
    pub(super) fn heard(&self, answer: ImageInput) -> ImageInput {
        match (answer, self.other_digest()) {
            (ImageInput::Resolved { created_at, revision, age, .. }, Some(seed)) => {
                let digest =
                    Sha256::digest(seed).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                ImageInput::Resolved { digest: format!("sha256:{digest}"), created_at, revision, age }
            }
            (answer, _) => answer,
        }
    }

    /// What the shim says of the image.
    pub(super) fn told(&self, mut review: ImageReview) -> ImageReview {
        if self.breaks(Lapse::RunsByTag)
            && let Some(image) = &mut review.status
        {
            image.resolved.clone_from(&image.requested);
            review.image.clone_from(&image.requested);
        }
        let starts = self.shared.starts.load(Ordering::Relaxed);
        if starts > 0
            && self.breaks(Lapse::RestartRepins)
            && let Some(image) = &mut review.status
        {
            image.digest = Some(digest(&starts.to_string()));
        }
        if self.breaks(Lapse::RendersUnresolved) {
            review.failure = None;
        }
        if self.breaks(Lapse::ForgetsRecipe) {
            review.conditions.retain(|condition| condition.kind != "RecipeResolved");
        }
        let named = review.status.as_ref().and_then(|image| image.tag.as_deref());
        let named = named.is_some_and(|tag| tag.contains(LAUNCH));
        if self.breaks(Lapse::LaunchWithoutTheWord) && !named {
            classify(&mut review, LAUNCH);
        }
        if self.breaks(Lapse::LaunchIsStable) && !named {
            classify(&mut review, "stable");
        }
        if self.breaks(Lapse::LaunchTagIsCustom) && named {
            classify(&mut review, "custom");
        }
        review
    }

    /// The object as the shim renders it: without the arguments that it should refuse.
    pub(super) fn rendered(&self) -> ModelDeployment {
        let mut deployment = self.deployment.clone();
        let reserved = [
            Lapse::RendersReservedA,
            Lapse::RendersReservedB,
            Lapse::RendersReservedC,
            Lapse::RendersReservedD,
        ];
        if reserved.into_iter().any(|lapse| self.breaks(lapse))
            && let Some(engine) = &mut deployment.spec.engine
        {
            (engine.args, engine.extra_args) = (None, None);
        }
        deployment
    }

    /// The children as the shim makes them.
    pub(super) fn made(&self, mut children: Vec<Value>) -> Vec<Value> {
        if self.breaks(Lapse::NoService) {
            children.retain(|child| child["kind"] != "Service");
        }
        for child in &mut children {
            self.change_owner(child);
            if child["kind"] == "Deployment" {
                self.change_deployment(child);
            }
        }
        children
    }

    fn change_owner(&self, child: &mut Value) {
        if self.breaks(Lapse::NoOwner)
            && let Some(metadata) = child["metadata"].as_object_mut()
        {
            metadata.remove("ownerReferences");
        }
        if self.breaks(Lapse::HalfAnOwner)
            && let Some(owner) = owner_of(child)
        {
            owner.retain(|member, _| member != "controller" && member != "blockOwnerDeletion");
        }
    }

    fn change_deployment(&self, child: &mut Value) {
        let image = |name: &str| json!(format!("vllm/vllm-openai{name}"));
        if self.breaks(Lapse::KeepsOldTag) {
            child["spec"]["template"]["spec"]["containers"][0]["image"] = image(":cu130-nightly");
        }
        if self.breaks(Lapse::PinsUserTag) {
            let digest =
                self.status.image.as_ref().and_then(|image| image.digest.clone()).unwrap_or_default();
            child["spec"]["template"]["spec"]["containers"][0]["image"] = image(&format!("@{digest}"));
        }
        if self.breaks(Lapse::DerivesSecondSize)
            && let Some(args) = child["spec"]["template"]["spec"]["containers"][0]["args"].as_array_mut()
        {
            args.extend([json!("--tensor-parallel-size"), json!("2")]);
        }
        if self.breaks(Lapse::RestartRolls) {
            let starts = self.shared.starts.load(Ordering::Relaxed).to_string();
            child["spec"]["template"]["metadata"]["annotations"][MARK] = json!(starts);
        }
        if self.breaks(Lapse::WritesChild) {
            child["metadata"]["annotations"][MARK] = json!(now());
        }
    }

    /// Whether a child of this kind is taken over from whoever has it.
    pub(super) fn takes(&self, child: &Value) -> bool {
        match child["kind"].as_str() {
            Some("Service") => self.breaks(Lapse::TakesService),
            _ => self.breaks(Lapse::TakesUnowned) || self.breaks(Lapse::TakesOwned),
        }
    }

    /// Writes a child: a server-side apply, as it should be, or something else.
    pub(super) async fn write_child(
        &self,
        api: &Api<DynamicObject>,
        name: &str,
        child: &Value,
    ) -> kube::Result<()> {
        if self.breaks(Lapse::ReplacesTemplate)
            && let Some(existing) = api.get_opt(name).await?
        {
            return replace(api, name, child, &existing).await;
        }
        let taken = self.takes(child).then(|| usurped(child));
        let child = taken.as_ref().unwrap_or(child);
        api.patch(name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(child)).await.map(drop)
    }

    /// [`Lapse::UpdateIsTold`]: whether some replicas are not of the newest template yet.
    pub(super) fn tells_update(&self, deployment: &Value) -> bool {
        let count = |pointer: &str| deployment.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
        let (wanted, replicas) = (count("/spec/replicas"), count("/status/replicas"));
        let updated = count("/status/updatedReplicas");
        self.breaks(Lapse::UpdateIsTold)
            && (updated < wanted
                || replicas > updated
                || count("/status/unavailableReplicas") > 0
                || count("/status/observedGeneration") < count("/metadata/generation"))
    }

    /// [`Lapse::WritesStatus`]: a word in the status that changes each second.
    pub(super) fn stamp(&mut self) {
        if self.breaks(Lapse::WritesStatus) {
            let message = self.status.message.take().unwrap_or_default();
            let message = message.split(" (").next().unwrap_or_default();
            self.status.message = Some(format!("{message} ({})", now()));
        }
    }
}

/// The digest of a text.
fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text);
    format!("sha256:{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Gives the image another class, wherever it is told.
fn classify(review: &mut ImageReview, class: &str) {
    let Some(image) = &mut review.status else { return };
    let before = image.source.replace(class.to_owned()).unwrap_or_default();
    let reword = |text: &str| text.replace(&format!("from {before} sel"), &format!("from {class} sel"));
    image.message = image.message.as_deref().map(reword);
    for condition in &mut review.conditions {
        condition.message = reword(&condition.message);
        if condition.kind == "UnsupportedImage" {
            *condition = match class {
                "custom" => Condition::new("UnsupportedImage", "True", "CustomImage", CUSTOM),
                _ => Condition::new("UnsupportedImage", "False", "SupportedImage", SUPPORTED),
            };
        }
    }
}

fn owner_of(child: &mut Value) -> Option<&mut Map<String, Value>> {
    child.pointer_mut("/metadata/ownerReferences/0")?.as_object_mut()
}

/// Replaces an object as a whole.
async fn replace(
    api: &Api<DynamicObject>,
    name: &str,
    child: &Value,
    existing: &DynamicObject,
) -> kube::Result<()> {
    let existing = plain(existing);
    let mut child = child.clone();
    child["metadata"]["resourceVersion"] = existing["metadata"]["resourceVersion"].clone();
    if child["kind"] == "Service" {
        child["spec"]["clusterIP"] = existing["spec"]["clusterIP"].clone();
    }
    let object: DynamicObject = serde_json::from_value(child).map_err(kube::Error::SerdeError)?;
    api.replace(name, &PostParams::default(), &object).await.map(drop)
}

/// What of a child fits into an object that someone else has made: a Deployment's selector cannot be changed, ports that
/// have no name allow no others, and there may be a controller already.
fn usurped(child: &Value) -> Value {
    let mut child = child.clone();
    if let Some(owner) = owner_of(&mut child) {
        owner.remove("controller");
    }
    let deployment = child["kind"] == "Deployment";
    if let Some(spec) = child["spec"].as_object_mut() {
        spec.remove(if deployment { "selector" } else { "ports" });
        if let Some(template) = spec.get_mut("template").and_then(Value::as_object_mut) {
            template.remove("metadata");
        }
    }
    child
}
