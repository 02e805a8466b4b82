use super::*;

#[test]
fn what_a_terminal_would_obey_is_shown_as_an_escape() {
    for (raw, shown) in [
        ("a\u{1b}[2J\u{7}b\u{8}\u{c}\u{b}\u{0}", "a\\x1b[2J\\ab\\b\\f\\v\\x00"),
        ("one\r\ntwo\u{85}three\u{2028}four\u{2029}", "one\\r\\ntwo\\u0085three\\u2028four\\u2029"),
        ("\u{9b}31m\u{7f}", "\\u009b31m\\x7f"),
        ("admin\u{202e}gnp.\u{2066}x\u{2069}", "admin\\u202egnp.\\u2066x\\u2069"),
        ("a\tb", "a b"),
    ] {
        assert_eq!(plain(raw), shown);
    }
}

#[test]
fn what_it_would_show_stays_and_is_not_copied() {
    for text in ["", "models/a b.yaml", "größe – “x” … 模型 é\u{200f}", r"a\nb", " ::error"] {
        assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn no_place_in_a_text_is_overlooked() {
    for at in 0..20 {
        for odd in ['\u{1f}', '\u{7f}', '\u{80}', '\u{202e}'] {
            let text: String = "abcdefghij~ 0123456789"
                .chars()
                .enumerate()
                .map(|(index, own)| if index == at { odd } else { own })
                .collect();
            assert!(matches!(plain(&text), Cow::Owned(_)), "{text:?}");
        }
    }
}

#[test]
fn no_line_is_a_command_of_a_runner() {
    assert_eq!(line("::error file=x::y"), r"\::error file=x::y");
    assert_eq!(line(" \t ::stop-commands::x"), r"   \::stop-commands::x");
    assert_eq!(line("\u{a0}\u{3000}::error::x"), "\u{a0}\u{3000}\\::error::x");
    assert_eq!(line("##[error]x"), r"##\[error]x");
    assert_eq!(plain("a ##vso[task.setvariable variable=x]y"), r"a ##vso\[task.setvariable variable=x]y");
    assert_eq!(plain("###[add-mask]a\n##teamcity[b]##[c]"), r"###\[add-mask]a\n##teamcity\[b]##\[c]");
    assert!(matches!(plain("# [a] ## [b] ##c"), Cow::Borrowed(_)));
    for harmless in ["a ::error::b", ": :", "# ::error", ""] {
        assert_eq!(line(harmless), harmless);
    }
}

#[test]
fn a_line_is_ended_by_nothing_in_it() {
    let mut lines = Lines::new();
    let (name, message) = ("a\n::error::b", "c\n");
    writeln!(lines, "{name}: {message}");
    writeln!(lines);
    writeln!(lines, "::{message}");
    assert_eq!(lines.as_str(), "a\\n::error::b: c\\n\n\n\\::c\\n\n");
    assert_eq!(lines.iter().count(), 3);
}

#[test]
fn a_text_of_several_lines_is_seen_to_be_one() {
    assert_eq!(block("one", "| "), "one");
    assert_eq!(block("::one\r\ntwo\u{1b}\n::three\n", "  | "), "\\::one\n  | two\\x1b\n  | ::three");
    let mut lines = Lines::new();
    lines.block("  | ", format_args!("{}", "one\ntwo"));
    lines.block("  | ", format_args!("three"));
    assert_eq!(lines.as_str(), "one\n  | two\nthree\n");
}

#[test]
fn colors_go_and_nothing_else_does() {
    let log = "\u{1b}[1;36m(APIServer pid=1)\u{1b}[0;0m INFO\u{1b}[m \u{1b}[2J\u{1b}[31";
    assert_eq!(without_colors(log), "(APIServer pid=1) INFO \u{1b}[2J\u{1b}[31");
    assert_eq!(without_colors("m"), "m");
}

#[test]
fn json_stays_what_it_is() {
    let raw = "{\n  \"a\": \"\u{7f}\u{9b}é\u{202e}…\\n\"\n}\n".to_owned();
    let escaped = in_quotes(raw.clone());
    assert_eq!(escaped, "{\n  \"a\": \"\\u007f\\u009bé\\u202e…\\n\"\n}\n");
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(&escaped), value(&raw));
}
