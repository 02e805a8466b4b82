//! What is typed.

use crate::commands::completion;
use std::path::PathBuf;

/// Prove that shims run what they report: in the cluster, in an image, in a binary
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway verify-version
  kubectl airunway verify-version vllm --expect v0.8.0
  kubectl airunway verify-version --image ghcr.io/ai-runway/airunway/vllm-provider:v0.8.0
  kubectl airunway verify-version --binary bin/provider --expect-versions versions.env -o junit

Exit codes: 0 every verdict is yes, 3 one is no, 4 one could not be told and none is no")]
#[command(group = clap::ArgGroup::new("source").args(["binary", "image", "image_archive"]))]
pub struct VerifyVersionArgs {
    /// Provider whose shim is meant; default: all of the cluster. With a binary or image: the one it must be
    #[arg(value_name = "PROVIDER", add = completion::providers())]
    pub providers: Vec<String>,

    /// Look into a binary instead of a cluster
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub binary: Option<PathBuf>,

    /// Also run the binary, as FILE --version in an empty environment for at most ten seconds, and compare what it
    /// reports; nothing keeps it from the network or your files, so run only what you trust
    #[arg(long, requires = "binary")]
    pub run: bool,

    /// Look into the binary of an image in a registry instead of a cluster
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,

    /// Look into the binary of an image in a file: what docker save writes, or an OCI layout, also as a folder
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub image_archive: Option<PathBuf>,

    /// Tag that must be reported, for example v0.8.0
    #[arg(long, value_name = "TAG")]
    pub expect: Option<String>,

    /// File with the upstream versions that a binary must have been built with, as versions.env of AI Runway
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "source")]
    pub expect_versions: Option<PathBuf>,

    /// Accept local builds, which report dev
    #[arg(long)]
    pub allow_dev: bool,

    /// Ask no registry; what only a registry can settle could not be told
    #[arg(long, conflicts_with = "image")]
    pub offline: bool,

    /// Platform of the image that is looked into; default: linux/amd64
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,

    /// Registry that is spoken to over plain http, HOST[:PORT]; loopback hosts always are; repeatable
    #[arg(long, value_name = "HOST", hide_short_help = true)]
    pub plain_http: Vec<String>,

    /// Output format: json, junit, markdown
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json", "junit", "markdown"])]
    pub output: Option<String>,
}
