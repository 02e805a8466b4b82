//! The GPUs that the engine wants against those of its pod.

use super::super::{Found, rule};
use super::Line;
use crate::core::kind::model_deployment::launch::{Argument, Reading, Sizes};

/// The word for copies of a model.
const COPIES: &str = "data";

/// A size that multiplies the GPUs.
struct Factor<'a> {
    word: &'static str,
    size: i64,
    argument: &'a Argument,
}

pub(super) fn check(line: &Line, found: &mut Found) {
    let gpus = line.server.gpus;
    if gpus < 1 || counts_others(&line.reading, &line.grammar.sizes) {
        return;
    }
    let tensor = size(&line.reading, line.grammar.sizes.tensor).unwrap_or(1);
    check_parts(line, tensor, found);
    let factors = factors(&line.reading, &line.grammar.sizes);
    let wanted = product(line, &factors);
    if wanted <= gpus {
        return;
    }
    let shown: Vec<String> =
        factors.iter().map(|factor| format!("{} {}", factor.word, factor.size)).collect();
    let message = format!(
        "the engine needs {wanted} GPUs ({}), and its pod has {gpus}; it refuses to start",
        shown.join(" x ")
    );
    let own = factors.iter().rev().find_map(|factor| line.path(factor.argument.at));
    let path = own.unwrap_or_else(|| line.server.gpus_at.to_owned());
    found.add_with_hint(&rule::LAUNCH_GPUS, &path, message, way_out(line, wanted, tensor));
}

/// The GPUs that the engine of a line needs.
pub(in crate::core::kind::model_deployment::advice) fn needed(line: &Line) -> i64 {
    product(line, &factors(&line.reading, &line.grammar.sizes))
}

/// Copies of a model are whole in their pods; what holds one copy together is spread over its pods.
fn product(line: &Line, factors: &[Factor<'_>]) -> i64 {
    let nodes = size(&line.reading, line.grammar.sizes.nodes).unwrap_or(1);
    let of = |are_copies: bool| {
        let some = factors.iter().filter(move |factor| (factor.word == COPIES) == are_copies);
        some.fold(1_i64, |all, one| all.saturating_mul(one.size))
    };
    (of(false) / nodes).max(1).saturating_mul(of(true))
}

/// Whether GPUs of other pods count, or sizes that cannot be read.
fn counts_others(reading: &Reading, sizes: &Sizes) -> bool {
    sizes.beyond.iter().any(|(name, values)| {
        let value = reading.last(name).and_then(Argument::value);
        value.is_some_and(|value| values.contains(&value))
    })
}

fn size(reading: &Reading, name: &str) -> Option<i64> {
    reading.last(name)?.value()?.trim().parse().ok().filter(|size| *size >= 1)
}

fn factors<'a>(reading: &'a Reading, sizes: &Sizes) -> Vec<Factor<'a>> {
    let factor = |name: &str, word: &'static str| {
        let argument = reading.last(name)?;
        let size = size(reading, name).filter(|size| *size > 1)?;
        Some(Factor { word, size, argument })
    };
    let is_apart = sizes.data_apart.iter().any(|name| reading.is_on(name));
    // Zero copies here is a pod that only hands requests on.
    let here = sizes.data_here.filter(|here| reading.last(here).is_some());
    let copies = factor(here.unwrap_or(sizes.data), COPIES).filter(|_| !is_apart);
    let tensor = factor(sizes.tensor, "tensor");
    let further = sizes.factors.iter().filter_map(|(name, word)| factor(name, word));
    tensor.into_iter().chain(further).chain(copies).collect()
}

/// Sizes that share out the GPUs of the tensor size.
fn check_parts(line: &Line, tensor: i64, found: &mut Found) {
    for (name, word) in line.grammar.sizes.parts {
        let (Some(part), Some(argument)) = (size(&line.reading, name), line.reading.last(name)) else {
            continue;
        };
        if tensor % part == 0 {
            continue;
        }
        let Some(path) = line.path(argument.at) else { continue };
        let message = format!(
            "the {word} size {part} shares out the GPUs of the tensor size, and {tensor} is not divisible by it"
        );
        let hint = format!("choose a size that divides {tensor}");
        found.add_with_hint(&rule::LAUNCH_GPUS, &path, message, hint);
    }
}

/// A tensor size that the shim makes of the number of GPUs grows with them, so it is set by hand.
fn way_out(line: &Line, wanted: i64, tensor: i64) -> String {
    let (gpus, at, name) = (line.server.gpus, line.server.gpus_at, line.grammar.sizes.tensor);
    let is_own = line.reading.last(name).is_some_and(|argument| line.path(argument.at).is_some());
    if is_own || !line.server.fills_tensor {
        return format!("set {at} to {wanted}, or lower the sizes");
    }
    let others = (wanted / tensor.max(1)).max(1);
    let set = |size: i64| format!("set spec.engine.args: {{{name}: \"{size}\"}}");
    match gpus % others {
        0 => format!("the provider adds --{name} {tensor}; {}", set(gpus / others)),
        _ => format!("set {at} to {others}, {}, or lower the sizes", set(1)),
    }
}
