//! The files that name mirrors on this machine.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::MAX_CREDENTIAL_FILE_BYTES;
use super::error::RegistryErrorKind as Kind;
use crate::core::image::{Endpoint, ImageRef, MirrorError, MirrorRules, containerd_endpoints};
use crate::io::environment::Environment;

/// Most files of one `registries.conf.d` that are read.
const MAX_CONF_FILES: usize = 64;

/// Where mirrors are named; what is absent names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MirrorFiles {
    /// podman's `registries.conf`, the user's before the system's; each with its `registries.conf.d`.
    pub registries_conf: Vec<RegistriesConf>,
    /// containerd's directory of `<host>/hosts.toml`, asked when `registries.conf` has no rule for the registry.
    pub certs_d: Option<PathBuf>,
}

/// One `registries.conf`, which need not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistriesConf {
    /// The file.
    pub file: PathBuf,
    /// Directories whose `*.conf` files are laid over it, in order (containers-registries.conf.d.5).
    pub folders: Vec<PathBuf>,
}

impl MirrorFiles {
    /// The places that podman and containerd use: the user's file replaces the system's, its `registries.conf.d` is
    /// read in addition.
    pub fn of(environment: &Environment) -> MirrorFiles {
        let system = PathBuf::from("/etc/containers");
        let own = environment.home().map(|home| home.join(".config/containers"));
        let conf = |folder: &Path| folder.join("registries.conf");
        let conf_d = |folder: &Path| folder.join("registries.conf.d");
        let both = std::iter::once(&system).chain(own.as_ref()).map(|folder| conf_d(folder)).collect();
        let given = environment.path("CONTAINERS_REGISTRIES_CONF");
        let registries_conf = match given {
            Some(file) => vec![RegistriesConf { file, folders: both }],
            None => {
                let own =
                    own.as_ref().map(|own| RegistriesConf { file: conf(own), folders: vec![conf_d(own)] });
                own.into_iter().chain([RegistriesConf { file: conf(&system), folders: both }]).collect()
            }
        };
        MirrorFiles { registries_conf, certs_d: Some(PathBuf::from("/etc/containerd/certs.d")) }
    }
}

/// Where to ask for an image, in order; the registry itself comes last.
pub(super) async fn endpoints(image: &ImageRef, files: &MirrorFiles) -> Result<Vec<Endpoint>, Kind> {
    let (image, files) = (image.clone(), files.clone());
    let work = tokio::task::spawn_blocking(move || look(&image, &files));
    work.await.unwrap_or_else(|_| Err(Kind::Mirrors { detail: "the files could not be read".to_owned() }))
}

fn look(image: &ImageRef, files: &MirrorFiles) -> Result<Vec<Endpoint>, Kind> {
    if let Some(rules) = registries_conf(&files.registries_conf)? {
        let endpoints =
            rules.endpoints(image).map_err(|error| Kind::Mirrors { detail: error.to_string() })?;
        if endpoints != [Endpoint::of(image)] {
            return Ok(endpoints);
        }
    }
    let folders = [image.registry(), "_default"];
    for folder in files.certs_d.iter().flat_map(|certs_d| folders.map(|folder| certs_d.join(folder))) {
        let path = folder.join("hosts.toml");
        if let Some(text) = read(&path)? {
            let mut endpoints = containerd_endpoints(&text, image).map_err(|error| broken(&path, error))?;
            for authority in endpoints.iter_mut().flat_map(|endpoint| &mut endpoint.trust.authorities) {
                *authority = folder.join(&*authority).display().to_string();
            }
            return Ok(endpoints);
        }
    }
    Ok(vec![Endpoint::of(image)])
}

/// The rules of the first file that exists, with what its directories lay over them. Where no file exists, the
/// directories of the last place, which is the system's, stand alone.
fn registries_conf(places: &[RegistriesConf]) -> Result<Option<MirrorRules>, Kind> {
    let parse = |path: &Path, text: &str| {
        MirrorRules::from_registries_conf(text).map_err(|error| broken(path, error))
    };
    let mut found = None;
    for place in places {
        let text = read(&place.file)?;
        let exists = text.is_some();
        let rules = text.map(|text| parse(&place.file, &text)).transpose()?;
        found = Some((rules.unwrap_or_default(), &place.folders));
        if exists {
            break;
        }
    }
    let Some((mut rules, folders)) = found else { return Ok(None) };
    for path in folders.iter().flat_map(|folder| conf_files(folder)) {
        if let Some(text) = read(&path)? {
            rules = rules.overlaid(parse(&path, &text)?);
        }
    }
    Ok(Some(rules))
}

/// The `*.conf` files of a directory, by name.
fn conf_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "conf"))
        .take(MAX_CONF_FILES)
        .collect();
    files.sort();
    files
}

fn broken(path: &Path, error: MirrorError) -> Kind {
    Kind::Mirrors { detail: format!("{}: {error}", path.display()) }
}

fn read(path: &Path) -> Result<Option<String>, Kind> {
    let failed = |error: std::io::Error| Kind::Mirrors { detail: format!("{}: {error}", path.display()) };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        // A directory of another user is not a reason to fail: what it holds was not written for this one.
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    file.take(MAX_CREDENTIAL_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}
