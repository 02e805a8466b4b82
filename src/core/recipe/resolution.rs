//! A request carried out: everything the object needs, and where it came from.

use crate::core::recipe::command::image;
use crate::core::recipe::site::documents::SitePath;
use crate::core::recipe::site::model_id::ModelId;

/// Serving mode of AI Runway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One kind of server.
    Aggregated,
    /// Prefill and decode apart.
    Disaggregated,
}

impl Mode {
    /// As `spec.serving.mode` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aggregated => "aggregated",
            Self::Disaggregated => "disaggregated",
        }
    }
}

/// Size of the pods of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pod {
    /// Number of pods.
    pub replicas: i64,
    /// Accelerators of each pod.
    pub gpus: i64,
}

/// Size of the whole deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Servers of one kind; the recipe writes one.
    Aggregated(Pod),
    /// Prefill and decode apart.
    Disaggregated {
        /// Servers that read prompts.
        prefill: Pod,
        /// Servers that write answers.
        decode: Pod,
    },
}

impl Sizes {
    /// Accelerators of all pods together.
    #[must_use]
    pub fn total(self) -> i64 {
        match self {
            Self::Aggregated(pod) => pod.replicas.saturating_mul(pod.gpus),
            Self::Disaggregated { prefill, decode } => prefill
                .replicas
                .saturating_mul(prefill.gpus)
                .saturating_add(decode.replicas.saturating_mul(decode.gpus)),
        }
    }
}

/// What a note is about; ids are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// What was chosen for the user.
    Chosen,
    /// The recipe serves another checkpoint than the one asked for.
    OtherCheckpoint,
    /// The hardware's rendering is of another strategy or variant than the recommended command.
    OtherRendering,
    /// A variable of the recipe that was left out, and why.
    EnvDropped,
    /// The image looks older than the version the recipe needs.
    OldImage,
    /// A flag that AI Runway adds to the recipe's.
    Added,
    /// A file that must exist in the image.
    FileInImage,
    /// Something was forced.
    Forced,
}

impl NoteKind {
    /// The stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::OtherCheckpoint => "other-checkpoint",
            Self::OtherRendering => "other-rendering",
            Self::EnvDropped => "env-dropped",
            Self::OldImage => "old-image",
            Self::Added => "added",
            Self::FileInImage => "file-in-image",
            Self::Forced => "forced",
        }
    }

    /// Whether the user should see it as a warning rather than as information.
    #[must_use]
    pub fn is_warning(self) -> bool {
        !matches!(self, Self::Chosen | Self::Added)
    }
}

/// One thing to tell the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// A lowercase fragment.
    pub message: String,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginKind {
    /// A line of a document on the recipe site.
    Recipe {
        /// The document.
        path: SitePath,
        /// JSON pointer into it.
        pointer: String,
    },
    /// Computed from a line of a document, for example a number of GPUs from parallel sizes.
    Derived {
        /// The document.
        path: SitePath,
        /// JSON pointer into it.
        pointer: String,
        /// How, in a few words.
        how: String,
    },
    /// A flag of the request.
    Flag(String),
    /// A rule of this program, in a few words.
    Default(String),
}

/// Where one member of the object came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Member of the object, dotted; entries of maps and lists in brackets: `spec.engine.args[max-model-len]`.
    pub field: String,
    /// Its value as text.
    pub value: String,
    /// Where it came from.
    pub from: OriginKind,
}

/// A request carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The model as it was asked for.
    pub asked: ModelId,
    /// The recipe's own id (`hf_id`).
    pub recipe: String,
    /// The model that is served: `argv[2]` of the rendering.
    pub model: String,
    /// The document that holds the rendering.
    pub document: SitePath,
    /// JSON pointer to the rendering in it: empty or `/recommended_command`.
    pub pointer: &'static str,
    /// Hardware id of the rendering.
    pub hardware: String,
    /// Strategy of the rendering.
    pub strategy: String,
    /// Variant of the rendering, as the parent recipe names it.
    pub variant: String,
    /// Precision of the variant's weights.
    pub precision: Option<String>,
    /// Memory the variant needs over all accelerators together, in GB.
    pub vram_minimum_gb: Option<f64>,
    /// Memory of one accelerator of that hardware, in GB.
    pub gpu_memory_gb: Option<f64>,
    /// Accelerators of one node of that hardware.
    pub node_gpus: Option<i64>,
    /// When the recipe was last changed (`meta.date_updated`).
    pub revision: Option<String>,
    /// Oldest vLLM that will do, or `nightly`.
    pub min_vllm_version: Option<String>,
    /// Features that were explicitly asked for and applied, as typed (`name`, `name=mode`, `no-name`).
    pub features: Vec<String>,
    /// Provider of AI Runway.
    pub provider: String,
    /// Serving mode.
    pub mode: Mode,
    /// Pods and their accelerators.
    pub sizes: Sizes,
    /// Extended resource of the accelerator, for example `nvidia.com/gpu`; `None` for CPUs and what is not known here.
    pub accelerator: Option<String>,
    /// Image, as the rendering names it: tag, no digest.
    pub image: String,
    /// `spec.engine.args`, sorted by key.
    pub engine_args: Vec<(String, String)>,
    /// `spec.engine.extraArgs`, in order.
    pub extra_args: Vec<String>,
    /// `spec.model.servedName`.
    pub served_name: Option<String>,
    /// `spec.engine.contextLength`.
    pub context_length: Option<i64>,
    /// `spec.engine.trustRemoteCode`.
    pub trust_remote_code: bool,
    /// `spec.engine.enforceEager`.
    pub enforce_eager: bool,
    /// `spec.env`, in order.
    pub env: Vec<(String, String)>,
    /// What to tell the user, in order.
    pub notes: Vec<Note>,
    /// Where every member of the object came from.
    pub origins: Vec<Origin>,
}

impl Resolution {
    /// The notes for an object whose image is `given` and not the recipe's own.
    #[must_use]
    pub fn notes_with_image(&self, given: &str) -> Vec<Note> {
        let own = self.notes.iter().filter(|note| note.kind != NoteKind::OldImage).cloned();
        own.chain(image::age_of_given(given, self.min_vllm_version.as_deref(), &self.image)).collect()
    }
}
