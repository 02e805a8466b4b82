use super::*;

fn words(tokens: &[&str]) -> Vec<Word> {
    let word =
        |(index, text): (usize, &&str)| Word { text: (*text).to_owned(), place: Place::ExtraArgs(index) };
    tokens.iter().enumerate().map(word).collect()
}

fn read(tokens: &[&str]) -> Reading {
    Reading::of(&vllm::GRAMMAR, &words(tokens))
}

#[test]
fn arguments_and_their_values_as_vllm_reads_them() {
    let names = |tokens: &[&str]| -> Vec<(String, Vec<String>)> {
        let reading = read(tokens);
        assert_eq!(reading.faults, [], "{tokens:?}");
        reading.arguments.into_iter().map(|argument| (argument.name, argument.values)).collect()
    };
    for (tokens, name, values) in [
        (&["--max_num_seqs=8"][..], "max-num-seqs", &["8"][..]),
        (&["--max-num-s", "8"], "max-num-seqs", &["8"]),
        (&["-tp", "4"], "tensor-parallel-size", &["4"]),
        (&["-tp=4"], "tensor-parallel-size", &["4"]),
        (&["-qawq"], "quantization", &["awq"]),
        (&["-O3"], "optimization-level", &["3"]),
        (&["-O", "3"], "optimization-level", &["3"]),
        (&["-cc.cudagraph_mode=NONE"], "compilation-config.cudagraph_mode", &["NONE"]),
        (&["--compilation_config.cudagraph_mode", "NONE"], "compilation-config.cudagraph_mode", &["NONE"]),
        (&["--seed", "-1"], "seed", &["-1"]),
        (&["--served-model-name", "a", "b"], "served-model-name", &["a", "b"]),
        (&["--chat-template", "--- a template"], "chat-template", &["--- a template"]),
        (&["--not-of-this-release", "a", "b"], "not-of-this-release", &["a", "b"]),
        (&["--hf-token"], "hf-token", &[]),
        (&["--no-enable-prefix-caching"], "enable-prefix-caching", &[]),
    ] {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        assert_eq!(names(tokens), [(name.to_owned(), values)], "{tokens:?}");
    }
    assert!(read(&["--no-enable-prefix-caching"]).arguments[0].is_opposite);
    assert_eq!(read(&["--enforce-eager", "--"]).faults, [], "dashes at the end do nothing");
}

#[test]
fn words_that_vllm_cannot_read() {
    let text = str::to_owned;
    for (tokens, fault) in [
        (&["--enforce-eager", "true"][..], Fault::SwitchWithValue(text("--enforce-eager"), text("true"))),
        (&["--enforce-eager=true"], Fault::SwitchWithValue(text("--enforce-eager"), text("true"))),
        (&["--max-num-seqs"], Fault::NoValue(text("--max-num-seqs"))),
        (&["--max-num-seqs", "--enforce-eager"], Fault::NoValue(text("--max-num-seqs"))),
        (&["--tool-parser-plugin", "-x.py"], Fault::DashedValue(text("--tool-parser-plugin"), text("-x.py"))),
        (&["--", "--max-num-seqs", "8"], Fault::SecondDashes),
        (&["vllm", "serve", "a/b", "--seed", "1"], Fault::Stray(text("vllm"))),
        (&["--seed", "1", "\\", "--dtype", "auto"], Fault::Stray(text("\\"))),
        (&["--enforce-eager", "\\"], Fault::Stray(text("\\"))),
        (&["--seed", "1", "2"], Fault::Stray(text("2"))),
        (&["--max-num-seqs 8 --enforce-eager"], Fault::Several(text("--max-num-seqs 8 --enforce-eager"))),
        (&["--max-num-seqs=8 --enforce-eager"], Fault::Several(text("--max-num-seqs=8 --enforce-eager"))),
        (&["--max-num-seqs", "8 --enforce-eager"], Fault::Several(text("8 --enforce-eager"))),
        (&["–max-num-seqs", "8"], Fault::Misspelt(text("–max-num-seqs"), text("--max-num-seqs"))),
        (&["-max-num-seqs", "8"], Fault::Misspelt(text("-max-num-seqs"), text("--max-num-seqs"))),
        (&["--tp", "2"], Fault::Misspelt(text("--tp"), text("--tensor-parallel-size"))),
        (&["--tp_size=2"], Fault::Misspelt(text("--tp_size"), text("--tensor-parallel-size"))),
        (&["--context-length", "8"], Fault::Misspelt(text("--context-length"), text("--max-model-len"))),
        (&["--MAX-NUM-SEQS", "8"], Fault::Misspelt(text("--MAX-NUM-SEQS"), text("--max-num-seqs"))),
    ] {
        let faults: Vec<Fault> = read(tokens).faults.into_iter().map(|(_, fault)| fault).collect();
        assert_eq!(faults, [fault], "{tokens:?}");
    }
}

#[test]
fn values_that_fit_and_values_that_do_not() {
    for value in ["8", "-1", "8_192", "32k", "1.5M", "auto", "None", "", "$(N)"] {
        assert_eq!(misfit(Takes::Whole, value), None, "{value}");
    }
    for value in ["eight", "8.5", "8 16", "'8'", "90%"] {
        assert_eq!(misfit(Takes::Whole, value), Some(Misfit::Whole), "{value}");
    }
    assert_eq!(misfit(Takes::Number, "0.9"), None);
    assert_eq!(misfit(Takes::Number, "90%"), Some(Misfit::Number));
    let object = |value| misfit(Takes::Json(Json::Object), value);
    for value in [r#"{"a": 1}"#, r#" {"a": NaN} "#, "None"] {
        assert_eq!(object(value), None, "{value}");
    }
    for value in ["{a: 1}", "{'a': 1}", r#"{"a": True}"#, r#"'{"a": 1}'"#, "mtp", "{"] {
        assert_eq!(object(value), Some(Misfit::Json), "{value}");
    }
    assert_eq!(object("3"), Some(Misfit::Object));
    let loose = |value| misfit(Takes::Json(Json::ObjectOrText), value);
    assert_eq!((loose("3"), loose("image=4"), loose("{image: 4}")), (None, None, Some(Misfit::Json)));
    assert!(is_quoted("'0.9'") && is_quoted("\"a\"") && !is_quoted("it's") && !is_quoted("''"));
}
