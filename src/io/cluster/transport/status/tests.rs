use super::*;

fn status(message: &str) -> Status {
    Status { message: message.to_owned(), ..Status::default() }
}

#[test]
fn a_body_that_is_no_status_is_none() {
    for body in [
        "",
        "404 page not found",
        "{}",
        "{\"kind\":\"Pod\"}",
        "<html>",
        "[]",
        "{\"kind\":\"Status\",\"code\":-1}",
    ] {
        assert_eq!(Status::read(body.as_bytes()), None, "{body}");
    }
    let read = Status::read(br#"{"kind":"Status","details":null,"message":"m","code":500}"#);
    assert_eq!(read.map(|status| (status.code, status.message)), Some((500, "m".to_owned())));
}

#[test]
fn conflicts_name_manager_and_field() {
    let body = br#"{"kind":"Status","code":409,"reason":"Conflict","message":"Apply failed with 2 conflicts","details":{"causes":[
        {"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using airunway.ai/v1alpha1","field":".spec.scaling.replicas"},
        {"reason":"FieldManagerConflict","message":"conflict with \"a \\\"b\\\"\" with subresource \"status\" using v1 at 2026-01-01T00:00:00Z","field":".status.x"}]}}"#;
    let conflicts = Status::read(body).map(|status| status.field_conflicts()).unwrap_or_default();
    let told: Vec<(&str, &str)> =
        conflicts.iter().map(|conflict| (conflict.manager.as_str(), conflict.field.as_str())).collect();
    assert_eq!(told, [("kubectl-edit", ".spec.scaling.replicas"), ("a \"b\"", ".status.x")]);
}

#[test]
fn forbidden_texts_are_taken_apart() {
    let text = "modeldeployments.airunway.ai \"q\" is forbidden: User \"jane\" cannot patch resource \"modeldeployments\" in API group \"airunway.ai\" in the namespace \"team-a\"";
    let expected = Forbidden {
        user: "jane".to_owned(),
        verb: "patch".to_owned(),
        resource: "modeldeployments.airunway.ai".to_owned(),
        namespace: Some("team-a".to_owned()),
    };
    assert_eq!(status(text).forbidden(), Some(expected));
    let text = "namespaces is forbidden: User \"system:anonymous\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope: no";
    let read = status(text).forbidden().unwrap_or_default();
    assert_eq!((read.resource.as_str(), read.namespace), ("namespaces", None));
    let text = "forbidden: User \"u\" cannot get path \"/version\"";
    assert_eq!(status(text).forbidden().unwrap_or_default().resource, "/version");
    assert_eq!(status("forbidden: exceeded quota").forbidden(), None);
}

#[test]
fn webhooks_that_deny_and_webhooks_that_are_gone_differ() {
    let denied = status("admission webhook \"v.kb.io\" denied the request: spec.x: no");
    assert_eq!((denied.denied_by(), denied.unreachable_webhook()), (Some("v.kb.io".to_owned()), None));
    let gone = status(
        "Internal error occurred: failed calling webhook \"v.kb.io\": failed to call webhook: Post \"https://x\": EOF",
    );
    assert_eq!((gone.denied_by(), gone.unreachable_webhook()), (None, Some("v.kb.io".to_owned())));
    let policy = status(
        "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p.example' with binding 'b' denied request: no",
    );
    assert_eq!(policy.denied_by(), Some("p.example".to_owned()));
}

#[test]
fn quotes_that_never_end_are_no_quotes() {
    for text in ["\"abc", "\"abc\\", "abc", "", "\""] {
        assert_eq!(quoted(text), None, "{text}");
    }
    assert_eq!(quoted("\"\u{e9}\" rest"), Some(("\u{e9}".to_owned(), " rest")));
}
