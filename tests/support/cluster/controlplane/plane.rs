//! Starting and stopping one control plane.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::PostParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde::Deserialize;
use serde_json::json;

use super::program::{Programs, source_folder};
use super::{Node, kwok};

/// Lines of each log that are shown when the control plane does not start.
const LOG_TAIL: usize = 15;
/// How long a part may take for what takes it a second.
const PATIENCE: Duration = Duration::from_secs(180);
/// One starts at a time: several at once on two cores start for minutes.
static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// How often a state of the cluster is looked at while something waits for it.
const LOOK: Duration = Duration::from_millis(50);
/// How often kwok is started on another port when its port was taken.
const KWOK_ATTEMPTS: usize = 5;

/// A running control plane. It ends, and its folder with it, when this is dropped
/// or the process ends.
pub struct ControlPlane {
    /// Where everything of it is: kubeconfigs, logs, data.
    dir: PathBuf,
    report: Report,
    client: Client,
    programs: Programs,
    /// The processes; each ends when its standard input does.
    children: Mutex<Vec<Child>>,
}

/// What the program prints when it is ready.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    server: String,
    kubeconfigs: std::collections::BTreeMap<String, PathBuf>,
    audit_log: PathBuf,
}

/// A request that `kubectl-airunway` (user "developer") sent to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The user: `developer` or `restricted`.
    pub user: String,
    /// get, list, watch, create, patch, delete, ...
    pub verb: String,
    /// Plural, and the subresource after a slash, for example `pods/log`; empty for
    /// discovery and the like.
    pub resource: String,
    /// Path and query.
    pub uri: String,
    /// Status of the response.
    pub code: u64,
    /// What the program calls itself.
    pub user_agent: String,
}

impl ControlPlane {
    /// Builds the programs if need be and starts the parts. Must run on a tokio
    /// runtime that lives as long as the clients it hands out.
    ///
    /// # Errors
    ///
    /// A text for a person, with the ends of the logs.
    pub async fn start() -> Result<Self, String> {
        let programs =
            tokio::task::spawn_blocking(Programs::build).await.map_err(|error| error.to_string())??;
        let dir =
            std::env::temp_dir().join(format!("airunway-controlplane-{}-{}", std::process::id(), sequence()));
        fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let _turn = STARTING.lock().await;
        match Self::start_in(&dir, programs).await {
            Ok(plane) => Ok(plane),
            Err(error) => {
                let logs = tails(&dir);
                let _ = fs::remove_dir_all(&dir);
                Err(format!("the test control plane did not start: {error}\n{logs}"))
            }
        }
    }

    async fn start_in(dir: &Path, programs: Programs) -> Result<Self, String> {
        let log = File::create(dir.join("kube-apiserver.log")).map_err(|error| error.to_string())?;
        let mut child = own_group(&mut Command::new(&programs.controlplane))
            .args(["serve", "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", programs.controlplane.display()))?;
        let stdout = child.stdout.take().ok_or("the program has no output")?;
        let first = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let line = tokio::time::timeout(PATIENCE, first).await;
        let line = match line {
            Ok(Ok(Ok(line))) if !line.is_empty() => line,
            Ok(_) => return Err("it ended".to_owned()),
            Err(_) => return Err(format!("nothing after {} s", PATIENCE.as_secs())),
        };
        let report: Report = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        let config = report.kubeconfigs.get("reference").ok_or("no kubeconfig")?;
        let client = client(config).await?;
        let plane = Self { dir: dir.to_owned(), report, client, programs, children: Mutex::new(vec![child]) };
        kwok::register(&plane.client).await.map_err(|error| error.to_string())?;
        plane.start_kwok().await?;
        Ok(plane)
    }

    /// The client of the cluster's own software; may do everything.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// `https://127.0.0.1:PORT`.
    pub fn server(&self) -> &str {
        &self.report.server
    }

    /// The folder of this control plane: logs, certificates, kubeconfigs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A kubectl of the API server's release.
    pub fn kubectl(&self) -> &Path {
        &self.programs.kubectl
    }

    /// The kubeconfig of a user: `developer` may do everything, `restricted`
    /// nothing until a role is bound to it, `reference` is the cluster's software.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.dir.join(format!("kubeconfig-{user}"))
    }

    /// The requests that users other than the cluster's own software have sent so
    /// far and that concern a namespace (all requests without one).
    pub fn requests(&self, namespace: Option<&str>) -> Vec<Request> {
        let text = fs::read_to_string(&self.report.audit_log).unwrap_or_default();
        let needle = namespace.map(|namespace| format!("/namespaces/{namespace}"));
        // What takes long is written down twice, at the start and at the end of its answer.
        let mut seen = HashSet::new();
        text.lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|event| seen.insert(string(event, "/auditID")))
            .map(|event| Request {
                user: string(&event, "/user/username"),
                verb: string(&event, "/verb"),
                resource: resource(&event),
                uri: string(&event, "/requestURI"),
                code: event
                    .pointer("/responseStatus/code")
                    .and_then(serde_json::Value::as_u64)
                    .unwrap_or_default(),
                user_agent: string(&event, "/userAgent"),
            })
            .filter(|request| needle.as_ref().is_none_or(|needle| request.uri.contains(needle.as_str())))
            .collect()
    }

    /// Creates a namespace and waits until pods can be made in it.
    pub async fn create_namespace(&self, name: &str) -> kube::Result<()> {
        let namespaces: Api<Namespace> = Api::all(self.client());
        let object =
            serde_json::from_value(json!({"metadata": {"name": name}})).map_err(kube::Error::SerdeError)?;
        namespaces.create(&PostParams::default(), &object).await?;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), name);
        while accounts.get_opt("default").await?.is_none() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Creates a node and waits until pods can be scheduled on it.
    pub async fn create_node(&self, node: &Node) -> kube::Result<()> {
        use k8s_openapi::api::core::v1::Node as NodeObject;
        node.create(&self.client).await?;
        let nodes: Api<NodeObject> = Api::all(self.client());
        loop {
            let tainted = nodes
                .get(&node.name)
                .await?
                .spec
                .and_then(|spec| spec.taints)
                .is_some_and(|taints| !taints.is_empty());
            if !tainted {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Lets the pods of a namespace show a log file and answer on a local port.
    pub async fn route(&self, namespace: &str, log: &Path, port: u16) -> kube::Result<()> {
        kwok::route(&self.client, namespace, log, port).await
    }

    /// Starts kwok. Its port has to be chosen before it starts, so that another
    /// program may take it in between; then another port is tried.
    async fn start_kwok(&self) -> Result<(), String> {
        for attempt in 1..=KWOK_ATTEMPTS {
            let port = free_port()?;
            let log = File::create(self.dir.join("kwok.log")).map_err(|error| error.to_string())?;
            let mut child = self.spawn_kwok(port, log)?;
            let health = format!("http://127.0.0.1:{port}/healthz");
            let deadline = tokio::time::Instant::now() + PATIENCE;
            loop {
                if child.try_wait().map_err(|error| error.to_string())?.is_some() {
                    break;
                }
                if get(&health).await.is_ok_and(|answer| answer.status().is_success()) {
                    if let Ok(mut children) = self.children.lock() {
                        children.push(child);
                    }
                    return Ok(());
                }
                if tokio::time::Instant::now() > deadline {
                    return Err("kwok does not answer".to_owned());
                }
                tokio::time::sleep(LOOK).await;
            }
            if attempt == KWOK_ATTEMPTS {
                return Err("kwok ended".to_owned());
            }
        }
        Ok(())
    }

    fn spawn_kwok(&self, port: u16, log: File) -> Result<Child, String> {
        let second = log.try_clone().map_err(|error| error.to_string())?;
        own_group(&mut Command::new(&self.programs.controlplane))
            .arg("guard")
            .arg(&self.programs.kwok)
            .arg("--kubeconfig")
            .arg(self.kubeconfig("reference"))
            .arg("--config")
            .arg(source_folder().join("kwok.yaml"))
            .args([
                "--manage-all-nodes",
                "--node-lease-duration-seconds=40",
                "--cidr=10.0.0.0/16",
                "--node-ip=127.0.0.1",
            ])
            .arg(format!("--node-port={port}"))
            .arg(format!("--server-address=127.0.0.1:{port}"))
            .arg(format!("--enable-crds={}", kwok::KINDS.join(",")))
            .arg("--tls-cert-file")
            .arg(self.dir.join("certs/apiserver.crt"))
            .arg("--tls-private-key-file")
            .arg(self.dir.join("certs/apiserver.key"))
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(second)
            .spawn()
            .map_err(|error| format!("kwok: {error}"))
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        let Ok(children) = self.children.get_mut() else { return };
        // Dropping the standard inputs ends the processes; the first one removes
        // the folder when it ends, so it goes last.
        for mut child in children.drain(..).rev() {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

/// A client for a kubeconfig file.
pub async fn client(kubeconfig: &Path) -> Result<Client, String> {
    let file = Kubeconfig::read_from(kubeconfig).map_err(|error| error.to_string())?;
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .map_err(|error| error.to_string())?;
    // A proxy of the user's environment does not lead to this machine.
    config.proxy_url = None;
    Client::try_from(config).map_err(|error| error.to_string())
}

/// Asks a server on this machine, past any proxy.
///
/// # Errors
///
/// The server does not answer.
pub async fn get(url: &str) -> reqwest::Result<reqwest::Response> {
    reqwest::Client::builder().no_proxy().build()?.get(url).send().await
}

/// Keeps the terminal's Ctrl-C away from the child: it ends with its input.
fn own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// A number that differs for each control plane of this process.
fn sequence() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn string(event: &serde_json::Value, pointer: &str) -> String {
    event.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn resource(event: &serde_json::Value) -> String {
    let (resource, part) = (string(event, "/objectRef/resource"), string(event, "/objectRef/subresource"));
    if part.is_empty() { resource } else { format!("{resource}/{part}") }
}

fn tails(dir: &Path) -> String {
    let mut text = String::new();
    let Ok(entries) = fs::read_dir(dir) else { return text };
    for path in entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
    {
        let content = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<&str> = content.lines().collect();
        text.push_str(&format!("--- {}\n", path.display()));
        for line in lines.iter().skip(lines.len().saturating_sub(LOG_TAIL)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
