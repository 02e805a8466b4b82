//! S1: every shim registers itself, and says what it is (`test-plan.md` 3.2, `airunway-providers.md` 1).

use super::base::{INSTALLED, LIMIT, act, all, ruling, until_or};
use super::preconditions::{HEARTBEAT, registration};
use crate::core::kubernetes::resource::CUSTOM_RESOURCE_DEFINITION;
use crate::core::plan::{
    Act, Check, Claim, Expected, Group, Names, Object, Ruling, Step, Uses, Verdict, condition, of,
};
use serde_json::{Value, json};

const fn row(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    script: fn(&Names) -> Vec<Step>,
) -> Check {
    Check {
        id,
        group: Group::Provider,
        title,
        needs,
        uses: Uses::NOTHING,
        limit: LIMIT,
        script,
        proves: "The shim has registered what it can do, says its version and is alive.",
        failure: "The shim does not run, has lost its lease, or registers something else than it should.",
    }
}

/// S1 and its siblings.
pub(super) const CHECKS: &[Check] = &[
    row("S1", "the Direct vLLM shim registers itself without selection rules", INSTALLED, vllm),
    row("S1-dynamo", "the Dynamo shim registers itself with its rules", &["P1", "provider-dynamo"], dynamo),
    row("S1-kaito", "the KAITO shim registers itself with its rules", &["P1", "provider-kaito"], kaito),
    row(
        "S1-kuberay",
        "the KubeRay shim registers itself with its rule",
        &["P1", "provider-kuberay"],
        kuberay,
    ),
    row("S1-llmd", "the llm-d shim registers itself without selection rules", &["P1", "provider-llmd"], llmd),
];

const VERSION: &str = ".status.version";

/// What is the same for all: ready, a version of its own, a fresh heartbeat, and the claims that are not.
fn script(
    names: &Names,
    provider: &'static str,
    version: &'static str,
    unless: Vec<Ruling>,
    claims: Vec<Claim>,
) -> Vec<Step> {
    let expected = names.expected_tag.as_ref().map(|tag| {
        let version = format!("{provider}-provider:{tag}");
        of("provider").at(VERSION).is(version)
    });
    vec![
        until_or(
            &[("provider", &registration(provider))],
            [of("provider").at(".status.ready").is(true)],
            unless,
            Verdict::Fail,
        ),
        act(Act::ServerTime, "time"),
        Step::Expect(all([
            vec![
                of("provider").at(VERSION).matches(version),
                of("provider").at(".status.lastHeartbeat").fresh(HEARTBEAT, of("time").at(".now")),
            ],
            expected.into_iter().collect(),
            claims,
        ])),
    ]
}

/// The operator that a shim builds on is not installed, which the shim is right to say.
fn no_operator(claim: Claim, text: &'static str) -> Ruling {
    // `ready` is left out when it is false.
    ruling([claim, of("provider").at(".status.ready").missing()], Verdict::Skip, text)
}

fn rules(rules: &[(&str, i64)]) -> Claim {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(condition, priority)| json!({"condition": condition, "priority": priority}))
        .collect();
    of("provider").at(".spec.selectionRules").is(Value::Array(rules))
}

fn no_rules() -> Claim {
    of("provider").at(".spec.selectionRules").missing()
}

fn built_on(version: &str) -> Claim {
    of("provider").at(".status.upstreamCRDVersion").is(version)
}

fn engines(engines: &[&str]) -> Claim {
    let names: Value = match engines {
        [one] => json!(one),
        several => json!(several),
    };
    of("provider").at(".spec.capabilities.engines[*].name").is(names)
}

fn vllm(names: &Names) -> Vec<Step> {
    let engine = |member: &str| of("provider").at(format!(".spec.capabilities.engines[0].{member}"));
    let annotation = |name: &str| of("provider").at(format!(".metadata.annotations['airunway.ai/{name}']"));
    let claims = vec![
        no_rules(),
        engines(&["vllm"]),
        engine("servingModes").is(json!(["aggregated"])),
        engine("gpuSupport").is(true),
        engine("cpuSupport").missing(),
        built_on("apps/v1"),
        annotation("installation").present(),
        annotation("documentation").present(),
    ];
    script(names, "vllm", "^vllm-provider:.+", Vec::new(), claims)
}

fn dynamo(names: &Names) -> Vec<Step> {
    let claims = vec![
        engines(&["vllm", "sglang", "trtllm"]),
        built_on("nvidia.com/v1alpha1"),
        rules(&[
            ("spec.engine.type == 'trtllm'", 100),
            ("spec.engine.type == 'sglang'", 100),
            ("has(spec.serving) && spec.serving.mode == 'disaggregated'", 90),
            ("has(spec.resources.gpu) && spec.resources.gpu.count > 0 && spec.engine.type == 'vllm'", 50),
        ]),
    ];
    with_operator(names, "dynamo", "^dynamo-provider:.+", "dynamographdeployments.nvidia.com", claims)
}

fn kuberay(names: &Names) -> Vec<Step> {
    let rule = "has(spec.resources.gpu) && spec.resources.gpu.count > 1 && spec.engine.type == 'vllm'";
    let claims = vec![engines(&["vllm"]), built_on("ray.io/v1"), rules(&[(rule, 80)])];
    with_operator(names, "kuberay", "^kuberay-provider:.+", "rayservices.ray.io", claims)
}

/// A shim that is ready only where its operator has defined a type.
fn with_operator(
    names: &Names,
    provider: &'static str,
    version: &'static str,
    definition: &str,
    claims: Vec<Claim>,
) -> Vec<Step> {
    let definition = Object::cluster_wide(CUSTOM_RESOURCE_DEFINITION, definition);
    // Whoever may not read definitions learns less, not nothing.
    let look = Step::Do { act: Act::Read(definition), keep: "definition", expected: Expected::Any };
    let absent = no_operator(of("definition").gone(), "its operator is not installed");
    let mut steps = vec![look];
    steps.extend(script(names, provider, version, vec![absent], claims));
    steps
}

fn kaito(names: &Names) -> Vec<Step> {
    let claims = vec![
        engines(&["vllm", "llamacpp"]),
        built_on("kaito.sh/v1beta1"),
        rules(&[
            ("!has(spec.resources.gpu) || spec.resources.gpu.count == 0", 100),
            ("spec.engine.type == 'llamacpp'", 100),
        ]),
    ];
    // The shim looks for its operator and says what it finds (`airunway-providers.md` 7.4).
    let upstream = |member| of("provider").at(condition("UpstreamReady", member));
    let absent = ruling(
        [upstream("message").present(), upstream("status").is("False")],
        Verdict::Skip,
        "its operator is not installed",
    );
    script(names, "kaito", "^kaito-provider:.+", vec![absent], claims)
}

fn llmd(names: &Names) -> Vec<Step> {
    let claims = vec![engines(&["vllm"]), built_on("apps/v1"), no_rules()];
    script(names, "llmd", "^llmd-provider:.+", Vec::new(), claims)
}
