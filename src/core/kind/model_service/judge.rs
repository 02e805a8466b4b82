//! The judge of ModelServices: the API server's answer by the definition, then the operator's first write and every object
//! that it creates, up to the first that the API server refuses.

use super::advice::{self, Situation};
use super::inputs::Inputs;
use super::refusals::{self, Refused};
use super::render::{Service, children};
use super::shape::settle;
use crate::core::api_server::custom::{self, NoWebhooks, Request, Review};
use crate::core::kind::judge::{Children, Foresight, Judge, PredictedStatus};
use crate::core::kind::operator::OperatorValues;
use crate::core::kind::release::Release;
use crate::core::kubernetes::meta::Condition;
use serde_json::Value;

/// Judges by a release of the operator and what it was started with.
pub(super) struct ModelServiceJudge {
    release: &'static Release,
    inputs: Inputs,
}

impl ModelServiceJudge {
    /// A judge for an operator that was started with these values.
    pub(super) fn new(release: &'static Release, values: &OperatorValues) -> ModelServiceJudge {
        ModelServiceJudge { release, inputs: Inputs::of(values, release.name) }
    }
}

impl Judge for ModelServiceJudge {
    fn review(&self, request: &Request<'_>) -> Review {
        custom::review(request, self.release.crd(super::DEFINITION), &NoWebhooks)
    }

    fn foresee(&self, authored: &Value, stored: &Value) -> Foresight {
        let settled = settle(stored, self.release);
        let service = Service::new(&settled, &self.inputs);
        let mut created = children(&service);
        let refused = refusals::first(&mut created);
        if let Some(refused) = &refused {
            created.truncate(refused.index);
        }
        let advice =
            advice::advice(&Situation { authored, stored, service: &service, refused: refused.as_ref() });
        let status = refused.map(predicted);
        Foresight {
            children: Children::Known(created),
            status,
            advice,
            settled: Some(settled),
            ..Foresight::default()
        }
    }
}

/// The status of an object with a child that is refused: the condition alone tells, the phase is left as it was.
fn predicted(refused: Refused) -> PredictedStatus {
    let message = refused.error();
    let condition = Condition {
        kind: "Ready".to_owned(),
        status: "False".to_owned(),
        reason: "ReconcileError".to_owned(),
        message: message.clone(),
        ..Condition::default()
    };
    let sentence = format!("will be accepted, then Ready will be False with ReconcileError: {message}");
    PredictedStatus { phase: "", message, conditions: vec![condition], sentence, later: false }
}
