//! The judge of OGXServers.

use super::advice;
use super::webhook::Admission;
use crate::core::api_server::custom::{self, Request, Review};
use crate::core::kind::judge::{Children, Foresight, Judge};
use crate::core::kind::release::Release;
use serde_json::Value;

pub(super) struct OgxServerJudge(pub(super) &'static Release);

impl Judge for OgxServerJudge {
    fn review(&self, request: &Request<'_>) -> Review {
        custom::review(request, self.0.crd("ogxservers.ogx.io"), &Admission)
    }

    fn foresee(&self, _: &Value, stored: &Value) -> Foresight {
        let (advice, status) = advice::advice(stored);
        let children = Children::NotFollowed(
            "what the OGX operator makes of an OGXServer is not followed by this version".to_owned(),
        );
        Foresight { children, advice, status, ..Foresight::default() }
    }
}
