//! The verdict about a shim in a cluster: check V5 of the test plan (test-plan.md section 5, airunway-providers.md section 9.2).

use jiff::Timestamp;

use super::cluster::{Pod, Registration, Seen, ShimFacts, Workload};
use super::verdict::Verdict;
use super::version::{ReportedVersion, ShimTag, TagKind};
use crate::core::image::{Digest, ImageRef};

/// Age in seconds from which AI Runway's backend calls a heartbeat stale (`PROVIDER_HEALTH_STALENESS_MS`).
pub const STALE_SECONDS: i64 = 180;
/// How far in seconds a heartbeat may lie in the future before the clocks are worth a word.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// What the user wants of a shim, and when it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The tag that it must report.
    pub tag: Option<ShimTag>,
    /// A local build is what is wanted.
    pub allow_dev: bool,
    /// The time of the judgement.
    pub now: Timestamp,
}

/// What a registry says about `<repository>:<reported tag>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryAnswer {
    /// The digests that the tag stands for: of the index and of the manifest of each platform.
    Digests(Vec<Digest>),
    /// Nothing; why, as a fragment.
    Silent(String),
}

/// Where a judgement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The registry has to be asked for this.
    Ask(ImageRef),
    /// Done.
    Judged(Judgement),
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The evidence that decided, a sentence without a full stop.
    pub reason: String,
    /// What to do about a verdict that is not yes.
    pub hint: Option<String>,
    /// What else is worth knowing, each a sentence without a full stop.
    pub notes: Vec<String>,
}

impl Judgement {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Judgement {
        Judgement { verdict, reason: reason.into(), hint: None, notes: Vec::new() }
    }

    fn hint(mut self, hint: impl Into<String>) -> Judgement {
        self.hint = Some(hint.into());
        self
    }

    fn note(mut self, note: Option<String>) -> Judgement {
        self.notes.extend(note);
        self
    }
}

fn yes(reason: impl Into<String>) -> Judgement {
    Judgement::new(Verdict::Yes, reason)
}

fn no(reason: impl Into<String>) -> Judgement {
    Judgement::new(Verdict::No, reason)
}

fn unknown(reason: impl Into<String>) -> Judgement {
    Judgement::new(Verdict::Unknown, reason)
}

/// Judges one shim. Without an answer of the registry it may ask for one; with an answer it always judges.
pub fn judge(facts: &ShimFacts, policy: &Policy, answer: Option<&RegistryAnswer>) -> Outcome {
    match evaluate(facts, policy, answer) {
        Ok(judgement) => Outcome::Judged(judgement.note(readiness(facts)).note(skew(facts, policy))),
        Err(image) => Outcome::Ask(image),
    }
}

fn evaluate(
    facts: &ShimFacts,
    policy: &Policy,
    answer: Option<&RegistryAnswer>,
) -> Result<Judgement, ImageRef> {
    let provider = &facts.provider;
    let Some(registration) = &facts.registration else { return Ok(unregistered(facts)) };
    let Some(text) = &registration.version else {
        return Ok(unknown(format!("{provider} is registered but has not reported a version"))
            .hint("check the shim's log: it reports its version with its first heartbeat"));
    };
    let reported = match text.parse::<ReportedVersion>() {
        Ok(reported) if reported.provider == *provider => reported,
        Ok(reported) => {
            return Ok(no(format!("it reports {text}, the version of {}", reported.provider))
                .hint(format!("check which image the shim of {provider} runs")));
        }
        Err(error) => {
            return Ok(no(format!("its version is not {provider}-provider:<tag>: {error}"))
                .hint("the shim was built without the linker setting for its version; rebuild it"));
        }
    };
    if reported.tag.kind() == TagKind::Stale {
        return Ok(no(format!("{} is {}, whatever the image", reported.tag, TagKind::Stale.as_str()))
            .hint("deploy an image from a release whose shims report their own tag"));
    }
    if let Some(judgement) = staleness(registration, policy) {
        return Ok(judgement);
    }
    if let Some(wanted) = policy.tag.as_ref().filter(|wanted| **wanted != reported.tag) {
        return Ok(no(format!("it reports {}, not the expected {wanted}", reported.tag))
            .hint(format!("deploy {provider}-provider:{wanted}, or change --expect")));
    }
    if reported.tag.kind() == TagKind::BrokenStamp {
        return Ok(no(format!("{} is {}", reported.tag, TagKind::BrokenStamp.as_str()))
            .hint("check the build's SHIM_VERSION"));
    }
    let workload = match deployment(facts) {
        Ok(workload) => workload,
        // A local build needs no image to be compared with.
        Err(missing) if reported.tag.kind().is_local() && policy.allow_dev => {
            return Ok(local(&reported, "", policy).note(Some(missing.reason)));
        }
        Err(missing) => return Ok(missing),
    };
    if let Some(judgement) = movement(workload, registration) {
        return Ok(judgement);
    }
    match &workload.pods {
        Seen::Known(pods) => running(workload, pods, &reported, policy, answer),
        Seen::Hidden(why) => Ok(by_template(workload, &reported, policy, why)),
    }
}

fn unregistered(facts: &ShimFacts) -> Judgement {
    let places = facts.deployments.known().map(|found| names(found)).unwrap_or_default();
    unknown(format!("{places} runs, but no provider {} is registered", facts.provider))
        .hint("check the shim's log: it registers its provider when it starts, and may not be allowed to")
}

/// Whether the report is of now.
fn staleness(registration: &Registration, policy: &Policy) -> Option<Judgement> {
    let look = "check that the shim's pod runs and is the leader; it reports every minute";
    let Some(heartbeat) = registration.heartbeat else {
        return Some(unknown("there was never a heartbeat, so the report may be of any age").hint(look));
    };
    let age = policy.now.as_second().saturating_sub(heartbeat.as_second());
    (age > STALE_SECONDS).then(|| {
        unknown(format!(
            "the last heartbeat is {} old, so the report may be from a shim that no longer runs",
            span(age)
        ))
        .hint(look)
    })
}

/// The one Deployment that the shim runs in.
fn deployment(facts: &ShimFacts) -> Result<&Workload, Judgement> {
    let provider = &facts.provider;
    let found = match &facts.deployments {
        Seen::Known(found) => found,
        Seen::Hidden(why) => {
            return Err(unknown(format!("its Deployment cannot be read: {why}"))
                .hint("request the right to list deployments and pods, or verify the image with --image"));
        }
    };
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let seen = facts.only_namespace.as_ref();
            let where_to = seen.map_or_else(String::new, |namespace| {
                format!(" in namespace {namespace}, and other namespaces cannot be listed")
            });
            Err(unknown(format!("no Deployment has the label control-plane={provider}-provider{where_to}"))
                .hint(match seen {
                    Some(_) => "set AI Runway's namespace with -n",
                    None => "verify a shim that runs elsewhere by its binary: verify-version --binary FILE",
                }))
        }
        several => {
            Err(unknown(format!("{} Deployments are shims of {provider}: {}", several.len(), names(several)))
                .hint("delete all but one: they overwrite each other's report"))
        }
    }
}

/// Whether what runs is all of one template, and whether it was there when the report was written.
fn movement(workload: &Workload, registration: &Registration) -> Option<Judgement> {
    let place = place(workload);
    if let Some(rollout) = &workload.rollout {
        return Some(unknown(format!("a rollout of {place} is in progress: {rollout}")).hint(format!(
            "wait for it: kubectl rollout status -n {} deployment/{}",
            workload.namespace, workload.name
        )));
    }
    if workload.replicas == 0 {
        return Some(
            unknown(format!("{place} is scaled to zero, so no running shim backs the report")).hint(format!(
                "kubectl scale -n {} deployment/{} --replicas=1",
                workload.namespace, workload.name
            )),
        );
    }
    let pods = workload.pods.known()?;
    let running: Vec<&Pod> = pods.iter().filter(|pod| pod.running).collect();
    if running.is_empty() {
        return Some(
            unknown(format!("no pod of {place} runs"))
                .hint(format!("kubectl describe -n {} deployment/{}", workload.namespace, workload.name)),
        );
    }
    let first = running.iter().map(|pod| pod.started).min().flatten()?;
    let heartbeat = registration.heartbeat?;
    (heartbeat.as_second() < first.as_second()).then(|| {
        unknown("the report is older than the running pods")
            .hint("repeat in a minute, after the next heartbeat")
    })
}

/// Judges by the Deployment alone, where pods cannot be listed.
fn by_template(workload: &Workload, reported: &ReportedVersion, policy: &Policy, why: &str) -> Judgement {
    let note = Some(format!("pods cannot be listed ({why}); checked by the template of {}", place(workload)));
    let Some(image) = &workload.image else { return no_container(workload) };
    if reported.tag.kind().is_local() {
        return local(reported, image, policy).note(note);
    }
    match textual(image, reported) {
        Some(judgement) => judgement.note(note),
        None => unknown(format!("{image} does not show its version, and pods cannot be listed: {why}"))
            .hint("request the right to list pods, or verify the image with --image"),
    }
}

fn running(
    workload: &Workload,
    pods: &[Pod],
    reported: &ReportedVersion,
    policy: &Policy,
    answer: Option<&RegistryAnswer>,
) -> Result<Judgement, ImageRef> {
    let pods: Vec<&Pod> = pods.iter().filter(|pod| pod.running).collect();
    let Some(image) = pods.first().map(|pod| pod.image.as_str()).filter(|image| !image.is_empty()) else {
        return Ok(no_container(workload));
    };
    if reported.tag.kind().is_local() {
        return Ok(local(reported, image, policy));
    }
    let mut digests: Vec<&str> = pods.iter().map(|pod| pod.image_id.as_str()).collect();
    digests.sort_unstable();
    digests.dedup();
    let one_image = pods.iter().all(|pod| pod.image == image);
    if one_image && digests.len() == 1 {
        if let Some(judgement) = textual(image, reported) {
            return Ok(judgement);
        }
    } else if let Some(pod) = pods.iter().find(|pod| contradicts(&pod.image, reported)) {
        return Ok(differs(&pod.image, reported));
    }
    by_digest(workload, &pods, image, reported, answer)
}

/// What image and reported tag say by their text alone, where that says anything.
fn textual(image: &str, reported: &ReportedVersion) -> Option<Judgement> {
    let parsed = image.parse::<ImageRef>().ok()?;
    let tag = parsed.tag()?;
    if tag == reported.tag.as_str() && tag != "latest" {
        return Some(yes(format!("the image's tag is the reported version, {tag}")));
    }
    contradicts(image, reported).then(|| differs(image, reported))
}

/// Whether an image is named by a published tag that is not the reported one. With a digest the tag is only a remark.
fn contradicts(image: &str, reported: &ReportedVersion) -> bool {
    let Ok(parsed) = image.parse::<ImageRef>() else { return false };
    parsed.digest().is_none()
        && parsed.tag().is_some_and(|tag| is_published(tag) && tag != reported.tag.as_str())
}

fn differs(image: &str, reported: &ReportedVersion) -> Judgement {
    no(format!("the image is {image}, but it reports {}", reported.tag))
        .hint("the shim in the image was built with another version; inspect it with --image")
}

/// Whether a tag is one of the release workflow's: `v1.2.3` with what may follow, or `main-` and a commit.
pub fn is_published(tag: &str) -> bool {
    let release = tag.strip_prefix('v').is_some_and(|version| semver::Version::parse(version).is_ok());
    release || tag.parse::<ShimTag>().is_ok_and(|tag| tag.kind() == TagKind::Main)
}

/// The verdict about a local build: wanted or not, and never under a published name.
fn local(reported: &ReportedVersion, image: &str, policy: &Policy) -> Judgement {
    let what = format!("{} is {}", reported.tag, reported.tag.kind().as_str());
    if policy.allow_dev {
        return yes(format!("{what}, which is allowed"));
    }
    if contradicts(image, reported) {
        return no(format!("{what}, but the image is {image}; a published image must not report that"))
            .hint("rebuild and publish the image with SHIM_VERSION set");
    }
    unknown(format!("{what}, which no image can be compared with"))
        .hint("--allow-dev accepts local builds; a published image must not report one")
}

/// Compares what runs with what the registry has under the reported tag.
fn by_digest(
    workload: &Workload,
    pods: &[&Pod],
    image: &str,
    reported: &ReportedVersion,
    answer: Option<&RegistryAnswer>,
) -> Result<Judgement, ImageRef> {
    let tagged = image.parse::<ImageRef>().map_err(|error| error.to_string());
    let tagged =
        tagged.and_then(|image| image.with_tag(reported.tag.as_str()).map_err(|error| error.to_string()));
    let tagged = match tagged {
        Ok(tagged) => tagged,
        Err(error) => return Ok(unknown(format!("{image} cannot be compared with anything: {error}"))),
    };
    if let Some(pod) = pods.iter().find(|pod| running_digest(pod).is_none()) {
        let id = if pod.image_id.is_empty() { "no image id".to_owned() } else { pod.image_id.clone() };
        return Ok(unknown(format!(
            "the runtime of pod {} reports {id}, which is not a registry's digest",
            pod.name
        ))
        .hint("deploy the image by a release tag, or verify its archive with --image-archive"));
    }
    let digests = match answer {
        None => return Err(tagged),
        Some(RegistryAnswer::Silent(why)) => {
            return Ok(unknown(format!(
                "{image} does not show its version, and {tagged} was not checked: {why}"
            ))
            .hint("repeat where the registry can be reached, or deploy the image by a release tag"));
        }
        Some(RegistryAnswer::Digests(digests)) => digests,
    };
    let belongs = |pod: &&&Pod| running_digest(pod).is_some_and(|digest| digests.contains(&digest));
    let strangers: Vec<&&Pod> = pods.iter().filter(|pod| !belongs(pod)).collect();
    let shown = |pod: &Pod| running_digest(pod).map(|digest| short(&digest)).unwrap_or_default();
    Ok(match strangers.first() {
        None if pods.len() == 1 => yes(format!("the pod runs the image that the registry has as {tagged}")),
        None => yes(format!("all {} pods run the image that the registry has as {tagged}", pods.len())),
        Some(pod) => {
            let now = digests.first().map(short).unwrap_or_default();
            let which = if strangers.len() == pods.len() {
                format!("{} runs {}", place(workload), shown(pod))
            } else {
                format!(
                    "{} of {} pods run another image: {} runs {}",
                    strangers.len(),
                    pods.len(),
                    pod.name,
                    shown(pod)
                )
            };
            no(format!("{which}, but {tagged} is {now}")).hint(format!(
                "deploy the reported version: kubectl set image -n {} deployment/{} {}={tagged}",
                workload.namespace,
                workload.name,
                workload.container.as_deref().unwrap_or("manager")
            ))
        }
    })
}

/// What a pod runs: the runtime's word, else the digest that it was told to run.
fn running_digest(pod: &Pod) -> Option<Digest> {
    pod.digest().or_else(|| {
        let asked = pod.image.parse::<ImageRef>().ok()?;
        asked.digest().cloned().filter(|_| pod.image_id.is_empty())
    })
}

fn no_container(workload: &Workload) -> Judgement {
    unknown(format!("{} has several containers and none called manager", place(workload)))
        .hint("name the shim's container manager, as AI Runway's manifests do")
}

fn readiness(facts: &ShimFacts) -> Option<String> {
    let registration = facts.registration.as_ref()?;
    (!registration.ready)
        .then(|| format!("{} reports that it is not ready; this does not affect its version", facts.provider))
}

fn skew(facts: &ShimFacts, policy: &Policy) -> Option<String> {
    let heartbeat = facts.registration.as_ref()?.heartbeat?;
    let ahead = heartbeat.as_second().saturating_sub(policy.now.as_second());
    (ahead > CLOCK_SKEW_SECONDS)
        .then(|| format!("the heartbeat is {} in the future: the clocks differ", span(ahead)))
}

fn place(workload: &Workload) -> String {
    format!("Deployment {}/{}", workload.namespace, workload.name)
}

fn names(workloads: &[Workload]) -> String {
    workloads.iter().map(place).collect::<Vec<_>>().join(", ")
}

/// The beginning of a digest, for a sentence.
fn short(digest: &Digest) -> String {
    format!("{}:{}", digest.algorithm(), digest.digits().get(..12).unwrap_or_default())
}

/// Seconds as a person says them.
fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
