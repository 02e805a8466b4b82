//! Every layout over the same items.

use super::*;

fn items() -> Vec<CheckItem> {
    let finding = |rule: &'static str, severity, path: &str, message: &str, hint: Option<&str>| Finding {
        rule,
        severity,
        path: path.into(),
        message: message.into(),
        hint: hint.map(Into::into),
    };
    vec![
        CheckItem {
            source: "models/a b.yaml".into(),
            document: 1,
            kind: "ModelDeployment".into(),
            name: "good".into(),
            namespace: "default".into(),
            refused: false,
            denial: None,
            warnings: vec![],
            chosen: vec![
                Decision { what: "engine", value: Some("vllm".into()), why: Some("explicit".into()) },
                Decision {
                    what: "provider",
                    value: Some("dynamo".into()),
                    why: Some("matched capabilities: engine=vllm, gpu=true, mode=aggregated".into()),
                },
            ],
            stopped: None,
            predicted: None,
            operator: None,
            findings: vec![],
        },
        CheckItem {
            source: "models/a b.yaml".into(),
            document: 2,
            kind: "ModelDeployment".into(),
            name: "bad".into(),
            namespace: "default".into(),
            refused: true,
            denial: Some((403, "denied the request: <both> & \"quoted\"".into())),
            warnings: vec!["a warning".into()],
            chosen: vec![],
            stopped: None,
            predicted: None,
            operator: None,
            findings: vec![PlacedFinding {
                finding: finding(
                    "engine-image-conflict",
                    Severity::Error,
                    "spec.engine.image",
                    "two images # <x>",
                    Some("keep one"),
                ),
                place: Some((17, 5)),
            }],
        },
    ]
}

fn text(format: CheckFormat) -> String {
    let mut bytes = Vec::new();
    write(vec![Piece::of(items(), format)], format, &mut bytes).unwrap();
    // However the objects are cut, the report is the same.
    let mut apart = Vec::new();
    let pieces = items().into_iter().map(|item| Piece::of(vec![item], format));
    write(std::iter::once(Piece::default()).chain(pieces).collect(), format, &mut apart).unwrap();
    assert_eq!(apart, bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn human() {
    insta::assert_snapshot!(text(CheckFormat::Human), @r"
    models/a b.yaml: good valid
    models/a b.yaml#2: bad invalid
      models/a b.yaml:17:5: error: spec.engine.image: two images # <x> [engine-image-conflict]
        hint: keep one
    1 of 2 valid
    ");
}

#[test]
fn tap() {
    insta::assert_snapshot!(text(CheckFormat::Tap), @r"
    TAP version 14
    1..2
    ok 1 - models/a b.yaml: good
    not ok 2 - models/a b.yaml\#2: bad
    # 17:5: error: spec.engine.image: two images # <x> [engine-image-conflict]
    ");
}

#[test]
fn json_and_sarif_and_junit() {
    insta::assert_snapshot!("json", text(CheckFormat::Json));
    insta::assert_snapshot!(
        "sarif",
        text(CheckFormat::Sarif).replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    );
    let junit = text(CheckFormat::Junit);
    assert!(junit.contains(r#"<testsuite name="models/a b.yaml" tests="2""#), "{junit}");
    assert!(junit.contains(r#"<testcase name="default/bad" classname="models/a b.yaml#2">"#), "{junit}");
    assert!(junit.contains("denied the request: &lt;both&gt; &amp; &quot;quoted&quot;"), "{junit}");
}
