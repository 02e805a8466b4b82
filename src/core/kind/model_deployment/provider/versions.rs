//! The versions that a release of AI Runway was built with, by their names in `versions.env`.

use std::sync::LazyLock;

use crate::core::kind::model_deployment::release::Release;

/// Versions of upstream components (`versions.env`), and what else of a release decides what its shims write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// The release, as its image tags have it.
    pub release: &'static str,
    /// Whether this release's InferenceProviderConfig knows `apiFormats`.
    pub api_formats: bool,
    /// Name and version, for example `("VLLM_VERSION", "cu130-nightly")`.
    pub components: Vec<(&'static str, &'static str)>,
}

/// The versions of the embedded releases, by name.
static KNOWN: LazyLock<Vec<(&str, Versions)>> =
    LazyLock::new(|| Release::all().iter().map(|release| (release.name, Versions::read(release))).collect());

impl Versions {
    /// The versions that a release was built with.
    #[must_use]
    pub fn of(release: &Release) -> Versions {
        let known = KNOWN.iter().find(|(name, _)| *name == release.name);
        known.map_or_else(|| Versions::read(release), |(_, versions)| versions.clone())
    }

    /// One of them; empty when the release does not name it.
    #[must_use]
    pub fn get(&self, name: &str) -> &'static str {
        self.components
            .iter()
            .find(|(each, _)| *each == name)
            .map(|(_, version)| *version)
            .unwrap_or_default()
    }

    fn read(release: &Release) -> Versions {
        Versions {
            release: release.name,
            // The tagged release came before `apiFormats` (shared with the CRDs in data/airunway).
            api_formats: release.name != "v0.7.0",
            components: release.versions().collect(),
        }
    }

    /// A text with the versions in the place of `${NAME}`.
    pub(super) fn fill_in(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            filled.push_str(self.get(name));
            rest = behind;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_by_name() {
        let components = vec![("A_VERSION", "1.2"), ("B", "")];
        let versions = Versions { release: "dev", api_formats: true, components };
        for (text, filled) in [
            ("v${A_VERSION}-${A_VERSION}.tgz", "v1.2-1.2.tgz"),
            ("<${B}${UNKNOWN}>", "<>"),
            ("$A ${A_VERSION", "$A ${A_VERSION"),
            ("", ""),
        ] {
            assert_eq!(versions.fill_in(text), filled, "{text}");
        }
    }
}
