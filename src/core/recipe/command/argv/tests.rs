use super::*;

fn read(tokens: &[&str]) -> Vec<(String, Option<String>)> {
    let arguments = parse(tokens, Place::Command).unwrap();
    arguments.into_iter().map(|it| (it.flag, it.value)).collect()
}

#[test]
fn every_form_of_the_data() {
    let pair = |flag: &str, value: &str| (flag.to_owned(), Some(value.to_owned()));
    let tokens = [
        "--a",
        "--b",
        "1",
        "--c=2",
        "--d.e",
        "3",
        "--f.g=4",
        "-cc.pass.x=True",
        "--max-model-len auto",
        "--j",
        r#"{"k": "v=w"}"#,
        "--n",
        "-1",
        "--empty=",
        "-O3",
        "--last",
    ];
    let expected = [
        ("--a".to_owned(), None),
        pair("--b", "1"),
        pair("--c", "2"),
        pair("--d.e", "3"),
        pair("--f.g", "4"),
        pair("-cc.pass.x", "True"),
        pair("--max-model-len", "auto"),
        pair("--j", r#"{"k": "v=w"}"#),
        pair("--n", "-1"),
        pair("--empty", ""),
        ("-O3".to_owned(), None),
        ("--last".to_owned(), None),
    ];
    assert_eq!(read(&tokens), expected);
}

#[test]
fn a_word_of_no_flag_is_refused() {
    let refusal = parse(&["--a", "1", "2"], Place::Command).unwrap_err();
    assert_eq!(refusal.message, "the recipe's command has an argument that belongs to no flag: \"2\"");
}

#[test]
fn spelling_does_not_make_another_flag() {
    for (one, other) in [
        ("--tokenizer_mode", "--tokenizer-mode"),
        ("-tp", "--tensor_parallel_size"),
        ("--a_b.c_d", "--a-b.c_d"),
    ] {
        assert_eq!(key(one), key(other));
    }
    assert_ne!(key("--a.b_c"), key("--a.b-c"));
}

#[test]
fn the_last_one_wins_and_a_negation_is_the_same_flag() {
    let tokens = ["--a_b", "1", "--no-x", "--c", "--a-b", "2", "--x", "--no-y", "v"];
    let kept = last_wins(parse(&tokens, Place::Command).unwrap());
    let shown: Vec<String> = kept.iter().map(Argument::shown).collect();
    assert_eq!(shown, ["--c", "--a-b 2", "--x", "--no-y v"]);
    let kept = last_wins(parse(&["--no-x=", "--no-x"], Place::Command).unwrap());
    assert_eq!(kept.iter().map(Argument::shown).collect::<Vec<_>>(), ["--no-x"]);
}

#[test]
fn placeholders() {
    for text in ["$HEAD_IP", "a $X b", "${X}", "$(X)", "x$$"] {
        assert!(has_placeholder(text), "{text}");
    }
    for text in ["", "$", "a$ b", "^x$", "100 $"] {
        assert!(!has_placeholder(text), "{text}");
    }
}
