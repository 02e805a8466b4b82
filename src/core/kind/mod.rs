//! The kinds of custom resources that the program follows, one folder each.

pub mod model_deployment;

use crate::core::api_server::custom;
use crate::core::kubernetes::rule::Rule;

impl Rule {
    /// All rules: by [`Stage`](crate::core::kubernetes::rule::Stage), the API server's own before those of a kind.
    pub fn all() -> impl Iterator<Item = &'static Rule> {
        let mut rules: Vec<&'static Rule> =
            custom::catalogue::RULES.iter().copied().chain(model_deployment::rules()).collect();
        rules.sort_by_key(|rule| rule.stage);
        rules.into_iter()
    }

    /// A rule by its id.
    pub fn named(id: &str) -> Option<&'static Rule> {
        Rule::all().find(|rule| rule.id == id)
    }
}
