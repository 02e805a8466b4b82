//! Variables that choose GPUs. A pod has its own, numbered from zero.

use super::launch::{self, Line};
use super::{Found, Situation, rule, view};

/// Variables that the drivers' libraries read.
const OF_LIBRARIES: [&str; 3] = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"];
/// The variable that the container runtime reads, and the device plugin sets.
const OF_RUNTIME: &str = "NVIDIA_VISIBLE_DEVICES";

pub(super) fn check(situation: &Situation<'_>, lines: &[Line], found: &mut Found) {
    if !situation.is_used("env") {
        return; // Which another rule says.
    }
    let gpus = view::number(situation.stored, &["spec", "resources", "gpu", "count"]);
    if gpus < 1 || !situation.is_aggregated() {
        return;
    }
    let needed = lines.first().map_or(gpus, launch::gpus::needed).min(gpus);
    for (index, entry) in view::list(situation.stored, &["spec", "env"]).iter().enumerate() {
        let (name, value) = (view::text(entry, &["name"]), view::at(entry, &["value"]));
        let Some(value) = value.and_then(serde_json::Value::as_str) else { continue };
        let message = if OF_LIBRARIES.contains(&name) {
            lacking(value, gpus, needed)
        } else if name == OF_RUNTIME {
            of_node(value)
        } else {
            None
        };
        if let Some(message) = message {
            found.add(
                &rule::VISIBLE_DEVICES,
                format!("spec.env[{index}].value"),
                format!("{name}: {message}"),
            );
        }
    }
}

/// Why a library sees fewer GPUs than the engine needs: it stops at the first that is not there.
fn lacking(value: &str, gpus: i64, needed: i64) -> Option<String> {
    let value = value.trim();
    if value.contains('$') || value.starts_with("GPU-") || value.starts_with("MIG-") {
        return None; // Which only the node knows.
    }
    // Without a value most of them look past the variable.
    if value.is_empty() {
        return None;
    }
    let of_pod = |part: &&str| part.trim().parse::<i64>().is_ok_and(|index| (0..gpus).contains(&index));
    let seen = value.split(',').take_while(of_pod).count();
    let seen = i64::try_from(seen).unwrap_or(i64::MAX);
    (seen < needed).then(|| {
        let last = gpus - 1;
        format!("the pod's GPUs are numbered 0 to {last}; with {value:?} the engine sees {seen}, and it needs {needed}")
    })
}

fn of_node(value: &str) -> Option<String> {
    let value = value.trim();
    let is_numbers = !value.is_empty() && value.split(',').all(|part| part.trim().parse::<u32>().is_ok());
    if is_numbers {
        return Some("it chooses GPUs of the node over those that the pod was given".to_owned());
    }
    matches!(value, "none" | "void").then(|| "the container gets no GPU".to_owned())
}
