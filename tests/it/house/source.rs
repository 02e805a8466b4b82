//! A Rust source as the rules of the house read it: without comments, without unit tests, literals apart from the code.

use std::iter::Peekable;
use std::str::CharIndices;

/// A source that was read.
pub(crate) struct Source {
    /// The text without comments, literals and unit tests; what is left out is blank, so lines and columns stay.
    code: String,
    /// Every string literal outside unit tests, with its line.
    literals: Vec<(usize, String)>,
    /// Modules that exist in unit tests only and have a file of their own.
    test_modules: Vec<String>,
}

/// A word that a rule looks for, and the line it stands in.
pub(crate) type Place = (usize, String);

impl Source {
    pub(crate) fn read(text: &str) -> Source {
        let (mut code, mut literals) = without_comments_and_literals(text);
        let mut test_modules = Vec::new();
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = end_of_item(&code, start);
            let item = code[start..end].trim_end();
            let module = item.strip_suffix(';').and_then(|item| item.rsplit_once("mod "));
            test_modules.extend(module.map(|(_, name)| name.trim().to_owned()));
            literals.retain(|(at, _)| !(start..end).contains(at));
            blank(&mut code, start, end);
        }
        let literals = literals.into_iter().map(|(at, text)| (line_of(&code, at), text)).collect();
        Source { code, literals, test_modules }
    }

    /// String literals with their lines.
    pub(crate) fn literals(&self) -> &[Place] {
        &self.literals
    }

    /// Names of modules that are unit tests in a file of their own.
    pub(crate) fn test_modules(&self) -> &[String] {
        &self.test_modules
    }

    /// The lines of code, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The first segment of every path from the root of the crate: `crate::io::x` gives `io`. `depth` is how many modules
    /// the source lies below the root: that many `super::` lead there too.
    pub(crate) fn modules_named(&self, depth: usize) -> Vec<Place> {
        let mut found = Vec::new();
        let up = "super::".repeat(depth);
        for prefix in ["crate::", up.as_str()].into_iter().filter(|prefix| !prefix.is_empty()) {
            for (at, _) in self.code.match_indices(prefix) {
                // One `super::` more is another path, and `my_crate::` another word.
                let before = &self.code[..at];
                if before.ends_with("super::") || before.ends_with(is_of_a_word) {
                    continue;
                }
                first_segments(&self.code, at + prefix.len(), &mut found);
            }
        }
        found.into_iter().map(|(at, name)| (line_of(&self.code, at), name)).collect()
    }
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Puts blanks in the place of a part, line breaks excepted.
fn blank(text: &mut String, start: usize, end: usize) {
    let blanks: String =
        text[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(start..end, &blanks);
}

/// Names at `at`: one, or those of a list in braces, with their offsets.
fn first_segments(code: &str, at: usize, found: &mut Vec<(usize, String)>) {
    let rest = &code[at..];
    let Some(list) = rest.strip_prefix('{') else {
        let name: String = rest.chars().take_while(|character| is_of_a_word(*character)).collect();
        found.push((at, name));
        return;
    };
    let (mut depth, mut fresh) = (0, true);
    for (offset, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if depth == 0 && fresh && is_of_a_word(character) => {
                let name = list[offset..].chars().take_while(|character| is_of_a_word(*character)).collect();
                found.push((at + 1 + offset, name));
                fresh = false;
            }
            _ => {}
        }
    }
}

/// Where the item ends that the attribute at `start` belongs to.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut at = start;
    // Attributes first: each is a pair of brackets.
    while code[at..].trim_start().starts_with('#') {
        at += code[at..].find('[').unwrap_or_default();
        at = after_pair(code, at);
    }
    at += code[at..].len() - code[at..].trim_start().len();
    // What ends with a semicolon may hold braces before it.
    let word: String = code[at..]
        .trim_start_matches("pub ")
        .chars()
        .take_while(|character| is_of_a_word(*character))
        .collect();
    let statement = matches!(word.as_str(), "use" | "const" | "static" | "type" | "let")
        && !code[at..].trim_start_matches("pub ").starts_with("const fn");
    let member = !statement
        && !matches!(
            word.as_str(),
            "mod"
                | "fn"
                | "impl"
                | "struct"
                | "enum"
                | "trait"
                | "union"
                | "unsafe"
                | "async"
                | "extern"
                | "macro_rules"
                | "const"
                | "pub"
        );
    while let Some(character) = code[at..].chars().next() {
        match character {
            ';' => return at + 1,
            ',' if member => return at + 1,
            // The end of what is around it: the last member of a list.
            '}' | ')' | ']' => return at,
            '{' if !statement => return after_pair(code, at),
            '{' | '(' | '[' => at = after_pair(code, at),
            other => at += other.len_utf8(),
        }
    }
    code.len()
}

/// Behind the bracket that closes the one at `at`.
fn after_pair(code: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, character) in code[at..].char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + offset + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// The text with blanks in the place of comments and of what is inside quotes, and the string literals by offset.
fn without_comments_and_literals(text: &str) -> (String, Vec<(usize, String)>) {
    let mut code = text.to_owned();
    let mut literals = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, character)) = characters.next() {
        let rest = &text[at..];
        let end = if rest.starts_with("//") {
            Some(at + rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            Some(end_of_comment(text, at))
        } else if let Some(hashes) = raw_string(rest).filter(|_| !is_of_a_word(before)) {
            let open = at + rest.find('"').unwrap_or_default() + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let length = text[open..].find(&close).unwrap_or(text.len() - open);
            literals.push((at, text[open..open + length].to_owned()));
            Some((open + length + close.len()).min(text.len()))
        } else if character == '"' {
            let close = end_of_string(text, at + 1);
            literals.push((at, text[at + 1..close].to_owned()));
            Some((close + 1).min(text.len()))
        } else if character == '\'' {
            character_literal(rest).map(|length| at + length)
        } else {
            None
        };
        before = character;
        if let Some(end) = end {
            blank(&mut code, at, end);
            skip_to(&mut characters, end);
            before = ' ';
        }
    }
    (code, literals)
}

fn skip_to(characters: &mut Peekable<CharIndices<'_>>, end: usize) {
    while characters.next_if(|(at, _)| *at < end).is_some() {}
}

/// Comments of this form nest.
fn end_of_comment(text: &str, start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        let rest = &text[at..];
        match (rest.find("/*"), rest.find("*/")) {
            (Some(open), Some(close)) if open < close => (at, depth) = (at + open + 2, depth + 1),
            (_, Some(close)) => (at, depth) = (at + close + 2, depth - 1),
            _ => return text.len(),
        }
        if depth == 0 {
            return at;
        }
    }
}

/// How many `#` a raw string at the beginning of a text has around it, if there is one.
fn raw_string(rest: &str) -> Option<usize> {
    let rest = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some(hashes)
}

fn end_of_string(text: &str, start: usize) -> usize {
    let mut escaped = false;
    for (offset, character) in text[start..].char_indices() {
        match character {
            '"' if !escaped => return start + offset,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of a character literal; a lifetime is none.
fn character_literal(rest: &str) -> Option<usize> {
    let inside = &rest[1..];
    if let Some(escape) = inside.strip_prefix('\\') {
        // The escaped character may be a quote itself.
        let first = escape.chars().next()?.len_utf8();
        return Some(2 + first + escape[first..].find('\'')? + 1);
    }
    let length = inside.chars().next()?.len_utf8();
    inside[length..].starts_with('\'').then_some(length + 2)
}

#[test]
fn comments_and_literals_are_no_code() {
    let source = Source::read(concat!(
        "// use crate::a;\n/* crate::b /* nested */ crate::c */ let x = \"crate::d // \\\" \"; use crate::e;\n",
        "let y = r#\"crate::f \"quoted\" \"#; let quote = '\"'; let tick = '\\''; fn g<'a>(x: &'a str) { crate::h::i(x) }\n",
    ));
    assert_eq!(source.modules_named(1), [(2, "e".to_owned()), (3, "h".to_owned())]);
    let literals: Vec<&str> = source.literals().iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(literals, ["crate::d // \\\" ", "crate::f \"quoted\" "]);
    assert_eq!(source.literals()[0].0, 2);
}

#[test]
fn what_follows_a_unit_test_is_read() {
    let source = Source::read(
        "#[cfg(test)]\nmod tests;\nuse crate::a;\n\
         #[cfg(test)]\n#[allow(dead_code)]\nfn helper(x: [u8; 2]) -> u8 { crate::hidden::y(\"}\") }\nuse crate::b;\n\
         #[cfg(test)]\nuse crate::{hidden, gone::x};\nuse crate::c;\n\
         #[cfg(test)]\nmod more {\n    use crate::hidden;\n    const NAME: &str = \"hidden\";\n}\nconst D: &str = \"seen\";\n\
         struct S {\n    #[cfg(test)]\n    x: crate::hidden::X,\n    y: crate::d::Y,\n}\n\
         #[cfg(test)]\npub(crate) const Z: S = S { x: crate::hidden::X, y: 1 };\nuse crate::e;\n",
    );
    let names: Vec<String> = source.modules_named(1).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    assert_eq!(source.test_modules(), ["tests"]);
    assert_eq!(source.literals().len(), 1);
    assert_eq!(source.literals()[0].1, "seen");
}

#[test]
fn lists_over_several_lines_and_paths_through_super_are_seen() {
    let source =
        Source::read("use crate::{\n    core::{yaml, image::{a, b}},\n    io::{self},\n    ui,\n};\n");
    let found = |source: &Source, depth| source.modules_named(depth);
    assert_eq!(found(&source, 3), [(2, "core".to_owned()), (3, "io".to_owned()), (4, "ui".to_owned())]);
    // From `core::yaml::parse`, three steps up is the root, two are `core`.
    let source = Source::read(
        "use super::super::super::ui::Ui;\nuse super::super::names;\nmacro!($crate::report::x);\n",
    );
    assert_eq!(found(&source, 3), [(3, "report".to_owned()), (1, "ui".to_owned())]);
    assert_eq!(found(&Source::read("use my_crate::x; use crates::y;"), 1), []);
}
