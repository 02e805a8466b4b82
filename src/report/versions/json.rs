//! `kind: VersionReport` of `cli.airunway.ai/v1`; members are only ever added.

use super::evidence::{Evidence, Workload};
use super::{VersionItem, VersionReport};
use crate::core::kind::model_deployment::release::Release;
use crate::core::shim::cluster::{self, Seen};
use crate::core::shim::installation;
use crate::report::json::text_of;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'static str,
    kind: &'static str,
    verdict: Option<&'static str>,
    items: Vec<Item<'a>>,
    installation: Option<Installation<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    provider: Option<&'a str>,
    source: &'static str,
    reported: Option<&'a str>,
    verdict: &'static str,
    reason: &'a str,
    hints: &'a [String],
    notes: &'a [String],
    evidence: Evidence<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Installation<'a> {
    controller: Vec<Workload<'a>>,
    dashboard: Vec<Workload<'a>>,
    definitions: Vec<Definition<'a>>,
    releases: Vec<&'static str>,
    embedded_release: &'static str,
    warning: Option<String>,
    hidden: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'a> {
    name: &'a str,
    schema_hash: Option<&'a str>,
    releases: &'a [&'static str],
    hidden: Option<&'a str>,
}

pub(super) fn write(report: &VersionReport, writer: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        api_version: "cli.airunway.ai/v1",
        kind: "VersionReport",
        verdict: report.verdict().map(|verdict| verdict.as_str()),
        items: report.items.iter().map(item).collect(),
        installation: report.installation.as_ref().map(installation),
    };
    writer.write_all(text_of(&report)?.as_bytes())
}

fn item(item: &VersionItem) -> Item<'_> {
    Item {
        provider: item.provider.as_deref(),
        source: item.source(),
        reported: item.reported.as_deref(),
        verdict: item.verdict.as_str(),
        reason: &item.reason,
        hints: &item.hints,
        notes: &item.notes,
        evidence: Evidence::of(&item.evidence),
    }
}

fn installation(found: &installation::Installation) -> Installation<'_> {
    let hidden = [&found.controller, &found.dashboard].into_iter().filter_map(|seen| match seen {
        Seen::Hidden(why) => Some(why.as_str()),
        Seen::Known(_) => None,
    });
    Installation {
        controller: workloads(&found.controller),
        dashboard: workloads(&found.dashboard),
        definitions: found.definitions.iter().map(definition).collect(),
        releases: found.releases(),
        embedded_release: Release::newest().name,
        warning: found.difference(),
        hidden: hidden.collect(),
    }
}

fn workloads(seen: &Seen<Vec<cluster::Workload>>) -> Vec<Workload<'_>> {
    seen.known().into_iter().flatten().map(Workload::of).collect()
}

fn definition(definition: &installation::Definition) -> Definition<'_> {
    let (schema_hash, hidden) = match &definition.hash {
        Seen::Known(hash) => (Some(hash.as_str()), None),
        Seen::Hidden(why) => (None, Some(why.as_str())),
    };
    Definition { name: &definition.name, schema_hash, releases: &definition.releases, hidden }
}
