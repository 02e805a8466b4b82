//! What an error of the cluster is to a check: a refusal by somebody, or no answer.

use crate::core::plan::{Answer, Refusal, RefusedBy};
use crate::io::cluster::ClusterError;

/// The answer that an error stands for: who refused it, or that nobody knows.
pub fn answer_of(error: &ClusterError) -> Answer {
    let refused = |by, code, message: &str| {
        // A server may say nothing at all.
        let message = if message.is_empty() { error.to_string() } else { message.to_owned() };
        Answer::Refused(Refusal { by, code, message })
    };
    match error {
        ClusterError::Denied { code, by, message } => refused(RefusedBy::Webhook(by.clone()), *code, message),
        ClusterError::WebhookUnreachable { webhook, message } => {
            refused(RefusedBy::WebhookUnreachable(webhook.clone()), 500, message)
        }
        ClusterError::Invalid { message, .. } => refused(RefusedBy::Schema, 422, message),
        ClusterError::BadRequest { message } => refused(RefusedBy::Schema, 400, message),
        ClusterError::Forbidden { message, .. } => refused(RefusedBy::Rights, 403, message),
        ClusterError::Refused { message } => refused(RefusedBy::Other, 403, message),
        ClusterError::NamespaceTerminating { .. } => refused(RefusedBy::Other, 403, ""),
        ClusterError::NotFound { message } => refused(RefusedBy::Other, 404, message),
        ClusterError::NoNamespace { .. } | ClusterError::UnknownResource { .. } => {
            refused(RefusedBy::Other, 404, "")
        }
        ClusterError::Conflict { message } => refused(RefusedBy::Other, 409, message),
        ClusterError::FieldConflict { .. } => refused(RefusedBy::Other, 409, ""),
        _ => Answer::Failed(words(error)),
    }
}

/// An error with its causes, in one line.
pub(super) fn words(error: &ClusterError) -> String {
    std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::cluster::{Fault, Forbidden};

    #[test]
    fn a_refusal_names_who_refused() {
        let text = || "no".to_owned();
        let denied = ClusterError::Denied { code: 403, by: "a.webhook".to_owned(), message: text() };
        let dead = ClusterError::WebhookUnreachable { webhook: "a.webhook".to_owned(), message: text() };
        let forbidden = ClusterError::Forbidden { what: Forbidden::default(), message: text() };
        for (error, by, code) in [
            (denied, RefusedBy::Webhook("a.webhook".to_owned()), 403),
            (dead, RefusedBy::WebhookUnreachable("a.webhook".to_owned()), 500),
            (ClusterError::Invalid { message: text(), causes: Vec::new() }, RefusedBy::Schema, 422),
            (ClusterError::BadRequest { message: text() }, RefusedBy::Schema, 400),
            (forbidden, RefusedBy::Rights, 403),
            (ClusterError::Refused { message: text() }, RefusedBy::Other, 403),
            (ClusterError::Conflict { message: text() }, RefusedBy::Other, 409),
        ] {
            assert_eq!(answer_of(&error), Answer::Refused(Refusal { by, code, message: text() }));
        }
    }

    #[test]
    fn no_answer_is_no_refusal() {
        let error = ClusterError::Unreachable {
            server: "https://example.com".to_owned(),
            proxy: None,
            fault: Fault::Refused,
        };
        let words = "cannot reach the API server at https://example.com: connection refused";
        assert_eq!(answer_of(&error), Answer::Failed(words.to_owned()));
    }
}
