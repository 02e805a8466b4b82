//! Flags that every verb takes.

use super::inputs::Namespace;
use crate::core::kubernetes::{duration, names};
use crate::error::{Error, Result};
use crate::io::World;
use crate::io::cluster::{self, ConnectOptions};
use crate::ui::{ColorChoice, Log};
use std::path::PathBuf;

/// Connection flags as kubectl has them, and flags for stderr.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct GlobalArgs {
    /// Namespace; default: the kubeconfig context's, else `default`
    #[arg(short, long, global = true, value_name = "NAMESPACE", help_heading = "Connection", add = super::completion::namespaces())]
    pub namespace: Option<String>,

    /// Kubeconfig file instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection", hide_short_help = true)]
    pub kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection", add = super::completion::contexts())]
    pub context: Option<String>,

    /// Cluster of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection", hide_short_help = true, add = super::completion::clusters())]
    pub cluster: Option<String>,

    /// User of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection", hide_short_help = true, add = super::completion::users())]
    pub user: Option<String>,

    /// Address of the Kubernetes API server
    #[arg(
        short,
        long,
        global = true,
        value_name = "URL",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub server: Option<String>,

    /// Bearer token for the API server
    #[arg(long, global = true, value_name = "TOKEN", help_heading = "Connection", hide_short_help = true)]
    pub token: Option<String>,

    /// CA certificate file for the API server
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection", hide_short_help = true)]
    pub certificate_authority: Option<PathBuf>,

    /// Do not verify the API server's certificate (insecure)
    #[arg(long, global = true, help_heading = "Connection", hide_short_help = true)]
    pub insecure_skip_tls_verify: bool,

    /// Name expected in the API server's certificate
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection", hide_short_help = true)]
    pub tls_server_name: Option<String>,

    /// User to impersonate
    #[arg(
        long = "as",
        global = true,
        value_name = "USER",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub impersonate: Option<String>,

    /// Group to impersonate; repeatable
    #[arg(
        long = "as-group",
        global = true,
        value_name = "GROUP",
        help_heading = "Connection",
        hide_short_help = true
    )]
    pub impersonate_group: Vec<String>,

    /// Time limit of one request, for example 5s or 1m; 0 for none
    #[arg(long, global = true, value_name = "DURATION", help_heading = "Connection", hide_short_help = true)]
    pub request_timeout: Option<String>,

    /// Color on stderr
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Output",
        hide_short_help = true
    )]
    pub color: ColorChoice,

    /// Print only warnings and errors on stderr
    #[arg(short, long, global = true, help_heading = "Output", hide_short_help = true)]
    pub quiet: bool,

    /// Log level; 6 and above shows each request to the cluster
    #[arg(
        short = 'v',
        long = "v",
        global = true,
        value_name = "LEVEL",
        default_value_t = 0,
        help_heading = "Output",
        hide_short_help = true
    )]
    pub verbosity: u8,

    /// Where the log goes; set at the door.
    #[arg(skip)]
    pub log: Option<Log>,

    /// The command line as it was typed, without the program, where all of it is text; set at the door.
    #[arg(skip)]
    pub typed: Vec<String>,
}

impl GlobalArgs {
    /// The flags as the cluster client wants them.
    ///
    /// # Errors
    /// A `--request-timeout` that is not a duration.
    pub fn connect_options(&self) -> Result<ConnectOptions> {
        let request_timeout = self
            .request_timeout
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(duration::parse)
            .transpose()
            .map_err(|error| Error::usage(format!("invalid value for --request-timeout: {error}")))?;
        check_namespace(self.namespace.as_deref())?;
        let path = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        Ok(ConnectOptions {
            kubeconfig: path(&self.kubeconfig),
            context: set(&self.context),
            cluster: set(&self.cluster),
            user: set(&self.user),
            namespace: set(&self.namespace),
            server: set(&self.server),
            token: set(&self.token).map(Into::into),
            certificate_authority: path(&self.certificate_authority),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            tls_server_name: set(&self.tls_server_name),
            impersonate_user: set(&self.impersonate),
            impersonate_groups: self
                .impersonate_group
                .iter()
                .filter(|group| !group.is_empty())
                .cloned()
                .collect(),
            request_timeout,
        })
    }

    /// The namespace of the request, without contacting a cluster.
    ///
    /// # Errors
    /// A kubeconfig that was named and cannot be read.
    pub fn namespace(&self, world: &World) -> Result<Namespace> {
        let name = cluster::default_namespace(&self.connect_options()?, &world.surroundings())?;
        Ok(Namespace { name, enforced: set(&self.namespace).is_some() })
    }
}

/// A namespace that cannot exist is the flag's fault, not that of an object that is put into it.
fn check_namespace(flag: Option<&str>) -> Result<()> {
    let Some(name) = flag.filter(|name| !name.is_empty()) else { return Ok(()) };
    match names::label_errors(name).into_iter().next() {
        None => Ok(()),
        Some(reason) => Err(Error::usage(format!("invalid value for --namespace: {name:?}: {reason}"))),
    }
}

/// The value of a connection flag; an empty one is unset, as kubectl has it: scripts pass variables that may be empty.
fn set(flag: &Option<String>) -> Option<String> {
    flag.clone().filter(|text| !text.is_empty())
}
