//! Addresses that are shown.

use std::borrow::Cow;

/// An address without the user and password before its host: a URL, or an image reference in which somebody has put them.
///
/// In `name:tag@sha256:...` the same signs mean something else, and it stays.
pub fn without_password(address: &str) -> Cow<'_, str> {
    let (scheme, rest) = match address.find("://") {
        Some(at) => address.split_at(at + 3),
        None => ("", address),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((user, host)) if !scheme.is_empty() || (user.contains(':') && !path.is_empty()) => {
            Cow::Owned(format!("{scheme}{host}{path}"))
        }
        _ => Cow::Borrowed(address),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_goes_and_a_digest_stays() {
        for (address, shown) in [
            ("https://u:p@host:1/a?b=c@d", "https://host:1/a?b=c@d"),
            ("https://u@host", "https://host"),
            ("u:p@host:1/a/b:c", "host:1/a/b:c"),
            ("u:p@x@host/a", "host/a"),
            ("https://host/a@b", "https://host/a@b"),
            ("vllm:nightly@sha256:0123", "vllm:nightly@sha256:0123"),
            ("host:1/a/b:c@sha256:0123", "host:1/a/b:c@sha256:0123"),
            ("models/a.yaml", "models/a.yaml"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }
}
