use super::*;
use crate::core::recipe::command::argv::{Place, last_wins, parse};

fn placed(tokens: &[&str], gpus: i64) -> Result<Launch, Refusal> {
    place(&last_wins(parse(tokens, Place::Command)?), "org/model", gpus)
}

fn args(launch: &Launch) -> Vec<(&str, &str)> {
    launch.args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn members_are_used_where_there_are_any() {
    let tokens = [
        "--max_model_len",
        "4096",
        "--served-model-name",
        "x",
        "--trust_remote_code",
        "--enforce-eager",
        "--tensor_parallel_size=2",
    ];
    let launch = placed(&tokens, 2).unwrap();
    assert_eq!(launch.context_length, Some(4096));
    assert_eq!(launch.served_name.as_deref(), Some("x"));
    assert!(launch.trust_remote_code && launch.enforce_eager);
    assert_eq!(args(&launch), [("tensor-parallel-size", "2")]);
    assert!(launch.extra_args.is_empty());
}

#[test]
fn what_the_map_cannot_say_stays_as_tokens_in_order() {
    let tokens = [
        "--max-model-len auto",
        "--z.b",
        "1",
        "-O3",
        "--a.c=2",
        "--empty=",
        "--neg",
        "-1",
        "-cc.x=True",
        "--flag=-x",
        "--served-model-name=-x",
    ];
    let launch = placed(&tokens, 1).unwrap();
    assert_eq!(args(&launch), [("max-model-len", "auto")]);
    assert_eq!(launch.served_name, None);
    let expected = [
        "--z.b",
        "1",
        "-O3",
        "--a.c=2",
        "--empty=",
        "--neg",
        "-1",
        "-cc.x=True",
        "--flag=-x",
        "--served-model-name=-x",
    ];
    assert_eq!(launch.extra_args, expected);
}

#[test]
fn a_flag_and_a_member_of_it_keep_their_order() {
    let launch = placed(&["--b", "{}", "--b.x", "1", "--c", "2"], 1).unwrap();
    assert_eq!(launch.extra_args, ["--b", "{}", "--b.x", "1"]);
    assert_eq!(args(&launch), [("c", "2")]);
}

#[test]
fn a_size_is_written_out_so_that_the_shim_derives_none() {
    assert_eq!(
        args(&placed(&["--data-parallel-size", "8"], 8).unwrap()),
        [("data-parallel-size", "8"), ("tensor-parallel-size", "1")]
    );
    assert!(placed(&[], 1).unwrap().args.is_empty());
}

#[test]
fn networking_and_model_may_only_be_as_they_are() {
    assert_eq!(
        placed(&["--host", "0.0.0.0", "--port=8000", "--model", "org/model"], 1).unwrap(),
        Launch::default()
    );
    for tokens in [["--port", "9000"], ["--host", "::1"], ["--model", "other/model"]] {
        assert_eq!(placed(&tokens, 1).unwrap_err().reason, Reason::Arguments);
    }
}
