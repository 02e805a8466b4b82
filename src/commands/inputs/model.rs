//! The first word of a command line where a model id belongs: a forgotten `-f` must not deploy a file name.

use crate::error::{Error, Result};
use std::path::Path;

/// What file names of manifests end with.
const ENDINGS: [&str; 4] = [".yaml", ".yml", ".json", ".jsonl"];

/// Refuses what is meant otherwise: a file or directory, a path, `-`, `help`. `verb` is the one that was typed. An address
/// of a model page is left to the rules, which know the id in it.
///
/// # Errors
/// A usage error with the command that was meant.
pub(super) fn guard(model: &str, verb: &str) -> Result<()> {
    let with_file = |path: &str| format!("kubectl airunway {verb} -f {}", quoted(path));
    let refuse = |what: &str, meant: String| {
        Err(Error::usage(format!("{model:?} is {what}, not a model id")).hint(meant))
    };
    if model == "-" {
        return refuse("standard input", with_file("-"));
    }
    if model == "help" {
        return refuse("a verb", format!("kubectl airunway {verb} --help"));
    }
    if model.contains("://") {
        return Ok(());
    }
    let path = Path::new(model);
    let lower = model.to_ascii_lowercase();
    if ENDINGS.iter().any(|ending| lower.ends_with(ending)) || path.is_file() {
        return refuse("a file", with_file(model));
    }
    // A clone of a model stands in a directory that is called as the model is, so `org/model` is taken even so.
    let is_relative = model.starts_with("./") || model.starts_with("../") || matches!(model, "." | "..");
    let looks_like_an_id = model.matches('/').count() == 1 && !model.ends_with('/') && !is_relative;
    if path.is_dir() && !looks_like_an_id {
        return refuse("a directory", with_file(model));
    }
    if is_relative || model.starts_with("~/") {
        return refuse("a path", with_file(model));
    }
    Ok(())
}

/// A path as a shell takes it for one word.
fn quoted(path: &str) -> String {
    shlex::try_quote(path).map_or_else(|_| path.to_owned(), |word| word.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_id_gets_the_command_that_was_meant() {
        for (typed, what, meant) in [
            ("demo.yaml", "a file", "kubectl airunway check -f demo.yaml"),
            ("my demo.YML", "a file", "kubectl airunway check -f 'my demo.YML'"),
            ("src", "a directory", "kubectl airunway check -f src"),
            ("src/", "a directory", "kubectl airunway check -f src/"),
            ("Cargo.toml", "a file", "kubectl airunway check -f Cargo.toml"),
            ("./models", "a path", "kubectl airunway check -f ./models"),
            (".", "a directory", "kubectl airunway check -f ."),
            ("~/models", "a path", "kubectl airunway check -f '~/models'"),
            ("-", "standard input", "kubectl airunway check -f -"),
            ("help", "a verb", "kubectl airunway check --help"),
        ] {
            let error = guard(typed, "check").expect_err(typed);
            assert_eq!(error.message, format!("{typed:?} is {what}, not a model id"));
            assert_eq!(error.hints, [meant]);
        }
    }

    #[test]
    fn what_an_engine_can_load_passes() {
        for typed in ["Qwen/Qwen3-0.6B", "gpt2", "/models/qwen", "Qwen/Qwen3-8B-GGUF:Q4_K_M", "src/core"] {
            assert!(guard(typed, "check").is_ok(), "{typed}");
        }
    }
}
