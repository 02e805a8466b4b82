//! The flags of `verify-version`.

use crate::commands::completion;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway verify-version
  kubectl airunway verify-version vllm --expect v0.8.0
  kubectl airunway verify-version --image ghcr.io/ai-runway/airunway/vllm-provider:v0.8.0
  kubectl airunway verify-version --binary bin/provider --expect-versions versions.env -o junit

Exit codes: 0 all yes, 3 any no, 4 inconclusive")]
#[command(group = clap::ArgGroup::new("source").args(["binary", "image", "image_archive"]))]
pub struct VerifyVersionArgs {
    /// Provider to verify; default: all in the cluster; with a binary or image: the expected one
    #[arg(value_name = "PROVIDER", add = completion::providers())]
    pub providers: Vec<String>,

    /// Inspect a binary instead of the cluster
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub binary: Option<PathBuf>,

    /// Also run the binary, as FILE --version in an empty environment for at most ten seconds, and compare what it
    /// reports; it can reach the network and your files, so run only what you trust
    #[arg(long, requires = "binary")]
    pub run: bool,

    /// Inspect the binary of an image in a registry instead of the cluster
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,

    /// Inspect the binary in an image file: docker save or OCI layout, also as a directory
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub image_archive: Option<PathBuf>,

    /// Tag the shim must report, for example v0.8.0
    #[arg(long, value_name = "TAG")]
    pub expect: Option<String>,

    /// File of upstream versions the binary must be built with, such as AI Runway's versions.env
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "source")]
    pub expect_versions: Option<PathBuf>,

    /// Accept local builds, which report dev
    #[arg(long)]
    pub allow_dev: bool,

    /// Contact no registry; what only a registry can settle is inconclusive
    #[arg(long, alias = "offline", conflicts_with = "image")]
    pub no_registry: bool,

    /// Platform of the image to inspect; default: linux/amd64
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,

    /// Registry to contact over plain HTTP, HOST[:PORT]; loopback hosts always are; repeatable
    #[arg(long, value_name = "HOST", hide_short_help = true)]
    pub plain_http: Vec<String>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json", "junit", "markdown"])]
    pub output: Option<String>,
}
