//! What must become of a rendering, computed from its raw JSON by rules as plain as they can be said, apart from the
//! program's own.

use std::collections::BTreeMap;

use serde_json::Value;

/// What must become of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// A refusal, by id of its reason.
    Refused(&'static str),
    /// An object, unless the accelerator is not NVIDIA's.
    Object(Box<Wanted>),
}

/// What the pod must look like.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    /// Whether the provider can ask for the accelerator.
    pub(super) is_nvidia: bool,
    pub(super) model: String,
    pub(super) image: String,
    pub(super) env: BTreeMap<String, String>,
    pub(super) gpus: i64,
    /// Flags and values of the container, sorted.
    pub(super) flags: Vec<String>,
}

/// What of flags and values counts: the last of each flag.
pub(super) fn last_of_each(flags: Vec<String>) -> Vec<String> {
    // A switch and its negation are one flag.
    let name = |flag: &String| match flag.split_once(' ') {
        Some((name, _)) => name.to_owned(),
        None => flag.strip_prefix("no-").unwrap_or(flag).to_owned(),
    };
    let by_name: BTreeMap<String, String> = flags.into_iter().map(|flag| (name(&flag), flag)).collect();
    by_name.into_values().collect()
}

/// Flags and values, sorted: `flag value`, the flag without dashes and with `-` for `_` in its first part.
pub(super) fn flags(tokens: &[&str]) -> Vec<String> {
    let mut flags = in_order(tokens);
    flags.sort();
    flags
}

/// Flags and values as they come: see [`flags`].
pub(super) fn in_order(tokens: &[&str]) -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    for token in tokens {
        if token.starts_with('-') {
            let (flag, rest) = match token.find(['=', ' ']) {
                Some(at) => (&token[..at], format!(" {}", &token[at + 1..])),
                None => (*token, String::new()),
            };
            let flag = flag.trim_start_matches('-');
            let (head, tail) = flag.split_at(flag.find('.').unwrap_or(flag.len()));
            flags.push(format!("{}{tail}{rest}", head.replace('_', "-")));
        } else {
            let flag = flags.last_mut().expect("a value follows a flag");
            flag.push(' ');
            flag.push_str(token);
        }
    }
    flags
}

fn size(flags: &[String], name: &str) -> Option<i64> {
    let value = flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix(' '))?;
    Some(value.parse().expect("a size is a number"))
}

fn names(flags: &[String], name: &str) -> bool {
    flags.iter().any(|flag| flag == name || flag.starts_with(&format!("{name} ")))
}

/// What must become of a rendering.
pub(super) fn expected(rendering: &Value, taxonomy: &Value) -> Expected {
    let text = |name: &str| rendering[name].as_str().expect("every rendering has it");
    match text("deploy_type") {
        "multi_node" => return Expected::Refused("multi-node"),
        "pd_cluster" => return Expected::Refused("pd-cluster"),
        "kv_store_lb" => return Expected::Refused("kv-store"),
        "single_node" => {}
        other => panic!("{other} is new"),
    }
    let argv: Vec<&str> =
        rendering["argv"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(argv[..2], ["vllm", "serve"]);
    let mut flags = last_of_each(in_order(&argv[3..]));
    if rendering["node_count"].as_i64() != Some(1) || names(&flags, "nnodes") || names(&flags, "node-rank") {
        return Expected::Refused("multi-node");
    }
    let env: BTreeMap<String, String> = rendering["env"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    if env.values().any(|value| value.contains('$')) || argv.iter().any(|token| token.contains('$')) {
        return Expected::Refused("placeholder");
    }
    let image = text("docker_image");
    if image.contains(' ') {
        return Expected::Refused("image");
    }
    let tensor = size(&flags, "tensor-parallel-size");
    let data = size(&flags, "data-parallel-size-local").or(size(&flags, "data-parallel-size"));
    let gpus = tensor.unwrap_or(1) * size(&flags, "pipeline-parallel-size").unwrap_or(1) * data.unwrap_or(1);
    let node = &taxonomy["hardware_profiles"][text("hardware")];
    if gpus > node["gpu_count"].as_i64().unwrap() {
        return Expected::Refused("node-too-small");
    }
    // What AI Runway's shim adds, whatever the object says.
    flags.extend(["host 0.0.0.0".to_owned(), "port 8000".to_owned(), format!("model {}", argv[2])]);
    if !names(&flags, "enable-prefix-caching") {
        flags.push("enable-prefix-caching".to_owned());
    }
    // What keeps the shim from deriving a size from the number of GPUs.
    if gpus > 1 && tensor.is_none() {
        flags.push("tensor-parallel-size 1".to_owned());
    }
    flags.sort();
    Expected::Object(Box::new(Wanted {
        is_nvidia: node["brand"] == "NVIDIA",
        model: argv[2].to_owned(),
        image: image.to_owned(),
        env,
        gpus,
        flags,
    }))
}
