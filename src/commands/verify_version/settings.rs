//! Parsed flags.

use super::args::VerifyVersionArgs;
use crate::commands::globals::GlobalArgs;
use crate::commands::images::parse_platform;
use crate::core::image::{ImageRef, Platform};
use crate::core::shim::{ShimTag, VERSIONS_LIMIT, VersionsEnv};
use crate::error::{Error, Result};
use crate::io::files;
use crate::report::versions::VersionFormat;
use std::path::{Path, PathBuf};

/// Parsed flags of `verify-version`.
#[derive(Debug)]
pub struct VerifyVersionSettings {
    pub globals: GlobalArgs,
    pub source: Source,
    /// The tag that must be reported.
    pub tag: Option<ShimTag>,
    /// Whether local builds are accepted.
    pub allow_dev: bool,
    /// Hosts that are contacted over plain HTTP.
    pub plain_http: Vec<String>,
    /// How the report is written.
    pub format: VersionFormat,
}

/// What is inspected.
#[derive(Debug)]
pub enum Source {
    Cluster {
        /// The providers to verify, all when empty.
        providers: Vec<String>,
        /// Whether no registry may be contacted.
        offline: bool,
    },
    Binary {
        file: PathBuf,
        run: bool,
        /// What it must be.
        wanted: Wanted,
    },
    Image {
        place: ImagePlace,
        /// Its platform; `None` when the user named none.
        platform: Option<Platform>,
        /// What its binary must be.
        wanted: Wanted,
    },
}

/// Where an image is.
#[derive(Debug)]
pub enum ImagePlace {
    Registry(ImageRef),
    /// In a file or directory.
    Archive(PathBuf),
}

/// What a binary must be, besides the tag.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub provider: Option<String>,
    pub versions: Option<VersionsEnv>,
}

impl VerifyVersionSettings {
    /// # Errors
    /// A usage error, or a `versions.env` that cannot be read.
    pub fn resolve(args: VerifyVersionArgs, globals: GlobalArgs) -> Result<VerifyVersionSettings> {
        let VerifyVersionArgs {
            providers,
            binary,
            run,
            image,
            image_archive,
            expect,
            expect_versions,
            allow_dev,
            no_registry: offline,
            platform,
            plain_http,
            output,
        } = args;
        let tag = expect.map(|text| text.parse::<ShimTag>()).transpose();
        let tag = tag.map_err(|error| Error::usage(format!("invalid value for --expect: {error}")))?;
        let platform = parse_platform(platform)?;
        if platform.is_some() && image.is_none() && image_archive.is_none() {
            return Err(
                Error::usage("--platform needs an image").hint("name one with --image or --image-archive")
            );
        }
        let versions = expect_versions.as_deref().map(read_versions).transpose()?;
        let image = image.map(|text| text.parse::<ImageRef>()).transpose();
        let image = image.map_err(|error| Error::usage(format!("invalid value for --image: {error}")))?;
        let place = image.map(ImagePlace::Registry).or(image_archive.map(ImagePlace::Archive));
        let source = match (binary, place) {
            (None, None) => Source::Cluster { providers, offline },
            (Some(file), _) => Source::Binary { file, run, wanted: Wanted::new(providers, versions)? },
            (None, Some(place)) => {
                Source::Image { place, platform, wanted: Wanted::new(providers, versions)? }
            }
        };
        let format = match output.as_deref() {
            Some("json") => VersionFormat::Json,
            Some("junit") => VersionFormat::Junit,
            Some("markdown") => VersionFormat::Markdown,
            _ => VersionFormat::Human,
        };
        Ok(VerifyVersionSettings { globals, source, tag, allow_dev, plain_http, format })
    }
}

impl Wanted {
    fn new(providers: Vec<String>, versions: Option<VersionsEnv>) -> Result<Wanted> {
        let mut providers = providers.into_iter();
        let provider = providers.next();
        if providers.next().is_some() {
            return Err(Error::usage("a binary is the shim of one provider, but several are given"));
        }
        Ok(Wanted { provider, versions })
    }
}

fn read_versions(path: &Path) -> Result<VersionsEnv> {
    let failed = |cause: String| {
        Error::failure(format!("cannot read the versions in {}", path.display()))
            .caused_by(cause)
            .hint("name the versions.env of the AI Runway release with --expect-versions FILE")
    };
    let bytes = files::read(&files::Source::File(path.to_owned()))?;
    if bytes.len() > VERSIONS_LIMIT {
        return Err(failed(format!("it has more than {VERSIONS_LIMIT} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
    VersionsEnv::parse(&text).map_err(|error| failed(error.to_string()))
}
