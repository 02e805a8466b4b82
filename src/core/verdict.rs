//! The verdict about an object before it is sent: what the server will answer, and what becomes of it afterwards.

use serde_json::Value;
use std::sync::OnceLock;

use super::api_server::custom::{Request, Review};
use super::kind::judge::{Foresight, Judge};
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

/// The rules about the input as a whole, which no server sees.
pub(super) static RULES: &[&Rule] = &[&OBJECT_TWICE];

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
    fn judge(&self) -> &dyn Judge {
        let context = || self.context.clone().unwrap_or_else(|| self.kind.installed(self.release));
        self.judge.get_or_init(|| self.kind.judge(self.release, context())).as_ref()
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
        Rules { rows: KINDS.iter().filter_map(row).collect() }
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
        let review = row.judge().review(&Request {
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
        let findings = twin.into_iter().chain(review.findings.iter().cloned()).collect();
        Verdict { review, foresight: None, findings }
    }

    /// The whole verdict: the review, and of an accepted object what its controller will make of it.
    pub fn judge(&self, subject: &Subject<'_>, change: Change<'_>) -> Verdict {
        let mut verdict = self.review(subject, change);
        if let (Some(stored), Some(row)) = (&verdict.review.stored, self.row(subject.object)) {
            let mut foresight = row.judge().foresee(subject.object, stored);
            verdict.findings.append(&mut foresight.advice);
            verdict.foresight = Some(foresight);
        }
        verdict
    }

    /// How the controller of a stored object comes to its choices, a line each.
    pub fn explain(&self, stored: &Value) -> Vec<String> {
        self.row(stored).map(|row| row.judge().explain(stored)).unwrap_or_default()
    }

    /// What the controller will make of an object that the server holds.
    pub fn foresee(&self, authored: &Value, stored: &Value) -> Foresight {
        self.row(authored).map(|row| row.judge().foresee(authored, stored)).unwrap_or_default()
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
mod tests {
    use super::*;
    use serde_json::json;

    fn object(spec: Value) -> Value {
        json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
               "metadata": {"name": "q", "namespace": "default"}, "spec": spec})
    }

    fn review(object: &Value, change: Change<'_>) -> Verdict {
        let subject = Subject { object, namespace: "default", twice: Vec::new(), twin: None };
        Rules::offline(Release::newest()).review(&subject, change)
    }

    fn on(provider: &str, engine: &str) -> Value {
        object(
            json!({"model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": engine}, "provider": {"name": provider},
                      "resources": {"gpu": {"count": 1}}}),
        )
    }

    #[test]
    fn only_a_provider_that_is_not_known_is_left_to_the_cluster() {
        let unknown = review(&on("own", "vllm"), Change::Create);
        assert!(unknown.refused() && unknown.rests_on_context(), "{:?}", unknown.findings);
        let wrong_engine = review(&on("vllm", "sglang"), Change::Create);
        assert!(wrong_engine.refused() && !wrong_engine.rests_on_context(), "{:?}", wrong_engine.findings);
        let mut both = on("own", "vllm");
        both["metadata"]["name"] = json!("q.q");
        assert!(!review(&both, Change::Create).rests_on_context());
        assert!(!review(&on("vllm", "vllm"), Change::Create).rests_on_context(), "there is no refusal");
    }

    #[test]
    fn immutable_fields_are_named_when_nothing_else_is_wrong() {
        let old = on("vllm", "vllm");
        let mut new = old.clone();
        new["spec"]["model"]["id"] = json!("org/other");
        let verdict = review(&new, Change::Replace { old: &old });
        assert_eq!(verdict.immutable(), Some(vec!["spec.model.id"]));
        new["spec"]["resources"]["gpu"]["count"] = json!(65);
        assert_eq!(review(&new, Change::Replace { old: &old }).immutable(), None);
        assert_eq!(review(&old, Change::Replace { old: &old }).immutable(), None);
    }

    #[test]
    fn a_twin_is_refused_whatever_the_server_would_say() {
        let object = on("vllm", "vllm");
        let subject =
            Subject { object: &object, namespace: "default", twice: Vec::new(), twin: Some("a.yaml:1:1") };
        let verdict = Rules::offline(Release::newest()).judge(&subject, Change::Create);
        assert!(verdict.refused() && verdict.review.denial.is_none());
        let rules: Vec<&str> = verdict.errors().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["object-twice"]);
    }

    #[test]
    fn advice_is_no_error_and_a_refusal_names_what_would_do() {
        let verdict = review(&on("vllm", "sglang"), Change::Create);
        assert!(verdict.advice().all(|finding| finding.severity != Severity::Error));
        let hints: Vec<_> = verdict.errors().filter_map(|finding| finding.hint.as_deref()).collect();
        assert_eq!(hints, ["vllm runs vllm"]);
    }

    #[test]
    fn the_providers_of_a_cluster_take_the_place_of_those_of_the_release() {
        let object = on("own", "vllm");
        let kind = kind::of(&object).expect("a known kind");
        let mut configs = kind.installed(Release::newest());
        configs.retain(|config| config["metadata"]["name"] == "vllm");
        configs[0]["metadata"]["name"] = json!("own");
        let subject = Subject { object: &object, namespace: "default", twice: Vec::new(), twin: None };
        let judged = |rules: Rules| rules.review(&subject, Change::Create);
        assert!(judged(Rules::offline(Release::newest())).refused());
        let verdict = judged(Rules::offline(Release::newest()).with(kind, configs));
        assert!(!verdict.refused(), "{:?}", verdict.findings);
    }

    #[test]
    fn only_a_test_backend_serves_without_a_gpu() {
        let part = json!({"replicas": 1, "gpu": {"count": 0}});
        let mut object = object(
            json!({"model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm"},
            "provider": {"name": "dynamo"}, "serving": {"mode": "disaggregated"}, "scaling": {"prefill": part, "decode": part}}),
        );
        let without_gpu = |object: &Value| {
            let verdict = review(object, Change::Create);
            verdict.errors().filter(|finding| finding.path.ends_with("gpu.count")).count()
        };
        assert_eq!(without_gpu(&object), 2);
        object["metadata"]["annotations"] = json!({"airunway.ai/dynamo-test-backend": "mocker"});
        assert_eq!(without_gpu(&object), 0);
    }
}
