//! A way to the API server that misbehaves by a script: HTTP/1.1 over loopback, one request a connection, in front of the
//! real control plane. Requests are counted, and a test can wait until one has come.

mod answer;
mod script;
mod serve;
mod watch;

#[allow(unused_imports, reason = "not every program of tests uses all of it")]
pub use answer::Answer;
#[allow(unused_imports, reason = "not every program of tests uses all of it")]
pub use script::{Act, Rule, When, requests};
pub use watch::Stream;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::sync::watch as channel;

/// One request that came to the proxy, forwarded or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `PATCH`, ...
    pub method: String,
    /// Path and query.
    pub target: String,
}

impl Asked {
    /// Whether it is a watch.
    pub fn watches(&self) -> bool {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1"))
    }
}

/// The rules with what has happened to them.
pub(super) struct Shared {
    server: String,
    client: reqwest::Client,
    rules: Vec<(Rule, AtomicUsize)>,
    asked: channel::Sender<Vec<Asked>>,
    /// Sent to a server by those that would not send their own over plain http, as kubectl.
    token: Option<String>,
    /// When the first watch came.
    watched: OnceLock<Instant>,
}

impl Shared {
    /// What is done to a request, which is counted: the first rule that fits and is in force.
    fn decide(&self, asked: &Asked) -> Act {
        if asked.watches() {
            self.watched.get_or_init(Instant::now);
        }
        let since_watch = self.watched.get().map(Instant::elapsed);
        let mut act = None;
        for (rule, count) in &self.rules {
            if !rule.fits(asked) {
                continue;
            }
            let nth = count.fetch_add(1, Ordering::Relaxed) + 1;
            if act.is_none() && rule.when.holds(nth, since_watch) {
                act = Some(rule.act.clone());
            }
        }
        self.asked.send_modify(|all| all.push(asked.clone()));
        act.unwrap_or(Act::Pass)
    }
}

/// A proxy with its script; it ends with the runtime.
pub struct Proxy {
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Opens a proxy in front of a server and writes a copy of a kubeconfig that leads through it.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn open(
        server: &str,
        authority: &Path,
        original: &Path,
        kubeconfig: PathBuf,
        rules: Vec<Rule>,
    ) -> Result<Proxy, String> {
        let text = |error: std::io::Error| error.to_string();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(text)?;
        let address = listener.local_addr().map_err(text)?;
        let config = std::fs::read_to_string(original).map_err(text)?;
        std::fs::write(&kubeconfig, config.replace(server, &format!("http://{address}"))).map_err(text)?;
        let token = config.lines().find_map(|line| line.trim().strip_prefix("token: ")).map(str::to_owned);
        let authority = reqwest::Certificate::from_pem(&std::fs::read(authority).map_err(text)?);
        let client = reqwest::Client::builder()
            .tls_certs_only([authority.map_err(|error| error.to_string())?])
            .no_proxy()
            .no_gzip()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            client,
            rules: rules.into_iter().map(|rule| (rule, AtomicUsize::new(0))).collect(),
            asked: channel::Sender::new(Vec::new()),
            token,
            watched: OnceLock::new(),
        });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve::connection(client, serving.clone()));
            }
        });
        Ok(Proxy { kubeconfig, shared })
    }

    /// The kubeconfig that leads through the proxy.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until a number of requests have come that a rule fits, whether it is in force or not.
    pub async fn until(&self, like: &Rule, number: usize) {
        let enough =
            |asked: &Vec<Asked>| asked.iter().filter(|asked| like.fits(asked)).nth(number - 1).is_some();
        // The sender is this value itself, so the wait cannot fail.
        let _ = self.shared.asked.subscribe().wait_for(enough).await;
    }
}
