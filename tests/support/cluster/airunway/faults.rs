//! What can go wrong on purpose, in one namespace at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use super::lapses::{EVERYWHERE, Lapse};

/// Something that goes wrong in a namespace. Faults of pods concern pods made
/// after the fault was set; all others begin and end at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens where the webhooks should be: the API server answers 500
    /// `failed calling webhook ...: connect: connection refused` to every write.
    WebhookUnreachable,
    /// The validating webhook refuses every write with this text, one that the
    /// rules of this program do not know.
    WebhookRefuses(String),
    /// The validating webhook takes every write and never answers; the API server gives up after ten seconds.
    WebhookHangs,
    /// The validating webhook takes whatever it is asked, as with `ENABLE_WEBHOOKS=false`.
    WebhookOff,
    /// The core controller is stopped: the status stays empty.
    ControllerStopped,
    /// The vLLM shim is stopped: the status stays as the core controller left it.
    ShimStopped,
    /// The shim reaches no registry: its default image stays unresolved, phase Failed.
    RegistryUnreachable,
    /// The shim says `Ready` and phase `Running` for the new generation at once,
    /// whatever the Deployment does (AI Runway issue 422 in its worst form).
    ReadyLies,
    /// The kubelet cannot pull the image: `ErrImagePull`, then `ImagePullBackOff`.
    ImagePull,
    /// The container exits with code 1 again and again: `CrashLoopBackOff`.
    CrashLoop,
    /// No node fits: the scheduler leaves the pod Pending, with its real message.
    Unschedulable,
    /// A pod needs this long from Running to Ready.
    SlowStart(Duration),
    /// A promise is broken that a check of the test plan looks at.
    Lapse(Lapse),
}

/// The faults that are switched on, by namespace.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    by_namespace: Arc<RwLock<BTreeMap<String, Vec<Fault>>>>,
    /// Namespaces with a write that [`Fault::WebhookHangs`] holds.
    held: watch::Sender<BTreeSet<String>>,
}

impl Faults {
    /// Switches a fault on.
    pub fn set(&self, namespace: &str, fault: Fault) {
        if let Ok(mut faults) = self.by_namespace.write() {
            let faults = faults.entry(namespace.to_owned()).or_default();
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }

    /// Switches all faults of a namespace off.
    pub fn clear(&self, namespace: &str) {
        if let Ok(mut faults) = self.by_namespace.write() {
            faults.remove(namespace);
        }
    }

    /// Whether a fault is on.
    pub fn has(&self, namespace: &str, fault: &Fault) -> bool {
        self.of(namespace).contains(fault)
    }

    /// Whether a promise is broken for an object.
    pub fn breaks(&self, namespace: &str, name: &str, lapse: Lapse) -> bool {
        lapse.row().scope.of(namespace, name).is_some_and(|place| self.has(place, &Fault::Lapse(lapse)))
    }

    /// Whether a promise is broken for the whole cluster.
    pub fn breaks_everywhere(&self, lapse: Lapse) -> bool {
        self.has(EVERYWHERE, &Fault::Lapse(lapse))
    }

    /// The faults of a namespace.
    pub fn of(&self, namespace: &str) -> Vec<Fault> {
        self.by_namespace.read().ok().and_then(|faults| faults.get(namespace).cloned()).unwrap_or_default()
    }

    /// Tells that a write hangs in the webhook.
    pub fn holds(&self, namespace: &str) {
        self.held.send_modify(|held| {
            held.insert(namespace.to_owned());
        });
    }

    /// Waits until a write hangs in the webhook.
    pub async fn until_held(&self, namespace: &str) {
        // The sender is this value itself, so the wait cannot fail.
        let _ = self.held.subscribe().wait_for(|held| held.contains(namespace)).await;
    }

    /// The text of [`Fault::WebhookRefuses`], if it is on.
    pub fn refusal(&self, namespace: &str) -> Option<String> {
        self.of(namespace).into_iter().find_map(|fault| match fault {
            Fault::WebhookRefuses(text) => Some(text),
            _ => None,
        })
    }
}

/// What a fault does to a new pod: annotations that kwok's stages know (see
/// `tests/controlplane/kwok.yaml`), and a node selector that fits nowhere.
pub fn pod_changes(faults: &[Fault]) -> Vec<(&'static str, &'static str, String)> {
    let mut changes = Vec::new();
    for fault in faults {
        match fault {
            Fault::ImagePull => changes.push(("annotations", "airunway.test/fault", "image-pull".to_owned())),
            Fault::CrashLoop => changes.push(("annotations", "airunway.test/fault", "crash-loop".to_owned())),
            Fault::SlowStart(time) => {
                changes.push(("annotations", "airunway.test/fault", "slow".to_owned()));
                changes.push(("annotations", "airunway.test/delay", format!("{}ms", time.as_millis())));
            }
            Fault::Unschedulable => changes.push(("nodeSelector", "airunway.test/node", "none".to_owned())),
            _ => {}
        }
    }
    changes
}
