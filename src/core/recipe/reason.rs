//! The closed list of reasons for a refusal.

/// Why a request is refused. Ids are stable: scripts may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The index has no such model.
    UnknownModel,
    /// The site does not have the recipe, or the rendering that the recipe names.
    MissingDocument,
    /// An omni recipe: it has no command at all.
    Omni,
    /// The recipe recommends no command.
    NoCommand,
    /// The recipe has no such variant, or none of that precision.
    UnknownVariant,
    /// The variant has no rendering of its own.
    NoRendering,
    /// The recipe has no rendering for that hardware.
    UnknownHardware,
    /// The recipe has no such strategy on that hardware.
    UnknownStrategy,
    /// A document is not what was asked for.
    Mismatch,
    /// The recipe's authors mark the hardware as unsupported.
    UnsupportedHardware,
    /// The command spans nodes.
    MultiNode,
    /// Prefill and decode apart, in a way no provider of AI Runway can run.
    PdCluster,
    /// Engines around a KV store.
    KvStore,
    /// A deployment type that this program does not know.
    UnknownDeployType,
    /// Something has to be filled in by hand.
    Placeholder,
    /// The parallel sizes need more accelerators than a node has.
    NodeTooSmall,
    /// The number of GPUs asked for is not what the command uses.
    GpuCount,
    /// The provider cannot request this accelerator.
    Accelerator,
    /// The provider is none that is known, or does not serve in this mode.
    Provider,
    /// The provider would drop or change a part of the recipe.
    ProviderLoses,
    /// The recipe has no such feature, or no such mode of it.
    UnknownFeature,
    /// The feature is not for this variant, strategy or hardware.
    FeatureGate,
    /// The feature cannot be added or removed exactly.
    FeatureConflict,
    /// An argument that AI Runway has no place for.
    Arguments,
    /// The rendering names no image, or something that is not an image reference.
    Image,
    /// A document is not of the shape that recipes have.
    Malformed,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 26] = [
        Reason::UnknownModel,
        Reason::MissingDocument,
        Reason::Omni,
        Reason::NoCommand,
        Reason::UnknownVariant,
        Reason::NoRendering,
        Reason::UnknownHardware,
        Reason::UnknownStrategy,
        Reason::Mismatch,
        Reason::UnsupportedHardware,
        Reason::MultiNode,
        Reason::PdCluster,
        Reason::KvStore,
        Reason::UnknownDeployType,
        Reason::Placeholder,
        Reason::NodeTooSmall,
        Reason::GpuCount,
        Reason::Accelerator,
        Reason::Provider,
        Reason::ProviderLoses,
        Reason::UnknownFeature,
        Reason::FeatureGate,
        Reason::FeatureConflict,
        Reason::Arguments,
        Reason::Image,
        Reason::Malformed,
    ];

    /// The stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Reason::UnknownModel => "unknown-model",
            Reason::MissingDocument => "missing-document",
            Reason::Omni => "omni",
            Reason::NoCommand => "no-command",
            Reason::UnknownVariant => "unknown-variant",
            Reason::NoRendering => "no-rendering",
            Reason::UnknownHardware => "unknown-hardware",
            Reason::UnknownStrategy => "unknown-strategy",
            Reason::Mismatch => "mismatch",
            Reason::UnsupportedHardware => "unsupported-hardware",
            Reason::MultiNode => "multi-node",
            Reason::PdCluster => "pd-cluster",
            Reason::KvStore => "kv-store",
            Reason::UnknownDeployType => "unknown-deploy-type",
            Reason::Placeholder => "placeholder",
            Reason::NodeTooSmall => "node-too-small",
            Reason::GpuCount => "gpu-count",
            Reason::Accelerator => "accelerator",
            Reason::Provider => "provider",
            Reason::ProviderLoses => "provider-loses",
            Reason::UnknownFeature => "unknown-feature",
            Reason::FeatureGate => "feature-gate",
            Reason::FeatureConflict => "feature-conflict",
            Reason::Arguments => "arguments",
            Reason::Image => "image",
            Reason::Malformed => "malformed",
        }
    }

    /// Whether another value on the command line, not another recipe, is the way out: a mistake in usage rather than a
    /// verdict about the recipe.
    #[must_use]
    pub fn is_about_the_request(self) -> bool {
        matches!(
            self,
            Reason::UnknownModel
                | Reason::UnknownVariant
                | Reason::UnknownHardware
                | Reason::UnknownStrategy
                | Reason::UnknownFeature
                | Reason::Provider
        )
    }
}
