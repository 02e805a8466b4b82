//! Answers to acts that are made of what this program knows anyway.

use crate::core::shim::{BinaryVerdict, Verdict};
use serde_json::{Map, Value, json};

/// The answer to [`super::Act::ShimBinary`]: `{"provider", "reported", "verdict", "checks": {"V1": {"verdict", "reason"}}}`;
/// of several checks with one id the worst counts.
pub fn shim_binary(judged: &BinaryVerdict) -> Value {
    let mut checks = Map::new();
    for id in ["V1", "V2", "V3", "V5", "V6", "V7"] {
        let of_id = || judged.checks.iter().filter(|check| check.id == id);
        let worst = Verdict::of_all(of_id().map(|check| check.verdict));
        if let Some(worst) = of_id().find(|check| Some(check.verdict) == worst) {
            checks.insert(id.to_owned(), json!({ "verdict": worst.verdict.as_str(), "reason": worst.text }));
        }
    }
    json!({
        "provider": judged.provider,
        "reported": judged.reported,
        "verdict": judged.verdict.as_str(),
        "checks": checks,
    })
}

/// The answer to [`super::Act::ShimBinary`] or [`super::Act::ShimVersion`] when there is nothing to look at.
pub fn absent(why: &str) -> Value {
    json!({ "absent": why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::shim::BinaryCheck;

    #[test]
    fn the_worst_of_several_counts() {
        let check = |id, verdict, text: &str| BinaryCheck { id, verdict, text: text.to_owned() };
        let judged = BinaryVerdict {
            provider: Some("vllm".to_owned()),
            reported: None,
            verdict: Verdict::No,
            reason: String::new(),
            hints: Vec::new(),
            checks: vec![check("V6", Verdict::Yes, "a"), check("V6", Verdict::No, "b")],
        };
        let told = shim_binary(&judged);
        assert_eq!(told["checks"], json!({ "V6": { "verdict": "no", "reason": "b" } }));
    }
}
