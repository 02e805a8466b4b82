//! A command line, read: which words are arguments, which are their values, and what is wrong with the rest.

use super::grammar::{Grammar, Known, Takes};
use super::{Place, Word};

/// An argument of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its full name without dashes, with the member behind the dot; as written where the grammar does not have it.
    pub name: String,
    /// What it takes.
    pub takes: Takes,
    /// Whether the grammar has it.
    pub is_known: bool,
    /// Whether it is the opposite of a switch.
    pub is_opposite: bool,
    /// Position of its word.
    pub at: usize,
    /// The argument as it was written, without a value.
    pub written: String,
    /// Its values.
    pub values: Vec<String>,
}

impl Argument {
    /// The only value.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str).filter(|_| self.values.len() == 1)
    }
}

/// What an engine cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A switch was given a value: the switch and the value.
    SwitchWithValue(String, String),
    /// An argument that takes a value has none: the argument.
    NoValue(String),
    /// The same, because the word that was meant begins with a dash: the argument and the word.
    DashedValue(String, String),
    /// A second `--`, behind which nothing is an argument.
    SecondDashes,
    /// A word that belongs to no argument.
    Stray(String),
    /// One word that holds several arguments, or an argument and its value.
    Several(String),
    /// An argument that is written in another way than the engine reads it: as written, and as it is meant.
    Misspelt(String, String),
}

/// A command line, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// What the engine cannot read, with the position of the word.
    pub faults: Vec<(usize, Fault)>,
}

impl Reading {
    /// Reads words in the way of a grammar.
    #[must_use]
    pub fn of(grammar: &Grammar, words: &[Word]) -> Reading {
        let mut reader = Reader { grammar, words, reading: Reading::default() };
        reader.read();
        reader.reading
    }

    /// The arguments of a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Argument> {
        self.arguments.iter().filter(move |argument| argument.name == name)
    }

    /// Of a repeated argument the last counts.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().rev().find(|argument| argument.name == name)
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.last(name).is_some_and(|argument| !argument.is_opposite)
    }
}

/// Whether Python's `argparse` takes the word for a negative number, or any reader for a number.
#[must_use]
pub fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.matches('.').count() <= 1
        && digits != "."
}

/// What a word is before its neighbors are looked at.
enum Class {
    Value,
    Dashes,
    Argument(Shape),
}

/// An argument's word.
struct Shape {
    known: Option<Known>,
    /// The folded name, with the member.
    name: String,
    written: String,
    value: Option<String>,
}

struct Reader<'a> {
    grammar: &'a Grammar,
    words: &'a [Word],
    reading: Reading,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut position = 0;
        while let Some(word) = self.words.get(position) {
            position = match self.class(&word.text) {
                Class::Dashes => {
                    // At the end it does nothing.
                    if position + 1 < self.words.len() {
                        self.fault(position, Fault::SecondDashes);
                    }
                    return;
                }
                Class::Value => self.stray(position),
                Class::Argument(shape) => self.argument(position, shape),
            };
        }
    }

    fn class(&self, text: &str) -> Class {
        if text == "--" {
            return Class::Dashes;
        }
        if !text.starts_with('-') || text == "-" || is_number(text) {
            return Class::Value;
        }
        let (written, value) = match text.split_once('=') {
            Some((written, value)) => (written, Some(value.to_owned())),
            None => (text, None),
        };
        let shape = self.shape(written, value);
        // A blank makes a value of a word that is no argument's.
        let is_text = shape.known.is_none() && text.contains(' ') && !self.is_member(&shape.name);
        if is_text { Class::Value } else { Class::Argument(shape) }
    }

    fn shape(&self, written: &str, value: Option<String>) -> Shape {
        let owned = |known, name, value| Shape { known, name, written: written.to_owned(), value };
        if let Some(long) = written.strip_prefix("--") {
            let name = self.grammar.folded(long);
            return match self.member_of(&name) {
                Some((known, name)) => owned(Some(known), name, value),
                None => {
                    let known = self.grammar.find(&name);
                    let full = known.map_or(name, |known| known.name.to_owned());
                    owned(known, full, value)
                }
            };
        }
        let short = written.trim_start_matches('-');
        let (head, member) = match short.split_once('.') {
            Some((head, member)) if self.grammar.has_members => (head, Some(member)),
            _ => (short, None),
        };
        if let Some(known) = self.grammar.by_short_name(head) {
            let name =
                member.map_or_else(|| known.name.to_owned(), |member| format!("{}.{member}", known.name));
            return owned(Some(known), name, value);
        }
        // `-q8` is `-q 8`.
        let mut letters = short.chars();
        let first = letters.next().map(String::from).unwrap_or_default();
        if let Some(known) = self.grammar.by_short_name(&first).filter(|_| member.is_none()) {
            return owned(Some(known), known.name.to_owned(), Some(letters.as_str().to_owned()));
        }
        owned(None, short.to_owned(), value)
    }

    /// `a.b`, where `a` takes JSON.
    fn member_of(&self, name: &str) -> Option<(Known, String)> {
        let (head, member) = name.split_once('.').filter(|_| self.grammar.has_members)?;
        let known = self.grammar.find(head).filter(|known| matches!(known.takes, Takes::Json(_)))?;
        Some((Known { takes: Takes::Text, ..known }, format!("{}.{member}", known.name)))
    }

    fn is_member(&self, name: &str) -> bool {
        self.grammar.has_members && name.contains('.') && !name.contains(' ')
    }

    /// Takes an argument with its values, and returns the position behind them.
    fn argument(&mut self, at: usize, shape: Shape) -> usize {
        let Shape { known, name, written, value } = shape;
        let takes = match known {
            _ if name.contains('.') && known.is_some() => Takes::Text,
            Some(known) => known.takes,
            None => Takes::Unknown,
        };
        if known.is_none() {
            if let Some(meant) = self.meant(&written) {
                self.fault(at, Fault::Misspelt(written.clone(), meant));
            } else if holds_argument(self.grammar, &written) {
                self.fault(at, Fault::Several(written.clone()));
            }
        }
        let (values, next) = self.values(at, (known.is_some(), takes), &written, value);
        let is_opposite = known.is_some_and(|known| known.is_opposite);
        let is_known = known.is_some();
        self.reading.arguments.push(Argument { name, takes, is_known, is_opposite, at, written, values });
        next
    }

    /// The values of an argument, and the position behind them. `value` is one in the argument's own word.
    fn values(
        &mut self,
        at: usize,
        (is_known, takes): (bool, Takes),
        written: &str,
        value: Option<String>,
    ) -> (Vec<String>, usize) {
        let first = at + 1;
        let behind = (first..self.words.len()).take_while(|next| self.is_value(*next)).count();
        let mut values = Vec::new();
        let next = match (takes, value) {
            (Takes::Nothing, Some(value)) => {
                self.fault(at, Fault::SwitchWithValue(written.to_owned(), value));
                first
            }
            (Takes::Nothing, None) => self.after_switch(at, written),
            (_, Some(value)) => {
                // `--a=1 --b` in one word.
                if holds_argument(self.grammar, &value) && !matches!(takes, Takes::Json(_)) {
                    self.fault(at, Fault::Several(format!("{written}={value}")));
                } else {
                    values.push(value);
                }
                first
            }
            (Takes::Maybe | Takes::Many | Takes::Unknown, None) if behind > 0 => {
                let count = if takes == Takes::Maybe { 1 } else { behind };
                let words = self.words.iter().skip(first).take(count);
                values.extend(words.map(|word| word.text.clone()));
                first + count
            }
            (Takes::Maybe, None) => first,
            (Takes::Unknown, None) => {
                if !is_known {
                    self.dashed(at, written);
                }
                first
            }
            (Takes::Text | Takes::Whole | Takes::Number | Takes::Json(_) | Takes::Many, None) => {
                self.one_value(at, written, &mut values)
            }
        };
        (values, next)
    }

    fn is_value(&self, position: usize) -> bool {
        self.words.get(position).is_some_and(|word| matches!(self.class(&word.text), Class::Value))
    }

    /// A value behind a switch belongs to nothing; most often it is `true` or `false`.
    fn after_switch(&mut self, at: usize, written: &str) -> usize {
        let next = at + 1;
        let Some(word) = self.words.get(next).filter(|_| self.is_value(next)) else { return next };
        // What follows the shim's own switch was never meant for it.
        let is_shims =
            self.words.get(at).is_some_and(|own| own.place == Place::Shim) && word.place != Place::Shim;
        if is_shims || is_foreign(&word.text) {
            return next;
        }
        let value = word.text.clone();
        self.fault(at, Fault::SwitchWithValue(written.to_owned(), value));
        next + 1
    }

    fn one_value(&mut self, at: usize, written: &str, values: &mut Vec<String>) -> usize {
        let next = at + 1;
        if let Some(word) = self.words.get(next).filter(|_| self.is_value(next)) {
            if word.text.starts_with("--") && holds_argument(self.grammar, &word.text) {
                self.fault(at, Fault::NoValue(written.to_owned()));
                return next;
            }
            if holds_argument(self.grammar, &word.text) {
                self.fault(next, Fault::Several(word.text.clone()));
            } else {
                values.push(word.text.clone());
            }
            return next + 1;
        }
        if self.dashed(at, written) {
            return next + 1;
        }
        self.fault(at, Fault::NoValue(written.to_owned()));
        next
    }

    /// Says that the next word was meant as the value and begins with a dash.
    fn dashed(&mut self, at: usize, written: &str) -> bool {
        let (Some(own), Some(next)) = (self.words.get(at), self.words.get(at + 1)) else { return false };
        let is_entry = own.place == next.place;
        let is_own = match self.class(&next.text) {
            Class::Argument(shape) => shape.known.is_none() && self.meant(&shape.written).is_none(),
            Class::Dashes | Class::Value => false,
        };
        let is_meant = is_entry && next.text.starts_with('-') && !self.is_value(at + 1);
        let is_unknown_value = is_own && !next.text.starts_with("--") && next.place.path().is_some();
        let known = matches!(self.class(&own.text), Class::Argument(Shape { known: Some(_), .. }));
        if is_meant || known && is_unknown_value {
            let value = next.text.clone();
            self.fault(at, Fault::DashedValue(written.to_owned(), value));
            return true;
        }
        false
    }

    /// A word that belongs to no argument.
    fn stray(&mut self, at: usize) -> usize {
        let Some(word) = self.words.get(at) else { return at + 1 };
        let text = word.text.clone();
        let dashed = text.trim_start_matches(['–', '—', '−']);
        let begins = text.split_whitespace().next().unwrap_or_default();
        if dashed.len() < text.len() {
            let written = begins.to_owned();
            let meant = format!("--{}", begins.trim_start_matches(['–', '—', '−', '-']));
            self.fault(at, Fault::Misspelt(written, meant));
            // What was meant as its value is no fault of its own.
            return (at + 1..).find(|next| !self.is_value(*next)).unwrap_or(at + 1);
        }
        if text.starts_with('-') {
            self.fault(at, Fault::Several(text));
            return at + 1;
        }
        self.fault(at, Fault::Stray(text));
        (at + 1..).find(|next| !self.is_value(*next)).unwrap_or(at + 1)
    }

    /// The argument that a word with the wrong dashes or letters means.
    fn meant(&self, written: &str) -> Option<String> {
        const LEAST: usize = 4;
        let name = self.grammar.folded(written.trim_start_matches('-')).to_lowercase();
        if let Some(own) = self.grammar.meant(&name).filter(|_| written.starts_with("--")) {
            return Some(format!("--{own}"));
        }
        let known = self.grammar.exactly(&name).filter(|_| name.len() >= LEAST)?;
        let no = if known.is_opposite { "no-" } else { "" };
        let meant = format!("--{no}{}", known.name);
        (meant != written).then_some(meant)
    }

    fn fault(&mut self, at: usize, fault: Fault) {
        self.reading.faults.push((at, fault));
    }
}

/// Whether a value is one of another kind of fault: a shell's word, a dash of a text program.
fn is_foreign(value: &str) -> bool {
    ["\\", "&", "&&", ";", "|", "||", ">", "2>&1"].contains(&value.trim())
        || value.starts_with(['–', '—', '−'])
        || value.starts_with('-') && value.contains(' ')
}

/// Whether a text has an argument of the grammar in it, behind a blank or at its start.
fn holds_argument(grammar: &Grammar, text: &str) -> bool {
    let is_argument = |word: &str| {
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        match name.strip_prefix("--") {
            Some(long) => grammar.exactly(&grammar.folded(long)).is_some(),
            None => name.strip_prefix('-').is_some_and(|short| grammar.by_short_name(short).is_some()),
        }
    };
    text.contains(char::is_whitespace) && text.split_whitespace().any(is_argument)
}
