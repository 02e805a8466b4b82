//! V6: the versions of what a component is built with.

use super::{Judge, how, short};
use crate::core::shim::effect::Found;
use crate::core::shim::verdict::Verdict;

impl Judge<'_> {
    pub(super) fn pinned(&mut self) {
        let Some(pinned) = self.component.pinned() else { return };
        let versions = self.expect.versions.as_ref();
        let Some(version) = versions.and_then(|versions| versions.get(pinned.name)) else { return };
        let wanted = pinned.expected(version);
        let symbol = self.component.symbol(pinned.variable);
        let name = short(&symbol);
        let source = pinned.name;
        let settings = self.report.ldflags.as_deref().unwrap_or_default();
        let passed = settings.iter().rev().find(|setting| setting.symbol == symbol);
        let effect = self.report.effects.iter().find(|effect| effect.symbol == symbol);
        let Some(effect) = effect else {
            return self.add("V6", Verdict::Unknown, format!("{name} was not checked"));
        };
        let (verdict, text) = match (&effect.value, &effect.how) {
            (Some(_), _) if effect.set_at_start == Some(true) => {
                (Verdict::Unknown, format!("{name} is set again when the program starts"))
            }
            (Some(value), found) if *value == wanted => {
                (Verdict::Yes, format!("{name} is {wanted}, {}", how(found)))
            }
            (Some(value), found) => {
                (Verdict::No, format!("{name} is {value:?}, {}, but {source} has {wanted}", how(found)))
            }
            (None, Found::NotFound(missing)) => match passed {
                Some(setting) if setting.value != wanted => {
                    let value = &setting.value;
                    (Verdict::No, format!("the build passed -X {name}={value}, but {source} has {wanted}"))
                }
                Some(_) if missing.proves_no_effect() => {
                    (Verdict::No, format!("-X {name} had no effect: {missing}"))
                }
                _ => (Verdict::Unknown, format!("{name}: {missing}")),
            },
            (None, _) => (Verdict::Unknown, format!("{name} was not found")),
        };
        self.add("V6", verdict, text);
    }
}
