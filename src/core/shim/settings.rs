//! Linker flags in a build record.
//!
//! Sources: `cmd/internal/quoted` (how words are split), Go's `flag` package (how flags are written), and `cmd/link`
//! (which flags take a value; the last `-X` of a variable counts), all of Go 1.26.

/// One `-X name=value` of the linker flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XSetting {
    /// Variable with its package path, for example `github.com/ai-runway/airunway/providers/vllm.shimVersion`.
    pub symbol: String,
    /// Text that it was to have.
    pub value: String,
    /// A later `-X` sets the same variable, and the last one wins.
    pub overridden: bool,
}

/// Most words of linker flags that are read.
const WORD_LIMIT: usize = 16_384;

/// Flags of the linker that take the next word as their value.
const WITH_VALUE: [&str; 34] = [
    "B",
    "D",
    "E",
    "H",
    "I",
    "L",
    "R",
    "T",
    "benchmark",
    "benchmarkprofile",
    "buildid",
    "buildmode",
    "capturehostobjs",
    "cpuprofile",
    "debugtextsize",
    "debugtramp",
    "extar",
    "extld",
    "extldflags",
    "fipso",
    "funcalign",
    "importcfg",
    "installsuffix",
    "k",
    "libgcc",
    "linkmode",
    "memprofile",
    "memprofilerate",
    "o",
    "pluginpath",
    "r",
    "randlayout",
    "strictdups",
    "tmpdir",
];

/// All `-X` of linker flags in their order; `None` for flags that Go would have refused.
pub(super) fn x_settings(flags: &str) -> Option<Vec<XSetting>> {
    let mut found: Vec<XSetting> = Vec::new();
    let mut words = words(flags)?.into_iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { break };
        if flag.is_empty() {
            // `--` ends the flags.
            break;
        }
        let setting = if flag == "X" {
            words.next()?
        } else if let Some(setting) = flag.strip_prefix("X=") {
            setting.to_owned()
        } else {
            if WITH_VALUE.contains(&flag) {
                words.next();
            }
            continue;
        };
        let (symbol, value) = setting.split_once('=')?;
        // The linker wants a package before the last dot of the name.
        if !symbol.contains('.') {
            return None;
        }
        for earlier in found.iter_mut().filter(|earlier| earlier.symbol == symbol) {
            earlier.overridden = true;
        }
        found.push(XSetting { symbol: symbol.to_owned(), value: value.to_owned(), overridden: false });
    }
    Some(found)
}

/// Words between blanks; a word that begins with a quote goes on to the next one like it, without escapes.
fn words(text: &str) -> Option<Vec<String>> {
    let is_blank = |character: char| matches!(character, ' ' | '\t' | '\n' | '\r');
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    while let Some(first) = rest.chars().next() {
        if words.len() >= WORD_LIMIT {
            return None;
        }
        let word = if matches!(first, '"' | '\'') {
            let (word, after) = rest.get(1..)?.split_once(first)?;
            rest = after;
            word
        } else {
            let end = rest.find(is_blank).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            word
        };
        words.push(word.to_owned());
        rest = rest.trim_start_matches(is_blank);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &str) -> Vec<(String, String, bool)> {
        let settings = x_settings(flags).unwrap().into_iter();
        settings.map(|setting| (setting.symbol, setting.value, setting.overridden)).collect()
    }

    fn set(symbol: &str, value: &str) -> (String, String, bool) {
        (symbol.to_owned(), value.to_owned(), false)
    }

    #[test]
    fn every_way_to_write_it_is_read() {
        let flags = "-s -w -X a/b.c=1 -X=a.d=2 --X a.e=3 -X 'a.f=4 5' '-X=a.g=6 7' -X \"a.h=\" -X a.i=x=y";
        let expected = [
            set("a/b.c", "1"),
            set("a.d", "2"),
            set("a.e", "3"),
            set("a.f", "4 5"),
            set("a.g", "6 7"),
            set("a.h", ""),
            set("a.i", "x=y"),
        ];
        assert_eq!(read(flags), expected);
        assert_eq!(read("  "), []);
    }

    #[test]
    fn the_value_of_another_flag_is_no_setting() {
        assert_eq!(read("-extldflags -X -X a.b=c"), [set("a.b", "c")]);
        assert_eq!(read("-extldflags '-X a.b=c' -linkmode=external -X d.e=f"), [set("d.e", "f")]);
        assert_eq!(read("-- -X a.b=c"), []);
    }

    #[test]
    fn the_last_one_counts() {
        let settings = x_settings("-X a.b=1 -X c.d=2 -X a.b=3").unwrap();
        let overridden: Vec<bool> = settings.iter().map(|setting| setting.overridden).collect();
        assert_eq!(overridden, [true, false, false]);
    }

    #[test]
    fn what_go_refuses_is_not_guessed_at() {
        for flags in ["-X", "-X a.b", "-X ab=c", "-X 'a.b=c", "'"] {
            assert_eq!(x_settings(flags), None, "{flags}");
        }
    }
}
