//! Which provider of AI Runway can run a recipe exactly, and on which accelerator.

use crate::core::kind::model_deployment::provider::{PROVIDERS, provider};

use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;
use crate::core::recipe::site::document::HardwareProfile;

/// Runs one server on one node.
pub(in crate::core::recipe) const DIRECT: &str = "vllm";
/// Runs servers like Direct vLLM, also prefill and decode apart.
pub(in crate::core::recipe) const LLMD: &str = "llmd";

/// Checks a provider that the user named for a command of one server.
///
/// # Errors
/// [`Reason::Provider`] for an unknown one, [`Reason::ProviderLoses`] for one that would run something else.
pub(in crate::core::recipe) fn check(name: &str) -> Result<&'static str, Refusal> {
    match name {
        "vllm" => Ok(DIRECT),
        "llmd" => Ok(LLMD),
        _ => Err(loses(name)),
    }
}

/// Why a provider cannot run a recipe exactly, whatever the recipe says.
pub(in crate::core::recipe) fn loses(name: &str) -> Refusal {
    let why = match name {
        "dynamo" => {
            "starts `python3 -m dynamo.vllm`, which the recipe's image does not have, and passes neither env nor extraArgs on"
        }
        "kaito" => "runs a preset of its own and passes no engine arguments, image or env on",
        "kuberay" => {
            "runs vLLM inside Ray Serve, not the recipe's command, and passes env to the head node only and no extraArgs"
        }
        _ if provider(name).is_some() => "is not known to run a recipe as it is",
        _ => {
            let known = PROVIDERS.iter().map(|provider| provider.id());
            let text = format!("there is no provider {name:?}");
            return Refusal::new(Reason::Provider, text).instead("--provider", known);
        }
    };
    Refusal::new(Reason::ProviderLoses, format!("provider {name} {why}"))
        .instead("--provider", [DIRECT, LLMD])
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
        Some(format!("provider {provider} always asks for nvidia.com/gpu, and {hardware} {needs}"))
    }
}
