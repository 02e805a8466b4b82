//! Container images: references, digests, tags, and pins.

mod digest;
mod edit;
mod lock;
mod manifest;
mod mirror;
mod nodes;
mod platform;
mod reference;
mod tags;
mod verify;

pub use digest::{Digest, DigestError, Hasher};
pub use edit::{Edit, EditError, ImageFields, ImagePlace, apply_edits, images_of};
pub use lock::{LOCK_FILE, LOCK_VERSION, Lock, LockEntry, LockError, Locked};
pub use manifest::{Content, Descriptor, ImageConfig, Manifest, ManifestError, MediaType, is_attestation};
pub use mirror::{Endpoint, MirrorError, MirrorRules, Scheme, Trust, containerd_endpoints};
pub use nodes::{Lack, Node, NodeSelector, lacking};
pub use platform::{Platform, PlatformError};
pub use reference::{ImageRef, ReferenceError};
pub use tags::{TagBehavior, TagKnowledge, tag_knowledge};

pub use verify::{FROZEN_DAYS, Note, Seen, State, Verification, age_in_days, age_text, judge, rotation_of};

#[cfg(test)]
mod tests;
