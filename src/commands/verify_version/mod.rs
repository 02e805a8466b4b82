//! `verify-version`: does each shim run what it reports?

mod args;
mod binary;
mod cluster;
mod image;
mod installation;
mod settings;

pub use args::VerifyVersionArgs;
pub use settings::VerifyVersionSettings;

use crate::core::shim::table::Policy;
use crate::core::shim::{Expectation, Verdict};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::Cluster;
use crate::io::runtime::block_on;
use crate::report::versions::{self, VersionItem, VersionReport};
use crate::ui::Ui;
use settings::{Source, Wanted};
use std::path::Path;

/// Runs `verify-version`; the exit code is the verdict.
///
/// # Errors
/// A cluster, registry or file that cannot be read at all. An inconclusive verdict is not an error.
pub fn run(settings: VerifyVersionSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let report = match &settings.source {
        Source::Cluster { providers, offline } => {
            block_on(cluster::verify(providers, *offline, &settings, world, ui))?
        }
        Source::Binary { file, run, wanted } => {
            let item = block_on(binary::verify(file, *run, &settings.expectation(wanted)))?;
            VersionReport { items: vec![item], installation: None }
        }
        Source::Image { place, platform, wanted } => {
            let item = block_on(image::verify(place, platform.as_ref(), wanted, &settings, world))?;
            VersionReport { items: vec![item], installation: None }
        }
    };
    ui.data_with(|writer| versions::write(&report, settings.format, writer))?;
    if let Some(difference) = report.installation.as_ref().and_then(|installation| installation.difference())
    {
        ui.warning(&difference);
    }
    Ok(match report.verdict() {
        Some(Verdict::Yes) => Exit::Success,
        Some(Verdict::No) => Exit::VerdictNo,
        Some(Verdict::Unknown) | None => Exit::Inconclusive,
    })
}

impl VerifyVersionSettings {
    /// What a binary must be.
    fn expectation(&self, wanted: &Wanted) -> Expectation {
        Expectation {
            provider: wanted.provider.clone(),
            tag: self.tag.as_ref().map(ToString::to_string),
            versions: wanted.versions.clone(),
            allow_dev: self.allow_dev,
        }
    }
}

/// What is said of the shim of one provider in a cluster, for verbs that ask it beside other things.
///
/// # Errors
/// As [`run`].
pub async fn of_shim(
    cluster: &Cluster,
    provider: &str,
    policy: Policy,
    world: &World,
) -> Result<VersionItem> {
    let providers = [provider.to_owned()];
    let question =
        cluster::Question { providers: &providers, offline: false, namespace: None, plain_http: &[], policy };
    let (report, _) = cluster::judge(cluster, &question, world).await?;
    report.items.into_iter().next().ok_or_else(|| Error::failure(format!("no shim of {provider}")))
}

/// What is said of a file.
///
/// # Errors
/// A file that cannot be opened.
pub async fn of_binary(path: &Path, expect: &Expectation) -> Result<VersionItem> {
    binary::verify(path, false, expect).await
}
