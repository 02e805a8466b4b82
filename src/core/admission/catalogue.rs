//! Every rule by name: what it says, why it is there, the way out. `docs/rules.md` is made from this table.
//!
//! Ids never change and are never used for something else.

use crate::core::finding::Severity;

/// Which part of the way into the cluster a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading the object; the server answers 400.
    Decode,
    /// The schema and the metadata of any object; 422.
    Schema,
    /// AI Runway's validating webhook; 403.
    Webhook,
    /// Warnings that the server gives.
    Warning,
    /// What the server accepts and what goes wrong later.
    Advice,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, kebab-case.
    pub id: &'static str,
    /// Where it applies.
    pub stage: Stage,
    /// How much a finding of it weighs.
    pub severity: Severity,
    /// One line.
    pub title: &'static str,
    /// One paragraph.
    pub about: &'static str,
    /// The way out that fits every finding of the rule; empty when it depends.
    pub hint: &'static str,
}

impl Rule {
    /// All rules, in the order in which they apply.
    pub fn all() -> impl Iterator<Item = &'static Rule> {
        [super::catalogue_server::RULES, super::catalogue_advice::RULES].into_iter().flatten().copied()
    }

    /// A rule by its id.
    pub fn named(id: &str) -> Option<&'static Rule> {
        Rule::all().find(|rule| rule.id == id)
    }
}

/// Declares rules as statics and the table of them.
macro_rules! rules {
    ($stage:ident $severity:ident $( $constant:ident $id:literal $title:literal $about:literal $hint:literal )* ) => {
        $(
            pub(super) static $constant: Rule = Rule {
                id: $id,
                stage: Stage::$stage,
                severity: Severity::$severity,
                title: $title,
                about: $about,
                hint: $hint,
            };
        )*
    };
}
pub(super) use rules;
