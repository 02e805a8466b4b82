use proptest::prelude::*;
use serde_json::json;

use super::*;

fn one(text: &str) -> Document {
    let mut documents = parse(text.as_bytes()).expect("readable");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn at(line: usize, column: usize) -> Position {
    Position { line, column }
}

#[test]
fn positions_follow_paths_as_the_api_server_writes_them() {
    let document = one(
        "# c\nspec:\n  env:\n  - name: A\n    value: é\n  labels: {a.b/c: x, \"d[0]\": y}\n  a.b: {c: 1}\n",
    );
    assert_eq!(document.start(), at(2, 1));
    assert_eq!(document.position("spec.env[0].name"), at(4, 5));
    assert_eq!(document.position("spec.env[0].value"), at(5, 5));
    assert_eq!(document.position("spec.env[0]"), at(4, 5));
    assert_eq!(document.position("spec.labels[a.b/c]"), at(6, 12));
    assert_eq!(document.position("spec.labels.a.b/c"), at(6, 12));
    assert_eq!(document.position("spec.labels[d[0]]"), at(6, 22));
    assert_eq!(document.position("spec.a.b.c"), at(7, 9));
    assert_eq!(document.position("spec.env[3].value"), at(3, 3), "the nearest member that is there");
    assert_eq!(document.position(""), at(2, 1));
    assert_eq!(document.position("nothing"), at(2, 1));
    let mark =
        document.locate(&[Segment::Key("spec"), Segment::Key("a.b"), Segment::Key("c")]).expect("there");
    assert_eq!(&document.text()[mark.value.clone()], "1");
}

#[test]
fn ranges_of_scalars_hold_their_quotes_and_nothing_else() {
    for (text, scalar, form) in [
        ("a: x:1 # c\n", "x:1", ScalarForm::Plain),
        ("a: 'x'   # c\n", "'x'", ScalarForm::SingleQuoted),
        ("a:    \"x\"\r\nb: 1\n", "\"x\"", ScalarForm::DoubleQuoted),
        ("{a: x}", "x", ScalarForm::Plain),
        ("{\"a\": \"x\\\"y\"}", "\"x\\\"y\"", ScalarForm::DoubleQuoted),
        ("---\n\na: !!str x\n", "x", ScalarForm::Plain),
    ] {
        let document = one(text);
        let mark = document.locate(&[Segment::Key("a")]).expect("there");
        assert_eq!((&document.text()[mark.value.clone()], mark.form), (scalar, form), "{text}");
    }
}

#[test]
fn documents_are_numbered_without_the_empty_ones() {
    let documents = parse(
        b"# only a comment\n---\n---\na: 1\n...\n# %YAML 1.1\n---\nb: |\n  x\n ---\n---\n~\n--- # c\nc: 1\n",
    );
    let error = documents.expect_err("` ---` ends the block and is no key");
    assert_eq!(error.line, 10);
    let documents =
        parse(b"# only a comment\n---\n---\na: 1\n...\n# %YAML 1.1\n---\nb: 1\n---\n~\n--- # c\nc: 1\n")
            .expect("readable");
    let numbers: Vec<_> = documents.iter().map(|d| (d.number, d.start().line, d.value.clone())).collect();
    assert_eq!(numbers, [(1, 4, json!({"a": 1})), (2, 8, json!({"b": 1})), (3, 12, json!({"c": 1}))]);
    assert!(parse(b"").expect("empty").is_empty());
    assert!(parse(b"# c\n").expect("comment").is_empty());
}

#[test]
fn json_and_json_lines() {
    let documents = parse(b"{\"a\": [1, {\"b\": 2.0}]}\n{\"a\": \"\\u00e9\"}{}\n").expect("readable");
    assert_eq!(documents[0].value, json!({"a": [1, {"b": 2}]}));
    assert_eq!(documents[0].position("a[1].b"), at(1, 12));
    assert_eq!(documents[1].value, json!({"a": "é"}));
    assert_eq!((documents[1].start(), documents[2].number), (at(2, 1), 3));
    assert_eq!(one("{a: 1, b: [x]}").value, json!({"a": 1, "b": ["x"]}), "YAML in flow style");
    let error = parse(b"{\n \"a\": 1,,\n}").expect_err("broken JSON");
    assert_eq!((error.line, error.column), (2, 9), "{error}");
}

#[test]
fn control_characters_that_json_has_and_yaml_has_not() {
    assert_eq!(
        one("{\"a\": \"\u{7f}\u{9b}\"}").value,
        json!({"a": "\u{7f}\u{9b}"}),
        "kubectl reads it as JSON"
    );
    for text in ["a: \"\u{7f}\"\n", "{a: \"\u{7f}\"}", "{\"a\": \"\u{1}\"}"] {
        let error = parse(text.as_bytes()).expect_err(text);
        assert!(error.message.contains("control character"), "{error}");
    }
}

#[test]
fn duplicate_keys_are_reported_with_path_and_place() {
    for text in [
        "a:\n  b: 1\n  c: [{d: 1, d: 2}]\n  b: 3\n",
        "{\"a\":{\"b\":1,\n \"c\":[{\"d\":1, \"d\":2}],\n\"b\":3}}",
    ] {
        let document = one(text);
        assert_eq!(document.value["a"]["b"], 3, "the last one wins, as in kubectl");
        let paths: Vec<_> = document.duplicate_keys().into_iter().map(|d| d.path).collect();
        assert_eq!(paths, ["a.c[0].d", "a.b"]);
        assert!(document.position("a.b").line >= 3);
    }
    assert!(
        one("x: &a {k: 1}\nz: {k: 2, <<: *a, <<: {l: 1}}\n").duplicate_keys().is_empty(),
        "a merge repeats nothing"
    );
}

#[test]
fn a_file_of_repeated_keys_is_read_in_one_go() {
    assert_eq!(one(&"a: 1\n".repeat(50_000)).duplicate_keys().len(), MAX_DUPLICATES);
}

#[test]
fn encodings() {
    let text = "a: é\n";
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(utf16.iter().flat_map(|u| u.to_le_bytes())).collect();
    let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(utf16.iter().flat_map(|u| u.to_be_bytes())).collect();
    let utf8 = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [little, big, utf8] {
        assert_eq!(parse(&bytes).expect("readable")[0].value, json!({"a": "é"}));
    }
}

#[test]
fn bad_text_names_its_place() {
    for (text, line, column, part) in [
        (&b"a: 1\nb: \xff\n"[..], 2, 4, "UTF-8"),
        (b"a: 1\nb: \0\n", 2, 4, "U+0000"),
        (b"a:\n\tb: 1\n", 2, 1, "tab"),
        (b"a: 1\n b: 2\n", 2, 3, ""),
        (b"a: .inf\n", 1, 4, "JSON"),
        (b"a: *x\n", 1, 4, "anchor"),
        (b"a: &x [*x]\n", 1, 8, "itself"),
        (b"? [a]\n: b\n", 1, 3, "map key"),
        (b"a: 1\n---\nb: 'x\n\n---\nc: 1\n", 3, 6, "not closed"),
        (b"\xff\xfea", 1, 1, "UTF-16"),
    ] {
        let error = parse(text).expect_err("refused");
        assert!(error.message.contains(part), "{error}");
        assert_eq!(error.line, line, "{error}\n{}", error.snippet);
        assert!(column == 0 || error.column == column || part.is_empty(), "{error}\n{}", error.snippet);
        let caret = error.snippet.lines().nth(1).map(|marker| marker.chars().filter(|c| *c == '^').count());
        assert_eq!(caret, Some(1), "{}", error.snippet);
    }
}

#[test]
fn depth_is_bounded_in_every_shape() {
    for text in [
        "[".repeat(10_000),
        format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
        "{\"a\":".repeat(10_000),
        "{a: ".repeat(10_000),
        "- ".repeat(10_000),
        (0..10_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        // Each anchor alone is shallow; stacked they are not.
        (1..200).fold("a0: &a0 1\n".to_owned(), |text, i| format!("{text}a{i}: &a{i} [*a{}]\n", i - 1)),
    ] {
        let error = parse(text.as_bytes()).expect_err("too deep");
        assert!(error.message.contains("levels deep"), "{error}");
    }
    let deepest = format!("{}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(parse(deepest.as_bytes()).expect("as deep as allowed").len(), 1);
    assert_eq!(parse(format!("x: {}", &deepest[1..deepest.len() - 1]).as_bytes()).expect("as YAML").len(), 1);
}

#[test]
fn aliases_cannot_multiply_without_bound() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(",");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(parse(text.as_bytes()).expect_err("a billion").message.contains("aliases"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(","));
    assert!(parse(long.as_bytes()).expect_err("a long text many times").message.contains("aliases"));
}

#[test]
fn written_text_is_plain_where_it_can_be() {
    let value = json!({"apiVersion": "v1", "on": "yes", "list": ["a", {"b": ["12:30", ""]}], "text": "a\nb\n", "e": {}, "z": null});
    let text = "apiVersion: v1\n\"on\": \"yes\"\nlist:\n- a\n- b:\n  - \"12:30\"\n  - \"\"\ntext: |\n  a\n  b\ne: {}\nz: null\n";
    assert_eq!(to_yaml(&value), text);
    assert_eq!(to_yaml_documents([&json!({"a": 1}), &json!({"b": 2})]), "a: 1\n---\nb: 2\n");
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|v| json!(v)),
        any::<i64>().prop_map(|v| json!(v)),
        any::<u64>().prop_map(|v| json!(v)),
        (-1e15..1e15_f64)
            .prop_filter("whole floats come back as integers", |v| v.fract() != 0.0)
            .prop_map(|v| json!(v)),
        any::<String>().prop_map(|v| json!(v)),
        "[0-9eE_xob:.+~ynNof-]{0,6}".prop_map(|v| json!(v)),
        "[ \t\na#:'\"|>-]{0,12}".prop_map(|v| json!(v)),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|v| json!(v)),
            prop::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|v| serde_json::Value::Object(v.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn written_values_read_back(value in any_value()) {
        let text = to_yaml(&value);
        let read = parse(text.as_bytes());
        let read = read.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let first = read.first().map_or(serde_json::Value::Null, |document| document.value.clone());
        prop_assert_eq!(first, value, "{}", text);
    }

    #[test]
    fn no_input_breaks_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[a-c&*!|>:{}\\[\\],?'\"# \n\t.%-]{0,80}") {
        let _ = parse(&bytes);
        if let Ok(documents) = parse(text.as_bytes()) {
            for document in documents {
                let _ = (document.duplicate_keys(), document.position("a.b[0].c"));
            }
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_or_documents(cut in 0..200_usize) {
        let text = "a: &x {b: [1, 'two', \"three\"]}\n---\nc: |\n  text\nd: *x\n---\n{\"e\": {\"f\": null}}\n";
        let _ = parse(text.get(..cut).unwrap_or(text).as_bytes());
    }
}

#[test]
fn many_json_lines_are_read_in_order_on_several_threads_and_errors_keep_their_place() {
    let filler = "x".repeat(40);
    let line = |number: usize| format!("{{\"n\":{number},\"t\":\"}}\\n{{ \u{e9} {filler}\"}}\n");
    let text: String = (0..4_000).map(line).collect();
    let documents = parse(text.as_bytes()).unwrap();
    assert_eq!(documents.len(), 4_000);
    for (index, document) in documents.iter().enumerate() {
        assert_eq!(document.value["n"], index);
        assert_eq!(document.position("n").line, index + 1);
    }
    let broken = text.replacen("{\"n\":3000,", "{\"n\" 3000,", 1);
    let error = parse(broken.as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (3001, 6), "{error}");
}

/// The documents of a file, or its first flaw.
fn whole(pieces: Pieces) -> Result<Vec<Document>, SyntaxError> {
    match pieces.whole() {
        Reading::Whole(documents) => Ok(documents),
        Reading::Flawed(mut salvaged) => Err(salvaged.flaws.remove(0).1),
        Reading::Pieces(_) => panic!("it was to be read whole"),
    }
}

/// Number, value and place of every document, read in pieces where that works; and whether it did.
fn in_pieces(text: &str) -> (Vec<String>, bool) {
    let shown = |document: &Document| format!("{} {} {}", document.number, document.value, document.start());
    match open(text.as_bytes().to_vec()).expect("readable") {
        Reading::Whole(documents) => (documents.iter().map(shown).collect(), false),
        Reading::Flawed(salvaged) => panic!("{:?}", salvaged.flaws),
        Reading::Pieces(pieces) => {
            let read: Option<Vec<_>> = (0..pieces.len()).map(|index| pieces.read(index)).collect();
            match read {
                Some(read) => (read.iter().flatten().map(shown).collect(), true),
                None => (whole(pieces).expect("readable").iter().map(shown).collect(), false),
            }
        }
    }
}

#[test]
fn pieces_hold_what_the_whole_file_holds() {
    let object = |index: usize| format!("a: {index}\nb:\n  c: {}\n", "x".repeat(index % 200));
    let join = |between: &str| (0..2000).map(object).collect::<Vec<_>>().join(between);
    let lines = |between: &str| {
        let line = |index: usize| format!("{{\"a\": {index}, \"b\": \"{}\"}}", "}\\n{".repeat(index % 50));
        (0..2000).map(line).collect::<Vec<_>>().join(between)
    };
    for (text, works) in [
        (join("---\n"), true),
        (join("---\n# only a comment\n---\n\n--- # c\n"), true),
        (join("...\n---\n"), true),
        (join("---\n~\n---\n"), true),
        (join("---\nnull # nothing\n---\n"), false),
        (lines("\n"), true),
        (lines("\n\n"), false),
        (lines(" "), false),
        (lines("\nnull\n"), false),
    ] {
        let whole: Vec<String> = parse(text.as_bytes())
            .expect("readable")
            .iter()
            .map(|document| format!("{} {} {}", document.number, document.value, document.start()))
            .collect();
        let (read, worked) = in_pieces(&text);
        assert!(read == whole, "{}", &text[..200]);
        assert_eq!(worked, works, "{}", &text[..200]);
    }
}

#[test]
fn a_piece_with_an_error_sends_the_reader_to_the_whole_file() {
    let text = format!("{}a: [\n---\nb: 1\n", "a: 1\n---\n".repeat(20_000));
    let expected = parse(text.as_bytes()).expect_err("it is not closed");
    let Ok(Reading::Pieces(pieces)) = open(text.into_bytes()) else { panic!("it is large") };
    assert!((0..pieces.len()).any(|index| pieces.read(index).is_none()));
    assert!(expected.line > 40_000);
    assert_eq!(whole(pieces).expect_err("it is not closed"), expected);
}

/// Texts that are nearly something else.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{0,8}", 4 => "[a-zA-Z0-9/:#., _-]{0,8}", 2 => "--[a-z]{1,4}", 1 => "\\PC{0,4}", 1 => "[a-z\n\t ]{0,6}",
        2 => "(y|N|yes|No|on|OFF|True|null|~|NaN|inf|\\.inf|<<|=|---|\\.\\.\\.|-|1e3|0x1f|12:30|1_0|2001-01-01|\\.5|\\+1)",
    ]
}

/// Values of every shape.
fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        5 => texts().prop_map(serde_json::Value::from),
        1 => any::<i64>().prop_map(serde_json::Value::from),
        1 => any::<f64>().prop_map(serde_json::Value::from),
        1 => any::<bool>().prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![3 => "[a-z]{1,3}", 1 => texts()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::vec((key, inner), 0..4).prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_quick_writer_never_differs(value in values()) {
        let mut quick = String::new();
        if quick::write(&value, &mut quick) {
            prop_assert_eq!(quick, write::general(&value));
        } else {
            prop_assert_eq!(quick, "");
        }
    }
}

/// What the plain reader makes of a document and what the full parser does.
fn both(text: &str) -> [Option<String>; 2] {
    let source = source::Source::decode(text.as_bytes()).expect("text");
    let shown = |built: build::Built| format!("{} {:?} {}", built.value, built.marks, built.start);
    let mut builder = build::Builder::new(&source, 0..text.len());
    let quick = plain::read(text, &mut builder).then(|| builder.finish().map(shown)).flatten();
    [quick, build::build_fully(&source, 0..text.len()).ok().flatten().map(shown)]
}

#[test]
fn the_plain_reader_reads_what_people_write() {
    for text in [
        "---\na: 1\nb:\n  c: x\nl:\n- x\n- k: v\n  z: \"w\"\nm:\n  - q\n\n# c\nn: {}\no: []\n",
        "a:\n  b:\n    c: d\n\n\n",
        "a:\n  b:\n    c: d",
        "- a\n- b: c\n  d:\n  - e\n# end\n",
        "# lead\na: b\n# tail\n",
        "a:\n- b:\n  - c\n  - d:\n    - e\n  f: 'g h'\nyes: on\n1.50: 0x1F\na: twice\n",
        "a:\n  - b: 1\n    c:\n      d: e\n  - f\ng: h\n",
        "args: \n",
        "-   a\n-   b: c\n    d: e\n",
    ] {
        let [quick, full] = both(text);
        if text != "args: \n" {
            assert!(quick.is_some(), "{text}");
        }
        assert!(quick.is_none() || quick == full, "{text}\n  {quick:?}\n  {full:?}");
    }
}

#[test]
fn the_plain_reader_leaves_the_rest_alone() {
    for text in [
        "a: b\n  c\n",
        "a: b # c\n",
        "a:\nb: c\n",
        "a: |\n  b\n",
        "a: {b: c}\n",
        "a: *b\n",
        "<<: a\n",
        "a: \"b\\n\"\n",
        "a: 'it''s'\n",
        "- - a\n",
        "a: b\n...\n",
        "%YAML 1.1\n---\na: b\n",
        "? a\n: b\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: é\n",
        "a: b: c\n",
        "a: !!str 1\n",
        "--- a\n",
        "a: b \n",
        "plain\n",
        "",
        "# c\n",
        " a: b\n",
        "a: b\n---\n",
        "a: b\n c: d\n",
    ] {
        assert_eq!(both(text)[0], None, "{text}");
    }
}

/// Lines that are nearly right, at any indentation.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => "[a-c-][a-c]?: [a-z0-9./:#<-]{1,4}", 3 => "[a-c]:", 3 => "- [a-z0-9]{1,3}", 3 => "- [a-c]: [a-z]{1,2}", 2 => "- [a-c]:",
        1 => "[a-c]: [\\[\\]{}'\"|<>&*!%@ -]{1,4}", 1 => "# [a-z]", 1 => Just(String::new()), 1 => "[a-c]: (\"[a-z ]*\"|'[a-z ]*'|\\[\\]|\\{\\})",
        1 => "---|\\.\\.\\.|- |-|:|null: x|~|on: off",
    ];
    let indented = (0usize..5, line).prop_map(|(indent, line)| format!("{}{line}\n", " ".repeat(indent)));
    proptest::collection::vec(indented, 1..9).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_plain_reader_never_differs(text in lines()) {
        let [quick, full] = both(&text);
        prop_assert!(quick.is_none() || quick == full, "{}\n  {:?}\n  {:?}", text, quick, full);
    }

    #[test]
    fn the_plain_reader_reads_what_is_written(pairs in proptest::collection::vec(("[a-z]{1,3}", "[ -~]{0,6}"), 1..5), list in any::<bool>()) {
        let members: serde_json::Map<String, serde_json::Value> = pairs.into_iter().map(|(key, text)| (key, text.into())).collect();
        let value = if list { json!([members, [], {}, "x"]) } else { json!({"a": members, "b": [members]}) };
        let text = to_yaml(&value);
        let [quick, full] = both(&text);
        prop_assert!(quick.is_none() || quick == full, "{}\n  {:?}\n  {:?}", text, quick, full);
    }
}

#[test]
fn of_a_flawed_file_the_other_documents_are_kept() {
    let text = "a: 1\n---\nb: [\n---\n# nothing\n---\nc: 3\n---\n{{ .Values.x }}\n";
    let Ok(Reading::Flawed(salvaged)) = open(text.into()) else { panic!("it has flaws") };
    let kept: Vec<_> =
        salvaged.documents.iter().map(|document| (document.number, document.value.to_string())).collect();
    assert_eq!(kept, [(1, "{\"a\":1}".to_owned()), (3, "{\"c\":3}".to_owned())]);
    let flaws: Vec<_> = salvaged.flaws.iter().map(|(number, error)| (*number, error.line)).collect();
    assert_eq!(flaws.len(), 2, "{flaws:?}");
    assert_eq!((flaws[0].0, flaws[1].0), (2, 4));
    let Ok(Reading::Flawed(salvaged)) = open(b"{\"a\": 1}\n{\"b\" 2}\n{\"c\": 3}\n".to_vec()) else {
        panic!("it has a flaw")
    };
    assert_eq!((salvaged.documents.len(), salvaged.flaws[0].0, salvaged.flaws[0].1.line), (1, 2, 2));
}
