//! What is said, and that others' words stay words in it.

use super::*;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is said on stderr, and what is written to stdout, by `say`.
fn said(color: bool, say: impl FnOnce(&mut Ui)) -> (String, String) {
    let (out, talk) = (Sink::default(), Sink::default());
    let mut ui = Ui::to_writers(Box::new(out.clone()), Box::new(talk.clone()));
    ui.color = color;
    say(&mut ui);
    let text = |sink: Sink| String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    (text(talk), text(out))
}

#[test]
fn words_are_painted_after_the_text_was_cleaned() {
    let (talk, _) = said(true, |ui| ui.warning("a\u{1b}[0mb\nerror: c"));
    assert_eq!(talk, "\u{1b}[1;33mwarning:\u{1b}[0m a\\x1b[0mb\\nerror: c\n");
}

#[test]
fn an_error_has_lines_of_its_own_and_others_behind_a_gutter() {
    let error = Error::failure("the server said:\n::error::no\nhint: run this")
        .excerpt(["  3 | a: b".to_owned(), "    | ^\u{7}".to_owned()])
        .caused_by("one\ntwo")
        .hint("try\nagain");
    let (talk, _) = said(false, |ui| ui.error(&error));
    insta::assert_snapshot!(talk, @r"
    error: the server said:
      | ::error::no
      | hint: run this
      3 | a: b
        | ^\a
      caused by: one
      | two

    hint: try\nagain
    ");
}

#[test]
fn a_bug_that_was_caught_says_where_to_report_it_too() {
    let (talk, _) = said(false, |ui| ui.error(&Error::bug("cannot write JSON")));
    assert_eq!(talk, format!("error: cannot write JSON\n\nhint: {}\n", bug::hint()));
    assert!(talk.contains("/issues"), "{talk}");
}

#[test]
fn progress_and_log_talk_where_the_rest_does() {
    let (talk, _) = said(false, |ui| {
        let mut progress = ui.progress();
        progress.set("phase \u{9b}2J");
        progress.set("phase \u{9b}2J");
        ui.log().line("::GET /x");
        progress.finish();
    });
    assert_eq!(talk, "phase \\u009b2J\n\\::GET /x\n");
}

#[test]
fn a_line_on_stdout_is_one() {
    let (_, out) = said(false, |ui| ui.line("modeldeployment/a\nb applied").unwrap());
    assert_eq!(out, "modeldeployment/a\\nb applied\n");
}
