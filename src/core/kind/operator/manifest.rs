//! What an operator was started with, read from its Deployment or from a plain mapping.

use super::{Operator, OperatorValues, Origin, Unknown, operators};
use crate::core::image::ImageRef;
use crate::core::kubernetes::json::{list_at, text_at};
use serde_json::Value;

/// What a document says.
#[derive(Debug, PartialEq, Eq)]
pub enum FromManifest {
    /// Nothing of any operator.
    Nothing,
    /// These values.
    Values(OperatorValues),
}

impl OperatorValues {
    /// Reads one document: the Deployment of an operator, or a mapping of keys to values.
    ///
    /// # Errors
    /// A key or a value of a mapping that no operator takes; a value of the Deployment that its operator refuses.
    pub fn of_document(document: &Value, origin: &Origin) -> Result<FromManifest, Unknown> {
        let mut values = OperatorValues::default();
        if document.get("kind").is_none()
            && let Some(members) = document.as_object().filter(|members| !members.is_empty())
        {
            for (key, value) in members {
                let value = match value {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                values.add(&format!("{key}={value}"), origin)?;
            }
            return Ok(FromManifest::Values(values));
        }
        let Some((operator, container)) = manager(document) else { return Ok(FromManifest::Nothing) };
        values.read_container(operator, container, origin)?;
        Ok(FromManifest::Values(values))
    }

    fn read_container(
        &mut self,
        operator: &'static Operator,
        container: &Value,
        origin: &Origin,
    ) -> Result<(), Unknown> {
        let words: Vec<&str> = ["/command", "/args"]
            .iter()
            .flat_map(|list| list_at(container, list))
            .filter_map(Value::as_str)
            .collect();
        // Of a flag that is given twice the last counts, so they are read from behind.
        for (index, word) in words.iter().enumerate().rev() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { continue };
            let (key, value) = match flag.split_once('=') {
                Some((key, value)) => (key, value),
                None => (flag, bare_value(operator, flag, words.get(index + 1).copied())),
            };
            if operator.has(key) && self.given(operator, key).is_none() {
                self.put(operator, key, value, origin)?;
            }
        }
        for variable in list_at(container, "/env").iter().rev() {
            let key = text_at(variable, "/name");
            let is_literal = variable.get("valueFrom").is_none();
            if operator.has(key) && is_literal && self.given(operator, key).is_none() {
                self.put(operator, key, text_at(variable, "/value"), origin)?;
            }
        }
        let image = text_at(container, "/image").parse::<ImageRef>().ok();
        let tag = image.and_then(|image| image.tag().map(str::to_owned));
        if let (Some(key), Some(tag)) = (operator.version, tag)
            && self.given(operator, key).is_none()
        {
            self.put(operator, key, &tag, origin)?;
        }
        Ok(())
    }
}

/// The value of a flag that has none behind `=`: the next word, and of a truth value that it is.
fn bare_value<'a>(operator: &Operator, key: &str, next: Option<&'a str>) -> &'a str {
    let is_flag =
        operator.inputs.iter().any(|input| input.key == key && input.kind == super::InputType::Flag);
    if is_flag { "true" } else { next.unwrap_or_default() }
}

/// The operator of a Deployment, and the container that runs it.
fn manager(document: &Value) -> Option<(&'static Operator, &Value)> {
    if text_at(document, "/kind") != "Deployment" {
        return None;
    }
    let containers = list_at(document, "/spec/template/spec/containers");
    let runs = |operator: &Operator, container: &Value| {
        let image = text_at(container, "/image");
        let repository = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        repository.split(':').next() == Some(operator.image)
    };
    let is_labelled = |operator: &Operator| {
        text_at(document, "/metadata/labels/app.kubernetes.io~1name") == operator.image
            || text_at(document, "/metadata/name").starts_with(operator.image)
    };
    operators().find_map(|operator| {
        let by_image = containers.iter().find(|container| runs(operator, container));
        let by_name = || {
            let named = containers.iter().find(|container| text_at(container, "/name") == "manager");
            is_labelled(operator).then(|| named.or(containers.first())).flatten()
        };
        Some((operator, by_image.or_else(by_name)?))
    })
}
