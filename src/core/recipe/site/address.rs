//! Where the recipe site is, and which addresses belong to it.
//!
//! A recipe names further files of its site. Such a reference is data from a network: it may not lead to another host,
//! to another scheme, or out of the directory that the site is published in (recipes.md section 1.4).

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// The official site.
pub const OFFICIAL_SITE: &str = "https://recipes.vllm.ai";
/// Name of the index below the base.
pub const INDEX: &str = "models.json";
/// Longest reference or base that is looked at, in bytes.
const MAX_REFERENCE_BYTES: usize = 2_048;

/// What JavaScript's `encodeURIComponent` leaves as it is (recipes.md section 1.3).
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The base of a recipe site: https, or http on this machine; its path ends in `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    base: Url,
}

/// A base that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// Not a URL with a host, or too long.
    #[error("{0:?} is not a URL with a host")]
    NotAUrl(String),
    /// Neither https nor http on this machine.
    #[error("{0} is not https, which every host but this machine needs")]
    NotSecure(String),
    /// A user name or password is in it.
    #[error("it must not contain a user name or password")]
    UserInfo,
    /// A query or fragment is in it.
    #[error("{0} has a query or a fragment")]
    Query(String),
}

/// A reference that does not belong to the site; the texts are those of AI Runway (recipes.md section 1.4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Another scheme, `file:` for example.
    #[error("vLLM recipe references must use HTTPS: {0}")]
    Scheme(String),
    /// Another host or port.
    #[error("vLLM recipe references must stay under {origin}: {reference}")]
    Origin {
        /// Scheme, host and port of the site.
        origin: String,
        /// The reference as written.
        reference: String,
    },
    /// A path outside of the base's directory.
    #[error("vLLM recipe references must stay under {base}: {reference}")]
    Path {
        /// The base without its last slash.
        base: String,
        /// The reference as written.
        reference: String,
    },
    /// A user name, an escaped slash, or nothing that can be read as a reference.
    #[error("vLLM recipe reference is not one that a recipe site needs: {0}")]
    Malformed(String),
}

impl Site {
    /// Parses a base; any number of slashes at its end mean the same.
    ///
    /// # Errors
    /// A base that is not a URL, not secure, or holds more than scheme, host, port and path.
    pub fn parse(text: &str) -> Result<Site, SiteError> {
        let shown = || shortened(text);
        if text.len() > MAX_REFERENCE_BYTES {
            return Err(SiteError::NotAUrl(shown()));
        }
        let mut base = Url::parse(text.trim()).map_err(|_| SiteError::NotAUrl(shown()))?;
        if !base.username().is_empty() || base.password().is_some() {
            // The text is not repeated, because it may hold a password.
            return Err(SiteError::UserInfo);
        }
        if !base.has_host() {
            return Err(SiteError::NotAUrl(shown()));
        }
        if base.scheme() != "https" && !(base.scheme() == "http" && is_this_machine(&base)) {
            return Err(SiteError::NotSecure(shown()));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(SiteError::Query(shown()));
        }
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        Ok(Site { base })
    }

    /// Resolves a reference of a recipe against the base by the WHATWG rules and judges it.
    ///
    /// # Errors
    /// A reference that leaves the site, with AI Runway's words, in AI Runway's order.
    pub fn resolve(&self, reference: &str) -> Result<Url, ReferenceError> {
        let malformed = || ReferenceError::Malformed(shortened(reference));
        if reference.is_empty() || reference.len() > MAX_REFERENCE_BYTES {
            return Err(malformed());
        }
        let mut url = self.base.join(reference).map_err(|_| malformed())?;
        self.admit(&url, reference)?;
        url.set_fragment(None);
        Ok(url)
    }

    /// Judges the target of a redirect from one of the site's addresses.
    ///
    /// # Errors
    /// As [`Site::resolve`].
    pub fn redirect(&self, from: &Url, location: &str) -> Result<Url, ReferenceError> {
        let malformed = || ReferenceError::Malformed(shortened(location));
        if location.is_empty() || location.len() > MAX_REFERENCE_BYTES {
            return Err(malformed());
        }
        let mut url = from.join(location).map_err(|_| malformed())?;
        self.admit(&url, location)?;
        url.set_fragment(None);
        Ok(url)
    }

    fn admit(&self, url: &Url, reference: &str) -> Result<(), ReferenceError> {
        let shown = shortened(reference);
        if url.scheme() != self.base.scheme() {
            return Err(ReferenceError::Scheme(shown));
        }
        if url.origin() != self.base.origin() {
            let origin = self.base.origin().ascii_serialization();
            return Err(ReferenceError::Origin { origin, reference: shown });
        }
        if !url.path().starts_with(self.base.path()) {
            return Err(ReferenceError::Path { base: self.to_string(), reference: shown });
        }
        // Some servers read an escaped slash as a slash, and then dots beside it lead elsewhere.
        let path = url.path().to_ascii_lowercase();
        let escaped = ["%2f", "%5c", "%00", "%25"].iter().any(|part| path.contains(part));
        if escaped || path.contains("//") || !url.username().is_empty() || url.password().is_some() {
            return Err(ReferenceError::Malformed(shown));
        }
        Ok(())
    }

    /// The reference of a model's recipe where no index can be had: below the base, each part escaped as AI Runway
    /// does.
    pub fn model_reference(organization: &str, model: &str) -> String {
        let part = |text| utf8_percent_encode(text, COMPONENT).to_string();
        format!("{}/{}.json", part(organization), part(model))
    }

    /// The path of an address below the base, without query, for example `Qwen/Qwen3-0.6B.json`.
    pub fn path_below<'a>(&self, url: &'a Url) -> &'a str {
        url.path().strip_prefix(self.base.path()).unwrap_or_default()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The beginning of a text from elsewhere, enough for a message.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 200;
    let long = text.chars().nth(SHOWN).map(|_| '…');
    text.chars().take(SHOWN).chain(long).collect()
}

#[cfg(test)]
mod tests;
