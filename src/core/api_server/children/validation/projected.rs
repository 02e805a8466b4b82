//! Volumes of several sources.

use std::collections::BTreeSet;

use super::node::{Errors, Node};
use super::texts::{check_local, check_mode};
use super::volumes::{check_downward_file, check_key};

/// What a token that does not say it lives, and the shortest and longest, in seconds.
const TOKEN_SECONDS: i64 = 3600;
const SHORTEST_TOKEN: i64 = 600;
const LONGEST_TOKEN: i64 = 1 << 32;

/// Sources that this server knows: trust bundles and certificates wait for features that are off in this release, and
/// are dropped before anything is judged.
const SOURCES: [&str; 4] = ["secret", "configMap", "downwardAPI", "serviceAccountToken"];

pub(super) fn check(volume: &Node<'_>, errors: &mut Errors) {
    check_mode(volume, "defaultMode", errors);
    let mut files = BTreeSet::new();
    for source in volume.items("sources") {
        for keys in ["secret", "configMap"].into_iter().filter_map(|name| source.set(name)) {
            errors.require(&keys, "name");
            for item in keys.items("items") {
                check_key(&item, errors);
                if !item.str("path").is_empty() && !files.insert(item.str("path")) {
                    errors.invalid(volume.path.clone(), keys.str("name"), "conflicting duplicate paths");
                }
            }
        }
        let downward = source.at("downwardAPI");
        for file in downward.items("items") {
            let path = file.str("path");
            check_downward_file(&Node::new(file.value, downward.path.clone()), errors);
            if !path.is_empty() && !files.insert(path) {
                errors.invalid(volume.path.clone(), path, "conflicting duplicate paths");
            }
        }
        if let Some(token) = source.set("serviceAccountToken") {
            check_token(volume, &token, errors);
        }
        if SOURCES.iter().filter(|name| source.has(name)).count() > 1 {
            errors.forbidden(source.path, "may not specify more than 1 volume type per source");
        }
    }
}

fn check_token(volume: &Node<'_>, token: &Node<'_>, errors: &mut Errors) {
    let seconds = token.int("expirationSeconds").unwrap_or(TOKEN_SECONDS);
    let path = token.path("expirationSeconds");
    if seconds < SHORTEST_TOKEN {
        errors.invalid_number(&path, seconds, "may not specify a duration less than 10 minutes");
    }
    if seconds > LONGEST_TOKEN {
        errors.invalid_number(&path, seconds, "may not specify a duration larger than 2^32 seconds");
    }
    // The server leaves source and token out of this path.
    if token.str("path").is_empty() {
        errors.required(volume.path("path"), "");
    } else {
        check_local(token.str("path"), &volume.path("path"), errors);
    }
}
