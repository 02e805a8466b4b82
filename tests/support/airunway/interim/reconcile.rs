//! What a registry said about an image.

/// What a registry said about the image, or that it was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ImageInput {
    /// No registry was asked; nothing is said about the resolution.
    #[default]
    NotAsked,
    /// The tag has a digest.
    Resolved {
        /// Digest of the manifest or index, `sha256:...`.
        digest: String,
        /// When the image was built, RFC 3339.
        created_at: Option<String>,
        /// Source revision.
        revision: Option<String>,
        /// Age, for example `20d`.
        age: Option<String>,
    },
    /// The resolution failed, with the shim's text.
    Failed(String),
}
