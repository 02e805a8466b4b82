//! What a row of the tables is, and how it is run.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::json;

use crate::cluster::proxy::{Proxy, Rule, requests};
use crate::cluster::{Cluster, Fault, Namespace};
use crate::support::Run;

/// Rows that are run at the same time; most of them wait.
const AT_ONCE: usize = 10;
/// How long a pod takes to be ready, so that there is a wait for something to happen in.
const SLOWNESS: Duration = Duration::from_secs(3);
/// The command of every row, before what the row adds.
pub(crate) const DEPLOY: [&str; 12] = [
    "deploy",
    "org/m",
    "--name",
    "m",
    "--provider",
    "vllm",
    "--gpus",
    "1",
    "--image",
    "vllm/vllm-openai:v0.11.0",
    "--pin=never",
    "--preflight=off",
];

/// What is done in the namespace, by kubectl.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// Before the command starts: arguments, and the object that they read.
    Before(&'static [&'static str], &'static str),
    /// When the first watch has come.
    InTheWait(&'static [&'static str], &'static str),
    /// Before the command starts, for user `restricted`: verbs and resources.
    Allow(&'static str, &'static str),
}

/// How long it takes, without a figure: no test asserts a time.
#[derive(Clone, Copy)]
pub(crate) enum Ends {
    AtOnce,
    WhenReady,
    AfterPatience,
    AfterTimeout,
    AfterRequestTimeout,
}

impl Ends {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Ends::AtOnce => "at once",
            Ends::WhenReady => "when it is ready",
            Ends::AfterPatience => "after `--patience`",
            Ends::AfterTimeout => "after `--timeout`",
            Ends::AfterRequestTimeout => "after `--request-timeout`",
        }
    }
}

/// One row: what is done to it, and what it has to do.
#[derive(Clone)]
pub(crate) struct Row {
    /// Begins the name of its namespace.
    pub(crate) name: &'static str,
    /// What is done to it, for the page.
    pub(crate) done: &'static str,
    pub(crate) script: fn() -> Vec<Rule>,
    pub(crate) fault: Option<fn() -> Fault>,
    pub(crate) steps: &'static [Step],
    pub(crate) user: &'static str,
    /// Added to [`DEPLOY`].
    pub(crate) more: &'static [&'static str],
    pub(crate) exit: i32,
    /// What stdout and stderr hold together.
    pub(crate) says: &'static [&'static str],
    pub(crate) ends: Ends,
    /// Most requests that it may send.
    pub(crate) most: usize,
    /// Whether the object is there afterwards, where that is part of the promise.
    pub(crate) stored: Option<bool>,
}

/// A row in which everything is well: the others are written as what differs from it.
pub(crate) const WELL: Row = Row {
    name: "well",
    done: "nothing",
    script: Vec::new,
    fault: None,
    steps: &[],
    user: "developer",
    more: &["--timeout", "60s"],
    exit: 0,
    says: &["modeldeployment.airunway.ai/m serverside-applied"],
    ends: Ends::WhenReady,
    most: 30,
    stored: None,
};

/// Runs rows, many at a time; fails with all that did not do what they have to.
pub(crate) fn run(rows: Vec<Row>) {
    let cluster = Cluster::shared();
    let wrong: Vec<String> = cluster.run(async {
        let runs = futures::stream::iter(rows).map(|row| async move { judge(&row).await.err() });
        runs.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
    });
    assert!(wrong.is_empty(), "{} rows are wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
}

async fn judge(row: &Row) -> Result<(), String> {
    let namespace = Cluster::shared().namespace(row.name).await;
    namespace.fault(row.fault.map_or(Fault::SlowStart(SLOWNESS), |fault| fault())).await;
    for step in row.steps {
        match step {
            Step::Before(words, object) => kubectl(&namespace, words, object).await?,
            Step::Allow(verbs, resources) => namespace.allow(verbs, resources).await,
            Step::InTheWait(..) => {}
        }
    }
    let proxy = namespace.proxy(row.user, (row.script)()).await;
    let mut command = namespace.command(row.user, &[DEPLOY.as_slice(), row.more].concat());
    command.env("KUBECONFIG", proxy.kubeconfig());
    let run = tokio::join!(namespace.run(command), meanwhile(&namespace, &proxy, row)).0;
    let stored = namespace.kubectl(&["get", "modeldeployment", "m", "-o", "name"]).await.code == Some(0);
    namespace.mend().await;
    let _ =
        namespace.kubectl(&["delete", "modeldeployment", "m", "--wait=false", "--ignore-not-found"]).await;
    let asked = proxy.asked();
    let said = format!("{}{}", run.stdout, run.stderr).replace(&namespace.name, "[NAMESPACE]");
    let mut wrong = Vec::new();
    if run.code != Some(row.exit) {
        wrong.push(format!("exit {:?} and not {}", run.code, row.exit));
    }
    for words in row.says.iter().filter(|words| !said.contains(**words)) {
        wrong.push(format!("does not say {words:?}"));
    }
    if asked.len() > row.most {
        wrong.push(format!("{} requests and not at most {}", asked.len(), row.most));
    }
    if row.stored.is_some_and(|wanted| wanted != stored) {
        wrong.push(format!("stored: {stored}"));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let asked: Vec<String> = asked.iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect();
    Err(format!("{}: {}\n{run}\n{}", row.name, wrong.join("; "), asked.join("\n")))
}

/// What is done in the wait; ends when it is done.
async fn meanwhile(namespace: &Namespace<'_>, proxy: &Proxy, row: &Row) {
    for step in row.steps {
        let Step::InTheWait(words, object) = step else { continue };
        let watch = requests("GET", "/modeldeployments").watching(true);
        // A run that never waits ends without it, and the row says what else is wrong.
        if tokio::time::timeout(Duration::from_secs(60), proxy.until(&watch, 1)).await.is_ok() {
            let _ = kubectl(namespace, words, object).await;
        }
    }
}

async fn kubectl(namespace: &Namespace<'_>, words: &[&str], object: &str) -> Result<(), String> {
    let words: Vec<&str> =
        words.iter().map(|word| if *word == "[NAMESPACE]" { &namespace.name } else { *word }).collect();
    let run: Run = if object.is_empty() {
        namespace.kubectl(&words).await
    } else {
        let object: serde_json::Value = serde_json::from_str(object).unwrap_or_else(|_| json!(object));
        namespace.kubectl_with(&words, &object).await
    };
    if run.code == Some(0) { Ok(()) } else { Err(format!("kubectl {words:?}: {run}")) }
}
