//! `version`: this program, the AI Runway releases whose rules it holds, and the cluster's shims.

use super::globals::GlobalArgs;
use crate::core::kind::model_deployment::INFERENCE_PROVIDER_CONFIG;
use crate::core::kind::model_deployment::release::Release;
use crate::core::kubernetes::json::{flag_at, text_at};
use crate::core::text::Lines;
use crate::error::Result;
use crate::exit::Exit;
use crate::io::World;
use crate::io::runtime::block_on;
use crate::report::json::pretty;
use crate::ui::Ui;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway version
  kubectl airunway version --server -o json")]
pub struct VersionArgs {
    /// Also show the cluster's providers and versions; with a URL, those of that API server
    // The same id as the connection flag of every verb, so that it takes its place: here the URL may be left out.
    #[arg(id = "server", short, long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub server: Option<String>,

    /// Print this program's version only, which is the default; kubectl has the flag
    #[arg(long, conflicts_with = "server")]
    pub client: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json"])]
    pub output: Option<String>,
}

/// One registered provider.
struct Shim {
    provider: String,
    version: Option<String>,
    ready: bool,
}

/// Prints the versions.
///
/// # Errors
/// When the cluster was asked and cannot be reached.
pub fn run(args: VersionArgs, mut globals: GlobalArgs, world: &World, ui: &mut Ui) -> Result<Exit> {
    let VersionArgs { server, client: _, output } = args;
    globals.server = server.clone().filter(|url| !url.is_empty());
    let shims = if server.is_some() { Some(shims(&globals, world)?) } else { None };
    let text = if output.is_some() { to_json(shims.as_deref())? } else { to_text(shims.as_deref()) };
    ui.data(&text)?;
    Ok(Exit::Success)
}

fn shims(globals: &GlobalArgs, world: &World) -> Result<Vec<Shim>> {
    block_on(async {
        let cluster = super::connection::connect(globals, world).await?;
        let configs = cluster.list(&INFERENCE_PROVIDER_CONFIG, None, None).await?;
        Ok(configs
            .items
            .iter()
            .map(|config| Shim {
                provider: text_at(config, "/metadata/name").to_owned(),
                version: config.pointer("/status/version").and_then(Value::as_str).map(str::to_owned),
                ready: flag_at(config, "/status/ready"),
            })
            .collect())
    })
}

fn to_json(shims: Option<&[Shim]>) -> Result<String> {
    let mut report = json!({
        "apiVersion": "cli.airunway.ai/v1",
        "kind": "Version",
        "client": env!("CARGO_PKG_VERSION"),
        "airunway": Release::newest().name,
        "airunwayReleases": Release::all().iter().map(|release| release.name).collect::<Vec<_>>(),
    });
    if let (Some(shims), Some(report)) = (shims, report.as_object_mut()) {
        let shims = shims
            .iter()
            .map(|shim| json!({ "provider": shim.provider, "version": shim.version, "ready": shim.ready }))
            .collect::<Vec<_>>();
        report.insert("server".to_owned(), json!({ "providers": shims }));
    }
    pretty(&report)
}

fn to_text(shims: Option<&[Shim]>) -> String {
    let mut lines = Lines::new();
    writeln!(lines, "client: {}", env!("CARGO_PKG_VERSION"));
    writeln!(lines, "airunway: {} (embedded rules)", Release::newest().name);
    if shims.is_some_and(<[Shim]>::is_empty) {
        writeln!(lines, "server: no provider is registered");
    }
    for shim in shims.into_iter().flatten() {
        let version = shim.version.as_deref().unwrap_or("no version reported");
        let ready = if shim.ready { "" } else { ", not ready" };
        writeln!(lines, "server: {} {version}{ready}", shim.provider);
    }
    lines.into_string()
}
