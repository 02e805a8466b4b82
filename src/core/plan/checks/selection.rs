//! Check 1: who serves a ModelDeployment (`test-plan.md` 3.3).

use super::base::{
    FINALIZER, INSTALLED, LIMIT, act, all, base, create, model, pinned, read, rendered, ruling, said,
    until_or,
};
use super::preconditions::choice;
use crate::core::kind::model_deployment::INFERENCE_PROVIDER_CONFIG;
use crate::core::plan::{
    Act, Check, Claim, Denial, Expected, Group, Key, Names, Object, Step, Uses, Verdict, condition, of,
};
use serde_json::{Value, json};

/// The parts of the check.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "1a",
        group: Group::Provider,
        title: "automatic selection chooses another provider than vllm",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: automatic,
        proves: "Direct vLLM is used only by those who name it, as long as another provider can serve.",
        failure: "The controller chose vllm although another ready provider can serve the object.",
    },
    Check {
        id: "1b",
        group: Group::Provider,
        title: "a ModelDeployment that names vllm is served by it",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: explicit,
        proves: "The shim takes the object, holds it with its finalizer, and creates a Deployment and a Service \
                 that it owns.",
        failure: "The shim did not take the object, or created something else than it promises.",
    },
    Check {
        id: "1c",
        group: Group::Provider,
        title: "a provider that was chosen cannot be changed",
        needs: &["P1", "P2", "P3", "P4", "P5"],
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: unmovable,
        proves: "The webhook compares with the provider that was chosen, not only with the one that was named.",
        failure: "A running model could change hands, and its old objects would be left behind.",
    },
];

const CHOSEN: &str = ".status.provider.name";
/// What the webhook says to whoever changes the provider.
const IMMUTABLE: &str = "provider.name is immutable (changing it requires delete and recreate)";

/// The base object without a provider.
fn unnamed(names: &Names) -> Value {
    base(names, json!({"provider": null}))
}

/// Waits until the controller has chosen.
fn chosen(object: &Object) -> Step {
    let refused = ruling(
        [
            said("model", "ProviderSelected").present(),
            of("model").at(condition("ProviderSelected", "status")).is("False"),
        ],
        Verdict::Inconclusive,
        "no provider was chosen",
    );
    let claims = all([
        vec![of("model").at(CHOSEN).present()],
        vec![of("model").at(condition("ProviderSelected", "status")).is("True")],
    ]);
    until_or(&[("model", object)], claims, vec![refused], Verdict::Inconclusive)
}

fn automatic(names: &Names) -> Vec<Step> {
    let object = model(names, "sel-auto");
    let by_vllm = || of("model").at(CHOSEN).is("vllm");
    let text = |kind, member, text: &str| of("model").at(condition(kind, member)).is(text);
    vec![
        act(Act::List(INFERENCE_PROVIDER_CONFIG, None, None), "providers"),
        create(&object, unnamed(names), "created"),
        chosen(&object),
        Step::Judge(vec![
            ruling(
                [by_vllm(), choice("providers")],
                Verdict::Fail,
                "the choice, although another provider is ready",
            ),
            ruling(
                [by_vllm()],
                Verdict::KnownFinding,
                "a provider without rules is still a candidate, and the only one that is ready",
            ),
            ruling([of("model").at(CHOSEN).present()], Verdict::Pass, "another provider"),
        ]),
        Step::Expect(all([
            vec![
                of("model")
                    .at(".status.provider.selectedReason")
                    .is("matched capabilities: engine=vllm, gpu=true, mode=aggregated"),
                said("model", "ProviderSelected").matches("^Provider .+ auto-selected$"),
            ],
            of("model").has_condition("ProviderSelected", "True", "AutoSelected").into(),
            of("model").has_condition("EngineSelected", "True", "ExplicitSelection").into(),
            vec![text("EngineSelected", "message", "Engine explicitly specified in spec")],
            of("model").has_condition("Validated", "True", "ValidationPassed").into(),
        ])),
    ]
}

/// The claim that the object under a key belongs to the ModelDeployment that is kept as `model`.
pub(super) fn owned(key: Key) -> Claim {
    of(key).at(".metadata.ownerReferences[*].uid").same(of("model").at(".metadata.uid"))
}

fn explicit(names: &Names) -> Vec<Step> {
    let object = model(names, "sel-vllm");
    let status = |member: &str, value: &str| of("model").at(format!(".status.provider.{member}")).is(value);
    vec![
        create(&object, pinned(names, json!({})), "created"),
        rendered(names, "sel-vllm"),
        Step::Expect(all([
            vec![
                status("name", "vllm"),
                status("selectedReason", "explicit provider selection"),
                status("resourceName", "sel-vllm"),
                status("resourceKind", "Deployment"),
                said("model", "ProviderSelected").is("Provider explicitly specified in spec"),
                of("model").at(".metadata.finalizers").is(json!([FINALIZER])),
                of("deployment").at(".metadata.ownerReferences").present(),
                of("service").at(".metadata.ownerReferences").present(),
                owned("deployment"),
                owned("service"),
                of("service").at(".spec.ports[*].port").is(8000),
            ],
            of("model").has_condition("ProviderSelected", "True", "ExplicitSelection").into(),
        ])),
    ]
}

fn unmovable(names: &Names) -> Vec<Step> {
    let object = model(names, "sel-move");
    let to = |provider: &str| json!({"spec": {"provider": {"name": provider}}});
    let words = format!("spec.provider.name: Invalid value: \"vllm\": {IMMUTABLE}");
    let said = of("moved").at(".refused.message").contains(&format!("denied the request: {words}"));
    let refused = of("moved").at(".refused.message").present();
    let by_webhook = of("moved").at(".refused.by").is("vmodeldeployment-v1alpha1.kb.io");
    let same = |path: &str| of("after").at(path).same(of("model").at(path));
    vec![
        create(&object, unnamed(names), "created"),
        // Before the choice is written the patch is accepted.
        chosen(&object),
        Step::Do { act: Act::Patch(object.clone(), to("vllm")), keep: "moved", expected: Expected::Any },
        Step::Judge(vec![
            ruling([by_webhook.clone(), said], Verdict::Pass, "denied"),
            ruling([refused.clone(), by_webhook], Verdict::Fail, "denied in other words"),
            ruling([refused], Verdict::Inconclusive, "refused by somebody else"),
            // Where vllm itself was chosen the patch changes nothing; check 1a says what that means.
            ruling([of("model").at(CHOSEN).is("vllm")], Verdict::Pass, "no change"),
            ruling(
                [of("moved").at(".spec.provider.name").is("vllm")],
                Verdict::Fail,
                "accepted, the provider is now",
            ),
        ]),
        // Whoever was chosen: to nobody it cannot go either.
        Step::Do {
            act: Act::Patch(object.clone(), to("nobody")),
            keep: "moved again",
            expected: Expected::Denied(Denial::Mentions(vec![format!(
                "spec.provider.name: Invalid value: \"nobody\": {IMMUTABLE}"
            )])),
        },
        read(&object, "after"),
        Step::Expect(vec![same(CHOSEN), same(".status.provider.selectedReason")]),
        Step::Judge(vec![
            ruling([same(".metadata.generation")], Verdict::Pass, "nothing was written"),
            ruling([of("model").at(CHOSEN).is("vllm")], Verdict::Pass, "no change"),
        ]),
    ]
}
