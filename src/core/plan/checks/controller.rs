//! The controller suite, on KAITO without a GPU (`test-plan.md` 6.2).

use super::suite::{act, chat, condition_is, create, minutes, model, ruling, until};
use crate::core::kind::model_deployment::INFERENCE_PROVIDER_CONFIG;
use crate::core::kubernetes::resource::{DEPLOYMENT, POD, Resource, SERVICE, cluster_wide, namespaced};
use crate::core::plan::{Act, Check, Denial, Expected, Group, Names, Object, Step, Uses, Verdict, of};
use serde_json::{Value, json};
use std::time::Duration;

/// What holds the webhook's certificate.
const SECRET: Resource = namespaced("", "v1", "secrets", "Secret");
const ADMISSION: &str = "admissionregistration.k8s.io";
const MUTATING: Resource =
    cluster_wide(ADMISSION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration");
const VALIDATING: Resource =
    cluster_wide(ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration");
/// The pod label that the shims put on what runs a model.
const OF_MODEL: &str = "airunway.ai/model-deployment";

const fn row(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    limit: Duration,
    script: fn(&Names) -> Vec<Step>,
    [proves, failure]: [&'static str; 2],
) -> Check {
    Check { id, group: Group::Controller, title, needs, uses: Uses::NOTHING, limit, script, proves, failure }
}

const fn registered(id: &'static str, title: &'static str, script: fn(&Names) -> Vec<Step>) -> Check {
    let (group, uses, limit) = (Group::Precondition, Uses::NOTHING, minutes(1));
    let proves = "What this provider's checks create is looked after.";
    let failure = "The shim is not installed, or what it builds on (an operator, its types) is not ready.";
    Check { id, group, title, needs: &["P1"], uses, limit, script, proves, failure }
}

/// That a provider is registered and ready.
pub(super) const PRECONDITIONS: &[Check] = &[
    registered("P-kaito", "KAITO is registered and ready", |_| ready("kaito")),
    registered("P-dynamo", "Dynamo is registered and ready", |_| ready("dynamo")),
    registered("P-llmd", "llm-d is registered and ready", |_| ready("llmd")),
];

/// C1 to C8.
pub(super) const CHECKS: &[Check] = &[
    row(
        "C1",
        "one controller runs",
        &["P1"],
        minutes(1),
        one_controller,
        ["There is one controller and it is up.", "The controller does not run, or several do."],
    ),
    row(
        "C2",
        "the webhooks have their certificate and their authority",
        &["P1"],
        minutes(1),
        plumbing,
        [
            "The API server can ask the webhooks.",
            "The controller has not made or not filled in the certificate.",
        ],
    ),
    row(
        "C3",
        "KAITO registers what it can do, engine by engine",
        &["P1", "P-kaito"],
        minutes(3),
        kaito,
        [
            "The selection sees KAITO's engines as they are.",
            "The registration is of an older shape, or claims what KAITO cannot do.",
        ],
    ),
    row(
        "C4",
        "vLLM without a GPU and without a provider is refused by the controller",
        &["P1", "P2"],
        minutes(2),
        vllm_without_gpu,
        ["A model that can never start says so.", "The object waits without a reason."],
    ),
    row(
        "C5",
        "without a GPU the engine llama.cpp is selected",
        &["P1", "P-kaito"],
        minutes(2),
        llama_without_gpu,
        ["The selection of the engine heeds what providers can do.", "Another engine, or none, is selected."],
    ),
    Check {
        uses: Uses::suite(0),
        ..row(
            "C6",
            "a model on the CPU runs with KAITO and answers",
            &["P1", "P-kaito"],
            minutes(20),
            llama_runs,
            [
                "KAITO serves a model without a GPU.",
                "The image cannot be pulled, or the server does not start.",
            ],
        )
    },
    row(
        "C7",
        "a Hugging Face model without an id is denied",
        &["P1", "P3"],
        minutes(1),
        without_id,
        ["The webhook asks for what the source needs.", "The webhook is off, or has another text."],
    ),
    Check {
        uses: Uses::suite(1),
        ..row(
            "C8",
            "a model runs with llm-d and answers",
            &["P1", "P-llmd", "P-gpu"],
            minutes(25),
            llmd_runs,
            ["llm-d serves a model.", "The server does not start, or its objects are missing."],
        )
    },
];

fn ready(provider: &'static str) -> Vec<Step> {
    let registration = Object::cluster_wide(INFERENCE_PROVIDER_CONFIG, provider);
    vec![
        act(Act::Read(registration), "registration"),
        Step::Judge(vec![
            ruling([of("registration").at(".status.ready").is(true)], Verdict::Pass, "it is ready"),
            ruling([of("registration").gone()], Verdict::Skip, "this provider is not installed"),
            ruling([of("registration").at(".metadata.name").present()], Verdict::Skip, "it is not ready"),
        ]),
    ]
}

fn one_controller(names: &Names) -> Vec<Step> {
    let selector = "control-plane=controller-manager".to_owned();
    let pod = |path: &str| of("pods").at(format!(".items[0].{path}"));
    vec![
        act(Act::List(POD, Some(names.system.clone()), Some(selector)), "pods"),
        Step::Expect(vec![
            of("pods").at(".items").count(1),
            pod("metadata.name").contains("controller-manager"),
            pod("status.phase").is("Running"),
        ]),
    ]
}

fn plumbing(names: &Names) -> Vec<Step> {
    let secret = Object::new(SECRET, &names.system, "airunway-webhook-server-cert");
    let mutating = Object::cluster_wide(MUTATING, "airunway-mutating-webhook-configuration");
    let validating = Object::cluster_wide(VALIDATING, "airunway-validating-webhook-configuration");
    let bundle = |key| of(key).at(".webhooks[0].clientConfig.caBundle").matches("(?s)^.{11,}$");
    vec![
        act(Act::Read(secret), "secret"),
        act(Act::Read(mutating), "mutating"),
        act(Act::Read(validating), "validating"),
        Step::Expect(vec![
            // Its content is nobody's business.
            of("secret").at(".metadata.name").present(),
            bundle("mutating"),
            bundle("validating"),
        ]),
    ]
}

fn kaito(_: &Names) -> Vec<Step> {
    let registration = Object::cluster_wide(INFERENCE_PROVIDER_CONFIG, "kaito");
    let at = |path: &str| of("kaito").at(format!(".spec.capabilities.{path}"));
    let engine = |name: &str, member: &str| at(&format!("engines[?(@.name==\"{name}\")].{member}"));
    vec![
        until("kaito", &registration, minutes(2), [of("kaito").at(".status.ready").is(true)]),
        Step::Expect(vec![
            engine("vllm", "gpuSupport").is(true),
            engine("vllm", "cpuSupport").missing(),
            engine("llamacpp", "gpuSupport").is(true),
            engine("llamacpp", "cpuSupport").is(true),
            engine("vllm", "servingModes").contains("aggregated"),
            at("servingModes").missing(),
            at("cpuSupport").missing(),
            at("gpuSupport").missing(),
        ]),
    ]
}

fn vllm_without_gpu(names: &Names) -> Vec<Step> {
    let object = model(names, "e2e-vllm-no-gpu");
    let spec = json!({
        "model": { "id": "Qwen/Qwen3-0.6B", "source": "huggingface" },
        "engine": { "type": "vllm" },
        "resources": { "cpu": "4" },
    });
    let failed = [
        of("model").at(".status.phase").is("Failed"),
        of("model").at(".status.message").contains("requires GPU"),
    ];
    vec![create(&object, spec), until("model", &object, Duration::from_secs(30), failed)]
}

fn llama_without_gpu(names: &Names) -> Vec<Step> {
    let object = model(names, "e2e-llamacpp-no-gpu");
    let selected = [
        of("model").at(".status.engine.type").is("llamacpp"),
        condition_is("model", "EngineSelected", "True"),
    ];
    vec![create(&object, llama()), until("model", &object, minutes(1), selected)]
}

/// The `spec` of a small model on the CPU: KAITO and llama.cpp are to be selected.
pub(super) fn llama() -> Value {
    json!({
        "model": { "source": "custom" },
        "image": "ghcr.io/kaito-project/aikit/llama3.2:1b",
        "resources": { "cpu": "1" },
    })
}

fn runs(names: &Names, name: &'static str, provider: &str, engine: &str, within: Duration) -> Step {
    let object = model(names, name);
    let conditions = ["Validated", "EngineSelected", "ProviderSelected"];
    let mut claims = vec![
        of("model").at(".status.phase").is("Running"),
        of("model").at(".status.provider.name").is(provider),
        of("model").at(".status.engine.type").is(engine),
    ];
    claims.extend(conditions.map(|kind| condition_is("model", kind, "True")));
    until("model", &object, within, claims)
}

fn llama_runs(names: &Names) -> Vec<Step> {
    const NAME: &str = "llama-cpu-e2e";
    let mut steps = vec![create(&model(names, NAME), llama())];
    steps.push(runs(names, NAME, "kaito", "llamacpp", minutes(10)));
    let pods = format!("{OF_MODEL}={NAME}");
    steps.extend(chat(&names.namespace, &pods, 5000, "llama-3.2-1b-instruct", minutes(3)));
    steps
}

fn without_id(names: &Names) -> Vec<Step> {
    let object = model(names, "invalid-test");
    let spec = json!({ "model": { "source": "huggingface" }, "engine": { "type": "vllm" } });
    let error = "spec.model.id: Required value: model.id is required when source is huggingface";
    let denied = Expected::Denied(Denial::Mentions(vec![error.to_owned()]));
    vec![Step::Do { act: Act::Create(object, json!({ "spec": spec })), keep: "denial", expected: denied }]
}

fn llmd_runs(names: &Names) -> Vec<Step> {
    const NAME: &str = "llama-llmd-e2e";
    const MODEL: &str = "Qwen/Qwen3-0.6B";
    let spec = json!({
        "provider": { "name": "llmd" },
        "model": { "id": MODEL, "source": "huggingface" },
        "engine": { "type": "vllm" },
        "resources": { "gpu": { "count": 1 } },
    });
    let mut steps = vec![create(&model(names, NAME), spec)];
    steps.push(runs(names, NAME, "llmd", "vllm", minutes(15)));
    for (resource, key) in [(DEPLOYMENT, "deployment"), (SERVICE, "service")] {
        steps.push(act(Act::Read(Object::new(resource, &names.namespace, NAME)), key));
        steps.push(Step::Expect(vec![of(key).at(".metadata.name").is(NAME)]));
    }
    let pods = format!("{OF_MODEL}={NAME}");
    steps.extend(chat(&names.namespace, &pods, 8000, MODEL, minutes(3)));
    steps
}
