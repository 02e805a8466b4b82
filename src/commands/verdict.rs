//! What verbs say about a verdict.

use super::inputs::SourceObject;
use crate::core::kind::judge::Chosen;
use crate::core::kubernetes::finding::Finding;
use crate::core::verdict::Verdict;
use crate::error::Error;
use crate::ui::Note;
use std::collections::BTreeSet;

/// Why an object would be refused: each reason with its location and hint.
pub fn denial(verdict: &Verdict, object: &SourceObject) -> Vec<Note> {
    verdict.errors().map(|finding| placed(object, finding)).collect()
}

/// What the server accepts with a warning, or what fails later.
pub fn advice(verdict: &Verdict, object: &SourceObject) -> Vec<Note> {
    verdict.advice().map(|finding| placed(object, finding)).collect()
}

/// What the cluster will choose where the user left it open.
pub fn chosen(verdict: &Verdict) -> Vec<Note> {
    let chosen = verdict.foresight.iter().flat_map(|foresight| &foresight.chosen);
    let open = chosen.filter(|chosen| !chosen.by_author);
    let line = |chosen: &Chosen| {
        let (value, why) = chosen.value.as_ref().zip(chosen.why.as_ref())?;
        Some(Note::Status(format!("{}: {value} would be selected ({why})", chosen.what)))
    };
    open.filter_map(line).collect()
}

/// The error for objects that may not be sent, once their reasons have been said.
pub fn refused(refused: &[(&SourceObject, &Verdict)]) -> Error {
    let [(object, verdict)] = refused else {
        let kinds: BTreeSet<&str> = refused.iter().map(|(object, _)| object.kind_name()).collect();
        let what = match (kinds.first(), kinds.len()) {
            (Some(kind), 1) => format!("{kind}s"),
            _ => "objects".to_owned(),
        };
        return Error::verdict(format!("{} {what} would be refused; nothing was sent", refused.len()));
    };
    match verdict.immutable() {
        Some(fields) => {
            Error::verdict(format!("{} cannot be changed in {}", fields.join(", "), object.name()))
        }
        None => {
            let (kind, name) = (object.kind_name(), object.name());
            Error::verdict(format!("{kind} {name} would be refused; nothing was sent"))
        }
    }
}

fn placed(object: &SourceObject, finding: &Finding) -> Note {
    let place = object.place(&finding.path);
    let place = if place.is_empty() { object.name().to_owned() } else { place };
    Note::Finding(place, finding.clone())
}
