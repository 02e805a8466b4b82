//! Which provider of AI Runway can run a recipe exactly, and on which accelerator.

use crate::core::kind::model_deployment::provider::{
    Facts, PROVIDERS, RecipeSupport, Transfer, names, provider,
};

use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;
use crate::core::recipe::site::document::HardwareProfile;

/// The provider for a command of one server: the named one, else the one that runs nothing but such commands.
///
/// # Errors
/// [`Reason::Provider`] for an unknown one, [`Reason::ProviderLoses`] for one that would run something else.
pub(super) fn for_one_server(named: Option<&str>) -> Result<&'static Facts, Refusal> {
    let Some(name) = named else { return exact().next().ok_or_else(nobody) };
    exact().find(|facts| facts.id == name).ok_or_else(|| loses(name))
}

/// The provider for prefill and decode apart, and how the two hand the cache over there.
///
/// # Errors
/// [`Reason::Provider`] for one that runs one server only, and as [`for_one_server`].
pub(super) fn for_prefill_and_decode(
    named: Option<&str>,
    strategy: &str,
) -> Result<(&'static Facts, Transfer), Refusal> {
    let Some(name) = named else { return apart().next().ok_or_else(nobody) };
    if let Some(found) = apart().find(|(facts, _)| facts.id == name) {
        return Ok(found);
    }
    if exact().all(|facts| facts.id != name) {
        return Err(loses(name));
    }
    let text = format!("provider {name} does not serve disaggregated, which strategy {strategy} needs");
    Err(Refusal::new(Reason::Provider, text).instead("--provider", apart().map(|(facts, _)| facts.id)))
}

fn all() -> impl Iterator<Item = &'static Facts> {
    PROVIDERS.iter().map(|provider| provider.facts())
}

/// The providers that run a recipe's command as it is, those for one server only first.
fn exact() -> impl Iterator<Item = &'static Facts> {
    all().filter(|facts| facts.recipes == RecipeSupport::OneServer).chain(apart().map(|(facts, _)| facts))
}

/// The providers that run prefill and decode apart.
fn apart() -> impl Iterator<Item = (&'static Facts, Transfer)> {
    all().filter_map(|facts| match facts.recipes {
        RecipeSupport::PrefillAndDecode(transfer) => Some((facts, transfer)),
        RecipeSupport::OneServer | RecipeSupport::Loses(_) => None,
    })
}

fn nobody() -> Refusal {
    Refusal::new(Reason::Provider, "no provider runs recipes unchanged".to_owned())
}

/// Why a provider cannot run a recipe exactly, whatever the recipe says.
fn loses(name: &str) -> Refusal {
    let support = provider(name).map(|provider| provider.facts().recipes);
    let Some(RecipeSupport::Loses(why)) = support else {
        let text = format!("provider {name:?} does not exist");
        return Refusal::new(Reason::Provider, text).instead("--provider", names());
    };
    Refusal::new(Reason::ProviderLoses, format!("provider {name} {why}"))
        .instead("--provider", exact().map(|facts| facts.id))
}

/// The extended resource of an accelerator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::recipe) enum Accelerator {
    /// `nvidia.com/gpu`.
    Nvidia,
    /// Another resource of a known name.
    Other(&'static str),
    /// No accelerator at all.
    Cpu,
    /// Something whose resource is not known here.
    Unknown,
}

impl Accelerator {
    /// By maker and generation.
    pub(in crate::core::recipe) fn of(profile: HardwareProfile<'_>) -> Self {
        let lower = |name: Option<&str>| name.map(str::to_ascii_lowercase).unwrap_or_default();
        match (lower(profile.brand()).as_str(), lower(profile.generation()).as_str()) {
            (_, "cpu") => Self::Cpu,
            ("nvidia", _) => Self::Nvidia,
            ("amd", _) => Self::Other("amd.com/gpu"),
            ("google", "tpu") => Self::Other("google.com/tpu"),
            ("intel", "xpu") => Self::Other("gpu.intel.com/xe"),
            _ => Self::Unknown,
        }
    }

    /// Name of the resource, where it is known.
    pub(in crate::core::recipe) fn resource(self) -> Option<&'static str> {
        match self {
            Self::Nvidia => Some("nvidia.com/gpu"),
            Self::Other(resource) => Some(resource),
            Self::Cpu | Self::Unknown => None,
        }
    }

    /// Why the providers that run recipes cannot ask for it; `None` when they can. Both always ask for `nvidia.com/gpu`,
    /// whatever `resources.gpu.type` says.
    pub(in crate::core::recipe) fn obstacle(self, hardware: &str, provider: &str) -> Option<String> {
        let needs = match self {
            Self::Nvidia => return None,
            Self::Other(resource) => format!("needs {resource}"),
            Self::Cpu => "has no accelerator".to_owned(),
            Self::Unknown => "needs another resource".to_owned(),
        };
        Some(format!("provider {provider} always requests nvidia.com/gpu, but {hardware} {needs}"))
    }
}
