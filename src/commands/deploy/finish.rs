//! The good end: the endpoint, and how to call it.

use super::args::ApplySettings;
use crate::commands::output::ObjectFormat;
use crate::core::kind;
use crate::core::kubernetes::json::text_at;
use crate::error::Result;
use crate::report::endpoint::{endpoint, how_to_call};
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
        Some(found) => {
            ui.data(&endpoint(&found, namespace))?;
            // For people: what a script reads are the lines above.
            let lines = how_to_call(&found, namespace, settings.globals.context.as_deref());
            lines.iter().for_each(|line| ui.status(line));
            Ok(())
        }
        None => {
            ui.status("ready; the status has no endpoint");
            Ok(())
        }
    }
}

/// An object as `-o` prints it: as kubectl does, YAML and JSON are without who manages which field.
pub(super) fn shown(object: &Value, format: &ObjectFormat) -> Value {
    let mut shown = object.clone();
    if matches!(format, ObjectFormat::Yaml | ObjectFormat::Json)
        && let Some(metadata) = shown.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.shift_remove("managedFields");
    }
    shown
}
