//! How each host is spoken to: http or https, whose certificates are trusted, through which client.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use reqwest::{Certificate, Client};

use super::MAX_CREDENTIAL_FILE_BYTES;
use super::error::RegistryErrorKind as Kind;
use super::transport::TimeLimits;
use crate::core::image::{Scheme, Trust};
use crate::io::http::{self, Packing, ProxyChoice, is_loopback};

/// Most certificate files of one host that are read.
const MAX_CERTIFICATE_FILES: usize = 64;

/// What the configuration and the hosts themselves have said so far.
pub(super) struct Hosts {
    limits: TimeLimits,
    proxies: ProxyChoice,
    /// Directories that hold a directory of `*.crt` files for a host, as Docker and podman have them.
    certificates: Vec<PathBuf>,
    known: Mutex<HashMap<String, Host>>,
    proxied: OnceLock<Result<Client, String>>,
    direct: OnceLock<Result<Client, String>>,
}

/// One host, with its port.
#[derive(Default)]
struct Host {
    trust: Trust,
    /// Named by the user with `--plain-http`.
    named: bool,
    /// What it turned out to speak.
    speaks: Option<&'static str>,
    /// A client of its own, where it is trusted otherwise than the rest; built once.
    client: Option<Option<Client>>,
}

impl Hosts {
    pub(super) fn new(
        limits: TimeLimits,
        proxies: ProxyChoice,
        plain_http: &[String],
        certificates: Vec<PathBuf>,
    ) -> Hosts {
        let named = |host: &String| (host.to_ascii_lowercase(), Host { named: true, ..Host::default() });
        let known = Mutex::new(plain_http.iter().map(named).collect());
        Hosts { limits, proxies, certificates, known, proxied: OnceLock::new(), direct: OnceLock::new() }
    }

    /// `http` for hosts of this machine, those named, and those whose configuration says so, else `https`.
    pub(super) fn scheme(&self, host: &str) -> &'static str {
        self.with(host, |known| {
            let plain = is_loopback(host) || known.named || known.trust.scheme == Scheme::Http;
            known.speaks.unwrap_or(if plain { "http" } else { "https" })
        })
    }

    /// Whether plain http to a host is allowed at all.
    pub(super) fn may_be_plain(&self, host: &str) -> bool {
        is_loopback(host)
            || self.with(host, |known| {
                known.named || matches!(known.trust.scheme, Scheme::Http | Scheme::Insecure)
            })
    }

    /// Notes that a host seems to speak this scheme; false when it has turned out to speak the other.
    pub(super) fn turn_to(&self, host: &str, scheme: &'static str) -> bool {
        self.with(host, |known| *known.speaks.get_or_insert(scheme) == scheme)
    }

    /// Notes what the configuration says of a host; the first word counts.
    pub(super) fn trust(&self, host: &str, trust: &Trust) {
        self.with(host, |known| {
            if known.client.is_none() && known.trust == Trust::default() {
                known.trust = trust.clone();
            }
        });
    }

    /// The client for a host.
    ///
    /// # Errors
    /// When a certificate that the configuration names cannot be read.
    pub(super) fn client(&self, host: &str) -> Result<Client, Kind> {
        let direct = self.proxies == ProxyChoice::Direct || is_loopback(host);
        let own = self.with(host, |known| {
            if known.client.is_none() {
                known.client = Some(self.own_client(host, &known.trust, direct)?);
            }
            Ok::<_, String>(known.client.clone().flatten())
        });
        let shared = || {
            let slot = if direct { &self.direct } else { &self.proxied };
            slot.get_or_init(|| build(&self.limits, direct, &Trust::default(), Vec::new())).clone()
        };
        let client = own.and_then(|own| own.map_or_else(shared, Ok));
        client.map_err(|detail| Kind::TrustStore { detail })
    }

    /// A client for one host, where certificates or the configuration ask for it.
    fn own_client(&self, host: &str, trust: &Trust, direct: bool) -> Result<Option<Client>, String> {
        let mut files: Vec<PathBuf> = trust.authorities.iter().map(PathBuf::from).collect();
        for folder in &self.certificates {
            files.extend(certificate_files(&folder.join(host)));
        }
        let unverified = matches!(trust.scheme, Scheme::UnverifiedHttps | Scheme::Insecure);
        if files.is_empty() && !unverified {
            return Ok(None);
        }
        let mut certificates = Vec::new();
        for file in files {
            certificates
                .extend(read_certificates(&file).map_err(|error| format!("{}: {error}", file.display()))?);
        }
        build(&self.limits, direct, trust, certificates).map(Some)
    }

    fn with<T>(&self, host: &str, look: impl FnOnce(&mut Host) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        look(known.entry(host.to_ascii_lowercase()).or_default())
    }
}

/// The `*.crt` files of a host's directory, by name; a directory that is absent or not ours to read holds none.
fn certificate_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "crt"))
        .take(MAX_CERTIFICATE_FILES)
        .collect();
    files.sort();
    files
}

fn read_certificates(file: &Path) -> Result<Vec<Certificate>, String> {
    let opened = std::fs::File::open(file).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    opened.take(MAX_CREDENTIAL_FILE_BYTES).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let certificates = Certificate::from_pem_bundle(&bytes).map_err(|error| error.to_string())?;
    if certificates.is_empty() { Err("it has no certificate in PEM".to_owned()) } else { Ok(certificates) }
}

fn build(
    limits: &TimeLimits,
    direct: bool,
    trust: &Trust,
    certificates: Vec<Certificate>,
) -> Result<Client, String> {
    let mut builder = http::client_builder(limits.connect, direct, Packing::AsSent);
    if !certificates.is_empty() {
        builder = builder.tls_certs_merge(certificates);
    }
    if matches!(trust.scheme, Scheme::UnverifiedHttps | Scheme::Insecure) {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    http::build(builder)
}
