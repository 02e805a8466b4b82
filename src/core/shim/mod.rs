//! Shims: what they report, how their binaries were built, and whether the two agree.

pub mod archive;
mod binary;
mod build_info;
mod bytes;
mod checks;
pub mod cluster;
mod effect;
mod inspect;
pub mod installation;
mod known;
pub mod layers;
mod machine_code;
mod quoting;
mod release_versions;
mod settings;
mod start_code;
pub mod table;
mod verdict;
mod version;

pub use bytes::{Bytes, READ_LIMIT, ReadError, check_range};
pub use checks::{BinaryCheck, BinaryVerdict, Expectation, judge_binary, judge_run, reported_in};
pub use effect::{Effect, Found, Missing};
pub use inspect::{BinaryReport, Format, Malformed, Module, inspect};
pub use release_versions::{VERSIONS_LIMIT, VersionsEnv, VersionsError};
pub use settings::XSetting;
pub use verdict::Verdict;
pub use version::{ReportedVersion, ShimTag, TagKind, VersionError};
