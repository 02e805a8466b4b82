//! The files that name mirrors on this machine.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::MAX_CREDENTIAL_FILE_BYTES;
use super::error::RegistryErrorKind as Kind;
use crate::core::image::{Endpoint, ImageRef, MirrorError, MirrorRules, containerd_endpoints};

/// Where mirrors are named; what is absent names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MirrorFiles {
    /// `registries.conf` files of podman and its kin; the first that exists counts.
    pub registries_conf: Vec<PathBuf>,
    /// containerd's folder of `<host>/hosts.toml`, asked when `registries.conf` has no rule for the registry.
    pub certs_d: Option<PathBuf>,
}

impl MirrorFiles {
    /// The places that podman and containerd use.
    pub fn from_environment() -> MirrorFiles {
        let given = std::env::var_os("CONTAINERS_REGISTRIES_CONF").filter(|path| !path.is_empty());
        let registries_conf = match given {
            Some(path) => vec![PathBuf::from(path)],
            None => std::env::home_dir()
                .map(|home| home.join(".config/containers/registries.conf"))
                .into_iter()
                .chain([PathBuf::from("/etc/containers/registries.conf")])
                .collect(),
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
    for path in &files.registries_conf {
        let Some(text) = read(path)? else { continue };
        let rules = MirrorRules::from_registries_conf(&text).map_err(|error| broken(path, error))?;
        let endpoints = rules.endpoints(image).map_err(|error| broken(path, error))?;
        if endpoints != [Endpoint::of(image)] {
            return Ok(endpoints);
        }
        break;
    }
    let folders = [image.registry(), "_default"];
    for folder in files.certs_d.iter().flat_map(|certs_d| folders.map(|folder| certs_d.join(folder))) {
        let path = folder.join("hosts.toml");
        if let Some(text) = read(&path)? {
            return containerd_endpoints(&text, image).map_err(|error| broken(&path, error));
        }
    }
    Ok(vec![Endpoint::of(image)])
}

fn broken(path: &Path, error: MirrorError) -> Kind {
    Kind::Mirrors { detail: format!("{}: {error}", path.display()) }
}

fn read(path: &Path) -> Result<Option<String>, Kind> {
    let failed = |error: std::io::Error| Kind::Mirrors { detail: format!("{}: {error}", path.display()) };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        // A folder of another user is no reason to fail: what it holds was not written for this one.
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
