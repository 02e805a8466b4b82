//! The rules of AI Runway's webhooks (airunway-api.md section 4).

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{RestsOn, Rule, Stage, WayOut, rules};

rules! { Decode Error
    DECODE_TYPE "decode-type"
        "Wrong type for the webhook"
        "The mutating webhook decodes the object into typed structures before schema validation, so it refuses a value of the wrong type with code 400 and the message of Go's JSON decoder. YAML makes this easy to hit: an unquoted number, `yes` or `on` is not a string."
        "quote the value, or use the type that the message names"
    NUMBER_OUT_OF_RANGE "number-out-of-range"
        "Number out of range"
        "Counts, ports and the context length are signed 32-bit in AI Runway. The CRD's schema sets no maximum for them, so the webhook's decoder refuses larger numbers and fractions."
        "use a whole number between -2147483648 and 2147483647"
    QUANTITY_SYNTAX "quantity-syntax"
        "Invalid quantity"
        "Sizes of volumes are Kubernetes quantities: a number with an optional suffix such as `Gi`, `M` or `e3`. The webhook's decoder refuses anything else before schema validation, an empty string too."
        "write for example 100Gi, or leave the field out"
}

rules! { Webhook Error
    NAME_WITH_DOTS "name-with-dots"
        "Dots in the name"
        "The API server allows dots in the name of a ModelDeployment, but volumes and Services derived from it may not have them. Checked on creation only."
        "use '-' in place of the dots"
    ENGINE_IMAGE_CONFLICT "engine-image-conflict"
        "Two different images"
        "`spec.engine.image` replaces the older `spec.image`. Both may be set only to the same value."
        "remove spec.image"
    LAUNCH_FLAG_TWICE "launch-flag-twice"
        "Engine argument in both args and extraArgs"
        "`spec.engine.args` and `spec.engine.extraArgs` end up in one command line. A flag may come from one of them only. Names are compared literally: `a-b` and `a_b` are two flags."
        "remove the flag from spec.engine.extraArgs or from spec.engine.args"
    MODEL_ID_REQUIRED "model-id-required"
        "No model id"
        "A model from Hugging Face is named by its id. Only `source: custom`, a model inside the image, works without one."
        "set spec.model.id, or spec.model.source: custom"
    OVERRIDES_NOT_AN_OBJECT "overrides-not-an-object"
        "Overrides must be an object"
        "`spec.provider.overrides` is merged over what the provider renders, so it must be an object. Its content is not printed because it may hold secrets."
        "write an object"
    OVERRIDE_FORBIDDEN "override-forbidden"
        "Override that would change the security of the pods"
        "Some field names are refused at any depth of `spec.provider.overrides`: security contexts, service accounts, host namespaces, the node, priority and runtime classes. Only the name counts, not the place."
        "remove the field"
    OVERRIDE_SIZING "override-sizing"
        "Override that would change replicas or resources"
        "`replicas` and `resources` are refused at any depth of `spec.provider.overrides`, because they would bypass admission's limits."
        "use spec.scaling and spec.resources"
    MOCKER_ENGINE "mocker-engine"
        "Dynamo's test backend with an engine other than vLLM"
        "The annotation `airunway.ai/dynamo-test-backend: mocker` selects a backend that only simulates vLLM."
        "set spec.engine.type: vllm, or remove the annotation"
    PROVIDER_NOT_REGISTERED "provider-not-registered" [rests_on: RestsOn::Context]
        "Provider not registered"
        "A provider registers itself as an InferenceProviderConfig when its shim starts. The webhook looks it up only if an engine is set."
        "install the provider, or name a registered one"
    PROVIDER_LOOK_UP_REFUSED "provider-look-up-refused" [rests_on: RestsOn::Context]
        "Webhook not allowed to read the registered providers"
        "The webhook's own service account lacks the right to read InferenceProviderConfigs: the installation of AI Runway is incomplete."
        "reinstall AI Runway's controller"
    PROVIDER_ENGINE "provider-engine"
        "Provider does not support the engine"
        "Each provider registers the engines that it supports."
        ""
    PROVIDER_MODE "provider-mode"
        "Provider does not support the serving mode"
        "Each provider registers, for each engine, which serving modes it supports: aggregated, disaggregated or both."
        ""
    PROVIDER_NEEDS_GPU "provider-needs-gpu"
        "No GPU for an engine that needs one"
        "In aggregated mode the engine of this provider needs a GPU, and `spec.resources.gpu.count` is zero or absent. The webhook defaults it to one only if `spec.resources` is absent, an engine other than llama.cpp is set, and `spec.image` is empty."
        "set spec.resources.gpu.count: 1"
    DISAGGREGATED_RESOURCES "disaggregated-resources"
        "GPUs in spec.resources in disaggregated mode"
        "In disaggregated mode prefill and decode each have their own GPUs, set in `spec.scaling`."
        "move the GPUs to spec.scaling.prefill.gpu and spec.scaling.decode.gpu"
    DISAGGREGATED_SCALING "disaggregated-scaling"
        "Prefill or decode missing in disaggregated mode"
        "Disaggregated mode runs two kinds of workers, and the object must describe both."
        "set spec.scaling.prefill and spec.scaling.decode"
    DISAGGREGATED_GPU "disaggregated-gpu"
        "Workers without a GPU in disaggregated mode"
        "Both kinds of workers need at least one GPU, except on Dynamo's test backend."
        "set the gpu.count of spec.scaling.prefill and spec.scaling.decode"
    VOLUME_CLAIM_REQUIRED "volume-claim-required"
        "Volume with neither size nor claim"
        "With a `size` the controller creates the volume's claim; with a `claimName` the volume uses a claim that exists."
        "set size, or claimName"
    VOLUME_READ_ONLY_MANAGED "volume-read-only-managed"
        "Managed volume is read-only"
        "A volume that the controller creates starts empty; something must write to it."
        "remove readOnly, or reference an existing claim without size"
    VOLUME_CLAIM_ON_MANAGED "volume-claim-on-managed"
        "Managed volume with a claim name"
        "The claim of a volume with a `size` is named after the ModelDeployment and the volume."
        "remove claimName, or size"
    VOLUME_CLAIM_TOO_LONG "volume-claim-too-long"
        "Generated claim name too long"
        "The generated name, `<deployment>-<volume>`, is limited to 253 characters."
        "use shorter names"
    VOLUME_ACCESS_MODE "volume-access-mode"
        "Unknown access mode"
        "The access modes are those of Kubernetes claims. The schema has the same rule and is checked first."
        "use one of the supported values"
    VOLUME_ACCESS_MODE_UNMANAGED "volume-access-mode-unmanaged"
        "Access mode on an existing claim"
        "An access mode applies only to claims the controller creates; an existing claim has its own."
        "remove accessMode, or set size"
    VOLUME_STORAGE_CLASS_UNMANAGED "volume-storage-class-unmanaged"
        "Storage class on an existing claim"
        "A storage class, even an empty one, applies only to claims the controller creates."
        "remove storageClassName, or set size"
    VOLUME_DUPLICATE_NAME "volume-duplicate-name"
        "Duplicate volume name"
        "Volume names are unique. The schema has the same rule and is checked first."
        "give each volume a unique name"
    VOLUME_DUPLICATE_PATH "volume-duplicate-path"
        "Duplicate mount path"
        "Paths are compared literally. Volumes with a purpose get a default path, so two of them can collide although no path is set."
        "give each volume a unique mountPath"
    VOLUME_DUPLICATE_CLAIM "volume-duplicate-claim"
        "Duplicate claim"
        "Each claim may be mounted once."
        "reference each claim once"
    VOLUME_PATH_RELATIVE "volume-path-relative"
        "Mount path is not absolute"
        "Mount paths start with a slash."
        "start mountPath with /"
    VOLUME_PATH_REQUIRED "volume-path-required"
        "Custom volume without a mount path"
        "Only volumes with the purposes modelCache and compilationCache have a default path."
        "set mountPath, or a purpose"
    VOLUME_PATH_SYSTEM "volume-path-system"
        "Mount path in a system directory"
        "Paths at or below /dev, /proc, /sys, /etc and /var/run are refused."
        "mount it elsewhere"
    VOLUME_ONE_MODEL_CACHE "volume-one-model-cache"
        "More than one model cache"
        "At most one volume has the purpose modelCache."
        "keep one, make the others custom"
    VOLUME_ONE_COMPILATION_CACHE "volume-one-compilation-cache"
        "More than one compilation cache"
        "At most one volume has the purpose compilationCache."
        "keep one, make the others custom"
    DOWNLOAD_JOB_TOO_LONG "download-job-name-too-long"
        "Download Job name too long"
        "A managed model cache is filled by a Job named `<deployment>-model-download`, limited to 253 characters."
        "use a shorter name"
    GPU_CEILING "gpu-ceiling"
        "Too many GPUs"
        "At most 64 GPUs per component, in either serving mode."
        "request at most 64"
    REPLICAS_CEILING "replicas-ceiling"
        "Too many replicas"
        "At most 32 replicas per component, in either serving mode."
        "request at most 32"
    CPU_CEILING "cpu-ceiling"
        "Too many CPUs"
        "At most 512 CPUs. The usual cause is a memory size instead of a number of CPUs."
        "request at most 512"
    MEMORY_CEILING "memory-ceiling"
        "Too much memory"
        "At most 4Ti of memory per component."
        "request at most 4Ti"
    QUANTITY_INVALID "quantity-invalid"
        "Invalid CPU or memory quantity"
        "`spec.resources.cpu`, `spec.resources.memory` and the memory of prefill and decode are strings in the schema; the webhook reads them as Kubernetes quantities. Spaces around them are an error."
        "write for example 16Gi or 500m"
    IMMUTABLE_MODEL_ID "immutable-model-id" [way_out: WayOut::Recreate]
        "Model id changed"
        "The model of a ModelDeployment cannot be changed."
        "create a new one, or use --recreate"
    IMMUTABLE_MODEL_SOURCE "immutable-model-source" [way_out: WayOut::Recreate]
        "Model source changed"
        "The source of a ModelDeployment's model cannot be changed."
        "create a new one, or use --recreate"
    IMMUTABLE_ENGINE_TYPE "immutable-engine-type" [way_out: WayOut::Recreate]
        "Engine changed"
        "The engine cannot be changed once it is set; it can be removed."
        "create a new one, or use --recreate"
    IMMUTABLE_PROVIDER "immutable-provider" [way_out: WayOut::Recreate]
        "Provider changed"
        "The provider cannot be changed once it is set, or once the controller has selected one."
        "create a new one, or use --recreate"
    IMMUTABLE_SERVING_MODE "immutable-serving-mode" [way_out: WayOut::Recreate]
        "Serving mode changed"
        "The serving mode cannot be changed."
        "create a new one, or use --recreate"
    MANAGED_VOLUME_REMOVED "managed-volume-removed" [way_out: WayOut::Recreate]
        "Managed volume removed"
        "A volume whose claim the controller created stays for the life of the ModelDeployment."
        "put the volume back, or use --recreate"
    MANAGED_VOLUME_CHANGED "managed-volume-changed" [way_out: WayOut::Recreate]
        "Managed volume changed"
        "A volume whose claim the controller created must stay as it is: none of its fields may change; sizes are compared by value."
        "restore the volume, or use --recreate"
}

rules! { Warning Warning
    PROVIDER_NOT_VERIFIED "provider-not-verified"
        "Provider not verified"
        "The webhook could not read the registered providers and admits the object; the controller checks it again."
        ""
    SERVED_NAME_IGNORED "served-name-ignored"
        "servedName has no effect for a custom model"
        "The image of a custom model names the model itself."
        "remove spec.model.servedName"
    TRUST_REMOTE_CODE "trust-remote-code"
        "Code from the model's repository will run"
        "With `trustRemoteCode: true` the engine executes code that comes with the model."
        "pin the model's revision, or remove trustRemoteCode"
    CONTEXT_LENGTH_IGNORED "context-length-ignored"
        "contextLength has no effect for TensorRT-LLM"
        "TensorRT-LLM fixes the context length when its engine is built."
        "remove spec.engine.contextLength"
    COMPILATION_CACHE_READ_ONLY "compilation-cache-read-only"
        "Read-only compilation cache"
        "A compilation cache that is mounted read-only never gets new entries."
        "remove readOnly"
    MODEL_CACHE_READ_ONLY "model-cache-read-only"
        "Read-only model cache"
        "With a read-only model cache nothing is downloaded; the claim must hold the model already."
        ""
}

/// In the order in which they apply.
pub(crate) static RULES: &[&Rule] = &[
    &DECODE_TYPE,
    &NUMBER_OUT_OF_RANGE,
    &QUANTITY_SYNTAX,
    &NAME_WITH_DOTS,
    &ENGINE_IMAGE_CONFLICT,
    &LAUNCH_FLAG_TWICE,
    &MODEL_ID_REQUIRED,
    &OVERRIDES_NOT_AN_OBJECT,
    &OVERRIDE_FORBIDDEN,
    &OVERRIDE_SIZING,
    &MOCKER_ENGINE,
    &PROVIDER_NOT_REGISTERED,
    &PROVIDER_LOOK_UP_REFUSED,
    &PROVIDER_ENGINE,
    &PROVIDER_MODE,
    &PROVIDER_NEEDS_GPU,
    &DISAGGREGATED_RESOURCES,
    &DISAGGREGATED_SCALING,
    &DISAGGREGATED_GPU,
    &VOLUME_CLAIM_REQUIRED,
    &VOLUME_READ_ONLY_MANAGED,
    &VOLUME_CLAIM_ON_MANAGED,
    &VOLUME_CLAIM_TOO_LONG,
    &VOLUME_ACCESS_MODE,
    &VOLUME_ACCESS_MODE_UNMANAGED,
    &VOLUME_STORAGE_CLASS_UNMANAGED,
    &VOLUME_DUPLICATE_NAME,
    &VOLUME_DUPLICATE_PATH,
    &VOLUME_DUPLICATE_CLAIM,
    &VOLUME_PATH_RELATIVE,
    &VOLUME_PATH_REQUIRED,
    &VOLUME_PATH_SYSTEM,
    &VOLUME_ONE_MODEL_CACHE,
    &VOLUME_ONE_COMPILATION_CACHE,
    &DOWNLOAD_JOB_TOO_LONG,
    &GPU_CEILING,
    &REPLICAS_CEILING,
    &CPU_CEILING,
    &MEMORY_CEILING,
    &QUANTITY_INVALID,
    &IMMUTABLE_MODEL_ID,
    &IMMUTABLE_MODEL_SOURCE,
    &IMMUTABLE_ENGINE_TYPE,
    &IMMUTABLE_PROVIDER,
    &IMMUTABLE_SERVING_MODE,
    &MANAGED_VOLUME_REMOVED,
    &MANAGED_VOLUME_CHANGED,
    &PROVIDER_NOT_VERIFIED,
    &SERVED_NAME_IGNORED,
    &TRUST_REMOTE_CODE,
    &CONTEXT_LENGTH_IGNORED,
    &COMPILATION_CACHE_READ_ONLY,
    &MODEL_CACHE_READ_ONLY,
];
