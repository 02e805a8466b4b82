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

    /// The name of the type in the server's own program, which some of its errors show.
    pub(super) fn go_name(self) -> &'static str {
        match self {
            Kind::Bool => "types.Bool",
            Kind::Bytes => "types.Bytes",
            Kind::Cidr => "cel.CIDR",
            Kind::Double => "types.Double",
            Kind::Duration => "types.Duration",
            Kind::Format => "cel.Format",
            Kind::Int => "types.Int",
            Kind::Ip => "cel.IP",
            Kind::List => "*types.baseList",
            Kind::Map => "*types.baseMap",
            Kind::Null => "types.Null",
            Kind::Optional => "*types.Optional",
            Kind::Quantity => "cel.Quantity",
            Kind::Semver => "cel.Semver",
            Kind::Text => "types.String",
            Kind::Timestamp => "types.Timestamp",
            Kind::Type => "*types.Type",
            Kind::Uint => "types.Uint",
            Kind::Url => "cel.URL",
        }
    }

    /// The type of that name.
    pub(super) fn named(name: &str) -> Option<Kind> {
        NAMES.iter().find(|(_, each)| *each == name).map(|(kind, _)| *kind)
    }
}
