//! V3: what the linker made of what the build passed.

use super::shim::{Shim, is_reported};
use super::{Judge, ReportedVersion, how, short};
use crate::core::shim::effect::{Effect, Found, Missing};
use crate::core::shim::known::SHIM_VERSION;
use crate::core::shim::verdict::Verdict;

/// The way out where a file cannot answer.
const ASK_IT: &str = "run the binary itself: verify-version --binary FILE --run";

impl Judge<'_> {
    pub(super) fn effective(&mut self, shim: &Shim<'_>) {
        if let Some(literal) = shim.literal {
            return self.literal(shim, literal);
        }
        let Some(effect) = shim.effect else {
            return self.add("V3", Verdict::Unknown, format!("{} was not checked", short(&shim.symbol)));
        };
        match (&effect.value, &effect.how) {
            (Some(value), _) => self.value(shim, effect, value),
            (None, Found::NotFound(missing)) => self.missing(shim, missing),
            (None, _) => self.add("V3", Verdict::Unknown, "its string was not found"),
        }
    }

    /// The variable holds a string.
    fn value(&mut self, shim: &Shim<'_>, effect: &Effect, value: &str) {
        let name = short(&shim.symbol);
        if effect.set_at_start == Some(true) {
            let text = no_effect(shim, "the program sets the variable again when it starts");
            let verdict = if shim.passed.is_some() { Verdict::No } else { Verdict::Unknown };
            self.add("V3", verdict, text);
            return self.hint(format!(
                "declare `var {SHIM_VERSION} = \"dev\"`, without a function that computes it"
            ));
        }
        let how = how(&effect.how);
        let passed = shim.passed_value();
        if let Some(passed) = passed.filter(|passed| *passed != value) {
            let text = format!("-X {name}={passed} had no effect: the binary holds {value:?} there, {how}");
            return self.add("V3", Verdict::No, text);
        }
        if let Some(tag) = self.expect.tag.as_deref().filter(|tag| *tag != value) {
            let text = format!("{name} is {value:?}, {how}; expected {tag}");
            self.add("V3", Verdict::No, text);
            return self.hint(format!("build with SHIM_VERSION={tag}"));
        }
        // Only code that was read and that uses the string shows that it is what the program reports.
        if is_reported(effect) {
            return self.add("V3", Verdict::Yes, format!("{name} is {value:?}, {how}"));
        }
        let text = match effect.used_at_start {
            Some(_) => format!("the binary holds {value:?}, and does not use it when it starts"),
            None => {
                format!("the binary holds {value:?}, and its {} code cannot be followed", self.report.arch)
            }
        };
        self.add("V3", Verdict::Unknown, text);
        self.hint(ASK_IT);
    }

    /// The reported text is not a composite: the linker flag for the tag cannot reach it.
    fn literal(&mut self, shim: &Shim<'_>, literal: &str) {
        let name = short(&shim.whole);
        let expected = self.expect.tag.as_deref().or(shim.passed_value());
        match expected.map(|tag| ReportedVersion::text(shim.provider, tag)) {
            Some(expected) if expected != literal => {
                let text = format!(
                    "{name} is the constant {literal:?}, not {expected:?}, so -X {} cannot set it",
                    short(&shim.symbol)
                );
                self.add("V3", Verdict::No, text);
                self.hint(format!("build {name} from the variable {SHIM_VERSION}, as the other shims do"));
            }
            _ => self.add("V3", Verdict::Yes, format!("{name} is the constant {literal:?}")),
        }
    }

    /// The variable was not found.
    fn missing(&mut self, shim: &Shim<'_>, missing: &Missing) {
        let proven = missing.proves_no_effect() && shim.passed.is_some();
        let verdict = if proven { Verdict::No } else { Verdict::Unknown };
        let text = if proven {
            no_effect(shim, &missing.to_string())
        } else {
            format!("{}: {missing}", short(&shim.symbol))
        };
        self.add("V3", verdict, text);
        match missing {
            Missing::NoVariable | Missing::NotWritten | Missing::NotString => self.hint(format!(
                "declare `var {SHIM_VERSION} = \"dev\"` in {} and build the reported version from it",
                self.component.module
            )),
            Missing::NothingToLookFor | Missing::Ambiguous => {
                self.hint("keep the symbol table (no -s) or the recorded linker flags (no -trimpath)");
                self.hint(ASK_IT);
            }
            Missing::RunTime | Missing::Unreadable(_) => self.hint(ASK_IT),
        }
    }
}

fn no_effect(shim: &Shim<'_>, why: &str) -> String {
    let name = short(&shim.symbol);
    match shim.passed_value() {
        Some(value) => format!("-X {name}={value} had no effect: {why}"),
        None => format!("{name}: {why}"),
    }
}
