//! A kubeconfig for another program that has to talk to the same cluster: it knows neither our flags nor their context.

use super::setup::{is_in_cluster, with_flags};
use super::{read, select};
use crate::io::cluster::{ClusterError, ConfigError, ConnectOptions, Surroundings};
use kube::config::{AuthInfo, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};
use std::io::Write as _;
use std::path::Path;
use tempfile::TempPath;

/// The one name of what is in it.
const NAME: &str = "chosen";

/// Writes a kubeconfig with the one cluster, user and context that the flags choose. The file can be read by this user
/// alone, and goes when the answer is dropped. `None` in a pod, where the other program finds its own way.
///
/// # Errors
/// A kubeconfig or flag that leads nowhere, or a file that cannot be written.
pub fn kubeconfig_alone(
    options: &ConnectOptions,
    surroundings: &Surroundings,
) -> Result<Option<TempPath>, ClusterError> {
    let files = read(options, surroundings)?;
    if is_in_cluster(&files, options, surroundings) {
        return Ok(None);
    }
    if !files.found && options.server.is_none() {
        return Err(ConfigError::NoKubeconfig { looked: files.missing }.into());
    }
    let selection = select(&files, options)?;
    let mut cluster = with_flags(selection.cluster.unwrap_or_default().1, options)?;
    absolute(&mut cluster.certificate_authority);
    let mut user = with_token(selection.user.unwrap_or_default().1, options);
    absolute(&mut user.client_certificate);
    absolute(&mut user.client_key);
    absolute(&mut user.token_file);
    if let Some(plugin) = &mut user.exec
        && plugin.command.as_ref().is_some_and(|command| Path::new(command).components().count() > 1)
    {
        absolute(&mut plugin.command);
    }
    let context = Context {
        cluster: NAME.to_owned(),
        user: Some(NAME.to_owned()),
        namespace: options.namespace.clone().or(selection.namespace),
        ..Context::default()
    };
    let content = Kubeconfig {
        api_version: Some("v1".to_owned()),
        kind: Some("Config".to_owned()),
        clusters: vec![NamedCluster {
            name: NAME.to_owned(),
            cluster: Some(cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: NAME.to_owned(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: NAME.to_owned(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(NAME.to_owned()),
        ..Kubeconfig::default()
    };
    Ok(Some(written(&content)?))
}

fn with_token(mut user: AuthInfo, options: &ConnectOptions) -> AuthInfo {
    if let Some(token) = &options.token {
        user = AuthInfo { token: Some(token.clone()), ..AuthInfo::default() };
    }
    if options.impersonate_user.is_some() {
        user.impersonate.clone_from(&options.impersonate_user);
    }
    if !options.impersonate_groups.is_empty() {
        user.impersonate_groups = Some(options.impersonate_groups.clone());
    }
    user
}

/// The other program has another working directory.
fn absolute(path: &mut Option<String>) {
    let whole = path.as_ref().and_then(|path| std::path::absolute(path).ok());
    if let Some(whole) = whole {
        *path = Some(whole.to_string_lossy().into_owned());
    }
}

fn written(content: &Kubeconfig) -> Result<TempPath, ClusterError> {
    let failed =
        |reason: String| ClusterError::Request { reason: format!("cannot write a kubeconfig: {reason}") };
    // JSON is YAML, too.
    let text = serde_json::to_vec(content).map_err(|error| failed(error.to_string()))?;
    let mut file = tempfile::NamedTempFile::new().map_err(|error| failed(error.to_string()))?;
    file.write_all(&text).map_err(|error| failed(error.to_string()))?;
    Ok(file.into_temp_path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::environment::Environment;
    use serde_json::Value;

    const FILE: &str = "
current-context: other
clusters:
- {name: a, cluster: {server: 'https://a.example', certificate-authority: ca.pem}}
- {name: b, cluster: {server: 'https://b.example'}}
users:
- {name: u, user: {token: hunter2}}
contexts:
- {name: other, context: {cluster: b, user: u}}
- {name: mine, context: {cluster: a, user: u, namespace: n}}
";

    fn alone(options: ConnectOptions) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, FILE).unwrap();
        let options = ConnectOptions { kubeconfig: Some(path), ..options };
        let surroundings = Surroundings::of(&Environment::default(), false);
        let file = kubeconfig_alone(&options, &surroundings).unwrap().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
        }
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap()
    }

    #[test]
    fn it_holds_the_chosen_context_and_no_other() {
        let options = ConnectOptions { context: Some("mine".to_owned()), ..ConnectOptions::default() };
        let content = alone(options);
        assert_eq!(content["current-context"], "chosen");
        assert_eq!(content["contexts"][0]["context"]["namespace"], "n");
        let cluster = &content["clusters"][0]["cluster"];
        assert_eq!(cluster["server"], "https://a.example");
        let authority = Path::new(cluster["certificate-authority"].as_str().unwrap());
        assert!(authority.is_absolute() && authority.ends_with("ca.pem"));
        assert_eq!(content["users"][0]["user"]["token"], "hunter2");
        assert_eq!(content["clusters"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn flags_count_more_than_entries() {
        let options = ConnectOptions {
            server: Some("https://c.example".to_owned()),
            token: Some("other".to_owned().into()),
            impersonate_user: Some("jane".to_owned()),
            ..ConnectOptions::default()
        };
        let content = alone(options);
        assert_eq!(content["clusters"][0]["cluster"]["server"], "https://c.example");
        assert_eq!(content["users"][0]["user"]["token"], "other");
        assert_eq!(content["users"][0]["user"]["as"], "jane");
    }

    #[test]
    fn without_a_kubeconfig_there_is_nothing_to_write() {
        let options = ConnectOptions::default();
        let nowhere = Surroundings::of(&Environment::with([("HOME", "/nowhere")]), false);
        assert!(kubeconfig_alone(&options, &nowhere).is_err());
        let pod = [
            ("HOME", "/nowhere"),
            ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
            ("KUBERNETES_SERVICE_PORT", "443"),
        ];
        let pod = Surroundings::of(&Environment::with(pod), false);
        assert!(kubeconfig_alone(&options, &pod).unwrap().is_none());
    }
}
