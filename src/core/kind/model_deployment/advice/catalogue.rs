//! The rules beyond the server: what it accepts and what fails or changes later (airunway-providers.md).

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{RestsOn, Rule, Stage, rules};

rules! { Advice Warning
    VALUE_NOT_KEPT "value-not-kept"
        "`false` or zero is lost"
        "Each provider's shim adds its finalizer by writing the whole object back from its Go structure, which omits false and zero; the default of the CRD's schema then replaces them. `enablePrefixCaching: false` is stored as true, `replicas: 0` as 1."
        ""
    LAUNCH_FLAG_RESERVED "launch-flag-reserved"
        "Host or port among the engine's arguments"
        "The Direct vLLM shim generates `--host 0.0.0.0 --port 8000`, so that container, Service and probes agree, and refuses to render an object that sets either. Admission does not check this; the ModelDeployment ends in phase Failed without a pod."
        "remove it; the endpoint's port is 8000"
    LAUNCH_FLAG_DISGUISED "launch-flag-disguised"
        "Host or port the shim overlooks"
        "The shim looks only for lowercase `--host` and `--port`. Other spellings, such as `-port`, `--PORT` or `--port 9000` as one argument, are rendered as they are: the engine refuses them, or listens on a port that the probes do not use."
        "remove it; the endpoint's port is 8000"
    LAUNCH_FLAG_KEY "launch-flag-key"
        "Key of engine.args that the shim refuses"
        "The Direct vLLM, llm-d and Dynamo shims accept keys of letters, digits, `-` and `_` that do not start with `-`, and refuse to render others."
        "write the flag's name without dashes in front, or use spec.engine.extraArgs"
    LAUNCH_FLAG_ALIAS "launch-flag-alias"
        "Generated flag in another spelling"
        "Flags that the shim generates from other fields (the model, the context length, the number of GPUs ...) are left out if `engine.args` or `engine.extraArgs` name them in the shim's own spelling. With another spelling the generated flag is added as a duplicate."
        "use the spelling that the message names"
    LAUNCH_ARGUMENT_TWICE "launch-argument-twice"
        "Engine argument that is set twice"
        "An engine takes the last of two arguments with one name. `_` and `-` are the same to vLLM, an argument may be shortened, and `no-` in front switches the same switch off; so two spellings are one argument. `engine.args` comes before `engine.extraArgs`, sorted by key. A field of the spec and an argument for the same thing count, too."
        "keep one of them"
    LAUNCH_GPUS "launch-gpus"
        "Parallel sizes that need more GPUs than a pod has"
        "An engine starts one process a GPU: the tensor size times the pipeline size times the copies of data parallelism, all within its pod. With more processes than GPUs it ends at the start. The Direct vLLM and llm-d shims set `--tensor-parallel-size` to the number of GPUs of a pod unless the arguments say otherwise, and other sizes multiply that. Expert parallelism needs no GPUs of its own."
        ""
    LAUNCH_SWITCH_VALUE "launch-switch-value"
        "Value for a switch"
        "A switch such as `--enforce-eager` takes no value: the engine refuses `--enforce-eager true` and `--enforce-eager=true`. In `engine.args` the value of a switch is the empty string. vLLM switches off with `no-` in front of the name."
        "leave the value out"
    LAUNCH_VALUE_MISSING "launch-value-missing"
        "Engine argument without its value"
        "The argument takes a value, and none follows: the engine refuses to start. In `engine.args` an empty string is no value."
        "write the value behind it, or remove the argument"
    LAUNCH_VALUE_DASH "launch-value-dash"
        "Value that begins with a dash"
        "The engine reads a value that begins with a dash as the next argument, unless it is a negative number."
        "join both with = in one entry of spec.engine.extraArgs"
    LAUNCH_VALUE_INVALID "launch-value-invalid"
        "Value that the engine refuses"
        "The argument takes a number within bounds, and this value is not one. The engine reads it when it starts."
        "write a number that fits"
    LAUNCH_VALUE_JSON "launch-value-json"
        "Value that is not the JSON the engine needs"
        "The argument takes JSON: names and strings in double quotes, `true` and `false` in lower case. A shell removes quotes that are not quoted themselves, and Python's way of writing a dictionary is not JSON."
        "put names and strings in double quotes, as in {\"method\": \"mtp\"}"
    LAUNCH_VALUE_QUOTED "launch-value-quoted"
        "Quotes of a shell around a value"
        "No shell reads the arguments of a container. Quotes that a shell would have removed reach the engine as part of the value."
        "remove the outer quotes"
    LAUNCH_SHELL_VARIABLE "launch-shell-variable"
        "Variable of a shell among the engine's arguments"
        "No shell reads the arguments of a container, so `$NAME` and `${NAME}` stay as they are. Kubernetes fills in `$(NAME)`."
        "write $(NAME)"
    LAUNCH_VALUE_SPLIT "launch-value-split"
        "Value that does not survive being joined"
        "The KubeRay shim joins all arguments with blanks into the variable `VLLM_ENGINE_ARGS`. A value with blanks arrives in pieces, and quotes and backslashes may be removed when the variable is taken apart."
        "use a value without blanks and quotes, or choose another provider"
    LAUNCH_WORD_SEVERAL "launch-word-several"
        "Several arguments in one entry"
        "Each entry of `engine.extraArgs`, and each value of `engine.args`, reaches the engine as one argument, whatever blanks it holds."
        "write one entry of spec.engine.extraArgs for each argument and each value"
    LAUNCH_WORD_STRAY "launch-word-stray"
        "Entry that belongs to no engine argument"
        "The engine refuses what is neither an argument nor the value of one: a pasted command with `vllm serve` and the model, the backslash at the end of a line, what follows a second `--`, a second value."
        "remove it"
    LAUNCH_ARGUMENT_MISSPELT "launch-argument-misspelt"
        "Engine argument that the engine spells otherwise"
        "Names of arguments have two plain dashes in front and lowercase letters; short names have one dash; other engines have other names. Word processors and chat programs turn two dashes into one long dash."
        ""
    LAUNCH_ENDPOINT_MOVED "launch-endpoint-moved"
        "Engine argument that moves the engine away from its Service"
        "Provider and engine agree on plain HTTP on port 8000: there the Service leads, and Direct vLLM's probes ask there. TLS in the engine, a socket file, another port or no HTTP server at all leave the pod unready or the Service without an answer."
        "remove it"
    CACHE_UNUSED "cache-unused"
        "Cache that the engine does not use"
        "The Direct vLLM shim mounts volumes of the purposes modelCache and compilationCache and sets no variable. vLLM keeps models below HF_HOME (by default ~/.cache/huggingface, or where --download-dir says) and compiled code below VLLM_CACHE_ROOT (~/.cache/vllm)."
        ""
    QUANTITY_WITHOUT_UNIT "quantity-without-unit"
        "Quantity of a few bytes"
        "A quantity without a unit counts bytes, and `m` stands for thousandths. The container is killed at its start, or the claim is refused."
        "write a unit such as Gi"
    VISIBLE_DEVICES "visible-devices"
        "Variable that hides the pod's GPUs"
        "Inside a pod its GPUs are numbered from zero, whichever of the node they are. CUDA_VISIBLE_DEVICES with the numbers of a node hides them from the engine; NVIDIA_VISIBLE_DEVICES chooses past Kubernetes among the GPUs of the node, which other pods may use."
        "remove it; set spec.resources.gpu.count"
    SECRET_IN_PLAIN_TEXT "secret-in-plain-text"
        "Secret in plain text"
        "Tokens, keys and passwords in the object are readable by everyone who may read ModelDeployments, Deployments or pods in the namespace, and stay in manifests and in the history of the object."
        "keep it in a Secret"
    NAME_SETS_VARIABLE "name-sets-variable"
        "Name that sets a variable of the engine"
        "For each Service Kubernetes sets variables in the namespace's pods, such as `VLLM_PORT=tcp://10.0.0.1:8000` for a Service `vllm`. vLLM reads VLLM_PORT as a number and ends. It meets pods that start after the Service, so a first start may work and a restart fail."
        "use another name, for example with -demo at the end"
    NAME_TAKEN "name-taken"
        "Name of the API server's Service"
        "The Service `kubernetes` in the namespace `default` is the API server's. The provider does not take over a Service that is not its own, and the object ends in phase Failed."
        "use another name, or another namespace"
    CONTEXT_LENGTH_NOT_POSITIVE "context-length-not-positive"
        "Context length of zero or less"
        "The schema sets no minimum; the engine refuses the value when it starts."
        "set spec.engine.contextLength to at least 1, or leave it out"
    MANAGED_VOLUME_NOT_CREATED "managed-volume-not-created"
        "Managed volume that nobody creates"
        "Only the Dynamo shim creates claims for volumes with a `size`. With Direct vLLM the pod waits for a claim that is never created."
        "create the claim yourself and reference it with claimName, without size"
    VOLUMES_IGNORED "volumes-ignored"
        "Volumes that the provider does not mount"
        "The llm-d, KAITO and KubeRay shims do not render `spec.model.storage`."
        "remove spec.model.storage, or choose another provider"
    MEMBER_IGNORED "member-ignored"
        "Field that the provider does not use"
        "Each shim renders only part of the spec; the rest is accepted and has no effect. AI Runway's guides do not list all of these fields."
        "remove it, or choose another provider"
    GPU_TYPE_IGNORED "gpu-type-ignored"
        "GPU type that the provider does not use"
        "Only the KubeRay shim requests the resource named by `gpu.type`; the others request NVIDIA GPUs in any case."
        "choose provider kuberay, or remove the type"
    COMPONENT_IGNORED "component-ignored"
        "Scaling of the other serving mode"
        "In aggregated mode `scaling.prefill` and `scaling.decode` have no effect, in disaggregated mode `scaling.replicas` and the CPU and memory of `spec.resources`. Admission's limits apply to them nevertheless."
        "remove it, or change spec.serving.mode"
    CUSTOM_IMAGE "custom-image"
        "Image of class custom"
        "The Direct vLLM shim recognizes launch, nightly and stable images by their reference. Any other, a bare digest or a release tag too, is of class custom: the condition `UnsupportedImage` becomes True. The object is served."
        "use a tag of a known class with a digest, such as vllm/vllm-openai:latest@sha256:<digest>"
    IMAGE_INVALID "image-invalid"
        "Invalid image reference"
        "Admission does not check images; the kubelet refuses to pull what is not a reference."
        "write registry/repository:tag"
    IMAGE_TAG_FROZEN "image-tag-frozen"
        "Tag no longer updated"
        "Some tags look like moving tags but no longer move, so the pods stay at an old build."
        ""
    IMAGE_TAG_MOVES "image-tag-moves"
        "Tag that moves"
        "The tag points to a new image from time to time; pods that start later may run another one."
        "pin it: kubectl airunway pin -f FILE --write"
    IMAGE_TAG_ROTATES "image-tag-rotates"
        "Tag that will be deleted"
        "Some registries delete a tag after a number of newer builds; a pod that starts after that cannot pull the image."
        "mirror the image, or use a release"
    KAITO_IMAGE "kaito-image"
        "KAITO's llama.cpp needs spec.image"
        "The KAITO shim asks for the older field `spec.image`; without it the object ends in phase Failed, whatever `spec.engine.image` says. Where both are set, they must be the same."
        "set spec.image to the image"
    ENV_DUPLICATE "env-duplicate"
        "Duplicate environment variable"
        "The shim applies the Deployment with server-side apply, where the name is the key of the list: two entries with one name are refused, and the object ends in phase Failed."
        "remove one of them"
    ENV_NAME "env-name"
        "Environment variable without a valid name"
        "Names of environment variables are printable ASCII without `=`. The webhook may add an empty name to an entry that has none, and the Deployment is refused later."
        "give it a name"
    ENV_TOKEN_TWICE "env-token-twice"
        "HF_TOKEN from two sources"
        "`spec.secrets.huggingFaceToken` sets HF_TOKEN as well. Direct vLLM drops the entry in `spec.env`; llm-d renders both, and the Deployment is refused."
        "remove HF_TOKEN from spec.env, or spec.secrets.huggingFaceToken"
    ENV_SOURCE_IGNORED "env-source-ignored"
        "Environment variable source that the provider does not render"
        "The llm-d, KAITO and KubeRay shims render values and `secretKeyRef`; other sources are dropped."
        "use a value or a secretKeyRef"
    ENV_VALUE_AND_SOURCE "env-value-and-source"
        "Environment variable with a value and a source"
        "Kubernetes refuses an entry with both. Direct vLLM drops the value, llm-d renders both, and the Deployment is refused."
        "keep one of the two"
    OVERRIDE_AT_TOP "override-at-top"
        "Override of a field reserved by the shim"
        "`apiVersion`, `kind`, `metadata` and `status` at the top of `spec.provider.overrides` pass admission; the shims refuse to render them; llm-d refuses `spec.template.spec`, too."
        "remove the field"
    OVERRIDE_UNKNOWN "override-unknown"
        "Override of a field Deployments lack"
        "Overrides are merged into the Deployment that the Direct vLLM and llm-d shims apply. With server-side apply the API server refuses unknown fields, and the object ends in phase Failed."
        ""
    OVERRIDE_CONTAINERS "override-containers"
        "Overrides that replace the container list"
        "Lists are replaced, not merged: `containers` in the overrides replaces the generated container with its image, arguments, probes and GPUs."
        "write the whole container, or use the fields of spec"
    STARTUP_WINDOW "startup-window"
        "Start-up probe outlasts the progress deadline"
        "A Deployment counts as failed after its progress deadline, 600 seconds unless overridden. With a start-up probe that allows more, the object can be in phase Failed while the model still loads."
        "set spec.provider.overrides.spec.progressDeadlineSeconds above the start-up window"
    PROVIDER_UNKNOWN "provider-unknown" [rests_on: RestsOn::Context]
        "Unregistered provider"
        "Without an engine the webhook does not look the provider up. The object is accepted and stays Pending until a provider of that name registers."
        "name a registered provider"
    PROVIDER_WILL_REFUSE "provider-will-refuse"
        "Provider will refuse the selected engine"
        "Without an engine the webhook cannot compare the object with the provider's capabilities. The controller selects an engine from all ready providers, whatever provider is named, and the named one then refuses it."
        "set spec.engine.type"
    STATUS_PREDICTED "status-predicted"
        "Controller or provider will refuse the object"
        "Admission accepts the object, and the core controller or the provider's shim then refuses it: nothing is served. The message is the phase, the condition and the text that the status will have; other findings of the object often name the field."
        ""
    NAME_TOO_LONG_DERIVED "name-too-long-derived"
        "Name too long for child objects"
        "The provider names Services and label values after the ModelDeployment; those have at most 63 characters, including the provider's suffix."
        "use a shorter name"
    NAME_STARTS_WITH_DIGIT "name-starts-with-digit"
        "Name not valid for a Service"
        "Names of ModelDeployments may start with a digit; names of Services start with a letter, except on clusters with relaxed Service names."
        "start the name with a letter"
    RESOURCES_NEGATIVE "resources-negative"
        "Negative quantity"
        "Admission limits quantities from above only. The API server refuses the pods."
        "use a positive quantity"
    TOLERATION_REFUSED "toleration-refused"
        "Toleration not valid for pods"
        "Admission accepts any toleration; the pod template is refused later if operator, key, value and seconds do not fit together."
        ""
    POD_METADATA_REFUSED "pod-metadata-refused"
        "Labels, annotations or node labels not valid for pods"
        "Admission accepts any string in `spec.podTemplate.metadata` and `spec.nodeSelector`; what is not a valid key or value is refused when the provider applies its objects."
        ""
}

rules! { Advice Error
    MODEL_ID_INVALID "model-id-invalid"
        "Invalid model id"
        "The id of a model on Hugging Face is `owner/name`: no address of a page, no blanks, no backslashes. The API server accepts any string, and the engine fails when it looks for the model. A path in the container, `owner/name:quantization` and an address of an object store are fine, and with `spec.model.source: custom` anything is."
        "write owner/name"
}

rules! { Advice Hint
    PAUSED "paused"
        "Object is paused"
        "With the annotation `airunway.ai/reconcile-paused: \"true\"` neither controller nor shims act, and a deletion waits until the annotation is removed."
        "remove the annotation"
    MOCKER_IGNORED "mocker-ignored"
        "Dynamo's test backend with another provider"
        "The annotation `airunway.ai/dynamo-test-backend` works only with `spec.provider.name: dynamo`."
        "set spec.provider.name: dynamo, or remove the annotation"
}

/// In the order in which they apply.
pub(crate) static RULES: &[&Rule] = &[
    &PROVIDER_UNKNOWN,
    &PROVIDER_WILL_REFUSE,
    &STATUS_PREDICTED,
    &NAME_TOO_LONG_DERIVED,
    &NAME_STARTS_WITH_DIGIT,
    &NAME_TAKEN,
    &NAME_SETS_VARIABLE,
    &MODEL_ID_INVALID,
    &VALUE_NOT_KEPT,
    &LAUNCH_FLAG_RESERVED,
    &LAUNCH_FLAG_DISGUISED,
    &LAUNCH_FLAG_KEY,
    &LAUNCH_FLAG_ALIAS,
    &LAUNCH_ARGUMENT_TWICE,
    &LAUNCH_ARGUMENT_MISSPELT,
    &LAUNCH_WORD_STRAY,
    &LAUNCH_WORD_SEVERAL,
    &LAUNCH_SWITCH_VALUE,
    &LAUNCH_VALUE_MISSING,
    &LAUNCH_VALUE_DASH,
    &LAUNCH_VALUE_INVALID,
    &LAUNCH_VALUE_JSON,
    &LAUNCH_VALUE_QUOTED,
    &LAUNCH_VALUE_SPLIT,
    &LAUNCH_SHELL_VARIABLE,
    &LAUNCH_GPUS,
    &LAUNCH_ENDPOINT_MOVED,
    &CONTEXT_LENGTH_NOT_POSITIVE,
    &CUSTOM_IMAGE,
    &IMAGE_INVALID,
    &IMAGE_TAG_FROZEN,
    &IMAGE_TAG_MOVES,
    &IMAGE_TAG_ROTATES,
    &KAITO_IMAGE,
    &MANAGED_VOLUME_NOT_CREATED,
    &CACHE_UNUSED,
    &VOLUMES_IGNORED,
    &MEMBER_IGNORED,
    &GPU_TYPE_IGNORED,
    &COMPONENT_IGNORED,
    &RESOURCES_NEGATIVE,
    &QUANTITY_WITHOUT_UNIT,
    &VISIBLE_DEVICES,
    &SECRET_IN_PLAIN_TEXT,
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
