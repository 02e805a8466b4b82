//! The good end: the endpoint, and how to call it.

use super::args::ApplySettings;
use crate::error::Result;
use crate::report::endpoint::endpoint;
use crate::ui::Ui;
use serde_json::Value;

/// Says where the model answers; with `-o` only the object is printed, later.
pub(super) fn say(object: &Value, settings: &ApplySettings, ui: &mut Ui) -> Result<()> {
    if settings.output.is_some() {
        return Ok(());
    }
    match endpoint(object, settings.globals.context.as_deref()) {
        Some(text) => ui.data(&text),
        None => {
            ui.status("ready, and the status names no endpoint");
            Ok(())
        }
    }
}
