//! Checks 4 and 5: what is refused when it is written, and what the shim refuses to render (`test-plan.md` 3.6, 3.7).

use super::base::{
    ADMISSION, INSTALLED, LIMIT, absent, all, base, create, denied, deployment, model, pinned, ruling, said,
    service, unresolved, until_or,
};
use crate::core::plan::{Act, Check, Group, Names, Settled, Step, Uses, Verdict, of};
use serde_json::{Value, json};

const fn reserved(id: &'static str, title: &'static str, script: fn(&Names) -> Vec<Step>) -> Check {
    Check {
        id,
        group: Group::Provider,
        title,
        needs: INSTALLED,
        uses: Uses::NOTHING,
        limit: LIMIT,
        script,
        proves: "Container, Service and probes always agree on the address that the server listens on.",
        failure: "A model starts on an address that nobody asks, and never becomes ready.",
    }
}

/// Checks 4 and 5a to 5d.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "4",
        group: Group::Provider,
        title: "two different images are denied",
        needs: ADMISSION,
        uses: Uses::NOTHING,
        limit: LIMIT,
        script: conflict,
        proves: "Whoever names an image twice learns it before anything is created.",
        failure: "One of two images is chosen silently.",
    },
    reserved("5a", "the argument port is not rendered", |names| {
        script(names, "reserved-a", json!({"args": {"port": "9000"}}), r#"engine arg "port""#)
    }),
    reserved("5b", "the extra argument --host=... is not rendered", |names| {
        let engine = json!({"extraArgs": ["--host=10.0.0.1"]});
        script(names, "reserved-b", engine, r#"engine extraArg "--host=10.0.0.1""#)
    }),
    reserved("5c", "the extra arguments --port ... are not rendered", |names| {
        let engine = json!({"extraArgs": ["--port", "9000"]});
        script(names, "reserved-c", engine, r#"engine extraArg "--port""#)
    }),
    reserved("5d", "the extra argument --port=... is not rendered", |names| {
        let engine = json!({"extraArgs": ["--port=9000"]});
        script(names, "reserved-d", engine, r#"engine extraArg "--port=9000""#)
    }),
];

fn conflict(names: &Names) -> Vec<Step> {
    let object = model(names, "img-conflict");
    let images = json!({"image": "ubuntu:latest", "engine": {"image": "vllm/vllm-openai:latest"}});
    let words = concat!(
        r#"spec.engine.image: Invalid value: "vllm/vllm-openai:latest": spec.image "ubuntu:latest" conflicts with "#,
        r#"spec.engine.image "vllm/vllm-openai:latest"; remove spec.image or set both fields to the same value "#,
        r#"(spec.engine.image is preferred)"#,
    );
    vec![
        denied(Act::Create(object.clone(), base(names, images)), "denial", &[words]),
        absent(&[&object, &deployment(names, "img-conflict")], Settled::Denied("denial")),
    ]
}

fn script(names: &Names, name: &str, engine: Value, token: &str) -> Vec<Step> {
    let (object, child) = (model(names, name), deployment(names, name));
    let text = format!(
        "failed to build vLLM args: {token} conflicts with Direct vLLM generated networking; Direct vLLM currently \
         requires host 0.0.0.0 and port 8000 to keep the container, Service, and probes aligned"
    );
    let rendered =
        ruling([of("deployment").at(".metadata.name").present()], Verdict::Fail, "it was rendered");
    vec![
        create(&object, pinned(names, json!({"engine": engine})), "created"),
        until_or(
            &[("model", &object), ("deployment", &child)],
            [of("model").at(".status.phase").is("Failed"), of("deployment").gone()],
            vec![unresolved("model"), rendered],
            Verdict::Fail,
        ),
        // The words of the image come first in a pass: without the registry nothing can be said about the arguments.
        Step::Judge(vec![
            unresolved("model"),
            ruling(
                [of("model").at(".status.message").is(format!("Failed to generate vLLM resources: {text}"))],
                Verdict::Pass,
                "refused",
            ),
            ruling([of("model").at(".status.message").present()], Verdict::Fail, "refused in other words"),
        ]),
        Step::Expect(all([
            vec![said("model", "ResourceCreated").is(text)],
            of("model").has_condition("ResourceCreated", "False", "TransformFailed").into(),
        ])),
        absent(&[&child, &service(names, name)], Settled::Pass("model")),
    ]
}
