//! What verbs say about a verdict.

use super::inputs::SourceObject;
use crate::core::kind::judge::Chosen;
use crate::core::kubernetes::finding::{Finding, Severity};
use crate::core::verdict::Verdict;
use crate::error::Error;
use crate::ui::Note;
use std::collections::{BTreeSet, HashMap, HashSet};

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

/// From so many on, notes that say the same are one note and a count.
const REPEATED: usize = 3;

/// Notes of many objects, with one for all that say the same, where the first of them is.
pub fn grouped(notes: Vec<Note>) -> Vec<Note> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for note in &notes {
        *counts.entry(saying(note)).or_default() += 1;
    }
    let mut said = HashSet::new();
    let group = |note: Note| {
        let saying = saying(&note);
        let count = counts.get(&saying).copied().unwrap_or_default();
        // Every reason for a refusal is shown at its place.
        if count < REPEATED
            || matches!(&note, Note::Finding(_, finding) if finding.severity == Severity::Error)
        {
            return Some(note);
        }
        said.insert(saying).then(|| counted(note, count - 1))
    };
    notes.into_iter().filter_map(group).collect()
}

/// What a note says, wherever it is.
fn saying(note: &Note) -> String {
    match note {
        Note::Status(line) => format!("status {line}"),
        Note::Warning(line) => format!("warning {line}"),
        Note::Finding(_, finding) => format!("{} {} {:?}", finding.rule, finding.text(), finding.hint),
    }
}

fn counted(note: Note, others: usize) -> Note {
    let count = format!(" (and {others} more)");
    match note {
        Note::Status(line) => Note::Status(line + &count),
        Note::Warning(line) => Note::Warning(line + &count),
        Note::Finding(place, mut finding) => {
            finding.message.push_str(&count);
            Note::Finding(place, finding)
        }
    }
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
    Note::Finding(place, object.in_its_words(finding.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(place: &str, message: &str, severity: Severity) -> Note {
        let (path, message) = (String::new(), message.to_owned());
        let finding = Finding { rule: "a-rule", severity, path, message, hint: None };
        Note::Finding(place.to_owned(), finding)
    }

    #[test]
    fn what_many_objects_have_in_common_is_said_once() {
        let warnings = |count: usize| {
            (0..count)
                .map(|index| finding(&format!("m{index}"), "old", Severity::Warning))
                .collect::<Vec<_>>()
        };
        assert_eq!(grouped(warnings(2)), warnings(2));
        let mut notes = warnings(200);
        notes.insert(1, finding("m9", "other", Severity::Warning));
        assert_eq!(
            grouped(notes),
            [
                finding("m0", "old (and 199 more)", Severity::Warning),
                finding("m9", "other", Severity::Warning)
            ]
        );
        let errors: Vec<Note> =
            (0..5).map(|index| finding(&index.to_string(), "bad", Severity::Error)).collect();
        assert_eq!(grouped(errors.clone()), errors);
    }
}
