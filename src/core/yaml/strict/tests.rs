//! What kubectl refuses, and its neighbors that it takes.

use crate::core::yaml::parse;

/// Each text is refused by kubectl 1.32, in its words or by its YAML library.
#[test]
fn what_kubectl_refuses_is_refused_with_its_place() {
    for (text, place, words) in [
        ("a: 1\n\t\nb: 2\n", (2, 1), "tab"),
        ("a:\n  b: 1\n  \t \n  c: 2\n", (3, 3), "tab"),
        ("a: 1\n--- {b: 2}\n", (2, 5), "separator"),
        ("--- |\n  x\n", (1, 5), "separator"),
        ("%YAML 1.2\n---\na: 1\n", (1, 1), "directive"),
        ("a: 1\n---\n# c\n%TAG ! x\n---\nb: 1\n", (4, 1), "directive"),
        ("{\n# note\n\"a\": 1}", (2, 1), "key"),
        ("{\n// note\n\"a\": 1}", (2, 1), "key"),
        ("{\"a\": 1,\n}", (2, 1), "trailing comma"),
    ] {
        let error = parse(text.as_bytes()).expect_err(text);
        assert!(error.message.contains(words), "{text:?}: {error}");
        assert_eq!((error.line, error.column), place, "{text:?}: {error}");
    }
}

#[test]
fn what_kubectl_takes_is_taken() {
    for (text, count) in [
        ("a: 1\n---\n\u{feff}b: 2\n", 2),
        ("--- # comment\na: 1\n", 1),
        ("a: |\n  x\n  \t\n  y\n", 1),
        ("a: {\n\t\n b: 1}\n", 1),
        ("a: \tx\n", 1),
        ("{a: 1}", 1),
        ("# %x\na: 1\n", 1),
    ] {
        let documents = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(documents.len(), count, "{text:?}");
    }
}
