//! The rules beyond the server: what it accepts and what fails or changes later (airunway-providers.md).

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Advice Warning
    VALUE_NOT_KEPT "value-not-kept"
        "A false or zero that does not survive"
        "Each provider's shim adds its finalizer by writing the whole object back from its Go structure, which leaves false and zero out; the default of the definition then takes their place. `enablePrefixCaching: false` is stored as true, `replicas: 0` as 1."
        ""
    LAUNCH_FLAG_RESERVED "launch-flag-reserved"
        "host or port among the engine's arguments"
        "The Direct vLLM shim generates `--host 0.0.0.0 --port 8000`, so that container, Service and probes agree, and refuses to render an object that sets either. Admission does not look; the deployment ends in phase Failed without a pod."
        "remove it; the endpoint's port is 8000"
    LAUNCH_FLAG_DISGUISED "launch-flag-disguised"
        "host or port in a spelling that the shim misses"
        "The shim looks for `--host` and `--port` in lower case only. Other spellings, such as `-port`, `--PORT` or `--port 9000` as one word, are rendered as they are: the engine refuses them, or listens where the probes do not look."
        "remove it; the endpoint's port is 8000"
    LAUNCH_FLAG_KEY "launch-flag-key"
        "A key of engine.args that the shim refuses"
        "The Direct vLLM, llm-d and Dynamo shims take keys of letters, digits, `-` and `_` that do not start with `-`, and refuse to render others."
        "write the flag's name without dashes in front, or use spec.engine.extraArgs"
    LAUNCH_FLAG_ALIAS "launch-flag-alias"
        "A generated flag in another spelling"
        "Flags that follow from other members (the model, the context length, the number of GPUs ...) are left out when `engine.args` or `engine.extraArgs` name them, but only in exactly their own spelling. Another spelling of the same flag comes in addition."
        "use the spelling of the message"
    CONTEXT_LENGTH_NOT_POSITIVE "context-length-not-positive"
        "A context length of zero or less"
        "The schema sets no lower bound; the engine refuses the value when it starts."
        "set spec.engine.contextLength to at least 1, or leave it out"
    MANAGED_VOLUME_NOT_CREATED "managed-volume-not-created"
        "A managed volume that nobody creates"
        "Only the Dynamo shim creates claims for volumes with a `size`. With Direct vLLM the pod waits for a claim that never comes."
        "create the claim yourself and reference it with claimName, without size"
    VOLUMES_IGNORED "volumes-ignored"
        "Volumes that the provider does not mount"
        "The llm-d, KAITO and KubeRay shims do not render `spec.model.storage`."
        "remove spec.model.storage, or choose another provider"
    MEMBER_IGNORED "member-ignored"
        "A member that the provider does not use"
        "Each shim renders only part of the specification; the rest is accepted and has no effect. The paragraph of each provider in AI Runway's guides does not list them all."
        "remove it, or choose another provider"
    GPU_TYPE_IGNORED "gpu-type-ignored"
        "A GPU type that the provider does not use"
        "Only the KubeRay shim asks for the resource named by `gpu.type`; the others ask for NVIDIA GPUs, whatever is written."
        "choose provider kuberay, or remove the type"
    COMPONENT_IGNORED "component-ignored"
        "Scaling of the other serving mode"
        "In aggregated mode `scaling.prefill` and `scaling.decode` have no effect, in disaggregated mode `scaling.replicas` and the CPU and memory of `spec.resources`. The ceilings apply to them all the same."
        "remove it, or change spec.serving.mode"
    CUSTOM_IMAGE "custom-image"
        "An image outside the known classes"
        "The Direct vLLM shim knows launch, nightly and stable images by their reference. Any other, also a bare digest or a release tag, is class custom: the condition `UnsupportedImage` turns True. The deployment runs."
        "use a tag of a known class with a digest, such as vllm/vllm-openai:latest@sha256:<digest>"
    IMAGE_INVALID "image-invalid"
        "A text that is no image reference"
        "Admission does not look at images; the kubelet refuses to pull what is no reference."
        "write registry/repository:tag"
    IMAGE_TAG_FROZEN "image-tag-frozen"
        "A tag that is no longer updated"
        "Some tags look as if they moved and do not any more, so a deployment stays at an old build."
        ""
    IMAGE_TAG_MOVES "image-tag-moves"
        "A tag that moves"
        "What the tag points at changes from time to time; pods that start later may run another image."
        "pin it: kubectl airunway pin"
    IMAGE_TAG_ROTATES "image-tag-rotates"
        "A tag that will be deleted"
        "Some registries delete tags after a number of newer builds; a pod that starts after that cannot pull."
        "mirror the image, or use a release"
    KAITO_IMAGE "kaito-image"
        "KAITO's llama.cpp needs spec.image"
        "The KAITO shim reads the older member `spec.image` only; `spec.engine.image` alone does not satisfy it, and without an image the object is refused in phase Failed."
        "set spec.image to the image"
    ENV_DUPLICATE "env-duplicate"
        "The same environment variable twice"
        "The shim applies the Deployment with server-side apply, where the name is the key of the list: two entries of one name are refused and the object ends in phase Failed."
        "remove one of them"
    ENV_NAME "env-name"
        "An environment variable without a usable name"
        "Names of environment variables are printable ASCII without `=`. The webhook may add an empty name to an entry that has none, and the Deployment is refused later."
        "give it a name"
    ENV_TOKEN_TWICE "env-token-twice"
        "HF_TOKEN from two sources"
        "`spec.secrets.huggingFaceToken` makes an HF_TOKEN of its own. Direct vLLM drops the entry in `spec.env`; llm-d renders both, and the Deployment is refused."
        "remove HF_TOKEN from spec.env, or spec.secrets.huggingFaceToken"
    ENV_SOURCE_IGNORED "env-source-ignored"
        "A source of an environment variable that the provider does not render"
        "The llm-d, KAITO and KubeRay shims render values and `secretKeyRef`; other sources are dropped."
        "use a value or a secretKeyRef"
    ENV_VALUE_AND_SOURCE "env-value-and-source"
        "A variable with a value and a source"
        "Kubernetes refuses an entry with both. Direct vLLM drops the value, llm-d renders both and the Deployment is refused."
        "keep one of the two"
    OVERRIDE_AT_TOP "override-at-top"
        "An override of a member that the shim keeps for itself"
        "`apiVersion`, `kind`, `metadata` and `status` at the top of `spec.provider.overrides` pass admission; the shims refuse them when they render, llm-d also `spec.template.spec`."
        "remove the member"
    OVERRIDE_UNKNOWN "override-unknown"
        "An override that is no member of a Deployment"
        "Overrides are merged into the Deployment that the Direct vLLM and llm-d shims apply. With server-side apply the API server refuses a member that it does not know, and the object ends in phase Failed."
        ""
    OVERRIDE_CONTAINERS "override-containers"
        "Overrides that replace the container list"
        "Lists are replaced, not merged: `containers` in the overrides takes the place of the generated container with its image, arguments, probes and GPUs."
        "give the whole container, or use the members of spec"
    STARTUP_WINDOW "startup-window"
        "More time to start than the rollout has"
        "A Deployment counts as failed after its progress deadline, 600 seconds unless overridden. A start-up probe that allows more can show phase Failed while the model still loads."
        "set spec.provider.overrides.spec.progressDeadlineSeconds above the start-up window"
    PROVIDER_UNKNOWN "provider-unknown"
        "A provider that nobody registered"
        "Without an engine the webhook does not look the provider up. The object is accepted and stays Pending until a provider of that name registers."
        "name a registered provider"
    PROVIDER_WILL_REFUSE "provider-will-refuse"
        "The provider will refuse what the controller selects"
        "Without an engine the webhook cannot compare the object with the provider's capabilities. The controller selects an engine from all ready providers, whatever provider is named, and the named one then refuses it."
        "set spec.engine.type"
    STATUS_PREDICTED "status-predicted"
        "The controller or the provider will refuse it"
        "Admission takes the object, and the core controller or the provider's shim then refuses it: nothing is served. The message is the phase, the condition and the words that the status will have; other findings of the object often name the member behind it."
        ""
    NAME_TOO_LONG_DERIVED "name-too-long-derived"
        "A name too long for derived objects"
        "The provider names Services and label values after the ModelDeployment; those have at most 63 characters, with the provider's suffix."
        "use a shorter name"
    NAME_STARTS_WITH_DIGIT "name-starts-with-digit"
        "A name that a Service may not have"
        "Names of Services start with a letter (on clusters without relaxed Service names), names of ModelDeployments may start with a digit."
        "start the name with a letter"
    RESOURCES_NEGATIVE "resources-negative"
        "A negative quantity"
        "The ceilings of admission bound quantities from above only. The API server refuses the pods."
        "use a positive quantity"
    TOLERATION_REFUSED "toleration-refused"
        "A toleration that pods may not have"
        "Admission takes any toleration; the pod template is refused later when operator, key, value and seconds do not fit together."
        ""
    POD_METADATA_REFUSED "pod-metadata-refused"
        "Labels, annotations or node labels that pods may not have"
        "Admission takes any text in `spec.podTemplate.metadata` and `spec.nodeSelector`; what is no label key or value is refused when the provider applies its objects."
        ""
}

rules! { Advice Hint
    PAUSED "paused"
        "The object is paused"
        "With the annotation `airunway.ai/reconcile-paused: \"true\"` neither controller nor shims act, and a deletion waits for the annotation to go."
        "remove the annotation"
    MOCKER_IGNORED "mocker-ignored"
        "Dynamo's test backend with another provider"
        "The annotation `airunway.ai/dynamo-test-backend` counts with `spec.provider.name: dynamo` only."
        "set spec.provider.name: dynamo, or remove the annotation"
}

/// In the order in which they apply.
pub(crate) static RULES: &[&Rule] = &[
    &PROVIDER_UNKNOWN,
    &PROVIDER_WILL_REFUSE,
    &STATUS_PREDICTED,
    &NAME_TOO_LONG_DERIVED,
    &NAME_STARTS_WITH_DIGIT,
    &VALUE_NOT_KEPT,
    &LAUNCH_FLAG_RESERVED,
    &LAUNCH_FLAG_DISGUISED,
    &LAUNCH_FLAG_KEY,
    &LAUNCH_FLAG_ALIAS,
    &CONTEXT_LENGTH_NOT_POSITIVE,
    &CUSTOM_IMAGE,
    &IMAGE_INVALID,
    &IMAGE_TAG_FROZEN,
    &IMAGE_TAG_MOVES,
    &IMAGE_TAG_ROTATES,
    &KAITO_IMAGE,
    &MANAGED_VOLUME_NOT_CREATED,
    &VOLUMES_IGNORED,
    &MEMBER_IGNORED,
    &GPU_TYPE_IGNORED,
    &COMPONENT_IGNORED,
    &RESOURCES_NEGATIVE,
    &ENV_NAME,
    &ENV_DUPLICATE,
    &ENV_TOKEN_TWICE,
    &ENV_SOURCE_IGNORED,
    &ENV_VALUE_AND_SOURCE,
    &OVERRIDE_AT_TOP,
    &OVERRIDE_UNKNOWN,
    &OVERRIDE_CONTAINERS,
    &STARTUP_WINDOW,
    &TOLERATION_REFUSED,
    &POD_METADATA_REFUSED,
    &PAUSED,
    &MOCKER_IGNORED,
];
