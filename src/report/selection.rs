//! Who would serve an object, and why: `render --explain`.

use crate::core::kind::model_deployment::provider::Selection;

/// A line for each provider with its score, its rules below it.
pub fn selection_lines(selection: &Selection) -> Vec<String> {
    let mut lines = Vec::new();
    for candidate in &selection.candidates {
        lines.push(match (candidate.score, candidate.unfit) {
            (Some(score), _) => format!("  {}: score {score}", candidate.provider),
            (None, why) => format!("  {}: {}", candidate.provider, why.unwrap_or("is not looked at")),
        });
        for rule in &candidate.rules {
            let result = match &rule.result {
                Ok(true) => format!("true, counts {}", rule.priority),
                Ok(false) => "false".to_owned(),
                Err(why) => format!("ignored ({why})"),
            };
            lines.push(format!("    {}: {result}", rule.condition));
        }
    }
    lines
}
