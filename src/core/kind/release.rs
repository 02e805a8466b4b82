//! The releases of the products behind the kinds: their CustomResourceDefinitions and what else was built into them.

use crate::core::schema::Crd;
use serde_json::Value;
use std::sync::LazyLock;

/// One release of a product, or a build between releases, as the program holds it in `data/<product>/<release>`.
pub struct Release {
    /// Its name as the product's image tags have it, for example `v0.7.0`.
    pub name: &'static str,
    /// Lines `NAME=VALUE` with the versions of what it installs; empty for a product that has none.
    pub versions_file: &'static str,
    /// Its CustomResourceDefinitions.
    pub definitions: &'static [Definition],
}

/// A CustomResourceDefinition of a release, compiled when it is first asked for.
pub struct Definition {
    /// `<plural>.<group>`.
    pub name: &'static str,
    /// JSON, in the short form that leaves descriptions out.
    pub text: &'static str,
    /// The compiled form of the storage version.
    pub crd: LazyLock<Crd>,
}

/// A release from the files below `data/`: the definitions are `<plural>.json`.
macro_rules! release {
    ($folder:literal, $name:literal, $versions:expr, [$($plural:literal . $group:literal),* $(,)?]) => {{
        static DEFINITIONS: [$crate::core::kind::release::Definition; [$($plural),*].len()] = [$(
            $crate::core::kind::release::Definition {
                name: concat!($plural, ".", $group),
                text: $crate::core::kind::release::data!($folder, $name, $plural),
                crd: std::sync::LazyLock::new(|| {
                    $crate::core::kind::release::compile($crate::core::kind::release::data!($folder, $name, $plural))
                }),
            },
        )*];
        $crate::core::kind::release::Release { name: $name, versions_file: $versions, definitions: &DEFINITIONS }
    }};
}

/// The text of one definition.
macro_rules! data {
    ($folder:literal, $name:literal, $plural:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/data/",
            $folder,
            "/",
            $name,
            "/",
            $plural,
            ".json"
        ))
    };
}
pub(in crate::core) use {data, release};

/// Compiles the text of a definition.
pub(in crate::core) fn compile(text: &str) -> Crd {
    // The data are part of the program and a test compiles every release; an empty definition keeps this total.
    let definition: Value = serde_json::from_str(text).unwrap_or_default();
    Crd::compile(&definition, None).unwrap_or_default()
}

/// What a name that no release has gets.
static NONE: LazyLock<Crd> = LazyLock::new(Crd::default);

impl Release {
    /// A compiled definition by its name, for example `modeldeployments.airunway.ai`; an empty one, which accepts no
    /// object, for a name that the release does not have.
    pub fn crd(&self, name: &str) -> &Crd {
        self.definitions.iter().find(|each| each.name == name).map_or(&NONE, |each| &each.crd)
    }

    /// The short form of a definition by its name.
    pub fn definition(&self, name: &str) -> Option<Value> {
        let found = self.definitions.iter().find(|each| each.name == name)?;
        serde_json::from_str(found.text).ok()
    }

    /// The versions, in the order of the file, for example `("VLLM_VERSION", "cu130-nightly")`.
    pub fn versions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.versions_file.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('='))
    }

    /// One version.
    pub fn version(&self, name: &str) -> Option<&'static str> {
        self.versions().find(|(each, _)| *each == name).map(|(_, version)| version)
    }
}

impl std::fmt::Debug for Release {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Release").field(&self.name).finish()
    }
}
