//! The rules of OGXServer: its webhook's, and what the operator fails on or passes over (llama-stack.md part B).

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{RestsOn, Rule, Stage, rules};

rules! { Webhook Error
    DISTRIBUTION_UNKNOWN "ogx-distribution-unknown" [rests_on: RestsOn::Context]
        "Distribution that the operator does not have"
        "`spec.distribution.name` is one of the names that are built into the OGX operator. Neither its environment nor its ConfigMap of images can add one."
        "use spec.distribution.image for an image of your own"
    PROVIDER_ID_TWICE "ogx-provider-id-twice"
        "Two providers with one id"
        "The ids of the providers of an OGXServer are distinct across all API types. A provider without an id has that of its type, for example `remote-vllm`, so that two of one type need ids."
        "give each provider an id of its own"
    MODEL_PROVIDER_UNKNOWN "ogx-model-provider-unknown"
        "Model of a provider that the object does not configure"
        "Where an OGXServer has `spec.providers`, the provider of a model is one of these. Those of the base configuration do not count here."
        "name a provider of spec.providers, or leave the provider out"
    ADOPTS_ITSELF "ogx-adopts-itself"
        "Server that would take over its own objects"
        "The annotations `ogx.io/adopt-storage` and `ogx.io/adopt-networking` name another server, whose volume or network objects are taken over."
        "name the other server, or remove the annotation"
}

rules! { Advice Warning
    NAME_UNUSABLE "ogx-name-unusable"
        "Name from which the operator cannot make its objects' names"
        "The OGX operator appends up to 17 characters to the name of an OGXServer, for example `-prometheus-rules`, and refuses names of more than 63 characters or with dots, whether it makes that object or not. The API server accepts the name; the server then stays in phase Failed."
        "use at most 46 lowercase letters, digits and '-'"
    PORT_TWICE "ogx-port-twice"
        "Metrics on the port of the API"
        "The container lists the port of the API and that of the metrics, 8321 and 9464 unless the object says otherwise. When they are one, the operator's first write succeeds, and every later one is refused for the entry that comes twice."
        "give spec.monitoring.metricsPort another port, or set spec.monitoring.enabled: false"
    VARIABLE_TWICE "ogx-variable-twice"
        "Environment variable listed twice"
        "The operator's first write of a Deployment takes a variable that `spec.workload.overrides.env` lists twice; every later one is server-side apply and refuses it, so that no change reaches the pods."
        "remove one of the two"
    REPLICAS_ABOVE_MAXIMUM "ogx-replicas-above-maximum"
        "Autoscaler whose minimum is above its maximum"
        "The minimum of the autoscaler is the larger of `spec.workload.replicas` and `spec.workload.autoscaling.minReplicas`. Above `maxReplicas` the API server refuses the autoscaler, and the server stays in phase Failed."
        "raise spec.workload.autoscaling.maxReplicas, or lower spec.workload.replicas"
    FIELD_UNUSED "ogx-field-unused"
        "Field that the operator does not read"
        "The definition of OGXServer has fields that the operator at this release does not read. They change nothing in what it makes, whatever they say."
        "remove the field, and set up in another way what it was to do"
    INGRESS_REPLACES "ogx-ingress-replaces"
        "Ingress rules that replace the operator's own"
        "The field's description says that `spec.network.policy.ingress` is merged with the rules that the operator makes. It replaces them: what is not listed, the operator's own namespace and routers among it, no longer reaches the server."
        "list everything that must reach the server"
    ADOPTION_NAME "ogx-adoption-name"
        "Name to take over that no object can have"
        "The value of an adoption annotation is a DNS label. With another value the operator sets the condition AdoptionConfigInvalid and runs the server without taking anything over."
        "use the name of the other server"
    BASE_NOT_FETCHED "ogx-base-not-fetched"
        "Base configuration that the operator cannot fetch"
        "Without `spec.baseConfig` the operator reads the base configuration from labels of the distribution's image. It asks the registry without a login and reads no index of several platforms. Docker Hub, where the images of the named distributions are, answers 401 to that, and the server stays in phase Failed."
        "put the base configuration into a ConfigMap with the label ogx.io/watch: \"true\", and name it in spec.baseConfig"
}

/// All of them.
pub(super) static RULES: &[&Rule] = &[
    &DISTRIBUTION_UNKNOWN,
    &PROVIDER_ID_TWICE,
    &MODEL_PROVIDER_UNKNOWN,
    &ADOPTS_ITSELF,
    &NAME_UNUSABLE,
    &PORT_TWICE,
    &VARIABLE_TWICE,
    &REPLICAS_ABOVE_MAXIMUM,
    &FIELD_UNUSED,
    &INGRESS_REPLACES,
    &ADOPTION_NAME,
    &BASE_NOT_FETCHED,
];
