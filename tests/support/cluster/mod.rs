//! What the tests with a cluster and the playground share: a real Kubernetes control
//! plane, a reference AI Runway on it, and a stand-in for what models answer.
//!
//! One control plane serves all tests of a test binary. It starts when the first
//! test asks for it, its program is built by Go when that is needed, and all of it
//! ends with the test process, however that ends. A test works in a namespace of
//! its own, and faults concern one namespace alone:
//!
//! ```ignore
//! #[test]
//! fn the_reason_of_a_failed_pull_is_shown() {
//!     let cluster = Cluster::shared();
//!     cluster.run(async {
//!         let namespace = cluster.namespace("pull").await;
//!         namespace.fault(Fault::ImagePull).await;
//!         let run = namespace.airunway(&["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm"]).await;
//!         assert!(run.stderr.contains("ImagePullBackOff"), "{}", run.stderr);
//!     });
//! }
//! ```
//!
//! What else there is:
//!
//! * [`Namespace::command`] and [`Namespace::run`]: a run with other variables, or as
//!   user `restricted`, who may do nothing until a role is bound to it;
//!   [`Namespace::kubectl`] runs a kubectl that is built with the control plane.
//! * [`Namespace::requests`]: what the API server was asked, from its audit log.
//! * [`Fault`]: what can go wrong; [`Namespace::fault`] and [`Namespace::mend`].
//! * [`airunway::Lapse`]: a promise that a check of the test plan looks at, broken; `airunway/lapses.rs` has the table.
//! * [`Namespace::front_door`]: a slow, silent or cut connection to the API server.
//! * [`Namespace::proxy`]: a connection that misbehaves by a script, request by request; `proxy/script.rs` has what it can.
//! * [`Namespace::write_log`]: what the containers have written.
//! * [`Cluster::start`]: a cluster for a test that changes what all namespaces see;
//!   [`Cluster::start_bare`]: one without AI Runway. Each takes about five seconds.

#![allow(unreachable_pub, reason = "programs of several kinds include it")]

pub mod airunway;
pub mod controlplane;
mod front_door;
pub mod model_server;
mod namespace;
pub mod proxy;

pub use airunway::{Fault, Options};
pub use front_door::Way;
pub use namespace::Namespace;

use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use kube::Client;
use tokio::runtime::Runtime;

use crate::support::registry::Registry;
use airunway::AiRunway;
use controlplane::{ControlPlane, Node};
use model_server::ModelServers;
use namespace::REGISTRIES_CONF;

/// GPUs of the one node of the shared cluster.
pub const NODE_GPUS: u32 = 100;
/// Name of that node.
pub const NODE: &str = "gpu-node-1";
/// What a container that serves a model writes to its log.
const SERVING_LOG: &str = "INFO Started server process\nINFO Waiting for application startup.\nINFO Application startup complete.\n";

/// The tags of `vllm/vllm-openai` in the registry; the first is AI Runway's default.
const TAGS: [&str; 6] = ["cu130-nightly", "latest", "v0.11.0", "v0.12.0", "deepseekv4-cu130", "cu130-launch"];

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
        let namespace = Namespace::new(self, name, home, models);
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
