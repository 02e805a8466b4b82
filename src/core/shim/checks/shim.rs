//! What is known about the version of one shim.

use super::{Component, ReportedVersion};
use crate::core::shim::effect::Effect;
use crate::core::shim::inspect::BinaryReport;
use crate::core::shim::known::{PROVIDER_VERSION, SHIM_VERSION};
use crate::core::shim::settings::XSetting;

pub(super) struct Shim<'a> {
    /// Name of the provider.
    pub(super) provider: &'a str,
    /// The variable of the tag.
    pub(super) symbol: String,
    /// The variable of the reported text.
    pub(super) whole: String,
    /// The last `-X` for the tag.
    pub(super) passed: Option<&'a XSetting>,
    /// All values that an earlier `-X` gave it.
    pub(super) overridden: Vec<&'a str>,
    /// What became of the tag.
    pub(super) effect: Option<&'a Effect>,
    /// The reported text, where it stands in the binary and is not put together at start.
    pub(super) literal: Option<&'a str>,
    /// The reported text is put together at start, so that a `-X` on it is lost.
    pub(super) composed: bool,
    /// What it will report.
    pub(super) reported: Option<String>,
}

impl<'a> Shim<'a> {
    pub(super) fn of(report: &'a BinaryReport, component: Component<'a>, provider: &'a str) -> Shim<'a> {
        let symbol = component.symbol(SHIM_VERSION);
        let whole = component.symbol(PROVIDER_VERSION);
        let settings = report.ldflags.as_deref().unwrap_or_default();
        let last = |name: &str| settings.iter().rev().find(|setting| setting.symbol == name);
        let effect = |name: &str| report.effects.iter().find(|effect| effect.symbol == name);
        let version = effect(&symbol);
        // A text that is put together at start has no value in the file, unless a `-X` gave it one that is then replaced.
        let literal = effect(&whole)
            .filter(|effect| effect.set_at_start.map_or_else(|| last(&whole).is_none(), |set| !set))
            .and_then(|effect| effect.value.as_deref())
            .filter(|text| !text.is_empty());
        let tag = version.filter(|effect| is_reported(effect)).and_then(|effect| effect.value.as_deref());
        let reported = match literal {
            Some(literal) => Some(literal.to_owned()),
            None => tag.map(|tag| ReportedVersion::text(provider, tag)),
        };
        let overridden = settings.iter().filter(|setting| setting.symbol == symbol && setting.overridden);
        Shim {
            provider,
            passed: last(&symbol),
            overridden: overridden.map(|setting| setting.value.as_str()).collect(),
            effect: version,
            literal,
            composed: effect(&whole).is_some_and(|effect| effect.set_at_start == Some(true)),
            reported,
            symbol,
            whole,
        }
    }

    /// The tag that is reported.
    pub(super) fn reported_tag(&self) -> Option<&str> {
        let (_, tag) = self.reported.as_deref()?.split_once(':')?;
        Some(tag)
    }

    /// The tag that the build passed.
    pub(super) fn passed_value(&self) -> Option<&str> {
        self.passed.map(|setting| setting.value.as_str())
    }
}

/// Whether the string of the tag is what the program reports: it uses the variable when it starts, and does not set it.
pub(super) fn is_reported(effect: &Effect) -> bool {
    effect.set_at_start == Some(false) && effect.used_at_start == Some(true)
}
