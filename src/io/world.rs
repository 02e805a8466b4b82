//! What a verb may know of the world outside the program. It is handed in: a verb reads no clock, no environment variable
//! and no setting of this machine by itself.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use super::clock::Clock;
use super::cluster::{Cluster, ClusterError, ConnectOptions, Observer, Surroundings};
use super::environment::Environment;
use super::recipes::Cache;
use super::registry::RegistryOptions;

/// The surroundings of one run of a verb.
#[derive(Debug, Clone)]
pub struct World {
    /// As what the program was started: the first word of its command line.
    pub program: PathBuf,
    /// The time of day.
    pub clock: Clock,
    /// The environment variables.
    pub environment: Environment,
    /// The working directory, where it is known.
    pub directory: Option<PathBuf>,
    /// Threads for work that never waits.
    pub threads: usize,
    /// Whether standard input is a terminal, so that a credential plugin can ask a person.
    pub stdin_is_terminal: bool,
}

impl World {
    /// The surroundings of this process, which was started as `program`.
    pub fn of_process(program: Option<&OsString>) -> World {
        World {
            program: program.map(PathBuf::from).unwrap_or_default(),
            clock: Clock::System,
            environment: Environment::of_process(),
            directory: std::env::current_dir().ok(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            stdin_is_terminal: std::io::stdin().is_terminal(),
        }
    }

    /// A world without settings, for tests: no variables, nobody at a terminal, one thread, the first moment of 1970.
    pub fn bare() -> World {
        World {
            program: PathBuf::from("kubectl-airunway"),
            clock: Clock::Fixed(jiff::Timestamp::UNIX_EPOCH),
            environment: Environment::default(),
            directory: None,
            threads: 1,
            stdin_is_terminal: false,
        }
    }

    /// What the environment says about connections to clusters.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings::of(&self.environment, self.stdin_is_terminal)
    }

    /// Prepares a connection to a cluster; sends nothing. An `observer` hears of every request that is sent later.
    ///
    /// # Errors
    /// A kubeconfig or flag that leads nowhere.
    pub async fn connect(
        &self,
        options: &ConnectOptions,
        observer: Option<Observer>,
    ) -> Result<Cluster, ClusterError> {
        Cluster::connect(options, &self.surroundings(), observer).await
    }

    /// What this user has configured for registries: credentials, mirrors, authorities.
    pub fn registry_options(&self) -> RegistryOptions {
        RegistryOptions::of(&self.environment)
    }

    /// This user's cache of recipes; `None` without a home directory.
    pub fn recipe_cache(&self) -> Option<Cache> {
        Cache::of_user(&self.environment)
    }
}
