//! The rules that the API server has for any custom resource.

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Decode Error
    UNKNOWN_MEMBER "unknown-member"
        "A member that the definition does not have"
        "The API server compares every member with the schema of the definition and, with strict field validation, refuses an object that has others: they would be dropped silently. kubectl asks for strict validation by default. Names are case-sensitive."
        ""
    DUPLICATE_MEMBER "duplicate-member"
        "A member that is there twice"
        "The same name occurs twice in one object of the input. The server refuses this with strict field validation, since only one of the two values could be kept."
        "remove one of the two"
    METADATA_TYPE "metadata-type"
        "Metadata of the wrong type"
        "The API server reads `metadata` into its own structure first. Labels and annotations are texts only: numbers and booleans must be quoted."
        "quote the value"
    API_VERSION "api-version"
        "Another version or kind than the server expects"
        "ModelDeployment is served in the group and version `airunway.ai/v1alpha1` only."
        "set apiVersion: airunway.ai/v1alpha1 and kind: ModelDeployment"
    NAMESPACE_MISMATCH "namespace-mismatch"
        "The object names another namespace than the request"
        "An object that carries a namespace can only be sent to that namespace."
        "remove metadata.namespace, or use the same with --namespace"
    TOO_DEEP "too-deep"
        "Nesting beyond the limit of this program"
        "Objects are judged to a depth of 1,000 levels; the API server reads up to 10,000. No object that a provider understands comes near either."
        "flatten the object"
}

rules! { Schema Error
    OBJECT_NAME "object-name"
        "A name that the API server does not accept"
        "Names of objects are DNS subdomains: lower-case letters, digits, `-` and `.`, at most 253 characters, with a letter or digit at both ends. AI Runway forbids the dot as well."
        "use lower-case letters, digits and '-'"
    METADATA_VALUE "metadata-value"
        "Labels, annotations, owners or finalizers that the API server does not accept"
        "Keys of labels and annotations are qualified names (an optional DNS prefix and a name of at most 63 characters), values of labels have at most 63 characters of a small set, and all annotations together may take 256 KiB."
        ""
    SCHEMA_REQUIRED "schema-required"
        "A required member is missing"
        "The definition lists members that an object must have. The webhook adds the required `spec.model` by itself; members of list entries, such as the name of a volume, it adds only when it has another default to set."
        "add the member"
    SCHEMA_TYPE "schema-type"
        "A value of the wrong JSON type"
        "The definition gives every member a JSON type. Most mismatches are already refused by the webhook's decoder; `spec.provider.overrides` is read as it is and judged by the schema."
        "give a value of the type that the message names"
    SCHEMA_ENUM "schema-enum"
        "A value outside the list of allowed ones"
        "Engine type, serving mode, model source, volume purpose and access mode are enumerations. An empty text is not among their values: leave the member out instead. The webhook replaces an empty source, mode, purpose, and the access mode of a managed volume before the schema is looked at."
        "use one of the supported values, or leave the member out"
    SCHEMA_VALUE "schema-value"
        "A value outside the bounds of the schema"
        "The definition bounds counts from below and gives volume names and sizes a pattern."
        ""
    SCHEMA_LENGTH "schema-length"
        "A text that is too long"
        "The definition limits the length of some texts; the name of a volume to 63 characters."
        "shorten it"
    SCHEMA_COUNT "schema-count"
        "A list with too many entries"
        "The definition limits the number of entries of some lists; a model has at most eight volumes."
        "remove entries"
    SCHEMA_DUPLICATE "schema-duplicate"
        "A list entry whose key is already taken"
        "Lists that are maps, such as the volumes by their `name`, hold each key once."
        "give each entry a name of its own"
}

rules! { Warning Warning
    FINALIZER_NAME "finalizer-name"
        "A finalizer without a domain"
        "The API server wants finalizers with a domain and a path, so that writers do not collide."
        "use a name such as example.com/cleanup"
    RULE_NOT_EVALUATED "rule-not-evaluated"
        "A CEL rule of the definition that could not be evaluated"
        "Definitions carry rules in CEL (`x-kubernetes-validations`), which are evaluated as the API server does. A rule that uses something which is not known here, such as a function of a later release, is left open: the server may still refuse the object because of it."
        ""
}

/// In the order in which they apply.
pub(crate) static RULES: &[&Rule] = &[
    &UNKNOWN_MEMBER,
    &DUPLICATE_MEMBER,
    &METADATA_TYPE,
    &API_VERSION,
    &NAMESPACE_MISMATCH,
    &TOO_DEEP,
    &OBJECT_NAME,
    &METADATA_VALUE,
    &SCHEMA_REQUIRED,
    &SCHEMA_TYPE,
    &SCHEMA_ENUM,
    &SCHEMA_VALUE,
    &SCHEMA_LENGTH,
    &SCHEMA_COUNT,
    &SCHEMA_DUPLICATE,
    &FINALIZER_NAME,
    &RULE_NOT_EVALUATED,
];
