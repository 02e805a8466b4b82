//! V1 and V2: what the build passed to the linker.

use super::shim::Shim;
use super::{Judge, short};
use crate::core::shim::verdict::Verdict;
use crate::core::shim::version::{ShimTag, TagKind};

impl Judge<'_> {
    pub(super) fn passed(&mut self, shim: &Shim<'_>) {
        match shim.passed_value() {
            Some(value) => self.passed_value(shim, value),
            None => self.nothing_passed(shim),
        }
    }

    fn passed_value(&mut self, shim: &Shim<'_>, value: &str) {
        let kind = value.parse::<ShimTag>().map(|tag| tag.kind());
        let id = if kind.as_ref().is_ok_and(|kind| kind.is_local()) { "V1" } else { "V2" };
        let mut text = format!("the build passed -X {}={value}", short(&shim.symbol));
        if let Some(first) = shim.overridden.first() {
            text.push_str(&format!(" after an earlier one with {first}, and the last one wins"));
        }
        match (&self.expect.tag, kind) {
            (_, Err(error)) => self.add(id, Verdict::No, format!("{text}: {error}")),
            (Some(tag), _) if tag != value => {
                self.add(id, Verdict::No, format!("{text}; expected {tag}"));
                self.hint(format!("build with SHIM_VERSION={tag}"));
            }
            (_, Ok(kind @ TagKind::BrokenStamp)) => {
                self.add(id, Verdict::No, format!("{text}, {}", kind.as_str()));
            }
            _ => self.add(id, Verdict::Yes, text),
        }
    }

    fn nothing_passed(&mut self, shim: &Shim<'_>) {
        let id = if self.expect.tag.is_some() { "V2" } else { "V1" };
        if self.report.ldflags.is_none() && self.report.trimpath {
            let text = "the build record has no linker flags, because the build used -trimpath";
            self.add(id, Verdict::Unknown, text);
            return;
        }
        let name = short(&shim.symbol);
        let is_default = shim.reported_tag() == Some("dev") && self.expect.tag.is_none();
        match self.stray() {
            Some(stray) if stray == shim.whole && shim.composed => {
                let text = format!(
                    "the build passed -X {}, which the program computes when it starts, and none for {name}",
                    short(&stray)
                );
                self.add(id, Verdict::No, text);
            }
            Some(stray) => {
                let text = format!("the build passed -X {} and none for {name}", short(&stray));
                self.add(id, Verdict::No, text);
            }
            None if is_default => {
                let verdict = if self.expect.allow_dev { Verdict::Yes } else { Verdict::Unknown };
                self.add(id, verdict, format!("the build passed no -X {name}, so it reports its default"));
            }
            None => self.add(id, Verdict::No, format!("the build passed no -X {name}")),
        }
        let tag = self.expect.tag.as_deref().unwrap_or("<tag>");
        self.hint(format!("link with -ldflags \"-X {}={tag}\"", shim.symbol));
    }

    /// A flag for another variable that was meant for the tag: one of the same package, or of the same name elsewhere.
    fn stray(&self) -> Option<String> {
        let package = format!("{}.", self.component.module);
        let pinned = self.component.pinned().map(|pinned| self.component.symbol(pinned.variable));
        let settings = self.report.ldflags.as_deref().unwrap_or_default();
        let mut symbols = settings.iter().rev().map(|setting| setting.symbol.as_str());
        let stray = symbols.find(|symbol| {
            let meant = symbol.starts_with(&package) || symbol.to_lowercase().ends_with(".shimversion");
            meant && pinned.as_deref() != Some(*symbol)
        });
        stray.map(str::to_owned)
    }
}
