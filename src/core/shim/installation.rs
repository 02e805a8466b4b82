//! Which AI Runway this is: its controller, its dashboard, its definitions against those of the releases that are
//! embedded.

use serde_json::Value;
use std::fmt::Write as _;

use super::cluster::{Seen, Workload};
use crate::core::image::Digest;
use crate::core::kind::model_deployment::release::Release;
use crate::core::schema::compact::compact;

/// The definitions of AI Runway, plural first as in their names.
pub const DEFINITIONS: [&str; 2] = ["modeldeployments.airunway.ai", "inferenceproviderconfigs.airunway.ai"];

/// What the cluster has installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Deployments of the controller.
    pub controller: Seen<Vec<Workload>>,
    /// Deployments of the dashboard.
    pub dashboard: Seen<Vec<Workload>>,
    /// One entry a definition, in the order of [`DEFINITIONS`].
    pub definitions: Vec<Definition>,
}

/// One definition of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Name, for example `modeldeployments.airunway.ai`.
    pub name: String,
    /// Hash of its schema; see [`schema_hash`].
    pub hash: Seen<Digest>,
    /// Embedded releases whose schema is the same, oldest first.
    pub releases: Vec<&'static str>,
}

/// The sha256 of the schemas of all versions as canonical JSON: members sorted, no blanks, descriptions left out.
///
/// `None` for what is not a definition.
pub fn schema_hash(definition: &Value) -> Option<Digest> {
    let short = compact(definition);
    let versions = short.pointer("/spec/versions")?.as_array().filter(|versions| !versions.is_empty())?;
    let mut text = String::new();
    for version in versions {
        canonical(version.get("name")?, &mut text);
        canonical(version.get("schema")?, &mut text);
    }
    Some(Digest::of(text.as_bytes()))
}

/// JSON with sorted members; a number that is whole is written without a fraction, as the API server may have added
/// one.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in sorted {
                // Writing to a String cannot fail.
                let _ = write!(text, "{}:", Value::String(name.clone()));
                canonical(member, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Number(number) if number.as_i64().is_none() => {
            let _ = match number.as_f64() {
                Some(whole) if whole.fract() == 0.0 => write!(text, "{whole:.0}"),
                _ => write!(text, "{number}"),
            };
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

impl Definition {
    /// Compares a definition of the cluster with the embedded ones.
    pub fn of(name: &str, found: Seen<Option<Value>>) -> Definition {
        let hash = match found {
            Seen::Hidden(why) => Seen::Hidden(why),
            Seen::Known(None) => Seen::Hidden("it is not installed".to_owned()),
            Seen::Known(Some(definition)) => match schema_hash(&definition) {
                Some(hash) => Seen::Known(hash),
                None => Seen::Hidden("it has no schema".to_owned()),
            },
        };
        let same = |release: &&Release| {
            let own = release.definition(name).as_ref().and_then(schema_hash);
            own.is_some() && own.as_ref() == hash.known()
        };
        let releases = Release::all().iter().filter(same).map(|release| release.name).collect();
        Definition { name: name.to_owned(), hash, releases }
    }
}

impl Installation {
    /// The embedded releases whose definitions are all those of the cluster, oldest first.
    pub fn releases(&self) -> Vec<&'static str> {
        let every = |release: &&Release| {
            self.definitions.iter().all(|definition| definition.releases.contains(&release.name))
        };
        Release::all().iter().filter(every).map(|release| release.name).collect()
    }

    /// What to warn of: the rules that the program uses are not those of this cluster.
    pub fn difference(&self) -> Option<String> {
        let newest = Release::newest().name;
        if self.definitions.iter().any(|definition| definition.hash.known().is_none()) {
            return None;
        }
        match self.releases().as_slice() {
            [] => Some(format!(
                "the cluster's CRDs match no AI Runway release known here; checking by {newest}"
            )),
            releases if releases.contains(&newest) => None,
            releases => Some(format!(
                "the cluster's CRDs are those of AI Runway {}; checking by {newest}",
                releases.join(", ")
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn installation(definitions: Vec<Definition>) -> Installation {
        Installation { controller: Seen::Known(Vec::new()), dashboard: Seen::Known(Vec::new()), definitions }
    }

    fn of_release(release: &Release) -> Installation {
        let definition = |name: &&str| Definition::of(name, Seen::Known(release.definition(name)));
        installation(DEFINITIONS.iter().map(definition).collect())
    }

    #[test]
    fn every_release_is_told_from_the_others() {
        for release in Release::all() {
            let installation = of_release(release);
            assert_eq!(installation.releases(), [release.name]);
            assert_eq!(installation.difference().is_none(), release.name == Release::newest().name);
        }
    }

    #[test]
    fn a_changed_schema_is_of_no_release_and_a_hidden_one_says_nothing() {
        let mut changed = Release::newest().definition(DEFINITIONS[0]).unwrap();
        changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["more"] =
            json!({"type": "string"});
        let other = Definition::of(DEFINITIONS[0], Seen::Known(Some(changed)));
        let known = of_release(Release::newest()).definitions.remove(1);
        let difference = installation(vec![other, known.clone()]).difference().unwrap();
        assert!(difference.contains("no AI Runway"), "{difference}");
        let hidden = Definition::of(DEFINITIONS[0], Seen::Hidden("forbidden".into()));
        assert_eq!(installation(vec![hidden, known]).difference(), None);
    }

    #[test]
    fn order_descriptions_and_fractions_change_no_hash() {
        let definition = |schema: Value| json!({"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]}});
        let one = definition(json!({"type": "integer", "minimum": 0, "description": "a"}));
        let other = definition(json!({"minimum": 0.0, "type": "integer"}));
        assert_eq!(schema_hash(&one), schema_hash(&other));
        assert_ne!(schema_hash(&one), schema_hash(&definition(json!({"type": "integer", "minimum": 1}))));
        assert_eq!(schema_hash(&json!({})), None);
    }
}
