//! The cluster that the tests of one binary share, and a namespace of it for each.

use std::ffi::OsStr;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kube::Client;
use tokio::runtime::Runtime;

use super::airunway::{AiRunway, Fault, Options};
use super::controlplane::{ControlPlane, Node, Request};
use super::front_door::FrontDoor;
use super::model_server::{ModelServer, ModelServers};
use super::registry::Registry;

/// GPUs of the one node of the shared cluster.
pub const NODE_GPUS: u32 = 64;
/// Name of that node.
pub const NODE: &str = "gpu-node-1";
/// How long a run of the program may take before the test gives up on it.
const RUN_LIMIT: Duration = Duration::from_secs(120);
/// What a container that serves a model writes to its log.
const SERVING_LOG: &str = "INFO Started server process\nINFO Waiting for application startup.\nINFO Application startup complete.\n";

/// The tags of `vllm/vllm-openai` in the registry; the first is AI Runway's default.
const TAGS: [&str; 6] = ["cu130-nightly", "latest", "v0.11.0", "v0.12.0", "deepseekv4-cu130", "cu130-launch"];

/// Where a user's mirrors of registries are named, below the home folder.
const REGISTRIES_CONF: &str = ".config/containers/registries.conf";

/// A control plane with one GPU node and what a cluster with AI Runway has.
pub struct Cluster {
    runtime: &'static Runtime,
    plane: ControlPlane,
    airunway: Option<AiRunway>,
    models: ModelServers,
    registry: Registry,
    next: AtomicUsize,
}

impl Cluster {
    /// The cluster of this test binary, started on first use.
    ///
    /// # Panics
    ///
    /// With the reason, when it cannot start: a test without it says nothing.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        match SHARED.get_or_init(|| runtime().block_on(Self::start(Options::default()))) {
            Ok(cluster) => cluster,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts a cluster with a reference AI Runway. Unless the options name a
    /// registry, it has one of its own that holds some tags of `vllm/vllm-openai`.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn start(options: Options) -> Result<Self, String> {
        let mut cluster = Self::start_bare().await?;
        let registry = Some(options.registry.unwrap_or_else(|| cluster.registry.host()));
        let options = Options { registry, ..options };
        cluster.airunway = Some(AiRunway::start(cluster.client(), options, cluster.models.clone()).await?);
        Ok(cluster)
    }

    /// Starts a cluster in which AI Runway is not installed.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn start_bare() -> Result<Self, String> {
        // Fails when a test has installed it already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plane = ControlPlane::start().await?;
        let registry = Registry::start();
        for tag in TAGS {
            registry.add_image("vllm/vllm-openai", tag);
        }
        let node = Node::with_gpus(NODE, NODE_GPUS);
        plane.create_node(&node).await.map_err(|error| format!("cannot create a node: {error}"))?;
        Ok(Self {
            runtime: runtime(),
            plane,
            airunway: None,
            models: ModelServers::default(),
            registry,
            next: AtomicUsize::new(1),
        })
    }

    /// Runs a future on the cluster's runtime, from a thread of a test.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The control plane itself.
    pub fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    /// A client that may do everything and whose requests are not recorded.
    pub fn client(&self) -> Client {
        self.plane.client()
    }

    /// The reference AI Runway of the cluster.
    pub fn reference(&self) -> &AiRunway {
        self.airunway.as_ref().expect("this cluster was started with AI Runway")
    }

    /// The registry that the shim asks; it stands for all registries.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A namespace of its own for a test; its name begins with `prefix`.
    pub async fn namespace(&self, prefix: &str) -> Namespace<'_> {
        let name = format!("{prefix}-{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.plane.create_namespace(&name).await.expect("a namespace can be created");
        self.open(&name).await.expect("a namespace can be opened")
    }

    /// A namespace that exists.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn open(&self, name: &str) -> Result<Namespace<'_>, String> {
        let home = self.plane.dir().join("namespaces").join(name);
        let text = |error: std::io::Error| format!("{}: {error}", home.display());
        std::fs::create_dir_all(&home).map_err(text)?;
        for user in ["developer", "restricted"] {
            let config = std::fs::read_to_string(self.plane.kubeconfig(user)).map_err(text)?;
            let config = config.replace("context: {", &format!("context: {{namespace: {name}, "));
            std::fs::write(home.join(user), config).map_err(text)?;
        }
        // Docker Hub is the registry of this cluster, for the program as well as for the shim.
        let mirrors = home.join(REGISTRIES_CONF);
        std::fs::create_dir_all(mirrors.parent().unwrap_or(&home)).map_err(text)?;
        let location = self.registry.host();
        let rule =
            format!("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{location}\"\ninsecure = true\n");
        std::fs::write(&mirrors, rule).map_err(text)?;
        let models = self.models.start(name).await?;
        let namespace = Namespace { cluster: self, name: name.to_owned(), home, models };
        namespace.write_log(SERVING_LOG).map_err(|error| error.to_string())?;
        self.plane
            .route(name, &namespace.log(), namespace.models.port())
            .await
            .map_err(|error| format!("cannot route {name}: {error}"))?;
        Ok(namespace)
    }
}

/// The runtime of everything that outlives one test.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime can be started"))
}

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

/// Where cargo puts `kubectl-airunway` beside the running test or example.
pub fn program() -> PathBuf {
    let running = std::env::current_exe().unwrap_or_default();
    running
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new(""))
        .join(format!("kubectl-airunway{}", std::env::consts::EXE_SUFFIX))
}

/// What a run of a program has left.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
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

    /// The kubeconfig of a user whose default namespace is this one.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.home.join(user)
    }

    /// The file that sends requests for Docker Hub to the registry of the cluster.
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
        let program = program();
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
        let own = [self.cluster.plane.kubectl(), self::program().as_path()]
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
