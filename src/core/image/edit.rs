//! Images in manifests: where they stand, and how to write another in the place of each without touching anything else.

use std::ops::Range;

use serde_json::Value;

use super::NodeSelector;
use crate::core::kubernetes::json::text_at;
use crate::core::yaml::{Document, Position, ScalarForm, Segment};

/// Lists whose items are containers, in any kind of object.
const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// An image that a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePlace {
    /// Field path, for example `spec.engine.image`.
    pub path: String,
    /// The image as the document's value has it.
    pub image: String,
    /// Where it stands.
    pub position: Position,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// A change of the text, in bytes of [`Document::text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
}

/// Why an image cannot be written in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It was copied from an anchor whose own place is not an image field.
    #[error("the image comes from an anchor elsewhere in the file; write the pin there by hand")]
    Aliased,
    /// A block of text that does not hold the image in one piece.
    #[error("the image is spread over several lines; write it on one line")]
    Spread,
}

/// The fields in which an object names images, as JSON pointers, when its kind has such fields.
pub type ImageFields = fn(&Value) -> Option<&'static [&'static str]>;

/// The images that a document names: in the `fields` of an object that has some, and of every container of any other
/// object. Items of a `List` count as objects of their own.
pub fn images_of(document: &Document, fields: ImageFields) -> Vec<ImagePlace> {
    let mut places = Vec::new();
    let mut steps = Vec::new();
    find_in_object(&document.value, fields, &mut steps, &mut |steps, image| {
        let path = path_of(steps);
        let position = document.position(&path);
        places.push(ImagePlace { path, image: image.to_owned(), position, steps: steps.to_vec() });
    });
    places
}

type Found<'a> = dyn FnMut(&[Step], &str) + 'a;

fn find_in_object(object: &Value, fields: ImageFields, steps: &mut Vec<Step>, found: &mut Found<'_>) {
    let kind = text_at(object, "/kind");
    if kind.ends_with("List")
        && let Some(items) = object.get("items").and_then(Value::as_array)
    {
        for (index, item) in items.iter().enumerate() {
            steps.extend([Step::Key("items".to_owned()), Step::Index(index)]);
            find_in_object(item, fields, steps, found);
            steps.truncate(steps.len() - 2);
        }
    } else if let Some(pointers) = fields(object) {
        for pointer in pointers {
            let image = text_at(object, pointer);
            if !image.is_empty() {
                let depth = steps.len();
                steps.extend(pointer.split('/').skip(1).map(|key| Step::Key(key.to_owned())));
                found(steps, image);
                steps.truncate(depth);
            }
        }
    } else {
        find_containers(object, steps, found);
    }
}

/// Walks a value of bounded depth (the parser's limit).
fn find_containers(value: &Value, steps: &mut Vec<Step>, found: &mut Found<'_>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                steps.push(Step::Key(key.clone()));
                if CONTAINER_LISTS.contains(&key.as_str()) {
                    find_images(member, steps, found);
                }
                find_containers(member, steps, found);
                steps.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Index(index));
                find_containers(item, steps, found);
                steps.pop();
            }
        }
        _ => {}
    }
}

fn find_images(containers: &Value, steps: &mut Vec<Step>, found: &mut Found<'_>) {
    for (index, container) in containers.as_array().into_iter().flatten().enumerate() {
        if let Some(image) = container.get("image").and_then(Value::as_str).filter(|image| !image.is_empty())
        {
            steps.extend([Step::Index(index), Step::Key("image".to_owned())]);
            found(steps, image);
            steps.truncate(steps.len() - 2);
        }
    }
}

fn path_of(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Index(index) => format!("{path}[{index}]"),
        Step::Key(key) if path.is_empty() => key.clone(),
        Step::Key(key) if key.contains(['.', '[', ']']) => format!("{path}[{key}]"),
        Step::Key(key) => format!("{path}.{key}"),
    })
}

impl ImagePlace {
    /// The node selector that goes with the image: of the object below whose `spec` it stands, or of the pod that the
    /// container is in.
    pub fn node_selector(&self, document: &Document) -> NodeSelector {
        // A container is an item of a list of the pod; the fields of an object stand below its spec.
        let depth = match self.steps.as_slice() {
            [.., Step::Key(_), Step::Index(_), Step::Key(_)] => self.steps.len() - 3,
            steps => {
                steps.iter().rposition(|step| *step == Step::Key("spec".to_owned())).map_or(0, |at| at + 1)
            }
        };
        let owner = self.steps.iter().take(depth).try_fold(&document.value, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        });
        let labels = owner.and_then(|owner| owner.get("nodeSelector")).and_then(Value::as_object);
        let labels = labels.into_iter().flatten();
        labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// The change that writes `image` here, keeping quotes and comments. `image` must be a well-formed reference.
    ///
    /// # Errors
    /// When the place cannot be written without touching others.
    pub fn replace(&self, document: &Document, image: &str) -> Result<Edit, EditError> {
        let steps: Vec<Segment<'_>> = self
            .steps
            .iter()
            .map(|step| match step {
                Step::Key(key) => Segment::Key(key),
                Step::Index(index) => Segment::Index(*index),
            })
            .collect();
        let mark = document.locate(&steps).ok_or(EditError::Aliased)?;
        let range = mark.value.clone();
        let text = match mark.form {
            ScalarForm::Alias | ScalarForm::Collection => return Err(EditError::Aliased),
            ScalarForm::Plain => image.to_owned(),
            ScalarForm::SingleQuoted => format!("'{image}'"),
            ScalarForm::DoubleQuoted => format!("\"{image}\""),
            ScalarForm::Block => {
                let block = document.text().get(range.clone()).unwrap_or_default();
                let mut matches = block.match_indices(self.image.trim());
                let (Some((at, old)), None) = (matches.next(), matches.next()) else {
                    return Err(EditError::Spread);
                };
                let start = range.start + at;
                return Ok(Edit { range: start..start + old.len(), text: image.to_owned() });
            }
        };
        Ok(Edit { range, text })
    }
}

/// Applies changes to a text. Changes of one place by several documents' anchors count once.
pub fn apply_edits(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.range.start);
    edits.dedup();
    let mut result = String::with_capacity(text.len() + edits.len() * 80);
    let mut at = 0;
    for edit in edits {
        result.push_str(text.get(at..edit.range.start).unwrap_or_default());
        result.push_str(&edit.text);
        at = edit.range.end;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests;
