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
mod tests {
    use super::*;
    use crate::core::yaml::parse;

    fn fields(object: &Value) -> Option<&'static [&'static str]> {
        let is_model = object.get("kind").is_some_and(|kind| kind == "Model");
        is_model.then_some(&["/spec/engine/image", "/spec/image"])
    }

    /// Writes `new` in the place of every image.
    fn rewritten(text: &str, new: &str) -> Result<String, EditError> {
        let mut edits = Vec::new();
        for document in parse(text.as_bytes()).expect("readable") {
            for place in images_of(&document, fields) {
                edits.push(place.replace(&document, new)?);
            }
        }
        Ok(apply_edits(text, edits))
    }

    const PINNED: &str = "a/b:c@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn only_the_image_changes() {
        let text = "# head\nkind: Model\nspec:\n  engine:\n    image:   a/b:c   # why\n    type: vllm\n  image: 'a/b:c'\n---\n# two\nkind: Deployment\nspec: {template: {spec: {containers: [{name: x, image: \"a/b:c\"}, {image: a/b:c}]}}}\n";
        let expected = text
            .replace("image:   a/b:c ", &format!("image:   {PINNED} "))
            .replace("'a/b:c'", &format!("'{PINNED}'"))
            .replace("\"a/b:c\"", &format!("\"{PINNED}\""))
            .replace("image: a/b:c}", &format!("image: {PINNED}}}"));
        let once = rewritten(text, PINNED).expect("edited");
        assert_eq!(once, expected);
        assert_eq!(rewritten(&once, PINNED).expect("again"), once, "idempotent");
        for document in parse(once.as_bytes()).expect("still readable") {
            assert!(images_of(&document, fields).iter().all(|place| place.image == PINNED));
        }
    }

    #[test]
    fn places_have_paths_and_lines() {
        let text = "kind: List\nitems:\n- kind: Model\n  spec:\n    image: x\n- kind: Pod\n  spec:\n    initContainers:\n    - image: z\n    containers: []\n    volumes:\n    - image: {reference: no}\n";
        let document = &parse(text.as_bytes()).expect("readable")[0];
        let places = images_of(document, fields);
        let shown: Vec<_> = places
            .iter()
            .map(|place| (place.path.as_str(), place.image.as_str(), place.position.line))
            .collect();
        assert_eq!(
            shown,
            [("items[0].spec.image", "x", 5), ("items[1].spec.initContainers[0].image", "z", 9)]
        );
        let json = "{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"image\":\"a\\/b\"}]}}\n";
        assert_eq!(rewritten(json, PINNED).expect("JSON"), json.replace("a\\/b", PINNED));
    }

    #[test]
    fn the_node_selector_is_the_one_of_the_images_own_pod() {
        let text = "kind: List\nitems:\n- kind: Model\n  spec:\n    engine: {image: x}\n    nodeSelector: {a: b}\n- kind: Deployment\n  spec:\n    template:\n      spec:\n        nodeSelector: {c: d, e: 1}\n        containers:\n        - image: z\n";
        let document = &parse(text.as_bytes()).expect("readable")[0];
        let selectors: Vec<_> =
            images_of(document, fields).iter().map(|place| place.node_selector(document)).collect();
        let one = |key: &str, value: &str| NodeSelector::from([(key.to_owned(), value.to_owned())]);
        assert_eq!(selectors, [one("a", "b"), one("c", "d")]);
    }

    #[test]
    fn anchors_and_blocks() {
        let text = "kind: Pod\nspec:\n  containers:\n  - image: &i a/b:c\n  - image: >-\n      a/b:c\n";
        let expected = text
            .replace("&i a/b:c", &format!("&i {PINNED}"))
            .replace("      a/b:c", &format!("      {PINNED}"));
        assert_eq!(rewritten(text, PINNED).expect("edited"), expected);
        let aliased = "x: &i a/b:c\nkind: Pod\nspec:\n  containers:\n  - image: *i\n";
        assert_eq!(rewritten(aliased, PINNED), Err(EditError::Aliased));
        let inside = "x: &c {image: a/b:c}\nkind: Pod\nspec:\n  containers:\n  - *c\n";
        assert_eq!(rewritten(inside, PINNED), Err(EditError::Aliased));
        let folded = "kind: Pod\nspec:\n  containers:\n  - image: |\n      a/b:c\n      a/b:c\n";
        assert_eq!(rewritten(folded, PINNED), Err(EditError::Spread));
    }

    #[test]
    fn a_key_with_points_stands_in_brackets() {
        let text = "kind: List\nitems:\n- kind: Pod\n  spec: {containers: [{image: a}]}\n- kind: Other\n  a.b: {containers: [{image: a}]}\n";
        let document = parse(text.as_bytes()).expect("readable").remove(0);
        let paths: Vec<String> = images_of(&document, fields).into_iter().map(|place| place.path).collect();
        assert_eq!(paths, ["items[0].spec.containers[0].image", "items[1][a.b].containers[0].image"]);
    }
}
