//! What the core controller validates while it reconciles: the first error only (airunway-api.md section 5.1).

use super::Selector;
use crate::core::kind::model_deployment::object::ModelDeployment;
use crate::core::kind::model_deployment::provider::table::test_backend;
use crate::core::schema::text::quote;

/// The text of rule V1, when both image members are set and differ.
pub(super) fn image_conflict(object: &ModelDeployment) -> Option<String> {
    let old = object.spec.image.as_deref().unwrap_or_default();
    let new = object.spec.engine.as_ref().and_then(|engine| engine.image.as_deref()).unwrap_or_default();
    (!old.is_empty() && !new.is_empty() && old != new).then(|| {
        format!(
            "spec.image {} conflicts with spec.engine.image {}; remove spec.image or set both fields to the same value \
             (spec.engine.image is preferred)",
            quote(old),
            quote(new)
        )
    })
}

/// Everything after the image fields and the engine selection.
pub(super) fn validate(object: &ModelDeployment, engine: &str, providers: &Selector) -> Result<(), String> {
    if object.model_source() == "huggingface" && object.model_id().is_empty() {
        return Err("model.id is required when source is huggingface".to_owned());
    }
    let backend = test_backend(object.provider_name(), |name| object.metadata.annotation(name));
    match backend {
        Some(backend) if engine != backend.engine => return Err(backend.wrong_engine()),
        Some(_) => {}
        None => against_providers(object, engine, providers)?,
    }
    if object.disaggregated() { disaggregated(object, backend.is_none()) } else { Ok(()) }
}

fn against_providers(object: &ModelDeployment, engine: &str, providers: &Selector) -> Result<(), String> {
    let named = object.provider_name();
    let without_gpu = !object.disaggregated() && object.gpu_count() == 0;
    if named.is_empty() {
        if without_gpu && !providers.nobody() && !providers.anyone_without_gpu(engine) {
            return Err(format!("{engine} engine requires GPU (set resources.gpu.count > 0)"));
        }
        return Ok(());
    }
    // A provider nobody registered is accepted here; the object then stays Pending.
    let Some(config) = providers.config(named).filter(|config| config.spec.capabilities.is_some()) else {
        return Ok(());
    };
    let Some(offer) = config.engine(engine) else {
        return Err(format!("provider {named} does not support engine {engine}"));
    };
    let mode = object.serving_mode();
    if !offer.serves(mode) {
        return Err(format!("provider {named} does not support {mode} mode for engine {engine}"));
    }
    if without_gpu && !offer.fits(false) {
        return Err(format!(
            "{engine} engine on provider {named} requires GPU (set resources.gpu.count > 0)"
        ));
    }
    Ok(())
}

fn disaggregated(object: &ModelDeployment, needs_gpus: bool) -> Result<(), String> {
    if object.gpu_count() > 0 {
        return Err(
            "cannot specify both resources.gpu and scaling.prefill/decode in disaggregated mode".to_owned()
        );
    }
    let (Some(prefill), Some(decode)) = (object.prefill(), object.decode()) else {
        return Err("disaggregated mode requires scaling.prefill and scaling.decode".to_owned());
    };
    for (role, component) in [("prefill", prefill), ("decode", decode)] {
        if component.gpu_count() == 0 && needs_gpus {
            return Err(format!("disaggregated mode requires scaling.{role}.gpu.count > 0"));
        }
    }
    Ok(())
}
