//! V3 as the plan has it: what the binary says of itself when it runs.

use super::shim::Shim;
use super::{Judge, ReportedVersion, short};
use crate::core::shim::verdict::Verdict;

/// The version that a shim reports in its output: the first word that is one of its provider's.
pub fn reported_in(output: &str, provider: &str) -> Option<ReportedVersion> {
    // A slash belongs to the word, so that an image in the output is not taken for a report.
    let is_inside = |character: char| character.is_ascii_alphanumeric() || "-_.:/".contains(character);
    let words = output.split(|character| !is_inside(character)).map(|word| word.trim_matches(':'));
    let mut versions = words.filter_map(|word| word.parse::<ReportedVersion>().ok());
    versions.find(|version| version.provider == provider)
}

impl Judge<'_> {
    /// What the binary said outweighs what could not be read, and must be what was read.
    pub(super) fn ran(&mut self, shim: &mut Shim<'_>, said: &ReportedVersion) {
        self.checks.retain(|check| !(check.id == "V3" && check.verdict == Verdict::Unknown));
        let text = said.to_string();
        let expected = self.expect.tag.as_deref().or(shim.passed_value());
        let expected = expected.map(|tag| ReportedVersion::text(shim.provider, tag));
        match (&shim.reported, expected) {
            (Some(read), _) if *read != text => {
                self.add(
                    "V3",
                    Verdict::No,
                    format!("it reports {text} when run, but the binary holds {read}"),
                );
            }
            (_, Some(expected)) if expected != text => {
                let lost = shim
                    .passed_value()
                    .map(|value| format!("-X {}={value} had no effect: ", short(&shim.symbol)));
                let lost = lost.filter(|_| {
                    self.expect.tag.as_deref().is_none_or(|tag| Some(tag) == shim.passed_value())
                });
                let text = format!("{}it reports {text} when run, not {expected}", lost.unwrap_or_default());
                self.add("V3", Verdict::No, text);
            }
            _ => self.add("V3", Verdict::Yes, format!("it reports {text} when run")),
        }
        shim.reported = Some(text);
    }
}

#[cfg(test)]
mod tests {
    use super::reported_in;

    #[test]
    fn the_version_is_found_among_other_words() {
        let found = |output: &str| reported_in(output, "vllm").map(|version| version.to_string());
        let version = Some("vllm-provider:v0.8.0".to_owned());
        assert_eq!(found("vllm-provider:v0.8.0"), version);
        assert_eq!(found("{\"level\":\"info\",\"version\":\"vllm-provider:v0.8.0\"}\n"), version);
        assert_eq!(found("dynamo-provider:v1\nstarting version=vllm-provider:v0.8.0, port: 8080"), version);
        assert_eq!(found("pulling ghcr.io/ai-runway/airunway/vllm-provider:v0.7.0"), None);
        assert_eq!(found("flag provided but not defined: -version\n"), None);
        assert_eq!(found("dynamo-provider:v0.8.0"), None);
    }
}
