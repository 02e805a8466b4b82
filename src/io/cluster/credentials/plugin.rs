//! Runs the credential plugin of a kubeconfig (`exec` of a user entry).
//!
//! Done here and not by the kube crate, which runs plugins blocking, without a time limit, more than once for one
//! connection, and lets them ask questions where nobody can answer.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::super::options::Surroundings;
use super::error::PluginError;
use crate::core::text::without_colors;

/// Most that is read of the credentials that a plugin prints.
const OUTPUT_LIMIT: u64 = 1024 * 1024;
/// Most that is read of what a plugin says on standard error; the rest is discarded.
const STDERR_LIMIT: usize = 64 * 1024;
/// How much of its end is shown.
const STDERR_SHOWN: usize = 2048;
/// `apiVersion` assumed when the kubeconfig does not say.
const DEFAULT_API_VERSION: &str = "client.authentication.k8s.io/v1";

/// A plugin, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Plugin {
    command: String,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    api_version: String,
    /// Whether the plugin may read the terminal.
    interactive: bool,
    /// Whether it cannot do without one that is not there.
    needs_terminal: bool,
    install_hint: Option<String>,
    cluster: Option<serde_json::Value>,
    limit: Duration,
}

/// What a plugin gave.
#[derive(Debug, Clone)]
pub(crate) struct PluginCredentials {
    /// Bearer token.
    pub(crate) token: Option<SecretString>,
    /// Client certificate and key in PEM.
    pub(crate) identity: Option<(String, SecretString)>,
    /// When they end; never without it.
    pub(crate) expires: Option<Timestamp>,
}

/// `ExecCredential` as printed by the plugin.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    api_version: String,
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Plugin {
    /// Prepares the plugin of a user entry; `cluster` is told to the plugin when it wants to know.
    pub(crate) fn new(
        exec: &ExecConfig,
        cluster: &Cluster,
        surroundings: &Surroundings,
    ) -> Result<Plugin, PluginError> {
        let command =
            exec.command.clone().filter(|command| !command.is_empty()).ok_or(PluginError::NoCommand)?;
        let mode = exec.interactive_mode.as_ref().unwrap_or(&ExecInteractiveMode::IfAvailable);
        let interactive = surroundings.interactive && *mode != ExecInteractiveMode::Never;
        let variables = exec.env.iter().flatten().filter_map(|entry| {
            entry
                .get("name")
                .filter(|name| is_variable_name(name))
                .map(|name| (name.clone(), entry.get("value").cloned().unwrap_or_default()))
        });
        let told = if exec.provide_cluster_info {
            ExecAuthCluster::try_from(cluster).ok().and_then(|told| serde_json::to_value(told).ok())
        } else {
            None
        };
        Ok(Plugin {
            command,
            arguments: exec.args.clone().unwrap_or_default(),
            variables: variables.collect(),
            api_version: exec.api_version.clone().unwrap_or_else(|| DEFAULT_API_VERSION.to_owned()),
            interactive,
            needs_terminal: *mode == ExecInteractiveMode::Always && !interactive,
            install_hint: exec.install_hint.clone().filter(|hint| !hint.trim().is_empty()),
            cluster: told,
            limit: if interactive {
                surroundings.interactive_plugin_limit
            } else {
                surroundings.plugin_limit
            },
        })
    }

    /// The same, which has to end within the limit that was asked for a request: who sets one waits no longer, for
    /// whatever stands between.
    pub(crate) fn within(self, limit: Option<Duration>) -> Plugin {
        match limit.filter(|limit| !limit.is_zero()) {
            Some(limit) => Plugin { limit: self.limit.min(limit), ..self },
            None => self,
        }
    }

    /// What a caller says that waited as long for it as it could.
    pub(crate) fn not_in_time(&self, limit: Duration) -> PluginError {
        PluginError::TimedOut { command: self.command.clone(), limit, stderr: String::new() }
    }

    /// The program, for messages.
    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// Runs it once; ends it when its time is over.
    pub(crate) async fn run(&self) -> Result<PluginCredentials, PluginError> {
        if self.needs_terminal {
            return Err(PluginError::NeedsTerminal { command: self.command.clone() });
        }
        let mut child = self.prepare().spawn().map_err(|error| self.not_started(&error))?;
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        // What it said so far must outlive the time limit, so it is collected outside of it.
        let mut said = Vec::new();
        let ended = tokio::time::timeout(self.limit, async {
            let output = read_up_to(stdout, OUTPUT_LIMIT + 1);
            let (output, (), status) = tokio::join!(output, keep_end(stderr, &mut said), child.wait());
            (output, status)
        })
        .await;
        let stderr = shown(&said);
        let Ok((output, status)) = ended else {
            // The handle would end it when dropped; this also collects it. There is nothing to do about a failure.
            let _ = child.kill().await;
            return Err(PluginError::TimedOut { command: self.command.clone(), limit: self.limit, stderr });
        };
        let status = status.map_err(|error| self.not_started(&error))?;
        let output = output.map_err(|error| self.bad_output(&error.to_string()))?;
        // Checked before the status: who prints that much is cut off, and fails because of that.
        if u64::try_from(output.len()).unwrap_or(u64::MAX) > OUTPUT_LIMIT {
            return Err(self.bad_output(&format!("it printed more than {} KiB", OUTPUT_LIMIT / 1024)));
        }
        if !status.success() {
            return Err(PluginError::Failed {
                command: self.command.clone(),
                status: status.to_string(),
                stderr,
            });
        }
        self.parse(&output).map_err(|reason| self.bad_output(&reason))
    }

    fn prepare(&self) -> Command {
        let mut spec = json!({ "interactive": self.interactive });
        if let (Some(cluster), Some(spec)) = (&self.cluster, spec.as_object_mut()) {
            spec.insert("cluster".to_owned(), cluster.clone());
        }
        let info = json!({ "kind": "ExecCredential", "apiVersion": self.api_version, "spec": spec });
        let mut command = Command::new(&self.command);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", info.to_string())
            .stdin(if self.interactive { Stdio::inherit() } else { Stdio::null() })
            .stdout(Stdio::piped())
            // A person in front of a terminal must see the question or the address of the login page.
            .stderr(if self.interactive { Stdio::inherit() } else { Stdio::piped() })
            .kill_on_drop(true);
        command
    }

    fn parse(&self, output: &[u8]) -> Result<PluginCredentials, String> {
        let text = std::str::from_utf8(output).map_err(|_| "it did not print UTF-8".to_owned())?;
        // Some plugins print YAML, which kubectl takes; JSON is YAML too. The parser's message could quote a token.
        let credential: ExecCredential = serde_json::from_str(text)
            .ok()
            .or_else(|| serde_saphyr::from_str(text).ok())
            .ok_or_else(|| "it did not print an ExecCredential".to_owned())?;
        if credential.kind.is_empty() {
            return Err("it did not print an ExecCredential".to_owned());
        }
        if credential.kind != "ExecCredential" {
            return Err(format!(
                "it printed the kind {:?} instead of ExecCredential",
                shorten(&credential.kind)
            ));
        }
        if credential.api_version != self.api_version {
            return Err(format!(
                "the kubeconfig asks for {}, but it printed {}",
                self.api_version,
                shorten(&credential.api_version)
            ));
        }
        let status = credential.status.ok_or_else(|| "it printed no status".to_owned())?;
        credentials(status)
    }

    fn not_started(&self, error: &std::io::Error) -> PluginError {
        let command = self.command.clone();
        if error.kind() == std::io::ErrorKind::NotFound {
            return PluginError::Missing { command, install_hint: self.install_hint.clone() };
        }
        PluginError::NotStarted { command, reason: error.to_string() }
    }

    fn bad_output(&self, reason: &str) -> PluginError {
        PluginError::BadOutput { command: self.command.clone(), reason: reason.to_owned() }
    }
}

fn credentials(status: ExecStatus) -> Result<PluginCredentials, String> {
    let filled = |text: &String| !text.is_empty();
    let token = status.token.filter(filled).map(SecretString::from);
    let certificate = status.client_certificate_data.filter(filled);
    let identity = match (certificate, status.client_key_data.filter(filled).map(SecretString::from)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("it printed a certificate without a key or a key without a certificate".to_owned()),
    };
    if token.is_none() && identity.is_none() {
        return Err("it printed neither a token nor a certificate".to_owned());
    }
    let expires = status
        .expiration_timestamp
        .map(|text| text.parse().map_err(|_| "its expirationTimestamp is not a time".to_owned()))
        .transpose()?;
    Ok(PluginCredentials { token, identity, expires })
}

/// Whether the system takes it as the name of a variable; spawning fails or panics on others.
fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

async fn read_up_to(from: Option<impl AsyncRead + Unpin>, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(limit).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// Reads to the end, so that the plugin is never blocked, and keeps the last part.
async fn keep_end(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut chunk = [0_u8; 4096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        kept.extend(chunk.iter().take(count));
        if kept.len() > STDERR_LIMIT {
            kept.drain(..kept.len() - STDERR_SHOWN);
        }
    }
}

/// The end of what a plugin said.
fn shown(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(STDERR_SHOWN);
    let text = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default());
    without_colors(&text).trim().to_owned()
}
