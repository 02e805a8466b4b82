//! What has to be there for a check to say anything (`test-plan.md` 2).

use super::base::{
    DEFAULT_IMAGE, PAUSE_IMAGE, act, any, base, create, model, precondition, read, ruling, said, until_or,
};
use crate::core::kind::model_deployment::{INFERENCE_PROVIDER_CONFIG, MODEL_DEPLOYMENT};
use crate::core::kubernetes::resource::{
    CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, NODE, POD, Resource, cluster_wide,
};
use crate::core::plan::{
    Act, Check, Claim, Denial, Expected, Key, Names, Object, Ruling, Step, Verdict, condition, of,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What registers a webhook that may change objects.
const MUTATING: Resource = cluster_wide(
    "admissionregistration.k8s.io",
    "v1",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
);
/// What registers a webhook that may deny objects.
const VALIDATING: Resource = cluster_wide(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
);
/// How long a working controller manager or scheduler may take for one object.
const PROMPT: Duration = Duration::from_secs(15);
/// The backend and the core take a heartbeat for dead after this time.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(180);

/// The preconditions but P7, in the order of the report.
pub(super) const CHECKS: &[Check] = &[
    precondition(
        "P1",
        "AI Runway's types are served as v1alpha1",
        definitions,
        "ModelDeployments and InferenceProviderConfigs can be written.",
        "AI Runway is not installed, or in a version that this plan does not know.",
    ),
    precondition(
        "P2",
        "the controller and the Direct vLLM shim run",
        parts,
        "Somebody reads what the checks write.",
        "The controller or the shim is not installed, or does not start.",
    ),
    precondition(
        "P3",
        "both webhooks are registered with a certificate authority",
        webhooks,
        "The API server can ask the webhooks.",
        "The webhooks are not registered, or the controller has not filled in its certificate authority yet.",
    ),
    precondition(
        "P4",
        "the webhook denies what is wrong",
        denial,
        "The controller does not run with ENABLE_WEBHOOKS=false.",
        "Admission is switched off: what it would deny is accepted.",
    ),
    precondition(
        "P5",
        "another ready provider can serve vllm on a GPU",
        another_provider,
        "Automatic selection has a choice.",
        "No provider but vllm is ready, so that automatic selection has to choose it.",
    ),
    precondition(
        "P6",
        "the shim reaches the image registry",
        registry,
        "The default image can be resolved to a digest.",
        "The registry cannot be reached anonymously from the pod of the shim.",
    ),
    precondition(
        "P8",
        "the controller manager works",
        controller_manager,
        "A Deployment is taken in hand.",
        "kube-controller-manager is down: no Deployment ever makes progress.",
    ),
    precondition(
        "P9",
        "the scheduler works",
        scheduler,
        "A pod gets a place, or is told why not.",
        "kube-scheduler is down: no pod ever starts.",
    ),
    precondition(
        "GPU",
        "a node has a GPU",
        gpu,
        "A model can run.",
        "No node has an allocatable nvidia.com/gpu.",
    ),
    precondition(
        "provider-dynamo",
        "the dynamo provider is registered",
        |_| registered("dynamo"),
        "The Dynamo shim has run.",
        "The Dynamo shim is not installed.",
    ),
    precondition(
        "provider-kaito",
        "the kaito provider is registered",
        |_| registered("kaito"),
        "The KAITO shim has run.",
        "The KAITO shim is not installed.",
    ),
    precondition(
        "provider-kuberay",
        "the kuberay provider is registered",
        |_| registered("kuberay"),
        "The KubeRay shim has run.",
        "The KubeRay shim is not installed.",
    ),
    precondition(
        "provider-llmd",
        "the llmd provider is registered",
        |_| registered("llmd"),
        "The llm-d shim has run.",
        "The llm-d shim is not installed.",
    ),
];

/// The registration of a provider.
pub(super) fn registration(provider: &str) -> Object {
    Object::cluster_wide(INFERENCE_PROVIDER_CONFIG, provider)
}

/// Nothing refused the question that is kept under a key.
fn answered(key: Key) -> Claim {
    of(key).at(".refused").missing()
}

fn definitions(names: &Names) -> Vec<Step> {
    let definition = |plural: &str| {
        Object::cluster_wide(CUSTOM_RESOURCE_DEFINITION, &format!("{plural}.{}", MODEL_DEPLOYMENT.group))
    };
    let served = |key| {
        [
            of(key).at(r#".spec.versions[?(@.name=="v1alpha1")].served"#).is(true),
            of(key).at(condition("Established", "status")).is("True"),
        ]
    };
    let absent = |key| ruling([of(key).gone()], Verdict::Fail, "AI Runway's types are not defined");
    // Whoever may not read definitions can still tell from the objects.
    let listed = [answered("models"), answered("providers")];
    vec![
        any(Act::Read(definition(MODEL_DEPLOYMENT.plural)), "model definition"),
        any(Act::Read(definition(INFERENCE_PROVIDER_CONFIG.plural)), "provider definition"),
        any(Act::List(MODEL_DEPLOYMENT, Some(names.namespace.clone()), None), "models"),
        any(Act::List(INFERENCE_PROVIDER_CONFIG, None, None), "providers"),
        Step::Judge(vec![
            ruling(
                served("model definition").into_iter().chain(served("provider definition")),
                Verdict::Pass,
                "both types are established",
            ),
            absent("model definition"),
            absent("provider definition"),
            ruling(listed, Verdict::Pass, "both types can be listed"),
            ruling(
                [of("model definition").at(".refused.message").present()],
                Verdict::Inconclusive,
                "the definitions could not be read",
            ),
        ]),
    ]
}

fn parts(names: &Names) -> Vec<Step> {
    let part = |name| Object::new(DEPLOYMENT, &names.system, name);
    let available = |key| of(key).at(condition("Available", "status")).is("True");
    // A shim may run elsewhere, under another name: it shows by its heartbeat.
    let alive = || {
        [
            of("provider").at(".status.ready").is(true),
            of("provider").at(".status.lastHeartbeat").fresh(HEARTBEAT, of("time").at(".now")),
        ]
    };
    let elsewhere = |key| {
        ruling(
            std::iter::once(of(key).gone()).chain(alive()),
            Verdict::Pass,
            "there is no Deployment of that name, but the heartbeat of the shim is fresh",
        )
    };
    let absent = |key, text| ruling([of(key).gone()], Verdict::Fail, text);
    vec![
        any(Act::Read(registration("vllm")), "provider"),
        act(Act::ServerTime, "time"),
        Step::Until {
            watch: vec![
                ("controller", part("airunway-controller-manager")),
                ("shim", part("airunway-vllm-provider")),
            ],
            claims: vec![available("controller"), available("shim")],
            within: Duration::from_secs(30),
            unless: vec![
                elsewhere("controller"),
                elsewhere("shim"),
                absent("controller", "the Deployment airunway-controller-manager does not exist"),
                absent("shim", "the Deployment airunway-vllm-provider does not exist"),
            ],
            late: Verdict::Fail,
        },
    ]
}

fn webhooks(_: &Names) -> Vec<Step> {
    let configuration = |resource, kind: &str| {
        Object::cluster_wide(resource, &format!("airunway-{kind}-webhook-configuration"))
    };
    let authority = |key, hook: &str| {
        let path = format!(r#".webhooks[?(@.name=="{hook}")].clientConfig.caBundle"#);
        // Upstream too takes anything of up to ten characters for empty.
        of(key).at(path).matches(r"^[\s\S]{11,}$")
    };
    vec![Step::Until {
        watch: vec![
            ("mutating", configuration(MUTATING, "mutating")),
            ("validating", configuration(VALIDATING, "validating")),
        ],
        claims: vec![
            authority("mutating", "mmodeldeployment-v1alpha1.kb.io"),
            authority("validating", "vmodeldeployment-v1alpha1.kb.io"),
        ],
        within: Duration::from_secs(30),
        unless: vec![
            ruling([of("mutating").gone()], Verdict::Fail, "the mutating webhook is not registered"),
            ruling([of("validating").gone()], Verdict::Fail, "the validating webhook is not registered"),
        ],
        late: Verdict::Fail,
    }]
}

fn denial(names: &Names) -> Vec<Step> {
    // Its words are not looked at: they are for the checks that rest on this one. No other check breaks this rule.
    let act =
        Act::Create(model(names, "webhook-probe"), base(names, json!({"resources": {"gpu": {"count": 65}}})));
    vec![Step::Do { act, keep: "denial", expected: Expected::Denied(Denial::Mentions(Vec::new())) }]
}

/// The claim that a list of registrations, kept under a key, has a ready one other than vllm that can serve vllm.
pub(super) fn choice(key: Key) -> Claim {
    const OTHERS: &str = concat!(
        r#".items[?(@.metadata.name!="vllm" && @.status.ready==true && "#,
        r#"@.spec.capabilities.engines[?(@.name=="vllm" && @.gpuSupport==true && "#,
        r#"@.servingModes[?(@=="aggregated")])])].metadata.name"#
    );
    of(key).at(OTHERS).present()
}

fn another_provider(_: &Names) -> Vec<Step> {
    vec![
        act(Act::List(INFERENCE_PROVIDER_CONFIG, None, None), "providers"),
        Step::Judge(vec![
            ruling([choice("providers")], Verdict::Pass, "another provider is ready"),
            ruling(
                [of("providers").at(".items").present()],
                Verdict::Fail,
                "no provider but vllm is ready to serve vllm on a GPU",
            ),
            ruling([of("providers").at(".items").count(0)], Verdict::Fail, "no provider is registered"),
        ]),
    ]
}

fn registry(names: &Names) -> Vec<Step> {
    let probe = model(names, "registry-probe");
    let failed = of("model").at(condition("ImageResolved", "status")).is("False");
    let unreachable = ruling(
        [said("model", "ImageResolved").present(), failed],
        Verdict::Fail,
        "the image is not resolved",
    );
    vec![
        create(&probe, base(names, json!({})), "created"),
        until_or(
            &[("model", &probe)],
            [
                of("model").at(condition("ImageResolved", "status")).is("True"),
                of("model").at(".status.image.requested").is(DEFAULT_IMAGE),
            ],
            vec![unreachable],
            Verdict::Inconclusive,
        ),
    ]
}

/// A pod that fits nowhere, within what restricted namespaces and quotas allow.
pub(super) fn homeless() -> Value {
    json!({
        "nodeSelector": {"cli.airunway.ai/nowhere": "true"},
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65_535, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "pause",
            "image": PAUSE_IMAGE,
            "resources": {
                "requests": {"cpu": "1m", "memory": "8Mi"},
                "limits": {"cpu": "1m", "memory": "8Mi"},
            },
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
        }],
    })
}

fn controller_manager(names: &Names) -> Vec<Step> {
    let probe = Object::new(DEPLOYMENT, &names.namespace, "progress-probe");
    let labels = json!({"app": "progress-probe"});
    let value = json!({"spec": {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": homeless()},
    }});
    vec![
        create(&probe, value, "created"),
        promptly(probe, of("probe").at(".status.observedGeneration").at_least(1)),
    ]
}

fn scheduler(names: &Names) -> Vec<Step> {
    let probe = Object::new(POD, &names.namespace, "scheduler-probe");
    vec![
        create(&probe, json!({"spec": homeless()}), "created"),
        promptly(probe, of("probe").at(condition("PodScheduled", "reason")).is("Unschedulable")),
    ]
}

fn promptly(probe: Object, claim: Claim) -> Step {
    Step::Until {
        watch: vec![("probe", probe)],
        claims: vec![claim],
        within: PROMPT,
        unless: Vec::new(),
        late: Verdict::Fail,
    }
}

fn gpu(_: &Names) -> Vec<Step> {
    vec![
        act(Act::List(NODE, None, None), "nodes"),
        Step::Expect(vec![of("nodes").at(r".items[*].status.allocatable['nvidia.com/gpu']").at_least(1)]),
    ]
}

fn registered(provider: &str) -> Vec<Step> {
    let there: Ruling = ruling([of("provider").at(".metadata.name").present()], Verdict::Pass, "registered");
    let absent =
        ruling([of("provider").gone()], Verdict::Fail, "there is no InferenceProviderConfig of that name");
    vec![read(&registration(provider), "provider"), Step::Judge(vec![there, absent])]
}
