//! Text from outside, as a person may be shown it.
//!
//! Names, values, file names, the words of a server, a registry or a recipe site are written by others. A terminal must not
//! obey them, they must not look like lines of ours, and a CI runner must not take them for commands.
//!
//! One form everywhere: a control character, a break of a line or a bidirectional override becomes an escape as Go's `%q`
//! writes it (`\x1b`, `\n`, `\u009b`, `\u202e`), so that the text stays on its line and shows what is in it. A tab becomes a
//! blank, and a command for a CI runner gets a backslash that it is not read across. Anything else stays, a backslash included. What has several lines is made of [`Lines`], each cleaned for itself, or
//! is a [`block`] with a gutter: that there are several is decided by us, never by what they hold.
//!
//! Layouts for machines (JSON, YAML, XML) escape by their own rules instead, [`in_quotes`] or in their own room.

mod address;
mod shell;

pub use address::without_password;
pub use shell::shell_word;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// What GitHub's runner takes for a command at the beginning of a line, blanks before it or not.
const COMMAND: &str = "::";
/// With letters and a bracket behind it (`##[error]`, `##vso[task.setvariable]`, `##teamcity[message]`) a command for the
/// runners of GitHub, Azure and TeamCity, wherever in a line it stands.
const MARK: &str = "##";

/// A piece of a line.
pub fn plain(text: &str) -> Cow<'_, str> {
    let obeyed = !is_ascii(text, false) && text.chars().any(is_obeyed);
    if !obeyed && bracket(text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = bracket(rest) {
        let (before, behind) = rest.split_at(at);
        push_plain(before, &mut cleaned);
        cleaned.push('\\');
        rest = behind;
    }
    push_plain(rest, &mut cleaned);
    Cow::Owned(cleaned)
}

fn push_plain(text: &str, cleaned: &mut String) {
    for character in text.chars() {
        match character {
            '\t' => cleaned.push(' '),
            other if is_obeyed(other) => push_escape(other, cleaned),
            other => cleaned.push(other),
        }
    }
}

/// Where the bracket of the first command behind a [`MARK`] is.
fn bracket(text: &str) -> Option<usize> {
    // Nearly no text has the mark's character, which is found faster than the mark.
    let start = text.find('#')?;
    text.get(start..)?.match_indices(MARK).find_map(|(at, mark)| {
        let at = start + at + mark.len();
        let rest = text.get(at..)?;
        let name =
            rest.trim_start_matches(|character: char| character.is_ascii_alphabetic() || character == '#');
        name.starts_with('[').then(|| at + rest.len() - name.len())
    })
}

/// A whole line: as [`plain`], and no command for the runner of a CI job, which a backslash prevents.
pub fn line(text: &str) -> Cow<'_, str> {
    let cleaned = plain(text);
    if !cleaned.starts_with(|first: char| first.is_whitespace() || first == ':') {
        return cleaned;
    }
    let start = cleaned.len() - cleaned.trim_start().len();
    let (blanks, rest) = cleaned.split_at(start);
    if rest.starts_with(COMMAND) {
        return Cow::Owned(format!("{blanks}\\{rest}"));
    }
    cleaned
}

/// A text that may have several lines: each is cleaned, and those after the first begin with `gutter`, so that none of them
/// passes for a line of ours.
pub fn block(text: &str, gutter: &str) -> String {
    let mut lines = text.lines();
    let mut cleaned = line(lines.next().unwrap_or_default()).into_owned();
    for further in lines {
        cleaned.push('\n');
        cleaned.push_str(gutter);
        cleaned.push_str(&plain(further));
    }
    cleaned
}

/// A text without the colors that it brings along, as log lines do; anything else in it is left to [`plain`].
pub fn without_colors(text: &str) -> Cow<'_, str> {
    const START: &str = "\u{1b}[";
    if !text.contains(START) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut parts = text.split(START);
    kept.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let parameters =
            part.trim_start_matches(|character: char| character.is_ascii_digit() || ";:".contains(character));
        match parameters.strip_prefix('m') {
            Some(rest) => kept.push_str(rest),
            None => {
                kept.push_str(START);
                kept.push_str(part);
            }
        }
    }
    Cow::Owned(kept)
}

/// A document of which every string that holds such a character stands in double quotes, as in JSON: those that a terminal
/// would obey and the layout leaves as they are become `\u....`, which JSON and YAML read as the same text.
pub fn in_quotes(text: String) -> String {
    // Line breaks and blanks stand between values only.
    let is_raw =
        |character: char| !character.is_ascii_control() && is_obeyed(character) || character == '\u{7f}';
    if is_ascii(&text, true) || !text.chars().any(is_raw) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_raw(character) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Lines for people, each cleaned as [`line`] does it when it is complete.
///
/// `writeln!(lines, ...)` adds one. What its arguments hold cannot end it: only that a line was written begins another.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Lines(String);

impl Lines {
    /// No line.
    pub fn new() -> Lines {
        Lines::default()
    }

    /// Adds a line; called by `writeln!`.
    pub fn write_fmt(&mut self, text: fmt::Arguments<'_>) {
        self.push(text, line);
    }

    /// Adds a text that may have several lines, as [`block`] makes them.
    pub fn block(&mut self, gutter: &str, text: fmt::Arguments<'_>) {
        self.push(text, |written| match line(written) {
            Cow::Borrowed(same) => Cow::Borrowed(same),
            Cow::Owned(_) => Cow::Owned(block(written, gutter)),
        });
    }

    /// Writes in place; nearly every text is clean, and then nothing is copied.
    fn push(&mut self, text: fmt::Arguments<'_>, cleaned: impl for<'a> FnOnce(&'a str) -> Cow<'a, str>) {
        let start = self.0.len();
        // A text takes whatever it is given.
        let _ = self.0.write_fmt(text);
        if self.0.len() > start && self.0.ends_with('\n') {
            self.0.pop();
        }
        if let Cow::Owned(cleaned) = cleaned(self.0.get(start..).unwrap_or_default()) {
            self.0.truncate(start);
            self.0.push_str(&cleaned);
        }
        self.0.push('\n');
    }

    /// The lines, each without its end.
    pub fn iter(&self) -> std::str::Lines<'_> {
        self.0.lines()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, each line with its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, each line with its end.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Whether a text is ASCII without DEL and, unless they are allowed, without the control characters below a blank; as nearly
/// all texts are. Eight bytes at a time, because every text that is shown passes here.
fn is_ascii(text: &str, low_controls: bool) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x80 * ONES;
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let is_odd = |eight: &[u8; 8]| {
        let bytes = u64::from_ne_bytes(*eight);
        // The top bit of a byte: of the first it is set below a blank, of the second for DEL, of the third beyond ASCII.
        let below = if low_controls { 0 } else { bytes.wrapping_sub(0x20 * ONES) };
        (below | bytes.wrapping_add(ONES) | bytes) & TOPS != 0
    };
    let is_fine = |byte: &u8| matches!(byte, b' '..=b'~') || (low_controls && *byte < b' ');
    !eights.iter().any(is_odd) && rest.iter().all(is_fine)
}

/// C0, DEL, C1, the separators of lines and paragraphs, and what overrides or isolates the direction of the text.
fn is_obeyed(character: char) -> bool {
    matches!(character, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push_escape(character: char, out: &mut String) {
    let short = match character {
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\u{7}' => Some('a'),
        '\u{8}' => Some('b'),
        '\u{b}' => Some('v'),
        '\u{c}' => Some('f'),
        _ => None,
    };
    // A text takes whatever it is given.
    let _ = match (short, u32::from(character)) {
        (Some(letter), _) => write!(out, "\\{letter}"),
        (None, code @ 0..=0x7f) => write!(out, "\\x{code:02x}"),
        (None, code) => write!(out, "\\u{code:04x}"),
    };
}

#[cfg(test)]
mod tests;
