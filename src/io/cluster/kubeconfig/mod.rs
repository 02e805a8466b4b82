//! Reading kubeconfig files and choosing context, cluster and user, as kubectl does.
//!
//! The files are read here and not by the kube crate: its reader has no size limit, refuses a `KUBECONFIG` list with a
//! missing file in it (kubectl skips such files), and indexes past the end of a damaged UTF-16 file.

pub(super) mod alone;
pub(super) mod error;
pub(super) mod setup;
mod tls;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

use super::options::{ConnectOptions, Surroundings};
use error::ConfigError;

/// Largest kubeconfig, certificate or key file that is read.
const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// The kubeconfig files, merged.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The merged content, empty when no file exists.
    pub(crate) content: Kubeconfig,
    /// Files that were looked for and do not exist.
    pub(crate) missing: Vec<PathBuf>,
    /// Whether any file exists.
    pub(crate) found: bool,
}

/// The entries of the kubeconfig that the flags select.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Namespace of the context.
    pub(crate) namespace: Option<String>,
    /// The cluster's name and entry.
    pub(crate) cluster: Option<(String, Cluster)>,
    /// The user's name and entry.
    pub(crate) user: Option<(String, AuthInfo)>,
}

/// Reads the file of `--kubeconfig`, else those of `KUBECONFIG`, else `~/.kube/config`.
pub(crate) fn read(options: &ConnectOptions, surroundings: &Surroundings) -> Result<Files, ConfigError> {
    if let Some(path) = &options.kubeconfig {
        let text = read_bounded(path)
            .map_err(|error| ConfigError::Read { path: path.clone(), reason: error.to_string() })?;
        return Ok(Files { content: parse(path, &text)?, missing: Vec::new(), found: true });
    }
    let mut paths: Vec<PathBuf> = surroundings
        .kubeconfig
        .iter()
        .flat_map(std::env::split_paths)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if paths.is_empty() {
        paths.extend(surroundings.home.as_ref().map(|home| home.join(".kube").join("config")));
    }
    let mut files = Files::default();
    for path in paths {
        match read_bounded(&path) {
            Ok(text) => {
                let next = parse(&path, &text)?;
                files.content = std::mem::take(&mut files.content).merge(next).map_err(|error| {
                    ConfigError::Broken { path, line: 0, column: 0, reason: error.to_string() }
                })?;
                files.found = true;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => files.missing.push(path),
            Err(error) => return Err(ConfigError::Read { path, reason: error.to_string() }),
        }
    }
    Ok(files)
}

/// Chooses context, cluster and user; what a flag overrides need not exist.
pub(crate) fn select(files: &Files, options: &ConnectOptions) -> Result<Selection, ConfigError> {
    let content = &files.content;
    let context_name = options.context.clone().or_else(|| content.current_context.clone());
    if context_name.is_some() && !files.found {
        return Err(ConfigError::NoKubeconfig { looked: files.missing.clone() });
    }
    let context = match &context_name {
        Some(name) => Some(find_context(content, name)?),
        None => None,
    };
    let cluster_name = chosen(options.cluster.as_deref(), context.map(|context| context.cluster.as_str()));
    let user_name = chosen(options.user.as_deref(), context.and_then(|context| context.user.as_deref()));
    let cluster = match cluster_name {
        Some(name) => Some((name.to_owned(), find_cluster(content, name, options, context_name.as_deref())?)),
        None => None,
    };
    let user = match user_name {
        // A token replaces every credential of the user, who then need not exist.
        Some(_) if options.token.is_some() && options.user.is_none() => None,
        Some(name) => Some((name.to_owned(), find_user(content, name, options, context_name.as_deref())?)),
        None => None,
    };
    if cluster.is_none() && options.server.is_none() && files.found {
        let known = names(&content.contexts, |entry| &entry.name);
        return Err(ConfigError::NoCurrentContext { known });
    }
    let namespace = context.and_then(|context| context.namespace.clone());
    Ok(Selection { namespace, cluster, user })
}

/// The namespace of the chosen context; `None` when there is no context or it names none.
pub(crate) fn namespace(files: &Files, options: &ConnectOptions) -> Result<Option<String>, ConfigError> {
    let Some(name) = options.context.as_ref().or(files.content.current_context.as_ref()) else {
        return Ok(None);
    };
    if !files.found {
        return Err(ConfigError::NoKubeconfig { looked: files.missing.clone() });
    }
    Ok(find_context(&files.content, name)?.namespace.clone())
}

fn chosen<'a>(flag: Option<&'a str>, entry: Option<&'a str>) -> Option<&'a str> {
    flag.or(entry).filter(|name| !name.is_empty())
}

fn find_context<'a>(content: &'a Kubeconfig, name: &str) -> Result<&'a Context, ConfigError> {
    content
        .contexts
        .iter()
        .find(|entry| entry.name == name)
        .and_then(|entry| entry.context.as_ref())
        .ok_or_else(|| ConfigError::UnknownContext {
            name: name.to_owned(),
            known: names(&content.contexts, |entry| &entry.name),
        })
}

fn find_cluster(
    content: &Kubeconfig,
    name: &str,
    options: &ConnectOptions,
    context: Option<&str>,
) -> Result<Cluster, ConfigError> {
    let entry = content.clusters.iter().find(|entry| entry.name == name);
    match entry.and_then(|entry| entry.cluster.clone()) {
        Some(cluster) => Ok(cluster),
        None if options.server.is_some() && options.cluster.is_none() => Ok(Cluster::default()),
        None => Err(ConfigError::UnknownCluster {
            name: name.to_owned(),
            context: context.filter(|_| options.cluster.is_none()).map(str::to_owned),
            known: names(&content.clusters, |entry| &entry.name),
        }),
    }
}

fn find_user(
    content: &Kubeconfig,
    name: &str,
    options: &ConnectOptions,
    context: Option<&str>,
) -> Result<AuthInfo, ConfigError> {
    let entry = content.auth_infos.iter().find(|entry| entry.name == name).ok_or_else(|| {
        ConfigError::UnknownUser {
            name: name.to_owned(),
            context: context.filter(|_| options.user.is_none()).map(str::to_owned),
            known: names(&content.auth_infos, |entry| &entry.name),
        }
    })?;
    Ok(entry.auth_info.clone().unwrap_or_default())
}

fn names<T>(entries: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    entries.iter().map(|entry| name(entry).clone()).collect()
}

/// Reads a file of at most [`FILE_LIMIT`] bytes; a pipe works too.
pub(crate) fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_LIMIT {
        let message = format!("larger than {} MiB", FILE_LIMIT / 1024 / 1024);
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Parses one file; relative paths in it are relative to its directory.
fn parse(path: &Path, bytes: &[u8]) -> Result<Kubeconfig, ConfigError> {
    let broken =
        |line, column, reason: String| ConfigError::Broken { path: path.to_owned(), line, column, reason };
    let text = decode(bytes).ok_or_else(|| broken(0, 0, "it is neither UTF-8 nor UTF-16".to_owned()))?;
    let mut content = Kubeconfig::from_yaml(&text).map_err(|error| match error {
        kube::config::KubeconfigError::Parse(error) => {
            let (line, column) =
                error.location().map_or((0, 0), |location| (location.line(), location.column()));
            broken(line, column, yaml_reason(&error.without_snippet().to_string()))
        }
        other => broken(0, 0, other.to_string()),
    })?;
    normalize(&mut content);
    if let Some(folder) = path.parent() {
        resolve_paths(&mut content, folder);
    }
    Ok(content)
}

/// First line of a YAML error, without the place at its end: that is said in our own words.
fn yaml_reason(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim();
    // The last is advice to programmers.
    let cuts = [" at line ", ", line ", ", set "];
    let cut = cuts.iter().filter_map(|cut| line.find(cut)).min().unwrap_or(line.len());
    let reason = line.get(..cut).unwrap_or(line);
    let reason =
        reason.split_once(": ").filter(|(place, _)| is_place(place)).map_or(reason, |(_, rest)| rest);
    reason.to_owned()
}

/// Whether a text is a place such as `line 3 column 5`.
fn is_place(text: &str) -> bool {
    text.starts_with("line ") && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Text in UTF-8 or, with a byte order mark as PowerShell writes it, UTF-16.
fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn decode_utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    String::from_utf16(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>()).ok()
}

/// An empty member means the same as none: kubectl writes `namespace: ""` and `current-context: ""`.
fn normalize(content: &mut Kubeconfig) {
    drop_empty(&mut content.current_context);
    drop_empty(&mut content.kind);
    drop_empty(&mut content.api_version);
    for context in content.contexts.iter_mut().filter_map(|entry| entry.context.as_mut()) {
        drop_empty(&mut context.namespace);
        drop_empty(&mut context.user);
    }
    for cluster in content.clusters.iter_mut().filter_map(|entry| entry.cluster.as_mut()) {
        drop_empty(&mut cluster.server);
        drop_empty(&mut cluster.certificate_authority);
        drop_empty(&mut cluster.certificate_authority_data);
        drop_empty(&mut cluster.proxy_url);
        drop_empty(&mut cluster.tls_server_name);
    }
    for user in content.auth_infos.iter_mut().filter_map(|entry| entry.auth_info.as_mut()) {
        drop_empty(&mut user.username);
        drop_empty(&mut user.token_file);
        drop_empty(&mut user.client_certificate);
        drop_empty(&mut user.client_certificate_data);
        drop_empty(&mut user.client_key);
        drop_empty(&mut user.impersonate);
        drop_empty(&mut user.impersonate_uid);
    }
}

fn drop_empty(member: &mut Option<String>) {
    if member.as_deref() == Some("") {
        *member = None;
    }
}

fn resolve_paths(content: &mut Kubeconfig, folder: &Path) {
    for cluster in content.clusters.iter_mut().filter_map(|entry| entry.cluster.as_mut()) {
        resolve(&mut cluster.certificate_authority, folder);
    }
    for user in content.auth_infos.iter_mut().filter_map(|entry| entry.auth_info.as_mut()) {
        resolve(&mut user.client_certificate, folder);
        resolve(&mut user.client_key, folder);
        resolve(&mut user.token_file, folder);
        if let Some(exec) = &mut user.exec {
            // A bare name is looked up in PATH; only one with a separator is a file beside the kubeconfig.
            if exec.command.as_deref().is_some_and(|command| command.contains(std::path::is_separator)) {
                resolve(&mut exec.command, folder);
            }
        }
    }
}

fn resolve(member: &mut Option<String>, folder: &Path) {
    if let Some(path) = member
        && let Some(absolute) = folder.join(&*path).components().collect::<PathBuf>().to_str()
    {
        *path = absolute.to_owned();
    }
}
