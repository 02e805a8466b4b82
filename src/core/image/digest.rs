//! Content digests.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

/// A content digest: `sha256:` and 64, or `sha512:` and 128, lowercase hexadecimal digits.
///
/// A value that exists is well-formed (OCI image specification, descriptor.md, "Registered algorithms").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// No colon between algorithm and digits.
    #[error("`{0}` is not a digest, which looks like sha256:<64 hexadecimal digits>")]
    Shape(String),
    /// Another algorithm.
    #[error("digest algorithm `{0}` is not known, use sha256 or sha512")]
    Algorithm(String),
    /// The digits are too few, too many, or not lowercase hexadecimal.
    #[error("a {algorithm} digest has {expected} lowercase hexadecimal digits, `{found}` does not")]
    Digits {
        /// The algorithm named.
        algorithm: &'static str,
        /// Number of digits it needs.
        expected: usize,
        /// What stands there.
        found: String,
    },
}

impl Digest {
    /// The sha256 digest of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(format!("sha256:{}", hexadecimal(&Sha256::digest(bytes))))
    }

    /// The digest of some bytes by the same algorithm as this one, to compare with it.
    #[must_use]
    pub fn same_algorithm(&self, bytes: &[u8]) -> Digest {
        match self.algorithm() {
            "sha512" => Digest(format!("sha512:{}", hexadecimal(&Sha512::digest(bytes)))),
            _ => Digest::of(bytes),
        }
    }

    /// `sha256` or `sha512`.
    pub fn algorithm(&self) -> &str {
        self.0.split_once(':').map_or("", |(algorithm, _)| algorithm)
    }

    /// The hexadecimal digits.
    pub fn digits(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, digits)| digits)
    }

    /// The whole text, `sha256:...`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digest of bytes that come piece by piece.
#[derive(Debug, Clone)]
pub enum Hasher {
    /// By sha256.
    Sha256(Sha256),
    /// By sha512.
    Sha512(Sha512),
}

impl Hasher {
    /// A hasher of the same algorithm as a digest, to compare with it.
    pub fn like(digest: &Digest) -> Hasher {
        match digest.algorithm() {
            "sha512" => Hasher::Sha512(Sha512::new()),
            _ => Hasher::Sha256(Sha256::new()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes.
    pub fn finish(self) -> Digest {
        match self {
            Hasher::Sha256(hasher) => Digest(format!("sha256:{}", hexadecimal(&hasher.finalize()))),
            Hasher::Sha512(hasher) => Digest(format!("sha512:{}", hexadecimal(&hasher.finalize()))),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        let (algorithm, digits) = text.split_once(':').ok_or_else(|| DigestError::Shape(text.to_owned()))?;
        let (algorithm, expected) = match algorithm {
            "sha256" => ("sha256", 64),
            "sha512" => ("sha512", 128),
            _ => return Err(DigestError::Algorithm(algorithm.to_owned())),
        };
        let well_formed =
            digits.len() == expected && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Err(DigestError::Digits { algorithm, expected, found: digits.to_owned() });
        }
        Ok(Digest(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
