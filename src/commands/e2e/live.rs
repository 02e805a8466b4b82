//! Who does what a check asks for: the cluster, the recipe backend, and what verifies versions.

use super::driver::{Stage, Time};
use super::settings::Versions;
use crate::commands::verify_version;
use crate::core::plan::{Act, Answer, Evidence, Names, Object};
use crate::core::shim::table::Policy;
use crate::core::shim::{BinaryCheck, Expectation, Verdict};
use crate::io::World;
use crate::io::backend::Backend;
use crate::io::plan::{LiveWorld, Watched, bundle};
use crate::report::versions::{self, VersionItem};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The stage of a run.
pub struct Live<'a> {
    pub cluster: LiveWorld,
    pub backend: &'a Backend,
    pub versions: &'a Versions,
    pub world: &'a World,
    pub time: Time,
    pub names: &'a Names,
    /// Whether evidence is wanted.
    pub bundled: bool,
}

impl Stage for Live<'_> {
    async fn act(&self, act: &Act) -> Answer {
        if let Some(answer) = self.backend.act(act).await {
            return answer;
        }
        match act {
            Act::ShimVersion(provider) => self.shim_version(provider).await,
            Act::ShimBinary(provider) => self.shim_binary(provider).await,
            _ => self.cluster.act(act).await,
        }
    }

    fn watch(&self, objects: &[Object]) -> Watched {
        self.cluster.watch(objects)
    }

    async fn evidence(&self, objects: &[Object]) -> Option<Evidence> {
        match self.bundled {
            true => Some(bundle::gather(self.cluster.cluster(), self.names, objects).await),
            false => None,
        }
    }
}

impl Live<'_> {
    /// What `verify-version` says of the shim of a provider.
    async fn shim_version(&self, provider: &str) -> Answer {
        let Versions { tag, allow_dev, .. } = self.versions;
        let policy = Policy { tag: tag.clone(), allow_dev: *allow_dev, now: self.time.now() };
        match verify_version::of_shim(self.cluster.cluster(), provider, policy, self.world).await {
            Ok(item) => Answer::Done(of_item(&item)),
            Err(error) => Answer::Failed(error.message),
        }
    }

    /// What `verify-version --binary` says of a built shim.
    async fn shim_binary(&self, provider: &str) -> Answer {
        let Versions { tag, allow_dev, binaries } = self.versions;
        let Some((_, file)) = binaries.iter().find(|(name, _)| name == provider) else {
            return Answer::Done(json!({ "absent": format!("give --shim-binary {provider}=FILE") }));
        };
        let expect = Expectation {
            provider: Some(provider.to_owned()),
            tag: tag.as_ref().map(ToString::to_string),
            versions: None,
            allow_dev: *allow_dev,
        };
        match verify_version::of_binary(file, &expect).await {
            Ok(item) => Answer::Done(of_item(&item)),
            Err(error) => Answer::Failed(error.message),
        }
    }
}

/// Why, and where it could not be told the way to know.
fn with_hint(item: &VersionItem) -> String {
    match item.hints.first().filter(|_| item.verdict == Verdict::Unknown) {
        Some(hint) => format!("{}; {hint}", item.reason),
        None => item.reason.clone(),
    }
}

/// What a claim can look at: the verdict in a word, why, what is reported, and of a file each check of the plan.
fn of_item(item: &VersionItem) -> Value {
    let mut answer = json!({
        "verdict": item.verdict.as_str(),
        "reason": with_hint(item),
        "reported": item.reported,
        "notes": item.notes,
        "hints": item.hints,
    });
    if let versions::Evidence::Binary(evidence) = &item.evidence {
        answer["checks"] = of_checks(&evidence.checks);
    }
    answer
}

/// The checks by id; of several the worst, which decides.
fn of_checks(checks: &[BinaryCheck]) -> Value {
    let mut worst: BTreeMap<&str, &BinaryCheck> = BTreeMap::new();
    for check in checks {
        let known = worst.entry(check.id).or_insert(check);
        if check.verdict > known.verdict {
            *known = check;
        }
    }
    let of = |check: &BinaryCheck| json!({ "verdict": check.verdict.as_str(), "reason": check.text });
    worst.into_iter().map(|(id, check)| (id.to_owned(), of(check))).collect()
}
