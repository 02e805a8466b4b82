//! Every layout, over cases that try to leave it.

use super::*;

fn written(write: fn(&Suite, &mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let hostile = || "a\u{1b}[2J|<b>\r\n::error::\u{9b}1m\u{202e}`&\"'".to_owned();
    let case = |name: &str, outcome| Case {
        group: "one # file".to_owned(),
        class: hostile(),
        name: name.to_owned(),
        title: format!("{name} # {}", hostile()),
        outcome,
        seconds: None,
        verdict: "no",
        reason: hostile(),
        details: vec![hostile(), "second".to_owned()],
        output: if outcome == Outcome::Passed { Vec::new() } else { vec![hostile()] },
        cells: vec![Cell::Text(hostile()), Cell::Code(hostile()), Cell::Strong("no".to_owned())],
        remarks: vec![hostile()],
    };
    let suite = Suite {
        name: "kubectl airunway check",
        cases: vec![
            case("good", Outcome::Passed),
            case("bad", Outcome::Failed),
            Case { group: "other".to_owned(), ..case("odd", Outcome::Unknown) },
        ],
        columns: &["what", "where", "verdict"],
        summary: "3 checked".to_owned(),
    };
    let mut bytes = Vec::new();
    write(&suite, &mut bytes).expect("memory");
    String::from_utf8(bytes).expect("text")
}

#[test]
fn junit_is_well_formed_whatever_it_holds() {
    insta::assert_snapshot!(written(junit));
}

#[test]
fn a_line_of_tap_stays_a_line() {
    insta::assert_snapshot!(written(tap));
}

#[test]
fn markdown_holds_no_foreign_markup() {
    insta::assert_snapshot!(written(markdown));
}
