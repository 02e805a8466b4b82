//! Every rule by name: what it says, why it is there, the way out. `docs/rules.md` is made from this table.
//!
//! Ids never change and are never used for something else.

use super::finding::{Finding, Severity};

/// Which part of the way into the cluster a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The input as a whole, before any object of it is sent.
    Input,
    /// Reading the object; the server answers 400.
    Decode,
    /// The schema and the metadata of any object; 422.
    Schema,
    /// The kind's validating webhook; 403.
    Webhook,
    /// Warnings that the server gives.
    Warning,
    /// What the server accepts and what goes wrong later.
    Advice,
    /// What the cluster lacks for an object, looked at before a write.
    Preflight,
}

/// What a denial by a rule rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestsOn {
    /// The object, and what a release of the product brings along: the answer is the same in every cluster.
    Object,
    /// What else is in the cluster: without it nothing is decided.
    Context,
}

/// What an author can do about a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOut {
    /// Write the object differently.
    Change,
    /// That, or delete and recreate the stored object.
    Recreate,
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
    /// What a denial rests on.
    pub rests_on: RestsOn,
    /// What can be done about a denial.
    pub way_out: WayOut,
}

impl Rule {
    /// A finding of this rule, with the rule's own way out unless another is given.
    pub fn finding(&'static self, path: &str, message: String, hint: Option<String>) -> Finding {
        let own = (!self.hint.is_empty()).then(|| self.hint.to_owned());
        Finding { rule: self.id, severity: self.severity, path: path.to_owned(), message, hint: hint.or(own) }
    }

    /// A finding at error weight, whatever the rule's own weight.
    pub fn refusal(&'static self, path: &str, message: String, hint: Option<String>) -> Finding {
        Finding { severity: Severity::Error, ..self.finding(path, message, hint) }
    }
}

/// Findings in the order in which they are made.
#[derive(Debug, Default)]
pub struct Found(pub Vec<Finding>);

impl Found {
    /// A finding with the rule's own way out.
    pub fn add(&mut self, rule: &'static Rule, path: impl AsRef<str>, message: impl Into<String>) {
        self.0.push(rule.finding(path.as_ref(), message.into(), None));
    }

    /// A finding with a way out that only fits this one.
    pub fn add_with_hint(
        &mut self,
        rule: &'static Rule,
        path: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.0.push(rule.finding(path, message.into(), Some(hint.into())));
    }
}

/// Declares rules as statics. Between id and title stands in brackets what is unusual about a rule.
macro_rules! rules {
    ($stage:ident $severity:ident $(
        $constant:ident $id:literal $( [ $($member:ident: $value:expr),* ] )? $title:literal $about:literal $hint:literal
    )* ) => {
        $(
            pub(crate) static $constant: Rule = Rule {
                $( $($member: $value,)* )?
                ..Rule {
                    id: $id,
                    stage: Stage::$stage,
                    severity: Severity::$severity,
                    title: $title,
                    about: $about,
                    hint: $hint,
                    rests_on: $crate::core::kubernetes::rule::RestsOn::Object,
                    way_out: $crate::core::kubernetes::rule::WayOut::Change,
                }
            };
        )*
    };
}
pub(crate) use rules;
