//! The reference AI Runway: what the controller, the webhooks and the Direct vLLM
//! shim of AI Runway do in a cluster (upstream commit `b0d3fb7`), played by the test
//! process against a real API server.
//!
//! The rules and the rendering are the program's own; order, timing, conditions and
//! messages are written after `airunway-api.md` section 5 and
//! `airunway-providers.md` sections 3 to 5, and `tests/cluster/reference/states.rs` holds
//! what it shows against recorded states of the real one. The four other providers
//! are registered and do nothing.

mod core_controller;
mod faults;
mod images;
mod install;
pub mod lapses;
mod registration;
mod resource;
mod restart;
mod rules;
mod status;
mod system;
mod vllm_shim;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use kube::Client;
use kube::api::{Api, DynamicObject, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher;

pub use faults::{Fault, Faults};
pub use lapses::{Lapse, Scope};
pub use registration::Report;
pub use resource::{deployments_in, model_deployments, provider_configs};

use super::model_server::ModelServers;
use registration::Registered;
use rules::Versions;

/// How soon a pass that failed is repeated.
const RETRY: Duration = Duration::from_millis(200);

/// How often the API server is asked whether it has noticed a change.
const LOOK: Duration = Duration::from_millis(50);

/// What differs from one reference AI Runway to another.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often each object is looked at without an event; 30 s upstream.
    pub period: Duration,
    /// How often the shims say that they live; 1 minute upstream.
    pub heartbeat: Duration,
    /// How often a deletion is looked at; 5 s upstream.
    pub deletion_retry: Duration,
    /// When a deletion is given up on; 5 minutes upstream.
    pub finalizer_timeout: Duration,
    /// HOST:PORT of the registry that answers for every registry; none: no registry can be reached.
    pub registry: Option<String>,
    /// The shims' build, as in `vllm-provider:<tag>`.
    pub tag: String,
    /// The providers that are ready, besides `vllm`.
    pub ready: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            period: Duration::from_millis(500),
            heartbeat: Duration::from_secs(5),
            deletion_retry: Duration::from_millis(500),
            finalizer_timeout: Duration::from_secs(300),
            registry: None,
            tag: "dev".to_owned(),
            ready: ["dynamo", "kaito", "kuberay", "llmd"].map(str::to_owned).to_vec(),
        }
    }
}

/// A running reference AI Runway; it ends with the runtime it was started on.
pub struct AiRunway {
    shared: Arc<Shared>,
}

/// What all parts of it know.
struct Shared {
    client: Client,
    options: Options,
    faults: Faults,
    registered: Registered,
    versions: Versions,
    models: ModelServers,
    shim_stopped: AtomicBool,
    /// Whether the shim's pod has gone and no other is ready yet.
    shim_restarts: AtomicBool,
    /// How often the shim has started again.
    starts: AtomicUsize,
    reports: registration::Reports,
}

impl Shared {
    fn shim_runs(&self) -> bool {
        !self.shim_stopped.load(Ordering::Relaxed) && !self.shim_restarts.load(Ordering::Relaxed)
    }
}

/// Why a pass did not come to its end; it is repeated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused, or was not there.
    #[error(transparent)]
    Kube(#[from] kube::Error),
    /// An object that cannot be read.
    #[error(transparent)]
    Read(#[from] kubectl_airunway::core::kind::model_deployment::object::ReadError),
    /// An object that cannot be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl AiRunway {
    /// Installs everything and starts the controllers. A namespace's model server
    /// lists what its Deployments were told to serve.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn start(client: Client, options: Options, models: ModelServers) -> Result<Self, String> {
        let text = |error: kube::Error| format!("cannot install AI Runway: {error}");
        install::definitions(&client).await?;
        let registered = Registered::watch(&client).await?;
        let faults = Faults::default();
        let shared = Arc::new(Shared {
            client: client.clone(),
            options,
            faults: faults.clone(),
            registered: registered.clone(),
            versions: rules::versions(),
            models,
            shim_stopped: AtomicBool::new(false),
            shim_restarts: AtomicBool::new(false),
            starts: AtomicUsize::new(0),
            reports: registration::Reports::default(),
        });
        registration::register(&shared).await.map_err(text)?;
        shared.registered.complete().await;
        let webhooks = webhook::start(faults, registered).await?;
        install::webhooks(&client, &webhooks).await.map_err(text)?;
        system::install(&client, &shared.options.tag).await.map_err(text)?;
        system::certificate(&client, &webhooks.authority).await.map_err(text)?;
        tokio::spawn(run_core(shared.clone()));
        tokio::spawn(run_shim(shared.clone()));
        tokio::spawn(run_heartbeat(shared.clone()));
        tokio::spawn(restart::watch(shared.clone()));
        Ok(Self { shared })
    }

    /// Switches a fault on in a namespace. When this returns it is in effect.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn fault(&self, namespace: &str, fault: Fault) -> kube::Result<()> {
        if fault == Fault::WebhookUnreachable {
            install::break_webhook(&self.shared.client, namespace).await?;
            self.webhook_is(namespace, false).await;
        }
        self.shared.faults.set(namespace, fault);
        self.tell_everywhere(namespace).await
    }

    /// Breaks a promise where it belongs: in a namespace, or in the whole cluster. In effect when this returns.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn break_promise(&self, namespace: &str, lapse: Lapse) -> kube::Result<()> {
        let place = match lapse.row().scope {
            Scope::Object(_) => namespace,
            Scope::Cluster => lapses::EVERYWHERE,
        };
        self.fault(place, Fault::Lapse(lapse)).await
    }

    /// Keeps again what concerns the whole cluster; in effect when this returns.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn keep_promises(&self) -> kube::Result<()> {
        self.mend(lapses::EVERYWHERE).await
    }

    /// What concerns the whole cluster shows in what the shims register.
    async fn tell_everywhere(&self, namespace: &str) -> kube::Result<()> {
        if namespace == lapses::EVERYWHERE {
            registration::register(&self.shared).await?;
        }
        Ok(())
    }

    /// Waits until a write of a namespace hangs in the webhook, see [`Fault::WebhookHangs`].
    pub async fn until_write_hangs(&self, namespace: &str) {
        self.shared.faults.until_held(namespace).await;
    }

    /// Switches all faults of a namespace off.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn mend(&self, namespace: &str) -> kube::Result<()> {
        if self.shared.faults.has(namespace, &Fault::WebhookUnreachable) {
            install::mend_webhook(&self.shared.client, namespace).await?;
            self.webhook_is(namespace, true).await;
        }
        self.shared.faults.clear(namespace);
        self.tell_everywhere(namespace).await
    }

    /// Waits until the API server has taken notice of a webhook's configuration.
    async fn webhook_is(&self, namespace: &str, reachable: bool) {
        let api = deployments_in(&self.shared.client, namespace);
        let probe = DynamicObject::new("webhook-probe", &model_deployments())
            .data(serde_json::json!({"spec": {"model": {"id": "org/model"}}}));
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        loop {
            let answer = api.create(&dry, &probe).await;
            let called = !matches!(&answer, Err(kube::Error::Api(status)) if status.message.contains("failed calling webhook"));
            if called == reachable {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Makes a shim say something else about itself from now on; in effect when this returns.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn misreport(&self, provider: &str, report: Report) -> kube::Result<()> {
        self.shared.reports.set(provider, report);
        registration::beat(&self.shared, true).await
    }

    /// Makes all shims say again that they live.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn beat(&self) -> kube::Result<()> {
        registration::beat(&self.shared, true).await
    }

    /// Stops the vLLM shim for the whole cluster, as a deleted Deployment would: it
    /// says once that it is not ready, and is not heard of again.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn stop_shim(&self) -> kube::Result<()> {
        self.shared.shim_stopped.store(true, Ordering::Relaxed);
        registration::beat(&self.shared, false).await
    }

    /// Starts the vLLM shim again.
    ///
    /// # Errors
    ///
    /// A refusal of the API server.
    pub async fn start_shim(&self) -> kube::Result<()> {
        self.shared.shim_stopped.store(false, Ordering::Relaxed);
        registration::register(&self.shared).await
    }
}

fn controller(client: &Client) -> Controller<DynamicObject> {
    let resource = model_deployments();
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    Controller::new_with(api, watcher::Config::default(), resource)
}

fn again(_: Arc<DynamicObject>, _: &Error, _: Arc<Shared>) -> Action {
    Action::requeue(RETRY)
}

/// The core controller also looks at all objects when a provider changes.
async fn run_core(shared: Arc<Shared>) {
    let configs: Api<DynamicObject> = Api::all_with(shared.client.clone(), &provider_configs());
    let controller = controller(&shared.client);
    let store = controller.store();
    let every = move |_| {
        store
            .state()
            .iter()
            .map(|object| ObjectRef::from_obj_with(object.as_ref(), model_deployments()))
            .collect::<Vec<_>>()
    };
    controller
        .watches_with(configs, provider_configs(), watcher::Config::default(), every)
        .run(core_controller::reconcile, again, shared)
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn run_shim(shared: Arc<Shared>) {
    controller(&shared.client)
        .run(vllm_shim::reconcile, again, shared)
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn run_heartbeat(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(shared.options.heartbeat);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if shared.shim_runs() {
            // The next beat comes whether this one was written or not.
            let _ = registration::beat(&shared, true).await;
        }
    }
}
