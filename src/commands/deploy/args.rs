//! The flags of `deploy` and their parsed values.

use crate::commands::authored::ImageChoice;
use crate::commands::globals::GlobalArgs;
use crate::commands::images::ImageSettings;
use crate::commands::inputs::{ImageArgs, InputArgs, InputSettings, OperatorArgs, ReleaseArgs};
use crate::commands::output::ObjectFormat;
use crate::commands::planned::{Intent, Recreate};
use crate::core::kind::model_deployment::release::Release;
use crate::core::kind::operator::OperatorValues;
use crate::core::kubernetes::duration;
use crate::error::{Error, Result};
use std::time::Duration;

/// Heading of the flags that are this verb's own.
const APPLY: &str = "Apply and wait";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # A model endpoint from one command
  kubectl airunway deploy Qwen/Qwen3-0.6B --provider vllm

  # Two GPUs per replica, and a token for a gated model
  kubectl airunway deploy org/model --provider vllm --gpus 2 --hf-token-secret hf

  # Engine arguments, checked and raw
  kubectl airunway deploy org/model --arg max-num-seqs=64 -- --enable-chunked-prefill

  # A file with a flag over it; a dry run on the server
  kubectl airunway deploy -f model.yaml --replicas 2
  kubectl airunway deploy -f model.yaml --dry-run=server -o yaml

Exit codes: 0 done, 1 failed, 2 usage error, 3 refused, 124 not ready in time, 130 interrupted")]
pub struct DeployArgs {
    // The verb's own flags first: the object's are the same for every verb, and fill a screen.
    #[command(flatten)]
    pub apply: ApplyArgs,

    #[command(flatten)]
    pub input: InputArgs,
}

/// The flags of every verb that applies ModelDeployments and waits for them.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// Change nothing: print the manifest (client) or the server's answer (server)
    #[arg(long, value_enum, value_name = "HOW", help_heading = APPLY, num_args = 0..=1, require_equals = true, default_missing_value = "client", default_value = "none")]
    pub dry_run: DryRun,

    /// Wait until the applied version is ready
    #[arg(long, value_name = "BOOL", help_heading = APPLY, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = true, action = clap::ArgAction::Set)]
    pub wait: bool,

    /// Time limit of the wait, for example 90s, 15m, 1h; 0 for none
    #[arg(long, value_name = "DURATION", help_heading = APPLY, default_value = "15m")]
    pub timeout: String,

    /// How long to bear what may pass by itself, such as a pod without a node, before the wait ends
    #[arg(long, value_name = "DURATION", help_heading = APPLY, default_value = "60s")]
    pub patience: String,

    /// Take over fields owned by other field managers
    #[arg(long, help_heading = APPLY)]
    pub force_conflicts: bool,

    /// Also send an object that its controller will set to Failed, or whose provider nobody registered
    #[arg(long, help_heading = APPLY)]
    pub force_invalid: bool,

    /// Delete and recreate the object if an immutable field differs; default: refuse the change
    #[arg(long, help_heading = APPLY)]
    pub recreate: bool,

    /// Confirm --recreate without asking
    #[arg(short, long, help_heading = APPLY)]
    pub yes: bool,

    /// Check the cluster before the write: on, off, or only that check and no write
    #[arg(long, value_enum, value_name = "WHEN", help_heading = APPLY, require_equals = true, default_value = "on")]
    pub preflight: Preflight,

    /// Output format: name, yaml, json, wide, jsonpath=TEMPLATE
    #[arg(short, long, value_name = "FORMAT", help_heading = APPLY)]
    pub output: Option<ObjectFormat>,

    #[command(flatten)]
    pub images: ImageArgs,

    #[command(flatten)]
    pub release: ReleaseArgs,

    #[command(flatten)]
    pub operators: OperatorArgs,
}

/// `--dry-run`, with kubectl's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DryRun {
    /// Apply
    None,
    /// Print the manifest
    Client,
    /// Submit to the server without storing
    Server,
}

/// `--preflight`: whether the cluster is looked at before the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preflight {
    /// Check, then apply
    On,
    /// Apply without the check
    Off,
    /// Check and end
    Only,
}

/// Parsed flags of `deploy`.
#[derive(Debug)]
pub struct DeploySettings {
    pub(super) input: InputSettings,
    pub(super) apply: ApplySettings,
}

impl DeploySettings {
    pub fn resolve(args: DeployArgs, globals: GlobalArgs) -> Result<DeploySettings> {
        let DeployArgs { apply, input } = args;
        Ok(DeploySettings {
            input: InputSettings::resolve(input, "deploy")?,
            apply: ApplySettings::resolve(apply, globals)?,
        })
    }
}

/// Parsed [`ApplyArgs`]: how objects are judged, pinned, applied and waited for.
#[derive(Debug)]
pub struct ApplySettings {
    pub(in crate::commands) globals: GlobalArgs,
    pub(in crate::commands) images: ImageSettings,
    pub(in crate::commands) release: &'static Release,
    operators: OperatorValues,
    pub(in crate::commands) dry_run: DryRun,
    pub(super) wait: bool,
    /// `None` waits without limit.
    pub(super) timeout: Option<Duration>,
    /// How long a state that may pass by itself is borne.
    pub(super) patience: Duration,
    pub(super) force_conflicts: bool,
    pub(super) force_invalid: bool,
    pub(super) recreate: bool,
    pub(super) yes: bool,
    pub(super) preflight: Preflight,
    pub(super) output: Option<ObjectFormat>,
}

impl ApplySettings {
    pub fn resolve(args: ApplyArgs, globals: GlobalArgs) -> Result<ApplySettings> {
        let ApplyArgs {
            images,
            release,
            operators,
            dry_run,
            wait,
            timeout,
            patience,
            force_conflicts,
            force_invalid,
            recreate,
            yes,
            preflight,
            output,
        } = args;
        if preflight == Preflight::Only && dry_run == DryRun::Client {
            return Err(Error::usage("--preflight=only asks the cluster, and --dry-run=client does not")
                .hint("leave --dry-run=client out"));
        }
        Ok(ApplySettings {
            globals,
            images: ImageSettings::resolve(images, true)?,
            release: release.resolve()?,
            operators: operators.resolve()?,
            dry_run,
            wait,
            timeout: limit(&timeout)?,
            patience: duration("--patience", &patience)?,
            force_conflicts,
            force_invalid,
            recreate,
            yes,
            preflight,
            output,
        })
    }

    pub(super) fn image_choice(&self) -> ImageChoice<'_> {
        ImageChoice { settings: &self.images, release: self.release }
    }

    pub(super) fn intent(&self) -> Intent<'_> {
        let recreate = if self.recreate { Recreate::Asked } else { Recreate::Offered };
        Intent { images: self.image_choice(), recreate, operators: &self.operators }
    }
}

/// A duration in Go's notation (`1h2m3.5s`) or whole seconds, as kubectl reads one.
fn limit(text: &str) -> Result<Option<Duration>> {
    let parsed = duration("--timeout", text)?;
    Ok((!parsed.is_zero()).then_some(parsed))
}

fn duration(flag: &str, text: &str) -> Result<Duration> {
    duration::parse(text).map_err(|error| Error::usage(format!("invalid value for {flag}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_durations_and_zero_is_no_limit() {
        assert_eq!(limit("15m").unwrap(), Some(Duration::from_secs(900)));
        assert_eq!(limit("0").unwrap(), None);
        assert!(limit("soon").is_err());
    }
}
