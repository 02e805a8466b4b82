//! The input flags, parsed: nothing read yet but the overrides file.

use super::args::{InputArgs, MemberArgs};
use crate::core::kind::model_deployment::author::{
    self, Component, Members, parse_env, parse_key_value, parse_toleration, parse_volume, set_override,
};
use crate::error::{Error, Result};
use crate::io::files;
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;

/// Parsed input flags.
#[derive(Debug, Clone, Default)]
pub struct InputSettings {
    /// Files, directories and `-`, in order.
    pub files: Vec<PathBuf>,
    /// Whether directories are read recursively.
    pub recursive: bool,
    pub members: Members,
    /// The verb that was typed, for commands that are proposed.
    pub verb: &'static str,
}

impl InputSettings {
    /// # Errors
    /// A usage error, or a failure when the overrides file cannot be read.
    pub fn resolve(args: InputArgs, verb: &'static str) -> Result<InputSettings> {
        let InputArgs { model, filename, recursive, members, extra_args } = args;
        files::refuse_urls(&filename, "-f", verb)?;
        let members = resolve_members(model, members, extra_args)?;
        Ok(InputSettings { files: filename, recursive, members, verb })
    }
}

fn resolve_members(model: Option<String>, args: MemberArgs, extra_args: Vec<String>) -> Result<Members> {
    let MemberArgs {
        name,
        provider,
        engine,
        mode,
        source,
        gpus,
        gpu_type,
        cpu,
        memory,
        replicas,
        prefill_gpus,
        prefill_replicas,
        prefill_memory,
        decode_gpus,
        decode_replicas,
        decode_memory,
        image,
        served_name,
        context_length,
        trust_remote_code,
        enforce_eager,
        no_prefix_caching,
        args,
        env,
        hf_token_secret,
        volume,
        node_selector,
        toleration,
        pod_label,
        pod_annotation,
        label,
        annotation,
        gateway,
        gateway_model_name,
        override_values,
        overrides,
    } = args;
    let mut engine_args = args.iter().map(|text| engine_argument(text)).collect::<Result<Vec<_>>>()?;
    if no_prefix_caching {
        let key = author::prefix_caching_off(engine.as_deref(), provider.as_deref())
            .map_err(|reason| flag("no-prefix-caching", reason))?;
        engine_args.push((key.to_owned(), String::new()));
    }
    given_once("arg", engine_args.iter().map(|(key, value)| (key, value)))?;
    let variables = each("env", &env, parse_env)?;
    given_once("env", variables.iter().map(|variable| (&variable.name, &variable.source)))?;
    Ok(Members {
        name,
        model,
        source,
        provider,
        engine,
        mode,
        gpus,
        gpu_type,
        cpu,
        memory,
        replicas,
        prefill: Component { gpus: prefill_gpus, replicas: prefill_replicas, memory: prefill_memory },
        decode: Component { gpus: decode_gpus, replicas: decode_replicas, memory: decode_memory },
        image,
        served_name,
        context_length,
        trust_remote_code,
        enforce_eager,
        args: engine_args,
        extra_args,
        env: variables,
        hf_token_secret,
        volumes: each("volume", &volume, parse_volume)?,
        node_selector: each("node-selector", &node_selector, parse_key_value)?,
        tolerations: each("toleration", &toleration, parse_toleration)?,
        pod_labels: each("pod-label", &pod_label, parse_key_value)?,
        pod_annotations: each("pod-annotation", &pod_annotation, parse_key_value)?,
        labels: each("label", &label, parse_key_value)?,
        annotations: each("annotation", &annotation, parse_key_value)?,
        gateway,
        gateway_model_name,
        overrides: resolve_overrides(&override_values, overrides)?,
    })
}

/// `KEY` or `KEY=VALUE`; leading dashes are what people type by habit, so they get their own words.
fn engine_argument(text: &str) -> Result<(String, String)> {
    if text.starts_with('-') {
        let bare = text.trim_start_matches('-');
        return Err(flag("arg", format!("{text:?} starts with a dash"))
            .hint(format!("write --arg {bare}, or put the argument after --")));
    }
    match text.split_once('=') {
        Some(("", _)) => Err(flag("arg", format!("{text:?} has no key"))),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Ok((text.to_owned(), String::new())),
    }
}

/// Of two values for one name only one would stay.
fn given_once<'a, V: PartialEq + 'a>(
    name: &str,
    pairs: impl Iterator<Item = (&'a String, &'a V)>,
) -> Result<()> {
    let mut seen: HashMap<&String, &V> = HashMap::new();
    for (key, value) in pairs {
        match seen.get(key) {
            Some(earlier) if *earlier != value => {
                let error = Error::usage(format!("--{name} {key} is given twice, with different values"));
                return Err(error.hint("give it once"));
            }
            Some(_) => {}
            None => {
                seen.insert(key, value);
            }
        }
    }
    Ok(())
}

fn resolve_overrides(values: &[String], file: Option<PathBuf>) -> Result<Option<Value>> {
    let mut overrides = match file {
        None => Value::Null,
        Some(path) => {
            let mut documents = files::read_documents(&path)?;
            match (documents.pop(), documents.is_empty()) {
                (Some(document), true) if document.value.is_object() => document.value,
                _ => return Err(Error::failure(format!("{} does not hold one object", path.display()))),
            }
        }
    };
    for value in values {
        set_override(&mut overrides, value).map_err(|error| flag("override", error.to_string()))?;
    }
    Ok((!overrides.is_null()).then_some(overrides))
}

fn each<T, E: std::fmt::Display>(
    name: &str,
    texts: &[String],
    parse: impl Fn(&str) -> std::result::Result<T, E>,
) -> Result<Vec<T>> {
    texts.iter().map(|text| parse(text).map_err(|error| flag(name, error.to_string()))).collect()
}

fn flag(name: &str, reason: String) -> Error {
    Error::usage(format!("invalid value for --{name}: {reason}"))
}
