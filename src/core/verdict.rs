//! The verdict about an object before it is sent: what the server will answer, and what becomes of it afterwards.

mod changes;

use serde_json::Value;
use std::sync::OnceLock;

use super::api_server::custom::{Request, Review};
use super::kind::judge::{Foresight, Judge};
use super::kind::operator::{Operator, OperatorValues};
use super::kind::release::Release;
use super::kind::{self, KINDS, Kind};
use super::kubernetes::finding::{Finding, Severity};
use super::kubernetes::rule::{RestsOn, Rule, Stage, WayOut, rules};
use super::kubernetes::server_side_apply::{self, Lists};

rules! { Input Error
    OBJECT_TWICE "object-twice"
        "Object appears twice in the input"
        "Two objects of the input have the same group, kind, namespace and name. For the cluster they are one object, and the one sent last would silently undo the other."
        "remove one of the two, or give it another name or namespace"
}

rules! { Input Error
    FILE_UNREADABLE "file-unreadable"
        "File cannot be read"
        "A file that was given cannot be read: it is not there, may not be read, or is too large. What is in it was not judged; the other files were."
        "check the path and its permissions"
    FILE_SYNTAX "file-syntax"
        "Text is neither YAML nor JSON"
        "A document of a file cannot be read: a typing error, a template that was not rendered, another kind of file. kubectl would refuse it. What is in it was not judged; the other documents and files were."
        ""
    DOCUMENT_WITHOUT_KIND "document-without-kind"
        "Document is not an object of a cluster"
        "A document has no `apiVersion` or no `kind`, for example the values of a Helm chart. kubectl would refuse it. It was not judged."
        "a manifest has apiVersion and kind; keep other files in another directory"
    KIND_UNKNOWN "kind-unknown"
        "The API group has no such kind"
        "The object belongs to an API group that this program knows, and the group has no kind of that name: it is misspelt, a plural, or in lower case. The API server refuses it."
        ""
}

rules! { Input Warning
    METADATA_FROM_CLUSTER "metadata-from-cluster"
        "Object holds fields that a cluster has set"
        "The object was taken out of a cluster and still holds what only the server writes, such as `metadata.managedFields`, `metadata.uid` and `metadata.resourceVersion`. Server-side apply refuses some of them and takes others for a condition. They are left out."
        "remove them from the file"
}

/// The rules about the input as a whole, which no server sees.
pub(super) static RULES: &[&Rule] = &[
    &OBJECT_TWICE,
    &FILE_UNREADABLE,
    &FILE_SYNTAX,
    &DOCUMENT_WITHOUT_KIND,
    &KIND_UNKNOWN,
    &METADATA_FROM_CLUSTER,
    &CHILD_CHANGE_REFUSED,
];

/// What only the server writes into `metadata`; what is taken out of an object that is to be sent.
const SET_BY_SERVER: [&str; 6] =
    ["managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"];

/// Takes out of an object what only a server writes into its metadata; answers the field paths of what was there.
pub fn clean(object: &mut Value) -> Vec<String> {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return Vec::new() };
    let is_set = |name: &&&str| metadata.get(**name).is_some_and(|value| !value.is_null());
    // `creationTimestamp: null` is what kubectl and generators write into new objects.
    let set: Vec<&str> = SET_BY_SERVER.iter().filter(is_set).copied().collect();
    if !set.iter().any(|name| ["managedFields", "uid", "resourceVersion"].contains(name)) {
        return Vec::new();
    }
    set.iter().for_each(|name| drop(metadata.shift_remove(*name)));
    set.iter().map(|name| format!("metadata.{name}")).collect()
}
rules! { Advice Warning
    CHILD_CHANGE_REFUSED "child-change-refused"
        "Change of a child object that the API server will refuse"
        "The object itself is accepted. Its controller then changes a child object that is there already, by server-side apply, where what the server once filled in stays: a Deployment that rolls keeps `rollingUpdate`, and cannot become `Recreate` by its type alone. The API server refuses that change, and the object fails."
        "set spec.strategy.rollingUpdate to null in a separate change, or delete the child object first"
}

/// An object that is judged, and what is known of its text.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The object as it will be sent.
    pub object: &'a Value,
    /// The namespace of the request.
    pub namespace: &'a str,
    /// Field paths that its text names twice: of two values the object holds one only.
    pub twice: Vec<String>,
    /// Where in the input the same object was seen before.
    pub twin: Option<&'a str>,
    /// Field paths of what [`clean`] has taken out.
    pub cleaned: &'a [String],
}

/// What the request does to the cluster.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// There is no such object yet.
    Create,
    /// Server-side apply by `manager` over the live object.
    Apply {
        /// The object as the cluster holds it.
        live: &'a Value,
        /// Who applies.
        manager: &'a str,
    },
    /// The object takes the place of the whole old one.
    Replace {
        /// The stored object.
        old: &'a Value,
    },
}

/// What objects are judged against: releases, and what is known of the cluster. Made once, shared by all threads.
pub struct Rules {
    rows: Vec<Row>,
    /// What operators were started with, as far as that is known.
    operators: OperatorValues,
}

/// The judge of one kind.
struct Row {
    kind: &'static dyn Kind,
    release: &'static Release,
    /// Made when the first object of the kind is judged.
    judge: OnceLock<Box<dyn Judge>>,
    /// The objects of [`Kind::context`] as a cluster has them; `None` for those that the release installs.
    context: Option<Vec<Value>>,
}

impl Row {
    fn judge(&self, operators: &OperatorValues) -> &dyn Judge {
        let context = || self.context.clone().unwrap_or_else(|| self.kind.installed(self.release));
        let make = || self.kind.judge_operated(self.release, context(), operators);
        self.judge.get_or_init(make).as_ref()
    }
}

/// The verdict about one object.
#[derive(Debug)]
pub struct Verdict {
    /// What the API server and the webhooks make of it.
    pub review: Review,
    /// What its controller will make of it, for an object that is accepted and was asked about.
    pub foresight: Option<Foresight>,
    /// Every reason for a refusal, every warning, and what the server accepts and will later fail on.
    pub findings: Vec<Finding>,
}

impl Rules {
    /// Those of a cluster as releases install it, with all that they bring along: `release` for the kinds of its product,
    /// of other products the newest that is embedded.
    pub fn offline(release: &'static Release) -> Rules {
        let row = |kind: &&'static dyn Kind| {
            let release = kind.release(release)?;
            Some(Row { kind: *kind, release, judge: OnceLock::new(), context: None })
        };
        Rules { rows: KINDS.iter().filter_map(row).collect(), operators: OperatorValues::default() }
    }

    /// The same for operators that were started with these values.
    #[must_use]
    pub fn operated(mut self, operators: OperatorValues) -> Rules {
        self.rows.iter_mut().for_each(|row| row.judge = OnceLock::new());
        self.operators = operators;
        self
    }

    /// What operators are judged to have been started with.
    pub fn operators(&self) -> &OperatorValues {
        &self.operators
    }

    /// What is assumed of the operator behind an object's kind, a line for people; `None` where nothing is.
    pub fn assumption(&self, object: &Value) -> Option<String> {
        let row = self.row(object)?;
        self.operators.assumption(row.kind.operator()?, row.release.name)
    }

    /// The operator behind an object's kind, and the release by which it is judged.
    pub fn operator_of(&self, object: &Value) -> Option<(&'static Operator, &'static str)> {
        let row = self.row(object)?;
        Some((row.kind.operator()?, row.release.name))
    }

    /// The same with the objects of [`Kind::context`] as a cluster has them.
    #[must_use]
    pub fn with(mut self, kind: &'static dyn Kind, context: Vec<Value>) -> Rules {
        if let Some(row) = self.rows.iter_mut().find(|row| row.kind.resource() == kind.resource()) {
            *row = Row { judge: OnceLock::new(), context: Some(context), ..*row };
        }
        self
    }

    fn row(&self, object: &Value) -> Option<&Row> {
        let resource = kind::of(object)?.resource();
        self.rows.iter().find(|row| row.kind.resource() == resource)
    }

    /// Whether an object may be sent, and nothing beyond that: a fraction of what [`Rules::judge`] costs. An object of a
    /// kind that is not followed passes.
    pub fn review(&self, subject: &Subject<'_>, change: Change<'_>) -> Verdict {
        let Some(row) = self.row(subject.object) else { return Verdict::passed(subject.object) };
        let merged = match change {
            Change::Apply { live, manager } => {
                let schema = &row.release.crd(&row.kind.resource().qualified()).schema;
                Some(server_side_apply::preview(live, subject.object, manager, Lists::Schema(schema)))
            }
            Change::Create | Change::Replace { .. } => None,
        };
        let review = row.judge(&self.operators).review(&Request {
            object: merged.as_ref().unwrap_or(subject.object),
            old: match change {
                Change::Create => None,
                Change::Apply { live: old, .. } | Change::Replace { old } => Some(old),
            },
            namespace: subject.namespace,
            duplicates: &subject.twice,
        });
        let twin = subject.twin.map(|first| {
            OBJECT_TWICE.finding(
                "metadata.name",
                format!("the same object is in the input already: {first}"),
                None,
            )
        });
        let cleaned = subject.cleaned.first().map(|first| {
            let message = format!("set by a cluster and left out: {}", subject.cleaned.join(", "));
            METADATA_FROM_CLUSTER.finding(first, message, None)
        });
        let findings = twin.into_iter().chain(cleaned).chain(review.findings.iter().cloned()).collect();
        Verdict { review, foresight: None, findings }
    }

    /// The whole verdict: the review, and of an accepted object what its controller will make of it.
    pub fn judge(&self, subject: &Subject<'_>, change: Change<'_>) -> Verdict {
        let mut verdict = self.review(subject, change);
        if let (Some(stored), Some(row)) = (&verdict.review.stored, self.row(subject.object)) {
            let mut foresight = row.judge(&self.operators).foresee(subject.object, stored);
            verdict.findings.append(&mut foresight.advice);
            if let Change::Apply { live: old, .. } | Change::Replace { old } = change {
                verdict.findings.extend(changes::refused(row.judge(&self.operators), old, &foresight));
            }
            verdict.foresight = Some(foresight);
        }
        verdict
    }

    /// How the controller of a stored object comes to its choices, a line each.
    pub fn explain(&self, stored: &Value) -> Vec<String> {
        self.row(stored).map(|row| row.judge(&self.operators).explain(stored)).unwrap_or_default()
    }

    /// What the controller will make of an object that the server holds.
    pub fn foresee(&self, authored: &Value, stored: &Value) -> Foresight {
        self.row(authored).map(|row| row.judge(&self.operators).foresee(authored, stored)).unwrap_or_default()
    }
}

impl Verdict {
    /// About an object that nobody judges.
    fn passed(object: &Value) -> Verdict {
        let stored = Some(object.clone());
        let review = Review { stored, denial: None, warnings: Vec::new(), findings: Vec::new() };
        Verdict { review, foresight: None, findings: Vec::new() }
    }

    /// Whether the object may not be sent.
    pub fn refused(&self) -> bool {
        self.review.denial.is_some() || self.errors().next().is_some()
    }

    /// The reasons for a refusal.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// What the server would take, and warn about or later fail on.
    pub fn advice(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity != Severity::Error)
    }

    /// Whether a refusal rests on nothing but what is, or is not, in the cluster that was judged against.
    pub fn rests_on_context(&self) -> bool {
        self.all_rules(|rule| rule.rests_on == RestsOn::Context)
    }

    /// The fields that cannot be changed, when a refusal is about nothing else: the object can be recreated.
    pub fn immutable(&self) -> Option<Vec<&str>> {
        let recreates = self.all_rules(|rule| rule.way_out == WayOut::Recreate);
        recreates.then(|| self.errors().map(|finding| finding.path.as_str()).collect())
    }

    /// Whether there are reasons for a refusal, and each is of such a rule.
    fn all_rules(&self, is_such: impl Fn(&Rule) -> bool) -> bool {
        self.errors().next().is_some()
            && self.errors().all(|finding| Rule::named(finding.rule).is_some_and(&is_such))
    }
}

#[cfg(test)]
mod tests;
