//! The parts of AI Runway that a binary may be, and the variables that their versions are linked into.
//!
//! Source: airunway-providers.md section 9.1. Releases up to v0.7.0 have the older module path.

use super::inspect::{BinaryReport, Module};
use crate::core::kind::model_deployment::provider::{LinkedVersion, provider};

/// Beginnings of the module paths, newest first.
const ROOTS: [&str; 2] = ["github.com/ai-runway/airunway/", "github.com/kaito-project/airunway/"];
/// Variable that holds the tag, in the root package of a shim's module.
pub(super) const SHIM_VERSION: &str = "shimVersion";
/// Variable that is reported: name of the provider, `-provider:` and the tag.
pub(super) const PROVIDER_VERSION: &str = "ProviderVersion";

/// A part of AI Runway that is a binary of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component<'a> {
    /// Path of its module.
    pub(super) module: &'a str,
    /// Name of the provider; `None` for the controller.
    pub(super) provider: Option<&'a str>,
}

/// The version that is linked into the controller.
static CONTROLLER: LinkedVersion =
    LinkedVersion { name: "GAIE_VERSION", variable: "internal/gateway.DefaultGAIEVersion", before: "" };

/// The component of a module path.
fn component(module: &Module) -> Option<Component<'_>> {
    let path = module.path.as_str();
    let below = ROOTS.iter().find_map(|root| path.strip_prefix(root))?;
    if below == "controller" {
        return Some(Component { module: path, provider: None });
    }
    let provider = below.strip_prefix("providers/")?;
    let is_name = !provider.is_empty() && !provider.contains('/');
    is_name.then_some(Component { module: path, provider: Some(provider) })
}

/// The component that a binary is: the one of its main module, else the only one that it was built from.
///
/// A shim is built from a file, so that its own module stands among the others; the controller's module, which shims
/// import for its types, is only meant when no shim is there.
pub(super) fn component_of<'a>(main: Option<&'a Module>, deps: &'a [Module]) -> Option<Component<'a>> {
    if let Some(component) = main.and_then(component) {
        return Some(component);
    }
    let all: Vec<Component<'a>> = deps.iter().filter_map(component).collect();
    let mut shims = all.iter().filter(|component| component.provider.is_some());
    match (shims.next(), shims.next()) {
        (Some(shim), None) => Some(*shim),
        (Some(_), Some(_)) => None,
        (None, _) => all.first().copied(),
    }
}

impl BinaryReport {
    /// Name of the provider whose shim this is, by its modules.
    pub fn provider(&self) -> Option<&str> {
        component_of(self.main.as_ref(), &self.deps)?.provider
    }
}

impl Component<'_> {
    /// The name of a variable as the linker knows it; `variable` may begin with directories below the module.
    pub(super) fn symbol(&self, variable: &str) -> String {
        let separator = if variable.contains('/') { '/' } else { '.' };
        format!("{}{separator}{variable}", self.module)
    }

    /// The version that is linked into it.
    pub(super) fn pinned(&self) -> Option<&'static LinkedVersion> {
        match self.provider {
            None => Some(&CONTROLLER),
            Some(name) => provider(name)?.facts().linked.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str) -> Module {
        Module { path: path.into(), version: "(devel)".into(), sum: String::new(), replace: None }
    }

    #[test]
    fn a_shim_is_told_from_its_modules() {
        let vllm = module("github.com/ai-runway/airunway/providers/vllm");
        let old = module("github.com/kaito-project/airunway/providers/dynamo");
        let controller = module("github.com/ai-runway/airunway/controller");
        let other = module("k8s.io/api");
        let provider = |main: Option<&Module>, deps: &[Module]| {
            component_of(main, deps).map(|component| component.provider.map(str::to_owned))
        };
        assert_eq!(
            provider(None, &[other.clone(), controller.clone(), vllm.clone()]),
            Some(Some("vllm".into()))
        );
        assert_eq!(provider(Some(&old), std::slice::from_ref(&controller)), Some(Some("dynamo".into())));
        assert_eq!(provider(None, std::slice::from_ref(&controller)), Some(None));
        assert_eq!(provider(None, &[vllm, old]), None);
        assert_eq!(provider(None, &[other, module("github.com/ai-runway/airunway/providers/a/b")]), None);
    }

    #[test]
    fn variables_are_named_as_the_linker_names_them() {
        let controller = Component { module: "m/controller", provider: None };
        let pinned = controller.pinned().unwrap();
        assert_eq!(controller.symbol(pinned.variable), "m/controller/internal/gateway.DefaultGAIEVersion");
        let llmd = Component { module: "m/llmd", provider: Some("llmd") };
        assert_eq!(llmd.symbol(SHIM_VERSION), "m/llmd.shimVersion");
        let expected = llmd.pinned().unwrap().expected("0.6.0");
        assert_eq!(expected, "ghcr.io/llm-d/llm-d-inference-scheduler:v0.6.0");
    }
}
