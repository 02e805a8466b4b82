//! The rules of LlamaStackDistribution (llama-stack.md part A and section B7).

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Advice Warning
    RETIRED "llama-stack-retired"
        "Version that became another kind"
        "`llamastack.io/v1alpha1` is the version that the Llama Stack operator released. The project is now OGX: its operator has the kind OGXServer of `ogx.io/v1beta1` and does not read LlamaStackDistributions, and nothing converts one into the other. An object of v1alpha1 is not judged here."
        "write an OGXServer of ogx.io/v1beta1"
    CRD_DOES_NOT_INSTALL "crd-does-not-install"
        "Definition that no API server takes"
        "Version v1alpha2 of LlamaStackDistribution was proposed (pull request 266) and never released. An API server refuses its definition for three rules: the comparison of `minReplicas` and `maxReplicas` has a stray `*`; the one for distinct provider ids calls `toSet()`, which Kubernetes does not have; the one for `disabled` costs more than the server allows. The object is judged by what the rules evidently mean."
        "write an OGXServer of ogx.io/v1beta1"
    API_BOTH_WAYS "llama-stack-api-both-ways"
        "API that is configured and disabled"
        "An API type may not have providers and be disabled. The rules of the proposal compare `disabled`, which is in snake case, with names in camel case, so that for `vector_io` and `tool_runtime` they never hold; the object is accepted, and the providers are dropped from the configuration."
        "remove the API from spec.disabled, or its providers"
    MODEL_PROVIDER_UNKNOWN "llama-stack-model-provider-unknown"
        "Model of a provider that the object does not configure"
        "A model may name a provider that neither the object nor, perhaps, the base configuration has. Nothing checks that; the configuration then says the type `remote::` and that name."
        "name a provider of spec.providers, or one of the base configuration"
    SECOND_IDS "llama-stack-ids-across-apis"
        "One provider id under two API types"
        "The ids of providers are distinct within one API type only. With one id under two of them, switching off an API also drops the models of the other one's provider, and environment variables may share a name."
        "give each provider an id of its own"
}

/// All of them.
pub(super) static RULES: &[&Rule] =
    &[&RETIRED, &CRD_DOES_NOT_INSTALL, &API_BOTH_WAYS, &MODEL_PROVIDER_UNKNOWN, &SECOND_IDS];
