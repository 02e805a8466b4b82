//! The process of a backend that was started here.

use super::group::Group;
use super::log::Log;
use super::{BackendError, Launch};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often a process that is to end is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long the end of a killed process is waited for.
const KILLED_WITHIN: Duration = Duration::from_secs(2);
/// How long the rest of an ended one's output is waited for.
const REST_WITHIN: Duration = Duration::from_secs(1);

/// A backend's process, and the group around it.
#[derive(Debug)]
pub(super) struct Process {
    child: Mutex<Child>,
    group: Option<Group>,
    /// Nothing of the group runs any more.
    over: AtomicBool,
    log: Log,
    /// What reads its outputs, until their ends have been waited for.
    readers: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
    grace: Duration,
}

/// A port that is free at the moment, on every address of this machine.
pub(super) async fn free_port() -> std::io::Result<u16> {
    let listener = tokio::net::TcpListener::bind(("0.0.0.0", 0)).await?;
    Ok(listener.local_addr()?.port())
}

impl Process {
    /// Starts the command on a port, with our recipe origin.
    pub(super) fn start(launch: &Launch, port: u16, origin: &str) -> Result<Process, BackendError> {
        let words = shlex::split(&launch.command).unwrap_or_default();
        let Some((program, arguments)) = words.split_first().filter(|(program, _)| !program.is_empty())
        else {
            return Err(BackendError::Command { command: launch.command.clone() });
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        surround(&mut command, launch, port, origin);
        let started = command.spawn();
        let mut child = started.map_err(|reason| BackendError::Start { program: program.clone(), reason })?;
        let log = Log::default();
        let mut readers = Vec::new();
        if let Some(output) = child.stdout.take() {
            readers.push(tokio::spawn(log.clone().read(output)));
        }
        if let Some(output) = child.stderr.take() {
            readers.push(tokio::spawn(log.clone().read(output)));
        }
        let group = child.id().map(Group);
        Ok(Process {
            child: Mutex::new(child),
            group,
            over: AtomicBool::new(false),
            log,
            readers: tokio::sync::Mutex::new(readers),
            grace: launch.grace,
        })
    }

    /// Its group.
    pub(super) fn group(&self) -> Option<Group> {
        self.group
    }

    /// The last lines it wrote, after a colon, on one line; nothing when it wrote none.
    pub(super) fn last_words(&self) -> String {
        let lines = self.log.lines();
        if lines.is_empty() { String::new() } else { format!(": {}", lines.join(" | ")) }
    }

    fn status(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It cannot be asked only when it was never started.
        child.try_wait().ok().flatten()
    }

    /// That it has ended, with its last lines.
    pub(super) async fn ended(&self) -> Option<BackendError> {
        let status = self.status()?;
        self.read_to_the_end().await;
        let how = match status.code() {
            Some(code) => format!("exit code {code}"),
            None => status.to_string(),
        };
        Some(BackendError::Ended { how, log: self.last_words() })
    }

    /// Waits for the rest of its outputs; a child that lives on may keep them open.
    async fn read_to_the_end(&self) {
        let mut readers = self.readers.lock().await;
        let rest = futures::future::join_all(readers.iter_mut());
        // What is not there by then is not told.
        let _ = tokio::time::timeout(REST_WITHIN, rest).await;
        readers.clear();
    }

    /// That it ends within a time.
    pub(super) async fn ended_within(&self, time: Duration) -> Option<BackendError> {
        let until = Instant::now() + time;
        loop {
            match self.ended().await {
                None if Instant::now() < until => tokio::time::sleep(LOOK_EVERY).await,
                ended => return ended,
            }
        }
    }

    /// Ends the whole group.
    pub(super) async fn stop(&self) {
        let Some(group) = self.group.filter(|_| !self.over.load(Ordering::Relaxed)) else { return };
        group.terminate();
        if !self.gone_within(group, self.grace).await {
            group.kill();
            self.kill_first();
            self.gone_within(group, KILLED_WITHIN).await;
        }
        // Its number may belong to others from now on.
        self.over.store(true, Ordering::Relaxed);
    }

    async fn gone_within(&self, group: Group, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.status().is_none() || group.lives() {
            if Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        true
    }

    fn kill_first(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has just ended is as good.
        let _ = child.start_kill();
    }
}

/// Dropped without [`Process::stop`]: the run was cancelled, and nothing waits any more.
impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group.filter(|_| !self.over.load(Ordering::Relaxed)) {
            group.kill();
        }
    }
}

/// What the process finds in its environment, beside what this program was started with.
fn surround(command: &mut Command, launch: &Launch, port: u16, origin: &str) {
    let mut no_proxy = "127.0.0.1,localhost".to_owned();
    if let Some(others) = launch.no_proxy.as_deref().filter(|others| !others.is_empty()) {
        no_proxy.push(',');
        no_proxy.push_str(others);
    }
    command
        .env("PORT", port.to_string())
        .env("VLLM_RECIPES_BASE_URL", origin)
        .env("DEFAULT_NAMESPACE", &launch.namespace)
        .env("LOG_LEVEL", "info")
        // The checks ask without signing in.
        .env_remove("AUTH_ENABLED")
        .env("NO_PROXY", &no_proxy)
        .env("no_proxy", &no_proxy);
    if let Some(kubeconfig) = &launch.kubeconfig {
        command.env("KUBECONFIG", kubeconfig);
    }
    if let Some(directory) = &launch.directory {
        command.current_dir(directory);
    }
}
