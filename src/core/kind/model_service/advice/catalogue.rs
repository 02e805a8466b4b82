//! The rules about ModelServices that only their operator has (model-service.md, and what was recorded of the real one).

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Advice Warning
    CHILD_REFUSED "model-service-child-refused"
        "Child object that the API server will refuse"
        "The ModelService is accepted, and then its operator cannot create one of its objects: a pull secret without a name, a mount path that is taken, a pull policy that does not exist, a request above its limit, port 9090 for the endpoint picker, a host name or a monitor's interval that its definition rejects. Everything that comes after that object is missing, the operator tries again for ever, and only the condition `Ready` says why; the phase stays as it was."
        ""
    NAME_LONG "model-service-name-long"
        "Name too long for the objects made of it"
        "The operator makes names and label values out of the name of a ModelService and never shortens them. A label value has at most 63 bytes: with a longer name nothing is created at all. The endpoint picker's objects are called after the name with `-epp` behind it, and `m-` before one that begins with a digit: where that is more than 63 bytes, the pods run and no picker, pool or route exists."
        "choose a name of at most 59 characters, 57 where it begins with a digit"
    NAME_DIGIT "model-service-name-digit"
        "Name that begins with a digit gets a prefix"
        "Services cannot begin with a digit, so the objects of the endpoint picker are called `m-<name>-epp`, while Deployments, pool and route keep the name. A ModelService `m-<name>` in the same namespace gets the same picker: both write its configuration, one of them ends without a picker of its own, and both report that they are ready."
        "have no other ModelService with m- before the same name in this namespace"
    NAME_PICKER "model-service-name-epp"
        "Name that ends in -epp"
        "When the operator looks after a ModelService `x`, it deletes any InferencePool called `x-epp` in the namespace, which older releases left there. It does not ask whose that is: with `x` beside `x-epp`, every change of a pod of `x` deletes the pool of `x-epp`, and it is gone for a moment."
        "choose a name that does not end in -epp"
    ACCELERATOR_OVERWRITTEN "model-service-accelerator-overwritten"
        "Accelerators that are overwritten"
        "The operator writes the number of accelerators itself: tensor times data-local, into limits and requests. What the object's resources say of the same accelerator is lost; `data` does not count."
        "set parallelism.tensor and parallelism.dataLocal, and leave the accelerator out of resources"
    PULL_SECRETS "model-service-pull-secrets"
        "Only the first pull secret unpacks the model"
        "Every pull secret is set on the pods, for the images of their containers. The model itself is pulled by an init container, which gets the login of the first one only."
        "put the login for the model's registry into the first one"
    NO_PROXY "model-service-prefill-without-proxy"
        "Prefill without a routing proxy"
        "With `prefill` the endpoint picker chooses a prefill pod for each request, and the proxy in front of the decode engine sends the request there. Nothing refuses an object that has prefill and no `routingProxy`: prefill pods then run, hold accelerators and get no request."
        "set routingProxy"
    PICKER_PORT "model-service-picker-port"
        "Port of the endpoint picker that is taken"
        "The endpoint picker answers health checks on port 9003. An object that sets `endpointPicker.port` to the same is accepted and the picker cannot listen on both."
        "choose another port than 9003 and 9090"
    MOUNT_PATH "model-service-mount-path"
        "Mount path that is of no use"
        "The model is unpacked to `mountPath` and the engine is started with it. `/` hides the whole image, a path with `:` is refused by the container runtime, and a relative one depends on the image; the API server takes all of them."
        "use an absolute path of its own, such as /models"
    REWRITTEN "model-service-rewritten"
        "Value that the operator's first write changes"
        "The operator adds its finalizer with an update of the whole object. Its types leave empty values out, and the definition's defaults take their place: an empty `mountPath` becomes `/models`. The generation moves from 1 to 2 by that write, and a tool that compares finds a difference."
        "leave the field out, or write a value"
    POD_MONITOR_OFF "model-service-pod-monitor-off"
        "podMonitor without enabled switches monitoring off"
        "Without `monitoring.podMonitor` the operator creates a PodMonitor. With it, `enabled` must be true: its default is false, so that setting only the interval switches monitoring off."
        "set monitoring.podMonitor.enabled: true"
    ENV_TWICE "model-service-env-twice"
        "Variable that is set twice"
        "The operator sets `TP_SIZE`, `DP_SIZE` and `DP_SIZE_LOCAL` itself and adds the object's variables behind them, each as it is. Of a name that comes twice the last counts."
        "set each variable once, and leave those of the operator out"
    SIDE_PORT "model-service-side-port"
        "Side channel's port is no number"
        "`VLLM_NIXL_SIDE_CHANNEL_PORT` with a literal number from 1 to 65535 adds a port to the container. With a value from elsewhere, or one that is no such number, there is no such port."
        "write the number as the value"
}

rules! { Advice Hint
    GATEWAY_ASSUMED "model-service-gateway-assumed"
        "Route to a gateway that must exist"
        "Without `httpRoute` the operator routes through its default gateway in the namespace `llm-d`. It does not look whether that is there or takes routes from other namespaces. Clients name the model in the header `OtterScale-Model-Name`, whose value is the name of the ModelService."
        "set httpRoute to name a gateway, or --operator default-gateway-name=NAME as the operator was started"
    FAILURE_MODE "model-service-failure-mode"
        "A pool of its own fails open"
        "A pool that the operator makes by itself refuses requests while the endpoint picker is away (`FailClose`). One that the object asks for has the definition's default `FailOpen`: requests then go to any pod. Adding an otherwise empty `inferencePool` changes that silently."
        "set inferencePool.endpointPicker.failureMode"
}

/// In the order of the page.
pub(in super::super) static RULES: &[&Rule] = &[
    &CHILD_REFUSED,
    &NAME_LONG,
    &NAME_DIGIT,
    &NAME_PICKER,
    &ACCELERATOR_OVERWRITTEN,
    &PULL_SECRETS,
    &NO_PROXY,
    &PICKER_PORT,
    &MOUNT_PATH,
    &REWRITTEN,
    &POD_MONITOR_OFF,
    &ENV_TWICE,
    &SIDE_PORT,
    &GATEWAY_ASSUMED,
    &FAILURE_MODE,
];
