//! The rules that the API server has for any custom resource.

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Decode Error
    UNKNOWN_MEMBER "unknown-member"
        "Unknown field"
        "The CRD's schema lists the fields of an object. Strict field validation, kubectl's default, refuses others; without it they are dropped silently. Names are case-sensitive."
        ""
    DUPLICATE_MEMBER "duplicate-member"
        "Duplicate field"
        "The same name appears twice in one map of the input. Strict field validation refuses it, because only one of the two values could be kept."
        "remove one of the two"
    METADATA_TYPE "metadata-type"
        "Metadata of the wrong type"
        "The API server reads `metadata` into its own structure first. Labels and annotations are strings: numbers and booleans must be quoted."
        "quote the value"
    API_VERSION "api-version"
        "Unexpected version or kind"
        "An object is sent to the group, version and kind that its CRD serves, and the server refuses one that names others."
        ""
    NAMESPACE_MISMATCH "namespace-mismatch"
        "Namespace differs from the request"
        "An object that sets a namespace can only be sent to that namespace."
        "remove metadata.namespace, or pass the same one with --namespace"
    TOO_DEEP "too-deep"
        "Nested too deeply"
        "Objects are checked to 1,000 levels; the API server reads 10,000. No object that a provider understands is nested nearly as deeply."
        "flatten the object"
}

rules! { Schema Error
    OBJECT_NAME "object-name"
        "Invalid object name"
        "Names of objects are DNS subdomains: lowercase letters, digits, `-` and `.`, at most 253 characters, with a letter or digit at both ends. AI Runway forbids the dot as well."
        "use lowercase letters, digits and '-'"
    METADATA_VALUE "metadata-value"
        "Invalid labels, annotations, owners or finalizers"
        "Keys of labels and annotations are qualified names (an optional DNS prefix and a name of at most 63 characters), values of labels have at most 63 characters of a small set, and all annotations together may take 256 KiB."
        ""
    SCHEMA_REQUIRED "schema-required"
        "Required field missing"
        "The CRD's schema lists the fields that an object must have. The webhook adds the required `spec.model` by itself; to list entries it adds required fields, such as the name of a volume, only if it has another default to set there."
        "add the field"
    SCHEMA_TYPE "schema-type"
        "Wrong JSON type"
        "The CRD's schema gives every field a JSON type. The webhook's decoder already refuses most mismatches; `spec.provider.overrides` passes it unread and is checked against the schema."
        "give a value of the type that the message names"
    SCHEMA_ENUM "schema-enum"
        "Value not supported"
        "Engine type, serving mode, model source, volume purpose and access mode are enumerations. An empty string is not among their values: leave the field out instead. Before schema validation the webhook replaces an empty source, mode or purpose, and the empty access mode of a managed volume."
        "use one of the supported values, or leave the field out"
    SCHEMA_VALUE "schema-value"
        "Value out of range"
        "The CRD's schema sets a minimum for counts and a pattern for the names and sizes of volumes."
        ""
    SCHEMA_LENGTH "schema-length"
        "String too long"
        "The CRD's schema limits the length of some strings; the name of a volume to 63 characters."
        "shorten it"
    SCHEMA_COUNT "schema-count"
        "Too many list entries"
        "The CRD's schema limits the number of entries of some lists; a model has at most eight volumes."
        "remove entries"
    SCHEMA_DUPLICATE "schema-duplicate"
        "Duplicate list key"
        "Lists that are maps, such as the volumes by their `name`, hold each key once."
        "give each entry a unique name"
}

rules! { Warning Warning
    FINALIZER_NAME "finalizer-name"
        "Finalizer without a domain"
        "The API server warns of finalizers without a domain and a path, because two writers may use the same one."
        "use a name such as example.com/cleanup"
    RULE_NOT_EVALUATED "rule-not-evaluated"
        "CEL rule not evaluated"
        "A CRD's schema has rules in CEL (`x-kubernetes-validations`), which this program evaluates as the API server does. A rule that uses something unknown here, such as a function of a later release, stays open: the server may still refuse the object because of it."
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
