//! The variables of a rendering.

use serde_json::{Map, Value};

use crate::core::recipe::command::argv::{has_placeholder, shorten};
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;
use crate::core::recipe::resolution::{Note, NoteKind};

/// Fights the device plugin, which says what a container sees.
const DROPPED: &str = "CUDA_VISIBLE_DEVICES";
/// Most variables.
const LIMIT: usize = 512;

/// Variables as a rendering has them, gaps included: for comparing, never for an object.
pub(in crate::core::recipe) fn as_written(members: Option<&Map<String, Value>>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let kept = members.into_iter().flatten().filter(|(name, _)| *name != DROPPED);
    kept.map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Reads variables: texts as they are, numbers as text.
///
/// # Errors
/// [`Reason::Placeholder`] for a value that has to be filled in, [`Reason::Malformed`] for one that is neither text nor
/// number, and for a name that is none.
pub(in crate::core::recipe) fn read(
    members: Option<&Map<String, Value>>,
    notes: &mut Vec<Note>,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut env = Vec::new();
    let members = members.into_iter().flatten();
    for (position, (name, value)) in members.enumerate() {
        if name == DROPPED {
            let message = format!(
                "variable {DROPPED} of the recipe is left out: the device plugin decides which GPUs a pod sees"
            );
            notes.push(Note { kind: NoteKind::EnvDropped, message });
            continue;
        }
        let malformed = |what: &str| {
            let text = format!("variable {} of the recipe {what}", shorten(name));
            Err(Refusal::new(Reason::Malformed, text))
        };
        if position >= LIMIT {
            return malformed("is one too many");
        }
        let is_name = |byte: u8| byte.is_ascii_graphic() && byte != b'=';
        if name.is_empty() || !name.bytes().all(is_name) {
            return malformed("has a name that no container accepts");
        }
        let value = match value {
            Value::String(text) if text.contains('\0') => return malformed("has a zero byte"),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return malformed("is neither a string nor a number"),
        };
        if has_placeholder(&value) {
            return Err(placeholder(&format!("{name}={value}")));
        }
        env.push((name.clone(), value));
    }
    Ok(env)
}

/// Something has to be filled in by hand.
pub(in crate::core::recipe) fn placeholder(what: &str) -> Refusal {
    let text = format!(
        "the recipe has a placeholder to fill in by hand: {}; Kubernetes fills in nothing",
        shorten(what)
    );
    Refusal::new(Reason::Placeholder, text)
}
