//! What the clients of registries and of the recipe site share: one HTTP client, proxies, and what its errors mean.

use std::error::Error as _;
use std::fs;
use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use reqwest::{Client, ClientBuilder, Url};

use super::environment::Environment;

/// Most bytes of certificates that a variable may name; the largest collection in use has about 1 MiB.
const MAX_ROOT_BYTES: u64 = 16 << 20;
/// Most files in a directory of certificates.
const MAX_ROOT_FILES: usize = 10_000;

/// Whether to use the proxies that the environment names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; never for hosts of this machine.
    #[default]
    Environment,
    /// None.
    Direct,
}

/// Whether bodies that are packed are asked for and unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Bytes are taken as they are sent, because their hash counts.
    AsSent,
    /// gzip is offered and unpacked.
    Unpacked,
}

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The proxy, without its password, did not connect.
    Proxy { proxy: String, detail: String },
    /// The host name is not known.
    Dns,
    /// Nobody listens.
    Refused,
    /// No secure connection.
    Tls { detail: String },
    /// The connection took too long.
    TimedOut,
    /// Anything else, in the library's words.
    Other { detail: String },
}

/// Makes ring the TLS provider of the process: every client needs one, and none of the libraries brings its own.
///
/// A second installation is refused and changes nothing, as all would be the same.
pub(super) fn use_ring() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// A client to be that follows no redirect by itself; `direct` uses no proxy.
pub(super) fn client_builder(connect: Duration, direct: bool, packing: Packing) -> ClientBuilder {
    use_ring();
    let builder = Client::builder()
        .user_agent(concat!("kubectl-airunway/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(connect)
        .gzip(packing == Packing::Unpacked);
    if direct { builder.no_proxy() } else { builder }
}

/// Builds a client.
///
/// # Errors
/// What [`check_roots`] refuses, or the library's innermost words.
pub(super) fn build(builder: ClientBuilder) -> Result<Client, String> {
    check_roots(&Environment::of_process())?;
    builder.build().map_err(last_cause)
}

/// Looks at the certificates that the variables name before the library reads them, which it does without a limit.
///
/// # Errors
/// A fragment that names the variable: a device or a pipe, or more than [`MAX_ROOT_BYTES`] or [`MAX_ROOT_FILES`].
pub(super) fn check_roots(environment: &Environment) -> Result<(), String> {
    let too_large = |bytes: u64| bytes > MAX_ROOT_BYTES;
    if let Some(path) = environment.path("SSL_CERT_FILE")
        && let Ok(metadata) = fs::metadata(&path)
    {
        let named = || format!("SSL_CERT_FILE: {}", path.display());
        if !metadata.is_file() {
            return Err(format!("{} is not a regular file", named()));
        }
        if too_large(metadata.len()) {
            return Err(format!("{} is larger than {} MiB", named(), MAX_ROOT_BYTES >> 20));
        }
    }
    for directory in environment.path("SSL_CERT_DIR").iter().flat_map(std::env::split_paths) {
        // What cannot be read has no certificates; the connection that needs one says so.
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        let files = entries.filter_map(|entry| fs::metadata(entry.path()).ok()).take(MAX_ROOT_FILES + 1);
        let (count, bytes) =
            files.fold((0, 0_u64), |(count, bytes), file| (count + 1, bytes.saturating_add(file.len())));
        if count > MAX_ROOT_FILES || too_large(bytes) {
            return Err(format!(
                "SSL_CERT_DIR: {} has more than {MAX_ROOT_FILES} files or {} MiB",
                directory.display(),
                MAX_ROOT_BYTES >> 20
            ));
        }
    }
    Ok(())
}

/// Turns the HTTP library's error into one that names the cause.
pub(super) fn trouble(url: &Url, direct: bool, error: reqwest::Error) -> Trouble {
    let causes = causes(&error.without_url());
    let detail = causes.last().cloned().unwrap_or_default();
    let said = |part: &str| causes.iter().any(|cause| cause.contains(part));
    if let Some(proxy) = proxy_of(url, direct)
        && (said("tunnel")
            || said("proxy")
            || said("dns error")
            || said("onnection refused")
            || said("timed out"))
    {
        return Trouble::Proxy { proxy, detail };
    }
    if said("dns error") {
        Trouble::Dns
    } else if said("onnection refused") {
        Trouble::Refused
    } else if said("invalid peer certificate")
        || said("TLS")
        || said("tls")
        || said("received corrupt message")
    {
        Trouble::Tls { detail }
    } else if said("timed out") {
        Trouble::TimedOut
    } else {
        Trouble::Other { detail }
    }
}

/// The proxy that the environment names for a URL, without its password.
fn proxy_of(url: &Url, direct: bool) -> Option<String> {
    if direct {
        return None;
    }
    let destination = url.as_str().parse::<http::Uri>().ok()?;
    let matcher = hyper_util::client::proxy::matcher::Matcher::from_env();
    let proxy = matcher.intercept(&destination)?;
    Some(proxy.uri().authority().map_or_else(String::new, |authority| {
        authority.as_str().rsplit('@').next().unwrap_or_default().to_owned()
    }))
}

/// The innermost words of an error, which name what happened.
pub(super) fn last_cause(error: reqwest::Error) -> String {
    causes(&error.without_url()).pop().unwrap_or_default()
}

/// Texts of an error and what caused it, the outermost first.
fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    texts
}

/// Host and port as an image reference writes them.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a host, with or without a port, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `Retry-After` in seconds, or as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = date.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}
