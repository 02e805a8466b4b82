//! Where credentials come from: Docker's configuration, helpers, podman's file, pull secrets given as data.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::client::is_docker_hub;
use super::secret::Secret;
use super::{HELPER_SECONDS, MAX_CREDENTIAL_FILE_BYTES, MAX_HELPER_BYTES};
use crate::core::image::Endpoint;
use crate::io::environment::Environment;

/// User name by which helpers and files say that the secret is an identity token.
const TOKEN_USER: &str = "<token>";

/// What a registry or its token server is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// User name and password.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// A refresh token that the token server exchanges (OAuth2).
    IdentityToken(Secret),
    /// A bearer token for the registry itself.
    RegistryToken(Secret),
}

/// Which source credentials came from, for `--why` and error texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// None: the registry was asked anonymously.
    Anonymous,
    /// The `auths` of a Docker or podman file.
    File(PathBuf),
    /// A credential helper or store, by the name behind `docker-credential-`.
    Helper(String),
    /// A pull secret of a cluster, as `namespace/name`.
    PullSecret(String),
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CredentialSource::Anonymous => write!(formatter, "anonymous, no credentials found"),
            CredentialSource::File(path) => write!(formatter, "credentials from {}", path.display()),
            CredentialSource::Helper(name) => write!(formatter, "credentials from docker-credential-{name}"),
            CredentialSource::PullSecret(name) => {
                write!(formatter, "credentials from the pull secret {name}")
            }
        }
    }
}

/// A pull secret: the content of `.dockerconfigjson` with the name to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullSecret {
    /// `namespace/name`.
    pub name: String,
    /// The JSON text.
    pub docker_config: Secret,
}

/// The files to look in, in order; a file that is absent is passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialFiles {
    /// Docker's `config.json`, with helpers and store.
    pub docker: Option<PathBuf>,
    /// Podman's `auth.json` files.
    pub podman: Vec<PathBuf>,
}

impl CredentialFiles {
    /// The places that Docker and podman use, from the environment.
    pub fn of(environment: &Environment) -> CredentialFiles {
        let variable = |name: &str| environment.path(name);
        let home = environment.home();
        let docker = variable("DOCKER_CONFIG").or_else(|| home.map(|home| home.join(".docker")));
        let config = variable("XDG_CONFIG_HOME").or_else(|| home.map(|home| home.join(".config")));
        let under = |directory: PathBuf| directory.join("containers").join("auth.json");
        let podman = match variable("REGISTRY_AUTH_FILE") {
            Some(file) => vec![file],
            None => variable("XDG_RUNTIME_DIR").into_iter().chain(config).map(under).collect(),
        };
        CredentialFiles { docker: docker.map(|directory| directory.join("config.json")), podman }
    }
}

/// What a search came to.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) credential: Option<Credential>,
    pub(super) source: CredentialSource,
    /// Sources that could not be read.
    pub(super) problems: Vec<String>,
}

/// A Docker configuration, as far as it is about credentials. Podman's file and pull secrets have the same shape.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// Looks for credentials for a repository: Docker's files and helpers, podman's, pull secrets, and at last none.
pub(super) async fn find(endpoint: &Endpoint, files: &CredentialFiles, pull_secrets: &[PullSecret]) -> Found {
    let mut problems = Vec::new();
    for path in files.docker.iter().chain(&files.podman) {
        match look_in_file(endpoint, path, &mut problems).await {
            Ok(Some((credential, source))) => {
                return Found { credential: Some(credential), source, problems };
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    for secret in pull_secrets {
        let config = serde_json::from_str::<Config>(secret.docker_config.expose());
        match config.map(|config| lookup(endpoint, &config.auths)) {
            Ok(Some(credential)) => {
                let source = CredentialSource::PullSecret(secret.name.clone());
                return Found { credential: Some(credential), source, problems };
            }
            Ok(None) => {}
            Err(_) => problems.push(format!("the pull secret {} is not a Docker configuration", secret.name)),
        }
    }
    Found { credential: None, source: CredentialSource::Anonymous, problems }
}

async fn look_in_file(
    endpoint: &Endpoint,
    path: &Path,
    problems: &mut Vec<String>,
) -> Result<Option<(Credential, CredentialSource)>, String> {
    let Some(config) = read_config(path).await? else { return Ok(None) };
    let keys = keys_of(endpoint);
    let helper = keys.iter().find_map(|key| config.cred_helpers.get(key)).or(config.creds_store.as_ref());
    if let Some(helper) = helper.filter(|name| !name.is_empty()) {
        let limit = Duration::from_secs(HELPER_SECONDS);
        match ask_helper(helper, &server_of(endpoint), limit).await {
            Ok(Some(credential)) => return Ok(Some((credential, CredentialSource::Helper(helper.clone())))),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    Ok(lookup(endpoint, &config.auths)
        .map(|credential| (credential, CredentialSource::File(path.to_owned()))))
}

async fn read_config(path: &Path) -> Result<Option<Config>, String> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let text = match std::fs::File::open(&path) {
            Ok(file) => {
                let mut text = Vec::new();
                let read = file.take(MAX_CREDENTIAL_FILE_BYTES + 1).read_to_end(&mut text);
                read.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                text
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
        };
        if text.len() as u64 > MAX_CREDENTIAL_FILE_BYTES {
            return Err(format!("{} has more than {MAX_CREDENTIAL_FILE_BYTES} bytes", path.display()));
        }
        // The parser's message could quote a secret, its place cannot.
        let broken = |error: serde_json::Error| {
            format!(
                "{} is not a Docker configuration (line {}, column {})",
                path.display(),
                error.line(),
                error.column()
            )
        };
        serde_json::from_slice(&text).map(Some).map_err(broken)
    });
    read.await.unwrap_or_else(|_| Err("the credential file could not be read".to_owned()))
}

/// The names by which files know a registry, the most specific first.
///
/// Podman and the kubelet allow a path behind the host; Docker Hub has its own historical name.
fn keys_of(endpoint: &Endpoint) -> Vec<String> {
    let registry = registry_of(endpoint);
    let path: Vec<&str> = endpoint.repository.split('/').collect();
    let mut keys: Vec<String> = (1..=path.len())
        .rev()
        .map(|n| format!("{registry}/{}", path.get(..n).unwrap_or(&[]).join("/")))
        .collect();
    keys.push(registry.to_owned());
    if registry == "docker.io" {
        keys.extend([
            "https://index.docker.io/v1/".to_owned(),
            "index.docker.io".to_owned(),
            "registry-1.docker.io".to_owned(),
        ]);
    }
    keys
}

/// The name that a registry goes by in files.
fn registry_of(endpoint: &Endpoint) -> &str {
    if is_docker_hub(&endpoint.host) { "docker.io" } else { &endpoint.host }
}

/// What a helper is asked for.
fn server_of(endpoint: &Endpoint) -> String {
    match registry_of(endpoint) {
        "docker.io" => "https://index.docker.io/v1/".to_owned(),
        registry => registry.to_owned(),
    }
}

fn lookup(endpoint: &Endpoint, auths: &BTreeMap<String, Auth>) -> Option<Credential> {
    let keys = keys_of(endpoint);
    let exact = keys.iter().find_map(|key| {
        let spelled = |(name, _): &(&String, &Auth)| *name == key || bare_host(name) == key.as_str();
        auths.iter().find(spelled).and_then(|(_, auth)| auth.credential())
    });
    let registry = registry_of(endpoint);
    exact.or_else(|| {
        auths.iter().find(|(name, _)| glob_matches(name, registry)).and_then(|(_, auth)| auth.credential())
    })
}

/// A key without its scheme and API version, as Docker compares them.
fn bare_host(name: &str) -> &str {
    let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    let name = name.trim_end_matches('/');
    name.strip_suffix("/v1").or_else(|| name.strip_suffix("/v2")).unwrap_or(name)
}

/// The kubelet's wildcard: `*` stands for one label of the host, in whole or in part.
fn glob_matches(pattern: &str, registry: &str) -> bool {
    let pattern = bare_host(pattern);
    if !pattern.contains('*') || pattern.contains('/') {
        return false;
    }
    let (pattern, host): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), registry.split('.').collect());
    pattern.len() == host.len()
        && pattern.iter().zip(host).all(|(pattern, label)| label_matches(pattern, label))
}

fn label_matches(pattern: &str, label: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == label,
        Some((before, after)) => {
            label.len() >= before.len() + after.len() && label.starts_with(before) && label.ends_with(after)
        }
    }
}

impl Auth {
    fn credential(&self) -> Option<Credential> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = given(&self.identitytoken) {
            return Some(Credential::IdentityToken(Secret::new(token)));
        }
        if let Some(token) = given(&self.registrytoken) {
            return Some(Credential::RegistryToken(Secret::new(token)));
        }
        let pair = given(&self.auth).and_then(|auth| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(auth.trim()).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let (user, password) = text.trim_end_matches('\0').split_once(':')?;
            Some((user.to_owned(), password.to_owned()))
        });
        let (user, password) = pair.or_else(|| Some((given(&self.username)?, given(&self.password)?)))?;
        Some(basic_or_token(user, password))
    }
}

fn basic_or_token(user: String, password: String) -> Credential {
    if user == TOKEN_USER {
        Credential::IdentityToken(Secret::new(password))
    } else {
        Credential::Basic { user, password: Secret::new(password) }
    }
}

/// Runs `docker-credential-NAME get`. Its output is never shown: it is made of secrets.
async fn ask_helper(name: &str, server: &str, limit: Duration) -> Result<Option<Credential>, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !name.bytes().all(plain) {
        return Err("a credential helper's name in the Docker configuration is not a program name".to_owned());
    }
    match tokio::time::timeout(limit, run_helper(name, server)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("docker-credential-{name} did not answer within {} s", limit.as_secs())),
    }
}

async fn run_helper(name: &str, server: &str) -> Result<Option<Credential>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        username: String,
        secret: String,
    }
    let program = format!("docker-credential-{name}");
    let failed = |error: std::io::Error| format!("{program} cannot be run: {error}");
    // Killed when this future is dropped, by the time limit or by Ctrl-C.
    let mut child = tokio::process::Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that needs no input may have closed it already.
        let _ = stdin.write_all(server.as_bytes()).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_HELPER_BYTES).read_to_end(&mut output).await.map_err(failed)?;
    }
    let status = child.wait().await.map_err(failed)?;
    if !status.success() {
        // The one text that every helper writes when it simply has no entry for the server.
        let absent = String::from_utf8_lossy(&output).contains("credentials not found");
        return if absent { Ok(None) } else { Err(format!("{program} failed ({status})")) };
    }
    match serde_json::from_slice::<Answer>(&output) {
        Ok(answer) if answer.secret.is_empty() => Ok(None),
        Ok(answer) => Ok(Some(basic_or_token(answer.username, answer.secret))),
        Err(_) => Err(format!("{program} did not answer with credentials")),
    }
}
