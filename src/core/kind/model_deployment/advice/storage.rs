//! Volumes: who creates and mounts them.

use super::launch::Line;
use super::{Found, Situation, caches, rule, view};
use crate::core::kind::model_deployment::provider::Volumes;
use crate::core::schema::typed::read_quantity;

pub(super) fn check(situation: &Situation<'_>, lines: &[Line], found: &mut Found) {
    let volumes = view::volumes(situation.stored);
    let facts = situation.shim().map(|shim| shim.facts());
    if let Some(facts) = facts.filter(|facts| facts.volumes == Volumes::Ignored && !volumes.is_empty()) {
        let message = format!("provider {} mounts no volumes", facts.id);
        found.add(&rule::VOLUMES_IGNORED, "spec.model.storage.volumes", message);
        return;
    }
    if facts.is_some_and(|facts| facts.volumes == Volumes::Mounted) {
        caches::check(situation, lines, found);
    }
    for (index, volume) in volumes.iter().enumerate() {
        let Some(size) = view::at(volume, &["size"]) else { continue };
        let path = format!("spec.model.storage.volumes[{index}].size");
        if let Some(facts) = facts.filter(|facts| facts.volumes == Volumes::Mounted) {
            let claim = view::text(volume, &["claimName"]);
            let message = format!("the {} shim creates no claims; the pod waits for {claim}", facts.title);
            found.add(&rule::MANAGED_VOLUME_NOT_CREATED, &path, message);
        }
        if read_quantity(size).is_ok_and(|size| size.is_negative() || size.is_zero()) {
            found.add(&rule::RESOURCES_NEGATIVE, &path, "a claim must request more than zero");
        }
    }
}
