//! Words of commands that are proposed.

use std::borrow::Cow;

/// What no shell gives a meaning to inside a word; `shlex` quotes `=` as well, which makes `--name=q` hard to read.
const HARMLESS: &str = "_-./:,@+=";

/// A word as a POSIX shell reads it back.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_harmless = |character: char| character.is_ascii_alphanumeric() || HARMLESS.contains(character);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(is_harmless) {
        return Cow::Borrowed(word);
    }
    // No shell takes a NUL byte, and no kubeconfig or API server has one in a name.
    shlex::Quoter::new().allow_nul(true).quote(word).unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(shell_word("kind-kind"), "kind-kind");
        assert_eq!(shell_word("--name=q"), "--name=q");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word(r#"{"model":"Qwen/Qwen3-0.6B"}"#), r#"'{"model":"Qwen/Qwen3-0.6B"}'"#);
        let body = r#"{"model":"it's","content":"Hello!"}"#;
        assert_eq!(shlex::split(&shell_word(body)), Some(vec![body.to_owned()]));
    }
}
