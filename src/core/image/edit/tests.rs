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
    let shown: Vec<_> =
        places.iter().map(|place| (place.path.as_str(), place.image.as_str(), place.position.line)).collect();
    assert_eq!(shown, [("items[0].spec.image", "x", 5), ("items[1].spec.initContainers[0].image", "z", 9)]);
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
    let expected =
        text.replace("&i a/b:c", &format!("&i {PINNED}")).replace("      a/b:c", &format!("      {PINNED}"));
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
