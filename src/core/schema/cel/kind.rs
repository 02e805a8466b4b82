//! The types of values, which are values themselves.

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Bytes,
    Cidr,
    Double,
    Duration,
    Format,
    Int,
    Ip,
    List,
    Map,
    Null,
    Optional,
    Quantity,
    Semver,
    Text,
    Timestamp,
    Type,
    Uint,
    Url,
}

const NAMES: [(Kind, &str); 19] = [
    (Kind::Bool, "bool"),
    (Kind::Bytes, "bytes"),
    (Kind::Cidr, "net.CIDR"),
    (Kind::Double, "double"),
    (Kind::Duration, "google.protobuf.Duration"),
    (Kind::Format, "kubernetes.NamedFormat"),
    (Kind::Int, "int"),
    (Kind::Ip, "net.IP"),
    (Kind::List, "list"),
    (Kind::Map, "map"),
    (Kind::Null, "null_type"),
    (Kind::Optional, "optional_type"),
    (Kind::Quantity, "kubernetes.Quantity"),
    (Kind::Semver, "kubernetes.Semver"),
    (Kind::Text, "string"),
    (Kind::Timestamp, "google.protobuf.Timestamp"),
    (Kind::Type, "type"),
    (Kind::Uint, "uint"),
    (Kind::Url, "kubernetes.URL"),
];

impl Kind {
    /// The name as the language spells it.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The type of that name.
    pub(super) fn named(name: &str) -> Option<Kind> {
        NAMES.iter().find(|(_, each)| *each == name).map(|(kind, _)| *kind)
    }
}
