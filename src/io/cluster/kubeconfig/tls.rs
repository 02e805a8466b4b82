//! Certificates and keys of a connection: read bounded, checked here so that messages can name the file.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use kube::config::{AuthInfo, Cluster};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::ConfigError;
use super::read_bounded;

const STANDARD: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;

/// The certificate authorities of a cluster entry in DER; `None` means those of the operating system.
pub(crate) fn authority(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, ConfigError> {
    let source = Source {
        what: "CA certificate",
        data: cluster.certificate_authority_data.as_deref(),
        path: cluster.certificate_authority.as_deref().map(Path::new),
    };
    let Some(pem) = source.read()? else { return Ok(None) };
    let mut store = RootCertStore::empty();
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate =
            certificate.map_err(|error| source.refuse(&format!("it is not valid PEM: {error}")))?;
        store.add(certificate.clone()).map_err(|error| source.refuse(&error.to_string()))?;
        authorities.push(certificate.to_vec());
    }
    if authorities.is_empty() {
        return Err(source.refuse("it has no certificate in PEM form"));
    }
    Ok(Some(authorities))
}

/// The client certificate and key of a user entry, checked and put into `into` as data.
pub(crate) fn identity(user: &AuthInfo, into: &mut AuthInfo) -> Result<(), ConfigError> {
    let certificate = Source {
        what: "client certificate",
        data: user.client_certificate_data.as_deref(),
        path: user.client_certificate.as_deref().map(Path::new),
    };
    let key = Source {
        what: "client key",
        data: user.client_key_data.as_ref().map(|data| data.expose_secret()).filter(|data| !data.is_empty()),
        path: user.client_key.as_deref().map(Path::new),
    };
    match (certificate.read()?, key.read()?) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(key.refuse("the user has a client certificate but no key")),
        (None, Some(_)) => Err(certificate.refuse("the user has a client key but no certificate")),
        (Some(certificate_pem), Some(key_pem)) => {
            check_certificate(&certificate, &certificate_pem)?;
            check_key(&key, &key_pem)?;
            into.client_certificate_data = Some(STANDARD.encode(certificate_pem));
            into.client_key_data = Some(SecretString::from(STANDARD.encode(key_pem)));
            Ok(())
        }
    }
}

fn check_certificate(source: &Source<'_>, pem: &[u8]) -> Result<(), ConfigError> {
    match CertificateDer::pem_slice_iter(pem).next() {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(source.refuse(&format!("it is not valid PEM: {error}"))),
        None => Err(source.refuse("it has no certificate in PEM form")),
    }
}

fn check_key(source: &Source<'_>, pem: &[u8]) -> Result<(), ConfigError> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    if pem.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) {
        return Err(source.refuse("it is encrypted with a password"));
    }
    PrivateKeyDer::from_pem_slice(pem)
        .map(drop)
        .map_err(|_| source.refuse("it has no private key in PEM form"))
}

/// Where a certificate or key comes from: data wins over the file, as in client-go.
struct Source<'a> {
    what: &'static str,
    data: Option<&'a str>,
    path: Option<&'a Path>,
}

impl Source<'_> {
    fn read(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        if let Some(data) = self.data {
            let packed: String = data.split_ascii_whitespace().collect();
            let bytes = STANDARD.decode(packed).map_err(|_| self.refuse("its data is not base64"))?;
            return Ok(Some(bytes));
        }
        let Some(path) = self.path else { return Ok(None) };
        read_bounded(path).map(Some).map_err(|error| self.refuse(&error.to_string()))
    }

    fn refuse(&self, reason: &str) -> ConfigError {
        let path: Option<PathBuf> = self.path.filter(|_| self.data.is_none()).map(Path::to_owned);
        ConfigError::Certificate { what: self.what, path, reason: reason.to_owned() }
    }
}
