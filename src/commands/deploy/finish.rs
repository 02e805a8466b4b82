//! The good end: the endpoint, and how to call it.

use super::args::ApplySettings;
use crate::core::kind;
use crate::core::kubernetes::json::text_at;
use crate::error::Result;
use crate::report::endpoint::endpoint;
use crate::ui::Ui;
use serde_json::Value;

/// Prints the endpoint; with `-o` only the object is printed, later.
pub(super) fn say(object: &Value, settings: &ApplySettings, ui: &mut Ui) -> Result<()> {
    if settings.output.is_some() {
        return Ok(());
    }
    let namespace = text_at(object, "/metadata/namespace");
    let found = kind::of(object).and_then(|kind| kind.follow()?.endpoint(object));
    match found {
        Some(found) => ui.data(&endpoint(&found, namespace, settings.globals.context.as_deref())),
        None => {
            ui.status("ready; the status has no endpoint");
            Ok(())
        }
    }
}
