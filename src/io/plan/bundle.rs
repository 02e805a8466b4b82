//! Evidence of checks that failed: what the cluster shows of their objects, and the directory that it is written to.

use crate::core::kubernetes::json::{integer_at, list_at, text_at};
use crate::core::kubernetes::resource::{DEPLOYMENT, POD, Resource, SERVICE};
use crate::core::plan::{ContainerLog, Evidence, Exchange, Names, Object};
use crate::error::{Error, Result};
use crate::io::cluster::{Cluster, LogOptions, RequestRecord};
use jiff::Timestamp;
use serde_json::Value;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Label of a model's pods and of what is made for it.
const MODEL_LABEL: &str = "airunway.ai/model-deployment";
/// Label by which the pods of the controller and the shims are told apart.
const PART_LABEL: &str = "control-plane";
/// Most objects of a check that are read.
const OBJECTS: usize = 50;
/// Most pods whose logs are read.
const PODS: usize = 20;
/// Most containers of one pod whose logs are read.
const CONTAINERS: usize = 10;
/// Most events that are kept, the newest.
const EVENTS: usize = 500;
/// Lines of each log, from its end.
const LOG_LINES: u32 = 500;
/// Lines of the logs of the controller and the shims.
const SHIM_LINES: u32 = 200;
/// Most bytes of the file to which the summary of a step is appended.
const APPENDED: u64 = 1 << 20;

/// A request, as the transcript keeps it.
pub fn exchange(record: &RequestRecord, at: Timestamp) -> Exchange {
    Exchange {
        at,
        method: record.method.clone(),
        url: record.url.clone(),
        status: record.status,
        milliseconds: u64::try_from(record.elapsed.as_millis()).unwrap_or(u64::MAX),
        warnings: record.warnings.clone(),
    }
}

/// What the cluster shows of a check's objects, to be asked before its cleanup. What cannot be read is named in the evidence
/// and stops nothing.
///
/// Beside each object: the Deployment and Service of its name, the pods that carry its name as a label, the events about all of
/// them, the ends of those pods' logs, and of the logs of the controller and the shims.
pub async fn gather(cluster: &Cluster, names: &Names, objects: &[Object]) -> Evidence {
    let mut gathering = Gathering { cluster, evidence: Evidence::default() };
    for object in objects.iter().take(OBJECTS) {
        let namespace = object.namespace.as_deref();
        gathering.read(&object.resource, namespace, &object.name).await;
        let Some(namespace) = namespace else { continue };
        // Types with a group of their own have a controller that makes something of that name.
        let made: &[&Resource] =
            if object.resource.group.contains('.') { &[&DEPLOYMENT, &SERVICE] } else { &[] };
        for made in made {
            gathering.read(made, Some(namespace), &object.name).await;
        }
        // The shims with an operator label the pods; those with a Deployment leave that to its selector.
        let of_model = format!("{MODEL_LABEL}={}", object.name);
        for selector in gathering.selector(namespace, &object.name).into_iter().chain([of_model]) {
            gathering.pods(namespace, &selector, LOG_LINES).await;
        }
    }
    gathering.pods(&names.system, PART_LABEL, SHIM_LINES).await;
    let superfluous = gathering.evidence.events.len().saturating_sub(EVENTS);
    gathering.evidence.events.drain(..superfluous);
    gathering.evidence
}

struct Gathering<'a> {
    cluster: &'a Cluster,
    evidence: Evidence,
}

impl Gathering<'_> {
    async fn read(&mut self, resource: &Resource, namespace: Option<&str>, name: &str) {
        match self.cluster.get(resource, namespace, name).await {
            Ok(Some(object)) => self.keep(object).await,
            Ok(None) => self.missing(format!("{} {name} does not exist", resource.kind)),
            Err(error) => self.missing(format!("{} {name}: {error}", resource.kind)),
        }
    }

    /// Whether an object is kept already.
    fn has(&self, object: &Value) -> bool {
        let uid = text_at(object, "/metadata/uid");
        !uid.is_empty() && self.evidence.objects.iter().any(|kept| text_at(kept, "/metadata/uid") == uid)
    }

    async fn keep(&mut self, object: Value) {
        if self.has(&object) {
            return;
        }
        let uid = text_at(&object, "/metadata/uid");
        let (kind, name) = (text_at(&object, "/kind"), text_at(&object, "/metadata/name"));
        let namespace = text_at(&object, "/metadata/namespace");
        if !namespace.is_empty() {
            match self.cluster.events(namespace, kind, name, Some(uid).filter(|uid| !uid.is_empty())).await {
                Ok(events) => self.evidence.events.extend(events),
                Err(error) => self.missing(format!("events of {kind} {name}: {error}")),
            }
        }
        self.evidence.objects.push(object);
    }

    /// The labels by which a Deployment that was read finds its pods.
    fn selector(&self, namespace: &str, name: &str) -> Option<String> {
        let is_it = |object: &&Value| {
            text_at(object, "/kind") == DEPLOYMENT.kind
                && text_at(object, "/metadata/name") == name
                && text_at(object, "/metadata/namespace") == namespace
        };
        let deployment = self.evidence.objects.iter().find(is_it)?;
        let labels = deployment.pointer("/spec/selector/matchLabels")?.as_object()?;
        let labels = labels.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)));
        Some(labels.collect::<Vec<_>>().join(",")).filter(|selector| !selector.is_empty())
    }

    async fn pods(&mut self, namespace: &str, selector: &str, lines: u32) {
        let pods = match self.cluster.list(&POD, Some(namespace), Some(selector)).await {
            Ok(list) => list.items,
            Err(error) => return self.missing(format!("pods with {selector}: {error}")),
        };
        if pods.len() > PODS {
            self.missing(format!("{} pods more with {selector}", pods.len() - PODS));
        }
        for pod in pods.into_iter().take(PODS) {
            if !self.has(&pod) {
                self.logs(namespace, &pod, lines).await;
                self.keep(pod).await;
            }
        }
    }

    async fn logs(&mut self, namespace: &str, pod: &Value, lines: u32) {
        let name = text_at(pod, "/metadata/name");
        let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
        let containers = statuses.into_iter().flat_map(|pointer| list_at(pod, pointer));
        for status in containers.take(CONTAINERS) {
            let container = text_at(status, "/name");
            // A container that has never begun has no log.
            let waits = status.pointer("/state/waiting").is_some();
            let restarted = integer_at(status, "/restartCount").unwrap_or(0) > 0;
            for previous in [restarted.then_some(true), (!waits).then_some(false)].into_iter().flatten() {
                let options = LogOptions { tail_lines: Some(lines), previous };
                match self.cluster.logs(namespace, name, Some(container), options).await {
                    Ok(text) => self.evidence.logs.push(ContainerLog {
                        pod: name.to_owned(),
                        container: container.to_owned(),
                        previous,
                        text,
                    }),
                    Err(error) => self.missing(format!("log of {container} in {name}: {error}")),
                }
            }
        }
    }

    fn missing(&mut self, what: String) {
        self.evidence.missing.push(what);
    }
}

/// Makes the directory for a bundle, before anything runs.
///
/// # Errors
/// What is not a directory, one that is not empty, or one that cannot be made.
pub fn prepare(directory: &Path) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::failure(format!("cannot make directory {}", directory.display()))
            .caused_by(crate::io::files::reason(&error))
    };
    match fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::usage(format!("directory {} is not empty", directory.display()))
                .hint("name a new directory with --bundle DIR")),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(directory).map_err(failed),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(Error::usage(format!("{} is not a directory", directory.display())))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes a file of a bundle; `path` are the names of its directories and its own, which hold no separator.
///
/// # Errors
/// A file that exists already, a name that leads elsewhere, a directory that cannot be written.
pub fn write(directory: &Path, path: &[String], bytes: &[u8]) -> Result<()> {
    let leads_out =
        |name: &String| name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\']);
    let Some((name, below)) = path.split_last().filter(|_| !path.iter().any(leads_out)) else {
        return Err(Error::bug("a file of a bundle has no safe name"));
    };
    let parent = below.iter().fold(directory.to_owned(), |parent, name| parent.join(name));
    let file = parent.join(name);
    let written = fs::create_dir_all(&parent)
        .and_then(|()| fs::File::options().write(true).create_new(true).open(&file))
        .and_then(|mut open| open.write_all(bytes));
    written.map_err(|error| {
        Error::failure(format!("cannot write {}", file.display())).caused_by(crate::io::files::reason(&error))
    })
}

/// How many bytes may be appended to the file that a CI job names for its summary; GitHub takes 1 MiB.
pub fn room_in(path: &Path) -> usize {
    let used = fs::metadata(path).map_or(0, |metadata| metadata.len());
    usize::try_from(APPENDED.saturating_sub(used)).unwrap_or_default()
}

/// Appends to that file.
///
/// # Errors
/// When it cannot be written.
pub fn append(path: &Path, text: &str) -> Result<()> {
    let opened = fs::File::options().append(true).create(true).open(path);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        Error::failure(format!("cannot write {}", path.display())).caused_by(crate::io::files::reason(&error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_bundle_goes_into_a_new_directory_and_overwrites_nothing() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("a/bundle");
        prepare(&directory).expect("made");
        prepare(&directory).expect("still empty");
        let name = path(&["1a", "logs", "pod.log"]);
        write(&directory, &name, b"line").expect("written");
        assert_eq!(fs::read(directory.join("1a/logs/pod.log")).expect("read"), b"line");
        let error = write(&directory, &name, b"other").expect_err("it exists");
        assert!(error.message.starts_with("cannot write "), "{error:?}");
        let error = prepare(&directory).expect_err("not empty");
        assert!(error.message.ends_with("is not empty"), "{error:?}");
        let error = prepare(&directory.join("1a/logs/pod.log")).expect_err("a file");
        assert!(error.message.ends_with("is not a directory"), "{error:?}");
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let place = tempfile::tempdir().expect("a directory");
        for name in [&["..", "a"][..], &["a/b"], &["a\\b"], &[""], &[], &["."]] {
            assert!(write(place.path(), &path(name), b"x").is_err(), "{name:?}");
        }
        assert_eq!(fs::read_dir(place.path()).expect("read").count(), 0);
    }

    #[test]
    fn the_summary_of_a_step_is_appended_while_there_is_room() {
        let place = tempfile::tempdir().expect("a directory");
        let file = place.path().join("summary.md");
        assert_eq!(room_in(&file), 1 << 20);
        append(&file, "one").expect("written");
        append(&file, "two").expect("written");
        assert_eq!(fs::read_to_string(&file).expect("read"), "onetwo");
        assert_eq!(room_in(&file), (1 << 20) - 6);
        fs::write(&file, vec![b' '; 2 << 20]).expect("written");
        assert_eq!(room_in(&file), 0);
        assert!(append(place.path(), "x").is_err());
    }
}
