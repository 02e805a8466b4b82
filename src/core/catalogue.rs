//! Every rule of the program by its name: those about the input, of the API server, and of each kind.

use super::api_server::{children, custom};
use super::kind::KINDS;
use super::kubernetes::rule::Rule;
use super::preflight;
use super::verdict;

impl Rule {
    /// All rules: by [`Stage`](crate::core::kubernetes::rule::Stage), the API server's own before those of a kind.
    pub fn all() -> impl Iterator<Item = &'static Rule> {
        let own = KINDS.iter().flat_map(|kind| kind.rules());
        let mut rules: Vec<&'static Rule> = verdict::RULES
            .iter()
            .chain(custom::catalogue::RULES)
            .chain(children::catalogue::RULES)
            .chain(preflight::catalogue::RULES)
            .copied()
            .chain(own)
            .collect();
        rules.sort_by_key(|rule| rule.stage);
        rules.into_iter()
    }

    /// A rule by its id.
    pub fn named(id: &str) -> Option<&'static Rule> {
        Rule::all().find(|rule| rule.id == id)
    }
}
