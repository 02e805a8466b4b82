//! Ways to misbehave, by name.

use std::time::Duration;

/// One way to misbehave. Faults about answers touch manifests only, but for [`Fault::HalfBlob`]; those with `times` end by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens.
    Down,
    /// 401 without saying which login is wanted.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404 as for a repository that does not exist.
    NoRepository,
    /// 404 as for a tag that does not exist.
    NoTag,
    /// 429 for so many requests.
    RateLimited { times: usize, retry_after: Option<u64> },
    /// 503 for so many requests.
    Unavailable { times: usize },
    /// 500 with a body that is no JSON.
    Broken,
    /// Nothing for this long, then the answer.
    SlowHeaders(Duration),
    /// Headers and the first byte, then nothing.
    StalledBody,
    /// 403 whose body stalls after its first byte.
    StalledRefusal,
    /// A body without an end.
    EndlessBody,
    /// A body of so many bytes, with its length in the header.
    Huge(usize),
    /// A body of so many bytes, without its length in the header.
    HugeUnannounced(usize),
    /// Half of the body, then the connection is closed.
    HalfBody,
    /// Half of each blob of more than so many bytes, then the connection is closed.
    HalfBlob(usize),
    /// Another manifest than the digest in the header names.
    LyingDigest,
    /// A header that is no digest.
    MalformedDigest,
    /// No `Docker-Content-Digest`.
    NoDigest,
    /// The manifest of another image, with a digest header that fits it.
    OtherContent,
    /// 307 to a URL, the path appended when it ends in a slash.
    Redirect(String),
    /// 307 to itself.
    RedirectLoop,
    /// 200 with a login page.
    LoginPage,
    /// A manifest of schema 1.
    SchemaOne,
    /// An OCI artifact: no layers, a config of another type.
    Artifact,
    /// An image manifest without layers.
    NoLayers,
    /// An index that lists nothing.
    EmptyIndex,
    /// Sent as an index, and says that it is an image.
    Contradiction,
    /// The token server answers with this status.
    TokenStatus(u16),
    /// The token server answers with this text.
    TokenBody(String),
    /// The token server gives tokens that the registry refuses.
    UselessTokens,
}
