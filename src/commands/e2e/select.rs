//! Which checks a command line means.

use crate::core::nearest::nearest;
use crate::core::plan::{Check, Group, Names, Step, checks};
use crate::core::shim;
use crate::error::{Error, Result};
use std::collections::BTreeSet;

/// A check, and why it is left out where it is.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The check.
    pub check: &'static Check,
    /// Why it does not run.
    pub left_out: Option<String>,
}

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Ids, sections and labels; all checks when empty.
    pub words: Vec<String>,
    /// The same, to be left out, each with a reason.
    pub skip: Vec<(String, Option<String>)>,
    /// Whether those that disturb others run too.
    pub disruptive: bool,
}

/// The checks of a choice, in the order of the plan.
///
/// # Errors
/// A usage error that names what is not a check.
pub fn select(choice: &Choice) -> Result<Vec<Chosen>> {
    select_of(&checks::checks().collect::<Vec<_>>(), choice)
}

fn select_of(plan: &[&'static Check], choice: &Choice) -> Result<Vec<Chosen>> {
    let mut wanted = BTreeSet::new();
    for word in &choice.words {
        wanted.extend(meant(plan, word)?);
    }
    let mut left_out = Vec::new();
    for (word, reason) in &choice.skip {
        let reason = reason.clone().unwrap_or_else(|| "left out with --skip".to_owned());
        left_out.extend(meant(plan, word)?.into_iter().map(|id| (id, reason.clone())));
    }
    let chosen = plan.iter().filter(|check| choice.words.is_empty() || wanted.contains(check.id));
    let chosen = chosen.map(|check| {
        let asked = left_out.iter().find(|(id, _)| *id == check.id).map(|(_, reason)| reason.clone());
        let disturbs = (check.uses.disrupts && !choice.disruptive)
            .then(|| "it disturbs other users of the cluster; run it with --disruptive".to_owned());
        // A group of which a case is a part names it as well.
        let unnamed = (check.uses.when_named && choice.words.is_empty())
            .then(|| format!("it is part of a suite; name it: kubectl airunway e2e {}", check.id));
        Chosen { check, left_out: asked.or(disturbs).or(unnamed) }
    });
    Ok(chosen.collect())
}

/// The ids that a word stands for: one, those of a section, or those with a label.
fn meant(plan: &[&'static Check], word: &str) -> Result<Vec<&'static str>> {
    let with = |is_meant: &dyn Fn(&Check) -> bool| -> Vec<&'static str> {
        plan.iter().filter(|check| is_meant(check)).map(|check| check.id).collect()
    };
    // An id is that check and no other, also where others have longer ids: `S1` is not `S1-kaito`, which `S` is.
    let exact = with(&|check| check.id.eq_ignore_ascii_case(word));
    if !exact.is_empty() {
        return Ok(exact);
    }
    let ids = with(&|check| is_of(check.id, word));
    if !ids.is_empty() {
        return Ok(ids);
    }
    let labelled = with(&|check| labels(check).any(|label| label.eq_ignore_ascii_case(word)));
    if !labelled.is_empty() {
        return Ok(labelled);
    }
    let error = Error::usage(format!("there is no check {word:?}"));
    let known: Vec<&str> =
        plan.iter().flat_map(|check| std::iter::once(check.id).chain(labels(check))).collect();
    Err(match nearest(word, known.into_iter()) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("kubectl airunway e2e --list shows every check"),
    })
}

/// Whether an id is a word, or of the section that it names: `1` has `1a` and not `13`, `X` has `X1`.
fn is_of(id: &str, word: &str) -> bool {
    let Some((start, rest)) = id.split_at_checked(word.len()) else { return false };
    let Some(next) = rest.chars().next() else { return start.eq_ignore_ascii_case(word) };
    let last_is_digit = word.ends_with(|last: char| last.is_ascii_digit());
    let goes_on = if last_is_digit { !next.is_ascii_digit() } else { !next.is_ascii_alphabetic() };
    !word.is_empty() && start.eq_ignore_ascii_case(word) && goes_on
}

/// The labels of a check's steps.
fn labels(check: &Check) -> impl Iterator<Item = &'static str> {
    let names = any_names();
    (check.script)(&names).into_iter().filter_map(|step| match step {
        Step::Label(label) => label.split(' ').next(),
        _ => None,
    })
}

/// Names of no run, for a look at what checks consist of.
pub fn any_names() -> Names {
    Names {
        run: "RUN".to_owned(),
        namespace: "NAMESPACE".to_owned(),
        system: shim::cluster::NAMESPACE.to_owned(),
        owns_namespace: true,
        expected_tag: None,
        allow_dev: false,
    }
}

/// Every word that [`select`] takes.
pub fn names() -> Vec<String> {
    let mut names = BTreeSet::new();
    for check in checks::checks() {
        names.insert(check.id.to_owned());
        names.extend(labels(check).map(str::to_owned));
        let section = check.id.trim_end_matches(|end: char| !end.is_ascii_digit());
        if !section.is_empty() && section.len() < check.id.len() {
            names.insert(section.to_owned());
        }
    }
    names.into_iter().collect()
}

/// The preconditions that some checks need, those that these need included, in the order in which they can be looked at:
/// each entry may be looked at when those before it are known.
pub fn needed(chosen: &[Chosen]) -> Vec<Vec<&'static Check>> {
    let of = |needs: &[&'static str]| -> Vec<&'static Check> {
        let found = needs.iter().filter_map(|id| checks::find(id));
        found.filter(|check| check.group == Group::Precondition).collect()
    };
    let run = chosen.iter().filter(|chosen| chosen.left_out.is_none());
    let mut layer: Vec<&'static Check> = run.flat_map(|chosen| of(chosen.check.needs)).collect();
    let mut layers: Vec<Vec<&'static Check>> = Vec::new();
    // As deep as there are preconditions; a circle ends there too.
    while !layer.is_empty() && layers.len() < checks::all().count() {
        let mut seen = BTreeSet::new();
        layer.retain(|check| seen.insert(check.id));
        for earlier in &mut layers {
            earlier.retain(|check| !seen.contains(check.id));
        }
        let next = layer.iter().flat_map(|check| of(check.needs)).collect();
        layers.push(layer);
        layer = next;
    }
    layers.reverse();
    layers.retain(|layer| !layer.is_empty());
    layers
}

#[cfg(test)]
mod tests;
