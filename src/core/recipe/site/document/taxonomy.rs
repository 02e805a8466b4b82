//! `/taxonomy.json`: what the site knows about hardware.

use serde_json::Value;

use super::{object, text};

/// The controlled vocabulary.
#[derive(Debug, Clone, Copy)]
pub struct Taxonomy<'a>(&'a Value);

/// One kind of hardware: a node of it.
#[derive(Debug, Clone, Copy)]
pub struct HardwareProfile<'a>(&'a Value);

impl<'a> Taxonomy<'a> {
    /// A view on the document.
    #[must_use]
    pub fn of(document: &'a Value) -> Self {
        Self(document)
    }

    /// All hardware ids with their profiles.
    pub fn hardware(self) -> impl Iterator<Item = (&'a str, HardwareProfile<'a>)> {
        let profiles = object(self.0, "hardware_profiles").into_iter().flatten();
        profiles.map(|(id, profile)| (id.as_str(), HardwareProfile(profile)))
    }

    /// The profile of one hardware id.
    #[must_use]
    pub fn profile(self, id: &str) -> Option<HardwareProfile<'a>> {
        object(self.0, "hardware_profiles")?.get(id).map(HardwareProfile)
    }
}

impl<'a> HardwareProfile<'a> {
    /// A view on `hardware_profile` of a rendering.
    #[must_use]
    pub(super) fn of(profile: &'a Value) -> Self {
        Self(profile)
    }

    /// Maker: `NVIDIA`, `AMD`, `Intel`, `Google` …
    #[must_use]
    pub fn brand(self) -> Option<&'a str> {
        text(self.0, "brand")
    }

    /// Generation: `hopper`, `blackwell`, `amd`, `tpu`, `cpu` …
    #[must_use]
    pub fn generation(self) -> Option<&'a str> {
        text(self.0, "generation")
    }

    /// Name for people.
    #[must_use]
    pub fn display_name(self) -> Option<&'a str> {
        text(self.0, "display_name")
    }

    /// Accelerators of one node.
    #[must_use]
    pub fn gpu_count(self) -> Option<i64> {
        self.0.get("gpu_count").and_then(Value::as_i64).filter(|count| *count > 0)
    }

    /// Memory of all accelerators of one node, in GB.
    #[must_use]
    pub fn vram_gb(self) -> Option<f64> {
        self.0.get("vram_gb").and_then(Value::as_f64).filter(|size| *size > 0.0)
    }
}
