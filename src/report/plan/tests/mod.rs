//! Every layout, over a run that holds every verdict and texts that try to leave it.

mod files;
mod page;
mod sample;

use super::*;
use sample::{CHECKS, names, report};

fn written(format: Format) -> String {
    let mut bytes = Vec::new();
    write(&report(), format, &mut bytes).expect("memory");
    String::from_utf8(bytes).expect("text")
}

/// What no layout may let through to a terminal.
fn obeyed(text: &str) -> Option<char> {
    text.chars().find(|character| {
        matches!(character, '\0'..='\t' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}')
    })
}

#[test]
fn a_person_reads_lines_then_what_went_wrong() {
    insta::assert_snapshot!(written(Format::Human));
}

#[test]
fn json_has_everything() {
    insta::assert_snapshot!(written(Format::Json));
}

#[test]
fn junit_has_skips_times_and_known_findings_as_output() {
    insta::assert_snapshot!(written(Format::Junit));
}

#[test]
fn tap_has_directives() {
    insta::assert_snapshot!(written(Format::Tap));
}

#[test]
fn markdown_is_the_checklist() {
    insta::assert_snapshot!(written(Format::Markdown));
}

#[test]
fn no_layout_lets_a_terminal_obey_a_foreign_text() {
    for format in [Format::Human, Format::Json, Format::Junit, Format::Tap, Format::Markdown, Format::Html] {
        let text = written(format);
        assert_eq!(obeyed(&text), None, "{format:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{format:?}");
    }
}

#[test]
fn a_line_keeps_to_80_columns_and_color_changes_nothing_else() {
    for item in &report().items {
        let plain = human::line(item, false);
        for line in plain.lines() {
            // The hostile word is longer than a line and stays whole.
            assert!(line.chars().count() <= 80 || line.contains("onload"), "{line}");
        }
        let painted = human::line(item, true);
        assert!(painted.starts_with("\u{1b}["), "{painted:?}");
        let unpainted = crate::core::text::without_colors(&painted).into_owned();
        assert_eq!(unpainted, plain);
    }
}

#[test]
fn an_empty_report_says_that_nothing_ran() {
    let report = PlanReport { run: RunInfo { interrupted: true, ..RunInfo::default() }, items: Vec::new() };
    let mut bytes = Vec::new();
    write(&report, Format::Human, &mut bytes).expect("memory");
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.contains("interrupted"), "{text}");
    assert!(text.ends_with("nothing ran in 0.0 s\n"), "{text}");
}

#[test]
fn a_rerun_takes_what_failed_and_what_was_not_seen() {
    assert_eq!(json::failed_ids(written(Format::Json).as_bytes()), Ok(vec!["9".to_owned(), "10".to_owned()]));
    let later = br#"{"apiVersion":"cli.airunway.ai/v1","kind":"PlanReport","new":[1],"checks":[
        {"id":"P1","verdict":"FAIL","group":"precondition"},{"id":"2","verdict":"FAIL"},{"id":"2","verdict":"FAIL"},
        {"id":"3","verdict":"MAYBE"},{"verdict":"FAIL"},{"id":"4","verdict":"INCONCLUSIVE","more":{}}]}"#;
    assert_eq!(json::failed_ids(later), Ok(vec!["2".to_owned(), "4".to_owned()]));
}

#[test]
fn what_is_not_a_report_is_refused_with_the_reason() {
    let deep = "[".repeat(100_000);
    for (bytes, why) in [
        (&b"PASS 1a"[..], "expected value"),
        (b"", "EOF"),
        (br#"{"kind":"CheckReport","apiVersion":"cli.airunway.ai/v1"}"#, "CheckReport"),
        (br#"{"kind":"PlanReport","apiVersion":"cli.airunway.ai/v2"}"#, "v2"),
        (br#"{"kind":"PlanReport","checks":7}"#, "invalid type"),
        (deep.as_bytes(), "invalid type"),
        (&vec![b' '; json::MAX_BYTES + 1], "larger than 64 MiB"),
    ] {
        let error = json::failed_ids(bytes).expect_err("not a report");
        assert_eq!(error.message, "not a report of e2e");
        assert!(error.causes[0].contains(why), "{:?} lacks {why}", error.causes);
    }
}

#[test]
fn the_list_shows_a_line_a_check_and_in_json_every_step() {
    let checks: Vec<&Check> = CHECKS.iter().collect();
    let listed = |format| {
        let mut bytes = Vec::new();
        list::write(&checks, &names(), format, &mut bytes).expect("memory");
        String::from_utf8(bytes).expect("text")
    };
    insta::assert_snapshot!(listed(list::ListFormat::Human));
    let json: serde_json::Value = serde_json::from_str(&listed(list::ListFormat::Json)).expect("JSON");
    assert_eq!(json["checks"].as_array().map(Vec::len), Some(CHECKS.len()));
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["checks"][3]).expect("JSON"));
}
