//! A command's tokens as flags and values, in the way vLLM reads them (`recipes-data.md` section 4).

use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;

/// Short flags of vLLM that say a parallel size, and their long names.
const SHORT: [(&str, &str); 7] = [
    ("tp", "tensor-parallel-size"),
    ("pp", "pipeline-parallel-size"),
    ("dp", "data-parallel-size"),
    ("dpl", "data-parallel-size-local"),
    ("dcp", "decode-context-parallel-size"),
    ("n", "nnodes"),
    ("r", "node-rank"),
];

/// Where a flag was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::recipe) enum Place {
    /// Position in the rendering's command.
    Command(usize),
    /// JSON pointer to the list in the recipe, and the position in it.
    Feature(String, usize),
}

/// One flag with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core::recipe) struct Argument {
    /// The flag as spelled, dashes included.
    pub(in crate::core::recipe) flag: String,
    /// Its value, if it has one.
    pub(in crate::core::recipe) value: Option<String>,
    /// Whether both were written in one token: `--flag=value`.
    pub(in crate::core::recipe) joined: bool,
    /// Where it was read.
    pub(in crate::core::recipe) place: Place,
}

impl Argument {
    /// The flag's name without dashes as vLLM knows it: `_` is `-` before the first dot, short names are long.
    pub(in crate::core::recipe) fn key(&self) -> String {
        key(&self.flag)
    }

    /// The name of what is set: `no-` of a switch goes.
    fn subject(&self) -> String {
        let key = self.key();
        match (&self.value, key.strip_prefix("no-")) {
            (None, Some(positive)) => positive.to_owned(),
            _ => key,
        }
    }

    /// Whether the two set the same thing, so that the later one wins.
    pub(in crate::core::recipe) fn replaces(&self, other: &Argument) -> bool {
        self.key() == other.key() || self.subject() == other.subject()
    }

    /// Whether the two say the same.
    pub(in crate::core::recipe) fn says_as(&self, other: &Argument) -> bool {
        self.value == other.value && self.key() == other.key()
    }

    /// Whether the flag may be a key of `spec.engine.args`.
    pub(in crate::core::recipe) fn is_plain(&self) -> bool {
        let name = self.flag.strip_prefix("--").unwrap_or_default();
        let clean = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !name.is_empty() && !name.starts_with('-') && name.bytes().all(clean)
    }

    /// The tokens as the command has them.
    pub(in crate::core::recipe) fn tokens(&self) -> Vec<String> {
        match (&self.value, self.joined) {
            (None, _) => vec![self.flag.clone()],
            (Some(value), true) => vec![format!("{}={value}", self.flag)],
            (Some(value), false) => vec![self.flag.clone(), value.clone()],
        }
    }

    /// As a person would write it.
    pub(in crate::core::recipe) fn shown(&self) -> String {
        self.tokens().join(" ")
    }
}

/// [`Argument::key`] of a flag as spelled.
pub(in crate::core::recipe) fn key(flag: &str) -> String {
    let name = flag.trim_start_matches('-');
    if !flag.starts_with("--")
        && let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == name)
    {
        return (*long).to_owned();
    }
    match name.split_once('.') {
        Some((head, tail)) => format!("{}.{tail}", head.replace('_', "-")),
        None => name.replace('_', "-"),
    }
}

/// Reads flags and values; `place` says where the token of a position stands.
///
/// # Errors
/// [`Reason::Arguments`] for a token that belongs to no flag.
pub(in crate::core::recipe) fn parse(
    tokens: &[&str],
    place: impl Fn(usize) -> Place,
) -> Result<Vec<Argument>, Refusal> {
    let mut arguments = Vec::new();
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        let start = position;
        position += 1;
        if !is_flag(token) {
            let text =
                format!("the recipe's command has an argument that belongs to no flag: {}", shorten(token));
            return Err(Refusal::new(Reason::Arguments, text));
        }
        let (flag, value, joined) = match split(token) {
            (flag, Some(value), joined) => (flag, Some(value), joined),
            (flag, None, _) => match tokens.get(position).filter(|next| !is_flag(next)) {
                Some(value) => {
                    position += 1;
                    (flag, Some(*value), false)
                }
                None => (flag, None, false),
            },
        };
        let (flag, value) = (flag.to_owned(), value.map(str::to_owned));
        arguments.push(Argument { flag, value, joined, place: place(start) });
    }
    Ok(arguments)
}

/// A flag begins with a dash; a negative number is a value.
fn is_flag(token: &str) -> bool {
    token.starts_with('-') && token.len() > 1 && token.parse::<f64>().is_err()
}

/// Splits `--flag=value`, and the slip `--flag value` in one token; the last is whether it was joined by `=`.
fn split(token: &str) -> (&str, Option<&str>, bool) {
    match token.find(|character: char| character == '=' || character.is_whitespace()) {
        None => (token, None, false),
        Some(at) => {
            let (flag, rest) = token.split_at(at);
            match rest.strip_prefix('=') {
                Some(value) => (flag, Some(value), true),
                None => (flag, Some(rest.trim_start()).filter(|value| !value.is_empty()), false),
            }
        }
    }
}

/// Of flags that set the same thing the last stays, at its place. A flag with dots and the same flag without stay both.
pub(in crate::core::recipe) fn last_wins(arguments: Vec<Argument>) -> Vec<Argument> {
    let mut kept: Vec<Argument> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        kept.retain(|earlier| !argument.replaces(earlier));
        kept.push(argument);
    }
    kept
}

/// Whether something in the text has to be filled in, or Kubernetes would: `$NAME`, `${NAME}`, `$(NAME)`, `$$`.
pub(in crate::core::recipe) fn has_placeholder(text: &str) -> bool {
    let next = |at: usize| text.get(at + 1..).and_then(|rest| rest.chars().next());
    let begins =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '{' | '(' | '$');
    text.match_indices('$').any(|(at, _)| next(at).is_some_and(begins))
}

/// At most 80 characters of a text from outside, for a message.
pub(in crate::core::recipe) fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("{shown:?}")
}

#[cfg(test)]
mod tests;
