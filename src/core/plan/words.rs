//! Steps in words: for the list, the documentation, and what a report says was done.

use super::outcome::Verdict;
use super::step::{Act, Denial, Expected, Settled, Step};
use std::fmt;

impl fmt::Display for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Create(object, _) => write!(formatter, "create {object}"),
            Act::Patch(object, patch) => write!(formatter, "patch {object} with {patch}"),
            Act::Delete(object) => write!(formatter, "delete {object}"),
            Act::DeleteAll(resource, namespace, selector) => {
                write!(formatter, "delete the {} with {selector} in {namespace}", resource.plural)
            }
            Act::Read(object) => write!(formatter, "read {object}"),
            Act::List(resource, namespace, selector) => {
                write!(formatter, "list the {}", resource.plural)?;
                selector.iter().try_for_each(|selector| write!(formatter, " with {selector}"))?;
                namespace.iter().try_for_each(|namespace| write!(formatter, " in {namespace}"))
            }
            Act::ServerTime => formatter.write_str("ask the API server for its time"),
            Act::Ask(asked) => {
                let method = if asked.json.is_some() { "POST" } else { "GET" };
                write!(
                    formatter,
                    "{method} {} to a pod with {}, port {}",
                    asked.path, asked.selector, asked.port
                )
            }
            Act::Backend(ask) => write!(formatter, "{} {} to the backend", ask.method, ask.path),
            Act::OriginForget => formatter.write_str("let the recipe origin forget what it has seen"),
            Act::OriginSeen => formatter.write_str("look at what the recipe origin has seen"),
            Act::BackendMemory => formatter.write_str("read the resident memory of the backend"),
            Act::ShimVersion(provider) => {
                write!(formatter, "compare what the {provider} shim reports with what runs")
            }
            Act::ShimBinary(provider) => write!(formatter, "read the build record of the {provider} shim"),
        }
    }
}

impl Step {
    /// What the step does or asserts, a line each; the first is the step, the others what has to hold.
    pub fn words(&self) -> Vec<String> {
        match self {
            Step::Do { act, expected: Expected::Accepted | Expected::Any, .. } => vec![act.to_string()],
            Step::Do { act, expected: Expected::Denied(denial), .. } => {
                let mut lines = vec![format!("{act}: the webhook denies it")];
                lines.extend(match denial {
                    Denial::Exactly(errors) => errors.clone(),
                    Denial::Mentions(parts) if parts.is_empty() => Vec::new(),
                    Denial::Mentions(parts) => vec![format!("its words contain {}", parts.join(" and "))],
                });
                lines
            }
            Step::Until { watch, claims, within, unless, late } => {
                let objects = watch.iter().map(|(_, object)| object.to_string()).collect::<Vec<_>>();
                let mut lines =
                    vec![format!("watch {} for at most {} s until", objects.join(", "), within.as_secs())];
                lines.extend(claims.iter().map(ToString::to_string));
                lines.extend(
                    unless.iter().map(|ruling| format!("{}: {}", ruling.verdict.word(), ruling.text)),
                );
                if *late != Verdict::Fail {
                    lines.push(format!("later: {}", late.word()));
                }
                lines
            }
            Step::Expect(claims) => {
                let claims = claims.iter().map(ToString::to_string);
                std::iter::once("expect".to_owned()).chain(claims).collect()
            }
            Step::Absent { objects, settled } => {
                let why = match settled {
                    Settled::Denied(_) => "after the denial",
                    Settled::Pass(_) => "after a finished pass of the shim",
                };
                let objects = objects.iter().map(|object| format!("{object} does not exist"));
                std::iter::once(format!("expect {why}")).chain(objects).collect()
            }
            Step::Judge(rulings) => {
                let rulings = rulings.iter().map(|ruling| {
                    let claims = ruling.claims.iter().map(ToString::to_string).collect::<Vec<_>>();
                    format!("{}: {} ({})", ruling.verdict.word(), ruling.text, claims.join(", "))
                });
                std::iter::once("judge".to_owned()).chain(rulings).collect()
            }
            Step::Pause(time) => vec![format!("let {} s pass", time.as_secs())],
            Step::Always(act) => vec![format!("in the end, whatever happens: {act}")],
            Step::Label(label) => vec![(*label).to_owned()],
        }
    }
}
