//! A namespace of the shared cluster, for one test alone.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kube::Client;

use super::Cluster;
use super::airunway::Fault;
use super::controlplane::Request;
use super::front_door::FrontDoor;
use super::model_server::ModelServer;
use super::proxy::{Proxy, Rule};
use crate::support::{self, Run};

/// How long a run of the program may take before the test gives up on it.
const RUN_LIMIT: Duration = Duration::from_secs(120);
/// Where a user's mirrors of registries are named, below the home folder.
pub(super) const REGISTRIES_CONF: &str = ".config/containers/registries.conf";

/// A namespace that one test has for itself.
pub struct Namespace<'a> {
    /// The cluster it is in.
    pub cluster: &'a Cluster,
    /// Its name.
    pub name: String,
    /// What answers for its models.
    pub models: Arc<ModelServer>,
    home: PathBuf,
}

impl<'a> Namespace<'a> {
    pub(super) fn new(cluster: &'a Cluster, name: &str, home: PathBuf, models: Arc<ModelServer>) -> Self {
        Self { cluster, name: name.to_owned(), home, models }
    }
}

impl Namespace<'_> {
    /// Switches a fault on for this namespace; in effect when this returns.
    pub async fn fault(&self, fault: Fault) {
        self.cluster.reference().fault(&self.name, fault).await.expect("a fault can be set");
    }

    /// Switches all faults of this namespace off.
    pub async fn mend(&self) {
        self.cluster.reference().mend(&self.name).await.expect("faults can be cleared");
    }

    /// Waits until a write of this namespace hangs in the webhook, see [`Fault::WebhookHangs`].
    pub async fn until_write_hangs(&self) {
        self.cluster.reference().until_write_hangs(&self.name).await;
    }

    /// A way to the API server for user `developer` that can be slowed down or cut.
    pub async fn front_door(&self) -> FrontDoor {
        let plane = &self.cluster.plane;
        FrontDoor::open(plane.server(), &self.kubeconfig("developer"), self.home.join("front-door"))
            .await
            .expect("a front door can be opened")
    }

    /// A way to the API server for a user that misbehaves by a script.
    pub async fn proxy(&self, user: &str, rules: Vec<Rule>) -> Proxy {
        let plane = &self.cluster.plane;
        let number = self.cluster.next.fetch_add(1, Ordering::Relaxed);
        let kubeconfig = self.home.join(format!("proxy-{number}"));
        let authority = plane.dir().join("certs/apiserver.crt");
        Proxy::open(plane.server(), &authority, &self.kubeconfig(user), kubeconfig, rules)
            .await
            .expect("a proxy can be opened")
    }

    /// The kubeconfig of a user whose default namespace is this one.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.home.join(user)
    }

    /// The file that sends requests for Docker Hub to the registry of the cluster.
    #[allow(dead_code, reason = "the playground names it")]
    pub fn registries_conf(&self) -> PathBuf {
        self.home.join(REGISTRIES_CONF)
    }

    /// A client of the cluster's own software.
    pub fn client(&self) -> Client {
        self.cluster.client()
    }

    /// Runs `kubectl-airunway` as user `developer` in this namespace, with nothing
    /// else in its environment and a home folder of its own.
    pub async fn airunway<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        self.run(self.command("developer", args)).await
    }

    /// The command of [`Self::airunway`] for a user, to be changed and then given
    /// to [`Self::run`], or started by the test itself.
    pub fn command<S: AsRef<OsStr>>(&self, user: &str, args: &[S]) -> tokio::process::Command {
        let program = support::program();
        self.hermetic(&program, user, args)
    }

    /// Runs kubectl as user `developer` in this namespace.
    pub async fn kubectl<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        self.run(self.hermetic(self.cluster.plane.kubectl(), "developer", args)).await
    }

    /// Runs kubectl as user `developer` in this namespace, with an object as its input.
    pub async fn kubectl_with(&self, args: &[&str], object: &serde_json::Value) -> Run {
        let path = self.home.join("input.json");
        std::fs::write(&path, object.to_string()).expect("a file can be written");
        let mut command = self.hermetic(self.cluster.plane.kubectl(), "developer", args);
        command.stdin(std::fs::File::open(path).expect("the file is there"));
        self.run(command).await
    }

    /// A command that sees this namespace and nothing of the user's own settings.
    pub fn hermetic<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        user: &str,
        args: &[S],
    ) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(program);
        command.args(args).env_clear().env("HOME", &self.home).env("KUBECONFIG", self.kubeconfig(user));
        // kubectl finds the plugin, and a test that types `kubectl` finds kubectl.
        let own = [self.cluster.plane.kubectl(), support::program().as_path()]
            .map(|path| path.parent().map(Path::to_owned));
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = own.into_iter().flatten().chain(std::env::split_paths(&inherited));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, mut command: tokio::process::Command) -> Run {
        let output = tokio::time::timeout(RUN_LIMIT, command.output())
            .await
            .expect("the program ends")
            .expect("the program starts");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Lets user `restricted` do something in this namespace, for example `get,list`
    /// with `modeldeployments.airunway.ai,pods`.
    pub async fn allow(&self, verbs: &str, resources: &str) {
        let name = format!("allowed-{}", self.cluster.next.fetch_add(1, Ordering::Relaxed));
        let (verbs, resources) = (format!("--verb={verbs}"), format!("--resource={resources}"));
        let role = self.kubectl(&["create", "role", &name, &verbs, &resources]).await;
        assert_eq!(role.code, Some(0), "{}", role.stderr);
        let role = format!("--role={name}");
        let binding = self.kubectl(&["create", "rolebinding", &name, &role, "--user=restricted"]).await;
        assert_eq!(binding.code, Some(0), "{}", binding.stderr);
    }

    /// The requests that the users `developer` and `restricted` sent about this namespace.
    pub fn requests(&self) -> Vec<Request> {
        self.cluster.plane.requests(Some(&self.name))
    }

    /// The file that `kubectl logs` shows for each container of this namespace.
    pub fn log(&self) -> PathBuf {
        self.home.join("container.log")
    }

    /// Sets what `kubectl logs` shows, line by line.
    pub fn write_log(&self, text: &str) -> std::io::Result<()> {
        let lines: String =
            text.lines().map(|line| format!("2026-01-01T00:00:00.000000000Z stdout F {line}\n")).collect();
        std::fs::write(self.log(), lines)
    }
}
