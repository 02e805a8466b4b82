//! A command as members of the object, so that what the shim renders carries exactly its flags and values.
//!
//! Direct vLLM and llm-d write flags of their own (`airunway-providers.md` sections 3.2 and 6); members are used where
//! AI Runway has them, because the gateway and the flags of `deploy` know those.

use crate::core::recipe::command::argv::{Argument, shorten};
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;

/// Where the shims' containers listen.
const NETWORKING: [(&str, &str); 2] = [("host", "0.0.0.0"), ("port", "8000")];
/// Flags that the shims write themselves unless the object does, in the spelling they look for.
const DERIVED: [&str; 6] = [
    "max-model-len",
    "served-model-name",
    "trust-remote-code",
    "enforce-eager",
    "enable-prefix-caching",
    "tensor-parallel-size",
];
/// Flag that the shims set to the number of GPUs unless the object names it.
pub(in crate::core::recipe) const TENSOR_PARALLEL: &str = "tensor-parallel-size";

/// Where in the object a flag went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::recipe) struct Placed {
    /// Member of the object.
    pub(in crate::core::recipe) field: String,
    /// Its value as text.
    pub(in crate::core::recipe) value: String,
    /// The flag; `None` for one that a rule added.
    pub(in crate::core::recipe) argument: Option<Argument>,
}

/// The engine's part of the object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::core::recipe) struct Launch {
    /// `spec.engine.args`, sorted.
    pub(in crate::core::recipe) args: Vec<(String, String)>,
    /// `spec.engine.extraArgs`.
    pub(in crate::core::recipe) extra_args: Vec<String>,
    /// `spec.model.servedName`.
    pub(in crate::core::recipe) served_name: Option<String>,
    /// `spec.engine.contextLength`.
    pub(in crate::core::recipe) context_length: Option<i64>,
    /// `spec.engine.trustRemoteCode`.
    pub(in crate::core::recipe) trust_remote_code: bool,
    /// `spec.engine.enforceEager`.
    pub(in crate::core::recipe) enforce_eager: bool,
    /// Where each flag went.
    pub(in crate::core::recipe) placed: Vec<Placed>,
}

/// Places a command of which every flag occurs once ([`crate::core::recipe::command::argv::last_wins`]). `gpus` is the number of accelerators
/// of a pod: with more than one, a command without a tensor-parallel size needs one, lest the shim derives it.
///
/// # Errors
/// [`Reason::Arguments`] for a flag that collides with what the shim writes.
pub(in crate::core::recipe) fn place(
    command: &[Argument],
    model: &str,
    gpus: i64,
) -> Result<Launch, Refusal> {
    let mut launch = Launch::default();
    let mut has_tensor_parallel = false;
    for argument in command {
        let key = argument.key();
        has_tensor_parallel |= key == TENSOR_PARALLEL;
        if is_shims_own(argument, &key, model)? {
            continue;
        }
        let joined_with_others = command.iter().any(|other| is_part_of(&other.key(), &key));
        launch.put(argument, &key, joined_with_others);
    }
    if gpus > 1 && !has_tensor_parallel {
        launch.arg(TENSOR_PARALLEL.to_owned(), "1".to_owned(), None);
    }
    launch.args.sort();
    Ok(launch)
}

/// Whether one is a member of the other: `a.b` of `a`.
fn is_part_of(one: &str, other: &str) -> bool {
    let longer =
        |longer: &str, shorter: &str| longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with('.'));
    longer(one, other) || longer(other, one)
}

/// Flags that the shim writes in every case; the recipe may only say the same.
fn is_shims_own(argument: &Argument, key: &str, model: &str) -> Result<bool, Refusal> {
    let fixed = NETWORKING.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let Some(fixed) = fixed.or((key == "model").then_some(model)) else { return Ok(false) };
    if argument.value.as_deref() == Some(fixed) {
        return Ok(true);
    }
    let text = format!(
        "the recipe sets {}, but the servers of AI Runway always have --{key} {fixed}",
        shorten(&argument.shown())
    );
    Err(Refusal::new(Reason::Arguments, text))
}

impl Launch {
    fn put(&mut self, argument: &Argument, key: &str, joined_with_others: bool) {
        let placed = |field: &str, value: &str| Placed {
            field: field.to_owned(),
            value: value.to_owned(),
            argument: Some(argument.clone()),
        };
        let value = argument.value.as_deref();
        match (key, value) {
            ("served-model-name", Some(name)) if !name.is_empty() && !name.starts_with('-') => {
                self.served_name = Some(name.to_owned());
                self.placed.push(placed("spec.model.servedName", name));
            }
            ("max-model-len", Some(length)) if is_context_length(length) => {
                self.context_length = length.parse().ok();
                self.placed.push(placed("spec.engine.contextLength", length));
            }
            ("trust-remote-code", None) => {
                self.trust_remote_code = true;
                self.placed.push(placed("spec.engine.trustRemoteCode", "true"));
            }
            ("enforce-eager", None) => {
                self.enforce_eager = true;
                self.placed.push(placed("spec.engine.enforceEager", "true"));
            }
            _ if joined_with_others || !fits_the_map(argument, key) => self.extra(argument),
            _ => {
                let name = match DERIVED.iter().find(|derived| **derived == key) {
                    Some(derived) => (*derived).to_owned(),
                    None if argument.is_plain() => argument.flag.trim_start_matches('-').to_owned(),
                    None => key.to_owned(),
                };
                self.arg(name, value.unwrap_or_default().to_owned(), Some(argument.clone()));
            }
        }
    }

    fn arg(&mut self, name: String, value: String, argument: Option<Argument>) {
        let field = format!("spec.engine.args[{name}]");
        self.placed.push(Placed { field, value: value.clone(), argument });
        self.args.push((name, value));
    }

    fn extra(&mut self, argument: &Argument) {
        for token in argument.tokens() {
            let field = format!("spec.engine.extraArgs[{}]", self.extra_args.len());
            self.placed.push(Placed { field, value: token.clone(), argument: Some(argument.clone()) });
            self.extra_args.push(token);
        }
    }
}

/// A number that comes back from the object as it was: `auto` and `128k` do not.
fn is_context_length(text: &str) -> bool {
    text.parse::<i32>().is_ok_and(|length| length > 0 && length.to_string() == text)
}

/// Whether the map can say it: a plain name, and a value that stands as a token of its own (an empty one would vanish, one
/// with a dash in front would be taken for a flag).
fn fits_the_map(argument: &Argument, key: &str) -> bool {
    let is_known = argument.is_plain() || DERIVED.contains(&key) || is_parallel_size(key);
    let value = argument.value.as_deref();
    is_known && !key.contains('.') && value.is_none_or(|value| !value.is_empty() && !value.starts_with('-'))
}

/// Sizes have short flags, which the shims do not recognize.
fn is_parallel_size(key: &str) -> bool {
    key.ends_with("parallel-size") || key == "data-parallel-size-local"
}

#[cfg(test)]
mod tests;
