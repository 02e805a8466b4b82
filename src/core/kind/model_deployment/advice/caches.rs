//! Caches that are mounted and that nothing tells the engine of.

use super::launch::Line;
use super::{Found, Situation, rule, view};
use serde_json::Value;

/// A purpose of a volume, and where what it is for goes.
struct Cache {
    purpose: &'static str,
    /// Where it is mounted unless the volume says otherwise (airunway-api.md section 4).
    path: &'static str,
    /// Variables that say where the engine keeps such files.
    variables: &'static [&'static str],
    /// How the directory ends in which it keeps them otherwise.
    defaults: &'static [&'static str],
    /// What is lost.
    loss: &'static str,
}

const CACHES: [Cache; 2] = [
    Cache {
        purpose: "modelCache",
        path: "/model-cache",
        variables: &["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"],
        defaults: &["/.cache", "/.cache/huggingface", "/.cache/huggingface/hub"],
        loss: "each start downloads the model again",
    },
    Cache {
        purpose: "compilationCache",
        path: "/compilation-cache",
        variables: &["VLLM_CACHE_ROOT", "XDG_CACHE_HOME"],
        defaults: &["/.cache", "/.cache/vllm", "/.cache/vllm/torch_compile_cache"],
        loss: "each start compiles again",
    },
];

/// Judges volumes of a provider that mounts them and sets no variable for them.
pub(super) fn check(situation: &Situation<'_>, lines: &[Line], found: &mut Found) {
    let Some(line) = lines.first() else { return };
    for (index, volume) in view::volumes(situation.stored).iter().enumerate() {
        let purpose = view::text(volume, &["purpose"]);
        let Some(cache) = CACHES.iter().find(|cache| cache.purpose == purpose) else { continue };
        let path = match view::text(volume, &["mountPath"]) {
            "" => cache.path,
            path => path,
        };
        if !is_used(situation, line, cache, path.trim_end_matches('/')) {
            let variable = cache.variables.first().copied().unwrap_or_default();
            let message = format!("nothing tells the engine of {path}; {}", cache.loss);
            let hint = format!("set {variable} to {path} in spec.env (flag: --env {variable}={path})");
            let at = format!("spec.model.storage.volumes[{index}]");
            found.add_with_hint(&rule::CACHE_UNUSED, &at, message, hint);
        }
    }
}

fn is_used(situation: &Situation<'_>, line: &Line, cache: &Cache, path: &str) -> bool {
    let env = view::list(situation.stored, &["spec", "env"]);
    let names_it = |text: &str| is_below(text, path);
    if env.iter().any(|entry| names_it(view::text(entry, &["value"]))) {
        return true;
    }
    if line.server.words.iter().any(|word| names_it(&word.text)) {
        return true;
    }
    // A model that lies in the pod is not downloaded.
    let model = line.reading.last("model").and_then(|model| model.value()).unwrap_or_default();
    if cache.purpose == "modelCache" && (model.starts_with(['/', '.']) || model.contains("://")) {
        return true;
    }
    let is_variable = |entry: &&Value| cache.variables.contains(&view::text(entry, &["name"]));
    match env.iter().find(is_variable) {
        // What a Secret or a field holds is not known.
        Some(entry) => {
            view::at(entry, &["valueFrom"]).is_some() || view::text(entry, &["value"]).contains("$(")
        }
        None => cache.defaults.iter().any(|default| path.ends_with(default)),
    }
}

/// Whether a text names the path or something below it.
fn is_below(text: &str, path: &str) -> bool {
    let is_end =
        |rest: &str| rest.chars().next().is_none_or(|next| !next.is_alphanumeric() && !"-_.".contains(next));
    !path.is_empty()
        && text.match_indices(path).any(|(at, _)| text.get(at + path.len()..).is_some_and(is_end))
}
