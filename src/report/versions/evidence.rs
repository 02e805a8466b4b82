//! The evidence of a verdict as JSON.

use super::{BinaryEvidence, ClusterEvidence, ImageOrigin, Origin};
use crate::core::shim::cluster::{self, Seen};
use crate::core::shim::table::RegistryAnswer;
use crate::core::shim::{BinaryCheck, BinaryReport, Effect, Found, Module};
use serde::Serialize;

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Evidence<'a> {
    Cluster(Box<Cluster<'a>>),
    Binary(Box<Binary<'a>>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cluster<'a> {
    registered: bool,
    ready: Option<bool>,
    last_heartbeat: Option<String>,
    heartbeat_age_seconds: Option<i64>,
    image: Option<&'a str>,
    image_tag: Option<String>,
    digest: Option<String>,
    deployments: Vec<Workload<'a>>,
    registry: Option<Registry<'a>>,
    hidden: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Workload<'a> {
    namespace: &'a str,
    name: &'a str,
    image: Option<&'a str>,
    replicas: i64,
    rollout: Option<&'a str>,
    pods: Vec<Pod<'a>>,
    hidden: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pod<'a> {
    name: &'a str,
    image: &'a str,
    #[serde(rename = "imageID")]
    image_id: &'a str,
    digest: Option<String>,
    running: bool,
    started_at: Option<String>,
}

#[derive(Serialize)]
struct Registry<'a> {
    image: String,
    digests: Vec<&'a str>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Binary<'a> {
    file: Option<&'a str>,
    image: Option<Image<'a>>,
    format: Option<&'static str>,
    arch: Option<&'a str>,
    go_version: Option<&'a str>,
    path: Option<&'a str>,
    main: Option<GoModule<'a>>,
    modules: Vec<GoModule<'a>>,
    settings: Vec<Setting<'a>>,
    linker_variables: Option<Vec<Variable<'a>>>,
    trimpath: Option<bool>,
    stripped: Option<bool>,
    effects: Vec<EffectJson<'a>>,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    name: &'a str,
    archive: bool,
    tags: &'a [String],
    digest: Option<&'a str>,
    platform_digest: Option<&'a str>,
    platform: Option<String>,
    program: Option<&'a str>,
    layer: Option<usize>,
    layers: usize,
    layers_read: usize,
}

#[derive(Serialize)]
struct GoModule<'a> {
    path: &'a str,
    version: &'a str,
    replace: Option<Box<GoModule<'a>>>,
}

#[derive(Serialize)]
struct Setting<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Variable<'a> {
    symbol: &'a str,
    value: &'a str,
    overridden: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EffectJson<'a> {
    symbol: &'a str,
    value: Option<&'a str>,
    how: &'static str,
    reason: Option<String>,
    set_at_start: Option<bool>,
    used_at_start: Option<bool>,
}

#[derive(Serialize)]
struct Check<'a> {
    id: &'a str,
    verdict: &'static str,
    text: &'a str,
}

impl Evidence<'_> {
    pub(super) fn of(evidence: &super::Evidence) -> Evidence<'_> {
        match evidence {
            super::Evidence::Cluster(evidence) => Evidence::Cluster(Box::new(Cluster::of(evidence))),
            super::Evidence::Binary(evidence) => Evidence::Binary(Box::new(Binary::of(evidence))),
        }
    }
}

impl Cluster<'_> {
    fn of(evidence: &ClusterEvidence) -> Cluster<'_> {
        let facts = &evidence.facts;
        let registration = facts.registration.as_ref();
        let (deployments, hidden) = match &facts.deployments {
            Seen::Known(known) => (known.iter().map(Workload::of).collect(), None),
            Seen::Hidden(why) => (Vec::new(), Some(why.as_str())),
        };
        let tag = evidence
            .image()
            .and_then(|image| image.parse::<crate::core::image::ImageRef>().ok()?.tag().map(str::to_owned));
        let registry = evidence.registry.as_ref().map(|(image, answer)| {
            let (digests, error) = match answer {
                RegistryAnswer::Digests(digests) => {
                    (digests.iter().map(|digest| digest.as_str()).collect(), None)
                }
                RegistryAnswer::Silent(why) => (Vec::new(), Some(why.as_str())),
            };
            Registry { image: image.to_string(), digests, error }
        });
        Cluster {
            registered: registration.is_some(),
            ready: registration.map(|registration| registration.ready),
            last_heartbeat: registration.and_then(|registration| Some(registration.heartbeat?.to_string())),
            heartbeat_age_seconds: evidence.heartbeat_age,
            image: evidence.image(),
            image_tag: tag,
            digest: evidence.digest().map(|digest| digest.to_string()),
            deployments,
            registry,
            hidden,
        }
    }
}

impl Workload<'_> {
    pub(super) fn of(workload: &cluster::Workload) -> Workload<'_> {
        let (pods, hidden) = match &workload.pods {
            Seen::Known(pods) => (pods.iter().map(pod).collect(), None),
            Seen::Hidden(why) => (Vec::new(), Some(why.as_str())),
        };
        Workload {
            namespace: &workload.namespace,
            name: &workload.name,
            image: workload.image.as_deref(),
            replicas: workload.replicas,
            rollout: workload.rollout.as_deref(),
            pods,
            hidden,
        }
    }
}

fn pod(pod: &cluster::Pod) -> Pod<'_> {
    Pod {
        name: &pod.name,
        image: &pod.image,
        image_id: &pod.image_id,
        digest: pod.digest().map(|digest| digest.to_string()),
        running: pod.running,
        started_at: pod.started.map(|started| started.to_string()),
    }
}

impl Binary<'_> {
    fn of(evidence: &BinaryEvidence) -> Binary<'_> {
        let report = evidence.report.as_ref();
        let (file, image) = match &evidence.origin {
            Origin::File(path) => (Some(path.as_str()), None),
            Origin::Image(origin) => (None, Some(image(origin))),
        };
        let list = |of: fn(&BinaryReport) -> &Vec<Module>| {
            report.map(of).into_iter().flatten().map(module).collect::<Vec<_>>()
        };
        let settings = report.into_iter().flat_map(|report| &report.settings);
        Binary {
            file,
            image,
            format: report.map(|report| report.format.as_str()),
            arch: report.map(|report| report.arch.as_str()),
            go_version: report.map(|report| report.go_version.as_str()),
            path: report.and_then(|report| report.path.as_deref()),
            main: report.and_then(|report| report.main.as_ref()).map(module),
            modules: list(|report| &report.deps),
            settings: settings.map(|(key, value)| Setting { key, value }).collect(),
            linker_variables: report.and_then(|report| report.ldflags.as_ref()).map(|variables| {
                let variable = variables.iter().map(|variable| Variable {
                    symbol: &variable.symbol,
                    value: &variable.value,
                    overridden: variable.overridden,
                });
                variable.collect()
            }),
            trimpath: report.map(|report| report.trimpath),
            stripped: report.map(|report| report.stripped),
            effects: report.into_iter().flat_map(|report| &report.effects).map(effect).collect(),
            checks: evidence.checks.iter().map(check).collect(),
        }
    }
}

fn image(origin: &ImageOrigin) -> Image<'_> {
    Image {
        name: &origin.name,
        archive: origin.archive,
        tags: &origin.tags,
        digest: origin.digest.as_ref().map(|digest| digest.as_str()),
        platform_digest: origin.platform_digest.as_ref().map(|digest| digest.as_str()),
        platform: origin.platform.as_ref().map(ToString::to_string),
        program: origin.program.as_deref(),
        layer: origin.layer,
        layers: origin.layers,
        layers_read: origin.layers_read,
    }
}

fn module(module: &Module) -> GoModule<'_> {
    GoModule {
        path: &module.path,
        version: &module.version,
        replace: module.replace.as_deref().map(self::module).map(Box::new),
    }
}

fn effect(effect: &Effect) -> EffectJson<'_> {
    let (how, reason) = match &effect.how {
        Found::SymbolTable => ("symbolTable", None),
        Found::DataReachable => ("data", None),
        Found::NotFound(missing) => ("notFound", Some(missing.to_string())),
    };
    EffectJson {
        symbol: &effect.symbol,
        value: effect.value.as_deref(),
        how,
        reason,
        set_at_start: effect.set_at_start,
        used_at_start: effect.used_at_start,
    }
}

fn check(check: &BinaryCheck) -> Check<'_> {
    Check { id: check.id, verdict: check.verdict.as_str(), text: &check.text }
}
