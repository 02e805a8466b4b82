//! The verdict before the apply, shared by every verb that sends or prints an object.

use super::inputs::SourceObject;
use crate::core::admission::{self, Providers, Review};
use crate::core::finding::Severity;
use crate::core::release::Release;
use crate::core::server_side_apply;
use crate::io::cluster::FIELD_MANAGER;
use crate::ui::Ui;
use serde_json::Value;

/// Judges one object as the API server and the webhook would; with the live object, as the change that server-side apply makes of it.
pub fn review(
    object: &SourceObject,
    old: Option<&Value>,
    providers: &Providers,
    release: &Release,
) -> Review {
    let merged = old.map(|old| server_side_apply::preview(old, &object.value, FIELD_MANAGER));
    admission::review(&admission::Request {
        object: merged.as_ref().unwrap_or(&object.value),
        old,
        namespace: object.namespace(),
        providers,
        release,
    })
}

/// Says a denial: the server's message, then each finding with its place and way out.
pub fn print_denial(object: &SourceObject, review: &Review, ui: &mut Ui) {
    for finding in review.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        ui.finding(&place(object, &finding.path), finding);
    }
}

/// Says what the server would warn about and what it would take and later fail on.
pub fn print_advice(object: &SourceObject, review: &Review, ui: &mut Ui) {
    for warning in &review.warnings {
        ui.server_warning(warning);
    }
    for finding in review.findings.iter().filter(|finding| finding.severity != Severity::Error) {
        ui.finding(&place(object, &finding.path), finding);
    }
}

fn place(object: &SourceObject, path: &str) -> String {
    let place = object.place(path);
    if place.is_empty() { object.name().to_owned() } else { place }
}
