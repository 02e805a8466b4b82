//! The flags that name objects and set their fields; one set for deploy, apply-recipe, render, check and pin.

use crate::commands::completion;
use crate::core::kind::model_deployment::author::parse_context_length;
use crate::core::kind::model_deployment::object::engine;
use crate::core::kind::model_deployment::provider;
use crate::core::kind::model_deployment::release::Release;
use crate::error::{Error, Result};
use std::path::PathBuf;

/// Where objects come from, and fields that flags set.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct InputArgs {
    /// Model id, for example Qwen/Qwen3-0.6B
    // Without a heading of its own it would stand below that of the verb's last flags.
    #[arg(value_name = "MODEL", help_heading = None)]
    pub model: Option<String>,

    /// Manifest file or directory, - for stdin; repeatable
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, help_heading = None)]
    pub filename: Vec<PathBuf>,

    /// Read directories recursively
    #[arg(short = 'R', long, requires = "filename", help_heading = None)]
    pub recursive: bool,

    #[command(flatten)]
    pub members: MemberArgs,

    /// Further engine arguments, after --
    #[arg(last = true, value_name = "ENGINE_ARGS", allow_hyphen_values = true, help_heading = None)]
    pub extra_args: Vec<String>,
}

fn provider_help() -> String {
    let names: Vec<&str> = provider::names().collect();
    format!("Provider that serves the model: {}; default: selected by the cluster", names.join(", "))
}

fn engine_help() -> String {
    format!("Inference engine: {}; default: the provider's first", engine::ALL.join(", "))
}

/// Flags that set fields of the object.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Object")]
pub struct MemberArgs {
    /// Name of the object; default: derived from the model id
    #[arg(long, value_name = "NAME", add = completion::deployments())]
    pub name: Option<String>,

    #[arg(long, value_name = "NAME", help = provider_help(), add = completion::providers())]
    pub provider: Option<String>,

    #[arg(long, value_name = "ENGINE", help = engine_help(), add = completion::engines())]
    pub engine: Option<String>,

    /// Serving mode: aggregated, disaggregated; default: aggregated
    #[arg(long, value_name = "MODE", add = completion::modes())]
    pub mode: Option<String>,

    /// Source of the model: huggingface, custom; default: huggingface
    #[arg(long, value_name = "SOURCE", add = completion::sources(), hide_short_help = true)]
    pub source: Option<String>,

    /// GPUs per replica; default: 1 with an engine that needs one
    #[arg(long, value_name = "N", value_parser = whole_number)]
    pub gpus: Option<i64>,

    /// Extended resource that counts as a GPU, for example nvidia.com/gpu
    #[arg(long, value_name = "RESOURCE", hide_short_help = true)]
    pub gpu_type: Option<String>,

    /// CPU request, for example 500m
    #[arg(long, value_name = "QUANTITY", hide_short_help = true)]
    pub cpu: Option<String>,

    /// Memory, for example 16Gi
    #[arg(long, value_name = "QUANTITY", hide_short_help = true)]
    pub memory: Option<String>,

    /// Number of replicas; default: 1
    #[arg(long, value_name = "N", value_parser = whole_number)]
    pub replicas: Option<i64>,

    /// GPUs per prefill replica
    #[arg(long, value_name = "N", value_parser = whole_number, hide_short_help = true)]
    pub prefill_gpus: Option<i64>,

    /// Number of prefill replicas
    #[arg(long, value_name = "N", value_parser = whole_number, hide_short_help = true)]
    pub prefill_replicas: Option<i64>,

    /// Memory per prefill replica, for example 16Gi
    #[arg(long, value_name = "QUANTITY", hide_short_help = true)]
    pub prefill_memory: Option<String>,

    /// GPUs per decode replica
    #[arg(long, value_name = "N", value_parser = whole_number, hide_short_help = true)]
    pub decode_gpus: Option<i64>,

    /// Number of decode replicas
    #[arg(long, value_name = "N", value_parser = whole_number, hide_short_help = true)]
    pub decode_replicas: Option<i64>,

    /// Memory per decode replica, for example 16Gi
    #[arg(long, value_name = "QUANTITY", hide_short_help = true)]
    pub decode_memory: Option<String>,

    /// Engine image
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,

    /// Name under which the model is served
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub served_name: Option<String>,

    /// Context length in tokens
    #[arg(long, visible_alias = "max-model-len", value_name = "TOKENS", value_parser = parse_context_length, allow_negative_numbers = true)]
    pub context_length: Option<i64>,

    /// Allow code from the model's repository to run
    #[arg(long, hide_short_help = true)]
    pub trust_remote_code: bool,

    /// Do not capture CUDA graphs
    #[arg(long, hide_short_help = true)]
    pub enforce_eager: bool,

    /// Disable prefix caching, in a form the shim's write-back keeps
    #[arg(long, hide_short_help = true)]
    pub no_prefix_caching: bool,

    /// Engine argument KEY or KEY=VALUE, without leading dashes; repeatable
    #[arg(long = "arg", value_name = "KEY[=VALUE]", allow_hyphen_values = true)]
    pub args: Vec<String>,

    /// Environment variable NAME=VALUE or NAME=secret:SECRET/KEY; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,

    /// Secret that holds the Hugging Face token under the key HF_TOKEN
    #[arg(long, value_name = "SECRET")]
    pub hf_token_secret: Option<String>,

    /// Volume, for example name=cache,purpose=modelCache,size=100Gi; other keys: class, mode, path,
    /// claim, readonly; repeatable
    #[arg(long, value_name = "KEY=VALUE,...")]
    pub volume: Vec<String>,

    /// Node label the pods need, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    pub node_selector: Vec<String>,

    /// Taint the pods tolerate, KEY[=VALUE]:EFFECT; repeatable
    #[arg(long, value_name = "TAINT", hide_short_help = true)]
    pub toleration: Vec<String>,

    /// Label of the pods, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    pub pod_label: Vec<String>,

    /// Annotation of the pods, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    pub pod_annotation: Vec<String>,

    /// Label of the object, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    pub label: Vec<String>,

    /// Annotation of the object, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    pub annotation: Vec<String>,

    /// Route through the inference gateway
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_short_help = true)]
    pub gateway: Option<bool>,

    /// Model name at the gateway
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub gateway_model_name: Option<String>,

    /// Provider override PATH=VALUE, for example spec.template.spec.priority=1; repeatable
    #[arg(long = "override", value_name = "PATH=VALUE", hide_short_help = true)]
    pub override_values: Vec<String>,

    /// File with provider overrides, YAML or JSON
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, hide_short_help = true)]
    pub overrides: Option<PathBuf>,
}

/// Flags for the image and its pin.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Images")]
pub struct ImageArgs {
    /// Pin image tags to digests; default: digest
    #[arg(long, value_enum, value_name = "HOW")]
    pub pin: Option<PinChoice>,

    /// Platform the image must include, os/arch[/variant]
    #[arg(long, value_name = "OS/ARCH", hide_short_help = true)]
    pub platform: Option<String>,

    /// Registry to contact over plain HTTP, HOST[:PORT]; loopback hosts always are; repeatable
    #[arg(long, value_name = "HOST", hide_short_help = true)]
    pub plain_http: Vec<String>,

    /// Lock file with digests; default: airunway.lock, if it exists
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub lock: Option<PathBuf>,

    /// Use only the lock file's digests; contact no registry
    #[arg(long)]
    pub locked: bool,
}

/// `--pin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PinChoice {
    /// `repo:tag` becomes `repo:tag@sha256:...`
    Digest,
    /// The image stays as written
    Never,
}

/// The release of AI Runway whose rules and rendering apply.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub struct ReleaseArgs {
    /// AI Runway release whose rules apply; default: the newest one embedded
    #[arg(long, value_name = "RELEASE", add = completion::releases(), hide_short_help = true)]
    pub airunway_version: Option<String>,
}

impl ReleaseArgs {
    /// The release that was named, or the newest.
    ///
    /// # Errors
    /// A usage error that lists the embedded releases.
    pub fn resolve(self) -> Result<&'static Release> {
        let Some(name) = self.airunway_version else { return Ok(Release::newest()) };
        Release::named(&name).ok_or_else(|| {
            let known: Vec<&str> = Release::all().iter().map(|release| release.name).collect();
            Error::usage(format!("AI Runway release {name:?} is not embedded"))
                .hint(format!("choose with --airunway-version: {}", known.join(", ")))
        })
    }
}

/// Any whole number: whether it is in range is for the rules to say, in the server's words.
fn whole_number(text: &str) -> std::result::Result<i64, String> {
    text.parse().map_err(|_| "not a whole number".to_owned())
}
