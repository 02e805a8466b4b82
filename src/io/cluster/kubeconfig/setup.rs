//! From flags, kubeconfig and surroundings to everything that a connection needs. Reads files, sends nothing.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use http::{HeaderName, HeaderValue, Uri};
use kube::config::{AuthInfo, Cluster};
use secrecy::{ExposeSecret as _, SecretString};

use super::super::credentials::plugin::Plugin;
use super::super::error::ClusterError;
use super::super::kubeconfig::{self, Files};
use super::super::options::{ConnectOptions, Surroundings};
use super::super::transport::proxy;
use super::error::ConfigError;
use super::tls;

/// Namespace when nobody says another.
const DEFAULT_NAMESPACE: &str = "default";
/// How long a connection may take to come up, TLS included.
const CONNECT_LIMIT: std::time::Duration = std::time::Duration::from_secs(15);

/// Everything that a connection needs.
pub(crate) struct Setup {
    /// For the kube crate; holds no bearer credentials.
    pub(crate) config: kube::Config,
    /// Address of the API server, as shown.
    pub(crate) server: String,
    /// The proxy on the way, as shown.
    pub(crate) proxy: Option<String>,
    /// Namespace for objects that name none.
    pub(crate) namespace: String,
    /// How requests say who asks.
    pub(crate) credential: Credential,
    /// Who asks, for messages.
    pub(crate) identity: String,
}

/// How requests say who asks, beside a client certificate.
pub(crate) enum Credential {
    /// Not at all.
    None,
    /// Always with this `Authorization` header.
    Header(HeaderValue),
    /// With the token in this file, which others renew.
    TokenFile(PathBuf),
    /// With what this plugin gives.
    Plugin(Box<Plugin>),
}

/// The namespace that a command works in: the flag, else the kubeconfig's context, else that of the pod, else `default`.
///
/// Sends nothing and asks no plugin. A kubeconfig that does not exist is fine.
///
/// # Errors
/// A kubeconfig that is broken, or a context that does not exist.
pub fn default_namespace(
    options: &ConnectOptions,
    surroundings: &Surroundings,
) -> Result<String, ClusterError> {
    if let Some(namespace) = &options.namespace {
        return Ok(namespace.clone());
    }
    let files = kubeconfig::read(options, surroundings)?;
    let mut namespace = kubeconfig::namespace(&files, options)?;
    if namespace.is_none() && is_in_cluster(&files, options, surroundings) {
        namespace = service_account_namespace(surroundings);
    }
    Ok(namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()))
}

/// The names of the context and of the cluster that a connection goes to, where there are any.
///
/// # Errors
/// A kubeconfig that is broken.
pub fn chosen_names(
    options: &ConnectOptions,
    surroundings: &Surroundings,
) -> Result<(Option<String>, Option<String>), ClusterError> {
    let files = kubeconfig::read(options, surroundings)?;
    let context = options.context.clone().or_else(|| files.content.current_context.clone());
    let cluster = kubeconfig::select(&files, options)?.cluster.map(|(name, _)| name);
    Ok((context, cluster))
}

/// Works out a connection.
pub(crate) fn resolve(options: &ConnectOptions, surroundings: &Surroundings) -> Result<Setup, ClusterError> {
    let files = kubeconfig::read(options, surroundings)?;
    if is_in_cluster(&files, options, surroundings) {
        return Ok(in_cluster(options, surroundings)?);
    }
    if !files.found && options.server.is_none() {
        return Err(ConfigError::NoKubeconfig { looked: files.missing }.into());
    }
    let selection = kubeconfig::select(&files, options)?;
    let (cluster_name, cluster) = selection.cluster.unwrap_or_default();
    let cluster = with_flags(cluster, options)?;
    let (user_name, user) = selection.user.unwrap_or_default();
    let address = cluster.server.clone().ok_or(ConfigError::NoServer { cluster: cluster_name })?;
    let server = parse_server(&address, &cluster)?;
    let (credential, identity) = credential(&user_name, &user, &cluster, options, surroundings)?;
    let namespace = options.namespace.clone().or(selection.namespace);
    let mut config = base_config(server)?;
    config.proxy_url =
        proxy::choose(&config.cluster_url, cluster.proxy_url.as_deref(), &surroundings.proxies)?;
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.root_cert = tls::authority(&cluster)?.or_else(|| no_authority_needed(&config));
    if options.token.is_none() {
        tls::identity(&user, &mut config.auth_info)?;
    }
    impersonate(options, &user, &mut config.auth_info)?;
    Ok(finish(config, namespace, credential, identity))
}

/// The flags over the cluster entry, by kubectl's rules: `--server` forgets the entry's TLS name,
/// `--certificate-authority` and `--insecure-skip-tls-verify` forget its authority.
pub(super) fn with_flags(mut cluster: Cluster, options: &ConnectOptions) -> Result<Cluster, ConfigError> {
    if let Some(server) = &options.server {
        cluster.server = Some(server.clone());
        cluster.tls_server_name = None;
    }
    if options.tls_server_name.is_some() {
        cluster.tls_server_name.clone_from(&options.tls_server_name);
    }
    if options.insecure_skip_tls_verify || options.certificate_authority.is_some() {
        cluster.certificate_authority_data = None;
        cluster.certificate_authority =
            options.certificate_authority.as_ref().map(|path| path.to_string_lossy().into_owned());
        cluster.insecure_skip_tls_verify = Some(options.insecure_skip_tls_verify);
    }
    let has_authority =
        cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some();
    if has_authority && cluster.insecure_skip_tls_verify == Some(true) {
        return Err(ConfigError::InsecureWithAuthority);
    }
    Ok(cluster)
}

/// An address without a scheme gets one as in client-go: https when there is anything about TLS, else http.
fn parse_server(address: &str, cluster: &Cluster) -> Result<Uri, ConfigError> {
    let refuse =
        |reason: &str| ConfigError::BadServer { server: without_login(address), reason: reason.to_owned() };
    let has_tls = cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || cluster.insecure_skip_tls_verify == Some(true);
    let whole = match (address.contains("://"), has_tls) {
        (true, _) => address.to_owned(),
        (false, true) => format!("https://{address}"),
        (false, false) => format!("http://{address}"),
    };
    let uri: Uri = whole.parse().map_err(|_| refuse("it cannot be read as an address"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(refuse("it starts with neither https:// nor http://"));
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(refuse("it has no host"));
    }
    let after_host = uri.authority().and_then(|authority| authority.as_str().rsplit_once(authority.host()));
    if after_host.is_some_and(|(_, port)| !port.is_empty()) && uri.port_u16().is_none() {
        return Err(refuse("its port is not a number up to 65535"));
    }
    if uri.query().is_some() {
        return Err(refuse("it has a query"));
    }
    Ok(uri)
}

/// An address without the name and password in it.
fn without_login(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // What is no address may hold the sign anywhere: then everything before the last one may be a password.
    let shown = match (authority.rsplit_once('@'), path.rsplit_once('@')) {
        (_, Some((_, behind))) => behind.to_owned(),
        (Some((_, host)), None) => format!("{host}{path}"),
        (None, None) => rest.to_owned(),
    };
    if scheme.is_empty() { shown } else { format!("{scheme}://{shown}") }
}

fn base_config(server: Uri) -> Result<kube::Config, ConfigError> {
    let mut config = kube::Config::new(server);
    // Retries are ours: the crate's may wait for as long as a server asks.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_LIMIT);
    let agent = format!(
        "kubectl-airunway/{} ({}/{})",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    let agent = HeaderValue::from_str(&agent).map_err(|_| ConfigError::Header { flag: "the user agent" })?;
    config.headers.push((HeaderName::from_static("user-agent"), agent));
    Ok(config)
}

fn finish(
    mut config: kube::Config,
    namespace: Option<String>,
    credential: Credential,
    identity: String,
) -> Setup {
    let namespace = namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    config.default_namespace.clone_from(&namespace);
    Setup {
        server: shown_server(&config.cluster_url),
        proxy: config.proxy_url.as_ref().map(proxy::shown),
        namespace,
        credential,
        identity,
        config,
    }
}

/// The address without user, password and the final slash.
fn shown_server(server: &Uri) -> String {
    let authority = server.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}{}", server.scheme_str().unwrap_or("https"), server.path().trim_end_matches('/'))
}

/// How the user asks, and what to call them; the precedence is client-go's.
fn credential(
    name: &str,
    user: &AuthInfo,
    cluster: &Cluster,
    options: &ConnectOptions,
    surroundings: &Surroundings,
) -> Result<(Credential, String), ClusterError> {
    if let Some(token) = &options.token {
        return Ok((
            Credential::Header(bearer(token.expose_secret(), "--token")?),
            "the token of --token".to_owned(),
        ));
    }
    let identity = format!("user {name:?} of the kubeconfig");
    let token = user.token.as_ref().filter(|token| !token.expose_secret().is_empty());
    let credential = if let (Some(name), Some(password)) = (&user.username, &user.password) {
        Credential::Header(basic(name, password)?)
    } else if let Some(path) = &user.token_file {
        Credential::TokenFile(PathBuf::from(path))
    } else if let Some(token) = token {
        Credential::Header(bearer(token.expose_secret(), "token of the kubeconfig")?)
    } else if let Some(exec) = &user.exec {
        let plugin = Plugin::new(exec, cluster, surroundings)?.within(options.request_timeout);
        let identity = format!("{identity}, given by the credential plugin {:?}", plugin.command());
        return Ok((Credential::Plugin(Box::new(plugin)), identity));
    } else if let Some(provider) = &user.auth_provider {
        match provider.config.get("id-token").filter(|_| provider.name == "oidc") {
            Some(token) => Credential::Header(bearer(token, "id-token of the kubeconfig")?),
            None => {
                let (user, provider) = (name.to_owned(), provider.name.clone());
                return Err(ConfigError::LegacyProvider { user, provider }.into());
            }
        }
    } else if name.is_empty() {
        return Ok((Credential::None, "a request without credentials".to_owned()));
    } else {
        Credential::None
    };
    Ok((credential, identity))
}

/// An `Authorization` header that debug output hides.
pub(crate) fn bearer(token: &str, flag: &'static str) -> Result<HeaderValue, ConfigError> {
    sensitive(&format!("Bearer {}", token.trim()), flag)
}

fn basic(name: &str, password: &SecretString) -> Result<HeaderValue, ConfigError> {
    let pair = format!("{name}:{}", password.expose_secret());
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    sensitive(&format!("Basic {encoded}"), "password of the kubeconfig")
}

fn sensitive(text: &str, flag: &'static str) -> Result<HeaderValue, ConfigError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| ConfigError::Header { flag })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `--as` and `--as-group`, else what the kubeconfig says. A flag `--as` forgets the kubeconfig's whole impersonation.
fn impersonate(options: &ConnectOptions, user: &AuthInfo, into: &mut AuthInfo) -> Result<(), ConfigError> {
    if let Some(name) = &options.impersonate_user {
        into.impersonate = Some(name.clone());
        into.impersonate_groups = Some(options.impersonate_groups.clone());
    } else {
        into.impersonate.clone_from(&user.impersonate);
        into.impersonate_uid.clone_from(&user.impersonate_uid);
        into.impersonate_groups.clone_from(&user.impersonate_groups);
        into.impersonate_user_extra.clone_from(&user.impersonate_user_extra);
        if !options.impersonate_groups.is_empty() {
            into.impersonate_groups = Some(options.impersonate_groups.clone());
        }
        if into.impersonate.is_none()
            && into.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        {
            return Err(ConfigError::GroupWithoutUser);
        }
    }
    let names = into.impersonate.iter().chain(into.impersonate_groups.iter().flatten());
    for name in names {
        HeaderValue::from_str(name).map_err(|_| ConfigError::Header { flag: "--as or --as-group" })?;
    }
    Ok(())
}

/// Nobody to believe where nothing is checked: the kube crate would otherwise load the operating system's authorities,
/// and fail where a minimal container has none.
fn no_authority_needed(config: &kube::Config) -> Option<Vec<Vec<u8>>> {
    let is_tls = |uri: &Uri| uri.scheme_str() == Some("https");
    let checks = !config.accept_invalid_certs
        && (is_tls(&config.cluster_url) || config.proxy_url.as_ref().is_some_and(is_tls));
    (!checks).then(Vec::new)
}

/// Whether the service account of the pod is used: no kubeconfig, no flag that asks for one, and a pod.
pub(super) fn is_in_cluster(files: &Files, options: &ConnectOptions, surroundings: &Surroundings) -> bool {
    !files.found
        && options.context.is_none()
        && options.cluster.is_none()
        && options.user.is_none()
        && options.server.is_none()
        && surroundings.service_host.is_some()
        && surroundings.service_port.is_some()
}

/// The connection that a pod is given.
fn in_cluster(options: &ConnectOptions, surroundings: &Surroundings) -> Result<Setup, ConfigError> {
    let folder = &surroundings.service_account;
    let host = surroundings.service_host.as_deref().unwrap_or_default();
    let port = surroundings.service_port.as_deref().unwrap_or_default();
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let address = format!("https://{host}:{port}");
    let mut cluster = Cluster {
        server: Some(address.clone()),
        certificate_authority: Some(folder.join("ca.crt").to_string_lossy().into_owned()),
        ..Cluster::default()
    };
    cluster = with_flags(cluster, options)?;
    let mut config = base_config(parse_server(&address, &cluster)?)?;
    config.proxy_url = proxy::choose(&config.cluster_url, None, &surroundings.proxies)?;
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.root_cert = tls::authority(&cluster)?;
    impersonate(options, &AuthInfo::default(), &mut config.auth_info)?;
    let (credential, identity) = match &options.token {
        Some(token) => {
            (Credential::Header(bearer(token.expose_secret(), "--token")?), "the token of --token".to_owned())
        }
        None => {
            let path = folder.join("token");
            check_readable(&path)?;
            (Credential::TokenFile(path), "the service account of this pod".to_owned())
        }
    };
    let namespace = options.namespace.clone().or_else(|| service_account_namespace(surroundings));
    Ok(finish(config, namespace, credential, identity))
}

fn check_readable(path: &Path) -> Result<(), ConfigError> {
    kubeconfig::read_bounded(path)
        .map(drop)
        .map_err(|error| ConfigError::ServiceAccount { path: path.to_owned(), reason: error.to_string() })
}

fn service_account_namespace(surroundings: &Surroundings) -> Option<String> {
    let bytes = kubeconfig::read_bounded(&surroundings.service_account.join("namespace")).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(text.trim().to_owned()).filter(|namespace| !namespace.is_empty())
}
