//! The shims of a cluster: one round of requests, then one to the registry for each tag that only it can settle.

use super::installation;
use super::settings::VerifyVersionSettings;
use crate::commands::connection::connect;
use crate::core::image::{Digest, ImageRef};
use crate::core::kind::model_deployment::INFERENCE_PROVIDER_CONFIG;
use crate::core::kubernetes::resource::{CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, POD, Resource};
use crate::core::shim::cluster::{self, NAMESPACE, SELECTOR, Seen, ShimFacts};
use crate::core::shim::installation::DEFINITIONS;
use crate::core::shim::table::{self, Judgement, Outcome, Policy, RegistryAnswer};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::cluster::{Cluster, ClusterError};
use crate::io::images::{self, pull_secrets};
use crate::io::registry::{RegistryError, Resolved};
use crate::report::versions::{ClusterEvidence, Evidence, VersionItem, VersionReport};
use crate::ui::Ui;
use futures::future::{join, join_all};
use serde_json::Value;

/// What the cluster answered.
pub(super) struct Answers {
    configs: Vec<Value>,
    pub(super) deployments: Seen<Vec<Value>>,
    pub(super) pods: Seen<Vec<Value>>,
    /// The one namespace whose Deployments were listed, where others may not be.
    only_namespace: Option<String>,
    /// In the order of [`DEFINITIONS`].
    pub(super) definitions: Vec<Seen<Option<Value>>>,
}

/// Which shims are judged, and how.
pub(super) struct Question<'a> {
    /// All when empty.
    pub(super) providers: &'a [String],
    /// Whether no registry may be asked.
    pub(super) offline: bool,
    /// Where to look for the shims when not all namespaces may be read; their usual one when it is not said.
    pub(super) namespace: Option<&'a str>,
    /// Hosts that are contacted over plain HTTP.
    pub(super) plain_http: &'a [String],
    pub(super) policy: Policy,
}

/// Judges the shims of a cluster.
///
/// # Errors
/// No AI Runway, a cluster that does not answer, or a provider that it does not have.
pub(super) async fn verify(
    providers: &[String],
    offline: bool,
    settings: &VerifyVersionSettings,
    world: &World,
    ui: &mut Ui,
) -> Result<VersionReport> {
    let cluster = connect(&settings.globals, world).await?;
    let question = Question {
        providers,
        offline,
        namespace: settings.globals.namespace.as_deref(),
        plain_http: &settings.plain_http,
        policy: Policy { tag: settings.tag.clone(), allow_dev: settings.allow_dev, now: world.clock.now() },
    };
    let (report, problems) = judge(&cluster, &question, world).await?;
    problems.iter().for_each(|problem| ui.status(problem));
    Ok(report)
}

/// The same over a connection that is there; with what went wrong on the way.
///
/// # Errors
/// As [`verify`].
pub(super) async fn judge(
    cluster: &Cluster,
    question: &Question<'_>,
    world: &World,
) -> Result<(VersionReport, Vec<String>)> {
    let answers = ask(cluster, question.namespace).await?;
    let mut facts = cluster::shims(&answers.configs, &answers.deployments, &answers.pods);
    for shim in &mut facts {
        shim.only_namespace.clone_from(&answers.only_namespace);
    }
    check_names(question.providers, &facts)?;
    facts.retain(|shim| question.providers.is_empty() || question.providers.contains(&shim.provider));
    if facts.is_empty() {
        return Err(Error::new(Exit::Inconclusive, "no provider is registered in this cluster").hint(
            "install a provider: kubectl apply -f https://raw.githubusercontent.com/ai-runway/airunway/b0d3fb775439d2f276e714f6c5f5d8612e75caa0/providers/vllm/deploy/vllm.yaml",
        ));
    }
    let mut registry = Registries { cluster, question, world, problems: Vec::new() };
    let mut items = Vec::new();
    for (facts, answer) in registry.answer_all(facts).await {
        items.push(item(facts, answer, &question.policy));
    }
    Ok((VersionReport { items, installation: Some(installation::of(&answers)) }, registry.problems))
}

/// One round of requests. Only the registrations have to be answered; the rest tells less when it is forbidden.
async fn ask(cluster: &Cluster, namespace: Option<&str>) -> Result<Answers> {
    let definitions =
        join_all(DEFINITIONS.iter().map(|name| cluster.get(&CUSTOM_RESOURCE_DEFINITION, None, name)));
    let workloads = join(listed(cluster, &DEPLOYMENT, namespace), listed(cluster, &POD, namespace));
    let configs = cluster.list(&INFERENCE_PROVIDER_CONFIG, None, None);
    let ((configs, definitions), (deployments, pods)) = join(join(configs, definitions), workloads).await;
    let ((deployments, only_namespace), (pods, _)) = (deployments?, pods?);
    Ok(Answers {
        configs: configs?.items,
        deployments,
        pods,
        only_namespace,
        definitions: definitions.into_iter().map(seen).collect::<Result<_>>()?,
    })
}

/// What AI Runway has of a resource in all namespaces; where that is forbidden, in the one of the flags or its usual one,
/// which then is named.
async fn listed(
    cluster: &Cluster,
    resource: &Resource,
    namespace: Option<&str>,
) -> Result<(Seen<Vec<Value>>, Option<String>)> {
    let everywhere = cluster.list(resource, None, Some(SELECTOR)).await;
    if !matches!(everywhere, Err(ClusterError::Forbidden { .. })) {
        return Ok((seen(everywhere.map(|list| list.items))?, None));
    }
    let namespace = namespace.unwrap_or(NAMESPACE);
    let here = cluster.list(resource, Some(namespace), Some(SELECTOR)).await;
    Ok((seen(here.map(|list| list.items))?, Some(namespace.to_owned())))
}

fn seen<T>(answer: std::result::Result<T, ClusterError>) -> Result<Seen<T>> {
    match answer {
        Ok(known) => Ok(Seen::Known(known)),
        Err(error @ ClusterError::Forbidden { .. }) => Ok(Seen::Hidden(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn check_names(providers: &[String], facts: &[ShimFacts]) -> Result<()> {
    let known: Vec<&str> = facts.iter().map(|shim| shim.provider.as_str()).collect();
    let Some(unknown) = providers.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::failure(format!("provider {unknown:?} is not registered in this cluster"));
    Err(if known.is_empty() {
        error.hint("no provider is registered")
    } else {
        error.hint(format!("registered providers: {}", known.join(", ")))
    })
}

fn item(facts: ShimFacts, question: Option<Answered>, policy: &Policy) -> VersionItem {
    let answer = question.as_ref().map(|question| &question.answer);
    // With an answer the table always judges, so the other arm stays a sentence.
    let judgement = match table::judge(&facts, policy, answer) {
        Outcome::Judged(judgement) => judgement,
        Outcome::Ask(image) => Judgement {
            verdict: crate::core::shim::Verdict::Unknown,
            reason: format!("{image} was not checked"),
            hint: None,
            notes: Vec::new(),
        },
    };
    let heartbeat = facts.registration.as_ref().and_then(|registration| registration.heartbeat);
    let age = heartbeat.map(|heartbeat| policy.now.as_second().saturating_sub(heartbeat.as_second()).max(0));
    let mut hints: Vec<String> = judgement.hint.into_iter().collect();
    let registry = question.map(|question| {
        hints.extend(question.hints);
        (question.image, question.answer)
    });
    VersionItem {
        provider: Some(facts.provider.clone()),
        reported: facts.registration.as_ref().and_then(|registration| registration.version.clone()),
        verdict: judgement.verdict,
        reason: judgement.reason,
        hints,
        notes: judgement.notes,
        evidence: Evidence::Cluster(Box::new(ClusterEvidence { facts, heartbeat_age: age, registry })),
    }
}

/// What a registry said about one tag.
struct Answered {
    image: ImageRef,
    answer: RegistryAnswer,
    hints: Vec<String>,
}

/// The registries, asked with this machine's credentials, then with the pull secrets of the shim.
struct Registries<'a> {
    cluster: &'a Cluster,
    question: &'a Question<'a>,
    world: &'a World,
    /// What went wrong with pull secrets.
    problems: Vec<String>,
}

impl Registries<'_> {
    /// Pairs each shim with the answer that its verdict needs, if it needs one; all are asked at the same time.
    async fn answer_all(&mut self, facts: Vec<ShimFacts>) -> Vec<(ShimFacts, Option<Answered>)> {
        let Question { offline, plain_http, policy, .. } = self.question;
        let question = |facts: &ShimFacts| match table::judge(facts, policy, None) {
            Outcome::Ask(image) => Some(image),
            Outcome::Judged(_) => None,
        };
        let questions: Vec<Option<ImageRef>> = facts.iter().map(question).collect();
        let registry = images::registry(self.world, plain_http, Vec::new());
        let resolved = join_all(questions.iter().map(|image| async {
            match image.as_ref().filter(|_| !offline) {
                Some(image) => Some(registry.resolve(image, None).await),
                None => None,
            }
        }));
        let resolved = resolved.await;
        let mut answered = Vec::new();
        for ((facts, image), resolved) in facts.into_iter().zip(questions).zip(resolved) {
            let answer = match (image, resolved) {
                (None, _) => None,
                (Some(image), None) => {
                    let answer = RegistryAnswer::Silent("--no-registry was given".to_owned());
                    Some(Answered { image, answer, hints: Vec::new() })
                }
                (Some(image), Some(resolved)) => Some(self.settle(image, resolved, &facts).await),
            };
            answered.push((facts, answer));
        }
        answered
    }

    async fn settle(
        &mut self,
        image: ImageRef,
        resolved: std::result::Result<Resolved, RegistryError>,
        facts: &ShimFacts,
    ) -> Answered {
        let resolved = match resolved {
            Err(error) if error.needs_login() => self.with_pull_secrets(&image, error, facts).await,
            resolved => resolved,
        };
        match resolved {
            Ok(resolved) => {
                let answer = RegistryAnswer::Digests(digests(&resolved));
                Answered { image, answer, hints: Vec::new() }
            }
            Err(error) => {
                let problems = error.passed_over.iter().chain(&error.credential_problems).cloned();
                let words: Vec<String> = std::iter::once(error.to_string()).chain(problems).collect();
                Answered { image, answer: RegistryAnswer::Silent(words.join("; ")), hints: error.hints() }
            }
        }
    }

    /// Once more with what the kubelet pulls the shim's image with.
    async fn with_pull_secrets(
        &mut self,
        image: &ImageRef,
        refusal: RegistryError,
        facts: &ShimFacts,
    ) -> std::result::Result<Resolved, RegistryError> {
        let Some([workload]) = facts.deployments.known().map(Vec::as_slice) else { return Err(refusal) };
        let (namespace, account) = (&workload.namespace, &workload.service_account);
        let found = pull_secrets::read_of(self.cluster, namespace, account, &workload.pull_secrets).await;
        self.problems.extend(found.problems);
        if found.secrets.is_empty() {
            return Err(refusal);
        }
        images::registry(self.world, self.question.plain_http, found.secrets).resolve(image, None).await
    }
}

/// All digests that a reference stands for.
fn digests(resolved: &Resolved) -> Vec<Digest> {
    let platforms = resolved.platforms.iter().map(|platform| platform.digest.clone());
    std::iter::once(resolved.digest.clone()).chain(platforms).collect()
}
