//! The web backend of AI Runway, whose recipe routes checks 11 and 12 of the test plan ask: one that runs already, or one
//! that is started for the run, with a recipe origin that is ours.
//!
//! How it starts, what it answers and how it ends was recorded from the real one (`test-plan.md` section 3.13).

mod ask;
mod error;
mod group;
mod log;
mod memory;
mod origin;
mod process;

pub use error::BackendError;

use crate::core::plan::{Act, Answer, HttpAsk};
use crate::io::environment::Environment;
use ask::Address;
use origin::Origin;
use process::Process;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// How long a backend may take until it answers: the real one needs half a second, on a busy machine some.
pub const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to end before it is killed.
pub const GRACE: Duration = Duration::from_secs(5);
/// How often a backend that starts is asked whether it is ready.
const READY_EVERY: Duration = Duration::from_millis(50);
/// How long one of these questions may take.
const READY_ASK: Duration = Duration::from_secs(2);
/// How long a process that no longer answers has to end, so that its end is told and not a broken connection.
const END_SHOWS: Duration = Duration::from_millis(500);

/// How a backend is started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The command line, in words as a shell has them; no shell reads it.
    pub command: String,
    /// The directory it is started in.
    pub directory: Option<PathBuf>,
    /// The kubeconfig it is to use; without one, what it finds itself.
    pub kubeconfig: Option<PathBuf>,
    /// The namespace of deployments that name none.
    pub namespace: String,
    /// Hosts that the environment excepts from its proxies (`NO_PROXY`); this machine is added.
    pub no_proxy: Option<String>,
    /// How long it may take until it answers.
    pub within: Duration,
    /// How long it may take to end before it is killed.
    pub grace: Duration,
}

impl Launch {
    /// A command with the usual limits.
    pub fn new(command: impl Into<String>, namespace: impl Into<String>) -> Launch {
        Launch {
            command: command.into(),
            directory: None,
            kubeconfig: None,
            namespace: namespace.into(),
            no_proxy: None,
            within: READY_WITHIN,
            grace: GRACE,
        }
    }

    /// With the exceptions from proxies that the environment names.
    pub fn in_environment(self, environment: &Environment) -> Launch {
        let no_proxy = environment.text("NO_PROXY").or_else(|| environment.text("no_proxy"));
        Launch { no_proxy: no_proxy.map(str::to_owned), ..self }
    }
}

/// The backend of a run, or why there is none.
#[derive(Debug)]
pub struct Backend(State);

#[derive(Debug)]
enum State {
    /// Nobody asked for one.
    Absent,
    /// It did not come up; why.
    Broken(String),
    /// It is somewhere.
    At(Address),
    /// It was started here.
    Started { address: Address, process: Box<Process>, origin: Origin },
}

impl Backend {
    /// No backend: what asks one is told so.
    pub fn absent() -> Backend {
        Backend(State::Absent)
    }

    /// One that did not come up: what asks it is told why.
    pub fn broken(error: &BackendError) -> Backend {
        Backend(State::Broken(error.to_string()))
    }

    /// One that runs already, at an address with `http` or `https`.
    ///
    /// # Errors
    /// A text that is not such an address.
    pub fn at(url: &str) -> Result<Backend, BackendError> {
        Address::parse(url).map(|address| Backend(State::At(address)))
    }

    /// Starts one on a free port, with a recipe origin of ours, and waits until it answers.
    ///
    /// The process has a group of its own, which ends with the answer of [`Backend::stop`], or when this is dropped.
    ///
    /// # Errors
    /// A command that cannot be started, a process that ends early, or one that does not answer in time.
    pub async fn start(launch: &Launch) -> Result<Backend, BackendError> {
        let no_port = |error| BackendError::Port { reason: error };
        let origin = Origin::start().await.map_err(no_port)?;
        let port = process::free_port().await.map_err(no_port)?;
        let process = Process::start(launch, port, &origin.url())?;
        let address = Address::local(port);
        match wait_until_ready(launch, &address, &process).await {
            Ok(()) => Ok(Backend(State::Started { address, process: Box::new(process), origin })),
            Err(error) => {
                process.stop().await;
                Err(error)
            }
        }
    }

    /// Whether its recipe origin is ours.
    pub fn has_origin(&self) -> bool {
        matches!(self.0, State::Started { .. })
    }

    /// Ends what was started: first asked to, killed when it does not. Nothing is left of its process group, and what
    /// asks it afterwards is told that it has ended.
    pub async fn stop(&self) {
        if let State::Started { process, .. } = &self.0 {
            process.stop().await;
        }
    }

    /// Does what a check asks of the backend or of its origin; `None` for anything else.
    pub async fn act(&self, act: &Act) -> Option<Answer> {
        Some(match act {
            Act::Backend(ask) => match self.ask(ask).await {
                Ok(answer) => Answer::Done(answer),
                Err(error) => Answer::Failed(error.to_string()),
            },
            Act::OriginForget => {
                if let State::Started { origin, .. } = &self.0 {
                    origin.forget();
                }
                Answer::Done(json!({}))
            }
            Act::OriginSeen => Answer::Done(match &self.0 {
                State::Started { origin, .. } => origin.seen().await,
                _ => json!({ "absent": "the run did not start the backend (--backend-command)" }),
            }),
            Act::BackendMemory => Answer::Done(self.memory()),
            _ => return None,
        })
    }

    async fn ask(&self, ask: &HttpAsk) -> Result<Value, BackendError> {
        match &self.0 {
            State::Absent => Ok(json!({ "absent": "give --backend URL or --backend-command COMMAND" })),
            State::Broken(why) => Err(BackendError::Broken { reason: why.clone() }),
            State::At(address) => address.ask(ask).await,
            State::Started { address, process, .. } => match address.ask(ask).await {
                Ok(answer) => Ok(answer),
                Err(error) => Err(process.ended_within(END_SHOWS).await.unwrap_or(error)),
            },
        }
    }

    fn memory(&self) -> Value {
        let read = match &self.0 {
            State::Started { address, process, .. } => memory::resident(address.port(), process.group()),
            _ => Err("the run did not start the backend".to_owned()),
        };
        match read {
            Ok(bytes) => json!({ "bytes": bytes }),
            Err(why) => json!({ "unreadable": why }),
        }
    }
}

/// Waits until the process answers on its port.
///
/// An older backend answers the same, so the process has to live, and to be the one that listens, where that can be seen.
async fn wait_until_ready(launch: &Launch, address: &Address, process: &Process) -> Result<(), BackendError> {
    let health = HttpAsk {
        method: "GET",
        path: "/api/health".to_owned(),
        json: None,
        redirects: 0,
        within: READY_ASK,
    };
    let until = Instant::now() + launch.within;
    loop {
        if let Some(ended) = process.ended().await {
            return Err(ended);
        }
        let answer = tokio::time::timeout_at(until, address.ask(&health)).await;
        let ready = matches!(answer, Ok(Ok(answer)) if answer.get("status") == Some(&json!(200)));
        if ready {
            let foreign = memory::is_foreign(address.port(), process.group());
            // A process whose port was taken ends in a moment.
            return match process.ended_within(if foreign { END_SHOWS } else { Duration::ZERO }).await {
                Some(ended) => Err(ended),
                None if foreign => Err(BackendError::Foreign { port: address.port() }),
                None => Ok(()),
            };
        }
        if Instant::now() >= until {
            let within = launch.within.as_secs_f64();
            return Err(BackendError::NotReady { within, log: process.last_words() });
        }
        tokio::time::sleep(READY_EVERY).await;
    }
}
