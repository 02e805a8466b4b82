//! The gateway suite, and what suites need of the cluster's gateway (`test-plan.md` 6.3).

use super::controller::llama;
use super::suite::{act, chat, condition_is, create, minutes, model, ruling, until};
use crate::core::kubernetes::resource::{DEPLOYMENT, Resource, namespaced};
use crate::core::plan::{Act, Check, Claim, Group, Names, Object, Step, Uses, Verdict, of};
use serde_json::json;
use std::time::Duration;

/// Where upstream's suites have their gateway: namespace and name.
pub(super) const GATEWAY: (&str, &str) = ("default", "inference-gateway");
/// The labels of the pods behind it: every implementation of the Gateway API sets this one.
pub(super) const GATEWAY_POD: &str = "gateway.networking.k8s.io/gateway-name=inference-gateway";
/// The gateway itself.
const GATEWAY_KIND: Resource = namespaced("gateway.networking.k8s.io", "v1", "gateways", "Gateway");
/// What leads requests for a model to its pool.
const ROUTE: Resource = namespaced("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
/// The servers of a model.
const POOL: Resource = namespaced("inference.networking.k8s.io", "v1", "inferencepools", "InferencePool");
/// How long the controller may take for its objects.
const WIRED: Duration = Duration::from_secs(150);
/// The object of the suite.
const NAME: &str = "llama-gw-e2e";

/// That there is a gateway.
pub(super) const PRECONDITIONS: &[Check] = &[Check {
    id: "P-gateway",
    group: Group::Precondition,
    title: "the Gateway inference-gateway in default is programmed",
    needs: &[],
    uses: Uses::NOTHING,
    limit: minutes(1),
    script: programmed,
    proves: "Requests can reach a model through the gateway.",
    failure: "There is no such Gateway, or nothing serves it: make -C providers/dynamo setup-dynamo installs one.",
}];

/// The suite, one case.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "W",
    group: Group::Gateway,
    title: "a model is reached through the gateway, and no longer when that is switched off",
    needs: &["P1", "P-gateway", "P-kaito"],
    uses: Uses::suite(0),
    limit: minutes(40),
    script,
    proves: "Pool, route and endpoint picker are made, work, and are taken away again.",
    failure: "The label says which step: W1 the pool, W2 the route, W3 the condition, W4 the endpoint picker, \
              W5 inference, W6 switching off.",
}];

fn programmed(_: &Names) -> Vec<Step> {
    let gateway = Object::new(GATEWAY_KIND, GATEWAY.0, GATEWAY.1);
    vec![
        act(Act::Read(gateway), "gateway"),
        Step::Judge(vec![
            ruling(
                [condition_is("gateway", "Programmed", "True")],
                Verdict::Pass,
                "the gateway is programmed",
            ),
            ruling([of("gateway").gone()], Verdict::Skip, "there is no Gateway inference-gateway in default"),
            ruling(
                [of("gateway").at(".metadata.name").present()],
                Verdict::Skip,
                "the Gateway is not programmed",
            ),
        ]),
    ]
}

fn script(names: &Names) -> Vec<Step> {
    let object = model(names, NAME);
    let of_name = |resource, name: &str| Object::new(resource, &names.namespace, name);
    let (pool, route) = (of_name(POOL, NAME), of_name(ROUTE, NAME));
    let mut spec = llama();
    spec["gateway"] = json!({ "enabled": true });
    let mut steps = vec![create(&object, spec), Step::Label("W1")];
    let selects: [Claim; 2] = [
        of("pool").at(".spec.selector.matchLabels.airunway\\.ai/model-deployment").is(NAME),
        of("pool").at(".spec.endpointPickerRef.name").present(),
    ];
    steps.extend([until("pool", &pool, WIRED, selects), Step::Label("W2")]);
    let behind = |member: &str| of("route").at(format!(".spec.rules[0].backendRefs[0].{member}"));
    let leads = [
        of("route").at(".spec.parentRefs[0].name").is(GATEWAY.1),
        behind("group").is(POOL.group),
        behind("kind").is(POOL.kind),
    ];
    steps.extend([until("route", &route, WIRED, leads), Step::Label("W3")]);
    let ready = [
        condition_is("model", "GatewayReady", "True"),
        of("model").at(".status.gateway.modelName").present(),
    ];
    steps.extend([until("model", &object, WIRED, ready), Step::Label("W4")]);
    let picker = of_name(DEPLOYMENT, &format!("{NAME}-epp"));
    let one = [of("picker").at(".status.readyReplicas").is(1)];
    steps.extend([until("picker", &picker, minutes(5), one), Step::Label("W5")]);
    // The model itself has to be up first, or nothing could answer.
    let running = [of("model").at(".status.phase").is("Running")];
    steps.push(until("model", &object, minutes(10), running));
    steps.extend(chat(GATEWAY.0, GATEWAY_POD, 80, "llama-3.2-1b-instruct", minutes(3)));
    let off = json!({ "spec": { "gateway": { "enabled": false } } });
    steps.extend([Step::Label("W6"), act(Act::Patch(object.clone(), off), "patched")]);
    steps.push(Step::Until {
        watch: vec![("pool", pool), ("route", route), ("model", object)],
        claims: vec![of("pool").gone(), of("route").gone(), condition_is("model", "GatewayReady", "False")],
        within: Duration::from_secs(15),
        unless: Vec::new(),
        late: Verdict::Fail,
    });
    steps
}
