//! Mirrors: other places that hold the images of a registry.
//!
//! Two formats say where: `registries.conf` version 2 of podman, CRI-O and skopeo (containers-registries.conf.5) and
//! `hosts.toml` of containerd (docs/hosts.md). Of both, only what decides where a manifest is read from is used.

use serde::Deserialize;

use super::reference::ImageRef;

/// One place to ask for a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Host and port.
    pub host: String,
    /// Path before the repository, without slashes around it; `v2` unless containerd's `override_path` says otherwise.
    pub base: String,
    /// Repository at that host.
    pub repository: String,
    /// How the host is spoken to.
    pub trust: Trust,
    /// Registry that containerd names to its mirrors in the parameter `ns`.
    pub namespace: Option<String>,
    /// Whether this is a mirror, so that its failure is not the last word.
    pub is_mirror: bool,
}

/// How sure the configuration wants to be of the host that answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// The way of speaking.
    pub scheme: Scheme,
    /// PEM files of authorities that are trusted at this host besides the usual ones; relative to the file that names
    /// them.
    pub authorities: Vec<String>,
}

/// The ways of speaking to a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// https with a certificate that is verified.
    #[default]
    Https,
    /// https whose certificate is not checked: `skip_verify` of containerd.
    UnverifiedHttps,
    /// As before, and http where nobody speaks https: `insecure` of `registries.conf`.
    Insecure,
    /// http alone, as the URL says.
    Http,
}

impl From<Scheme> for Trust {
    fn from(scheme: Scheme) -> Trust {
        Trust { scheme, authorities: Vec::new() }
    }
}

/// Why the configuration gives no place to ask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// The file is not what the format asks for.
    #[error("{0}")]
    Syntax(String),
    /// `blocked = true`.
    #[error("the registry {0} is blocked by registries.conf")]
    Blocked(String),
}

/// The rules of a `registries.conf`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MirrorRules {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    prefix: String,
    location: String,
    insecure: bool,
    blocked: bool,
    by_digest_only: bool,
    mirrors: Vec<RawMirror>,
}

#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
struct RawMirror {
    location: String,
    #[serde(default)]
    insecure: bool,
    pull_from_mirror: Option<String>,
}

#[derive(Deserialize)]
struct RawConf {
    #[serde(default)]
    registry: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawRule {
    prefix: Option<String>,
    location: Option<String>,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    mirror_by_digest_only: bool,
    #[serde(default)]
    mirror: Vec<RawMirror>,
}

impl MirrorRules {
    /// Reads a `registries.conf`.
    ///
    /// # Errors
    /// When it is not TOML, or an entry names neither a prefix nor a location.
    pub fn from_registries_conf(text: &str) -> Result<MirrorRules, MirrorError> {
        let raw: RawConf =
            toml::from_str(text).map_err(|error| MirrorError::Syntax(error.message().to_owned()))?;
        let rule = |raw: RawRule| {
            let prefix = raw.prefix.clone().or_else(|| raw.location.clone());
            let prefix = prefix.filter(|prefix| !prefix.is_empty());
            let prefix = prefix.ok_or_else(|| {
                MirrorError::Syntax("a registry has neither prefix nor location".to_owned())
            })?;
            let location = raw.location.unwrap_or_else(|| prefix.clone());
            Ok(Rule {
                prefix,
                location,
                insecure: raw.insecure,
                blocked: raw.blocked,
                by_digest_only: raw.mirror_by_digest_only,
                mirrors: raw.mirror,
            })
        };
        Ok(MirrorRules { rules: raw.registry.into_iter().map(rule).collect::<Result<_, _>>()? })
    }

    /// Takes over the rules of a further file: one for the same prefix stands in place of the earlier one, as with the
    /// files of `registries.conf.d` (containers-registries.conf.d.5).
    #[must_use]
    pub fn overlaid(mut self, later: MirrorRules) -> MirrorRules {
        self.rules.retain(|rule| later.rules.iter().all(|other| other.prefix != rule.prefix));
        self.rules.extend(later.rules);
        self
    }

    /// Where to ask for an image, in order; the registry itself, or what stands in its place, comes last.
    ///
    /// # Errors
    /// When the registry is blocked.
    pub fn endpoints(&self, image: &ImageRef) -> Result<Vec<Endpoint>, MirrorError> {
        let name = format!("{}/{}", image.registry(), image.repository());
        let longest = self.rules.iter().filter_map(|rule| Some((matched(&rule.prefix, &name)?, rule)));
        let Some((length, rule)) = longest.max_by_key(|(length, _)| *length) else {
            return Ok(vec![Endpoint::of(image)]);
        };
        if rule.blocked {
            return Err(MirrorError::Blocked(image.registry().to_owned()));
        }
        let rest = name.get(length..).unwrap_or_default();
        let by_digest = image.digest().is_some();
        let wanted = |mirror: &&RawMirror| match mirror.pull_from_mirror.as_deref() {
            Some("digest-only") => by_digest,
            Some("tag-only") => !by_digest,
            _ => by_digest || !rule.by_digest_only,
        };
        let mirrors = rule.mirrors.iter().filter(wanted);
        let mut endpoints: Vec<Endpoint> =
            mirrors.filter_map(|mirror| located(&mirror.location, rest, mirror.insecure, true)).collect();
        // A wildcard prefix has no location to put in its place.
        let own = if rule.location.starts_with("*.") {
            None
        } else {
            located(&rule.location, rest, rule.insecure, false)
        };
        endpoints.push(own.unwrap_or_else(|| Endpoint::of(image)));
        Ok(endpoints)
    }

    /// Whether there is any rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// How much of a name a prefix covers; it must end at a part of the name. `*.host` covers the subdomains of a host.
fn matched(prefix: &str, name: &str) -> Option<usize> {
    if let Some(domain) = prefix.strip_prefix('*') {
        let host = name.split('/').next()?;
        return (domain.starts_with('.') && host.split(':').next()?.ends_with(domain)).then_some(host.len());
    }
    let rest = name.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
}

fn located(location: &str, rest: &str, insecure: bool, is_mirror: bool) -> Option<Endpoint> {
    let (host, path) = location.split_once('/').unwrap_or((location, ""));
    let repository = format!("{path}{rest}");
    let repository = repository.trim_matches('/').to_owned();
    let endpoint = Endpoint {
        host: host.to_owned(),
        base: "v2".to_owned(),
        repository,
        trust: if insecure { Scheme::Insecure.into() } else { Trust::default() },
        namespace: None,
        is_mirror,
    };
    (!endpoint.host.is_empty() && !endpoint.repository.is_empty()).then_some(endpoint)
}

impl Endpoint {
    /// The registry of the image itself.
    pub fn of(image: &ImageRef) -> Endpoint {
        Endpoint {
            host: image.registry().to_owned(),
            base: "v2".to_owned(),
            repository: image.repository().to_owned(),
            trust: Trust::default(),
            namespace: None,
            is_mirror: false,
        }
    }
}

/// Reads containerd's `hosts.toml` for the registry of an image: the hosts in their order, then the server.
///
/// # Errors
/// When it is not TOML or names a host that is not a URL.
pub fn containerd_endpoints(text: &str, image: &ImageRef) -> Result<Vec<Endpoint>, MirrorError> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| MirrorError::Syntax(error.message().to_owned()))?;
    let mut endpoints = Vec::new();
    for (url, settings) in table.get("host").and_then(toml::Value::as_table).into_iter().flatten() {
        let capabilities = settings.get("capabilities").and_then(toml::Value::as_array);
        // A tag is only looked up at hosts that may say what it means; any host may hold known content.
        let needed = if image.digest().is_some() { "pull" } else { "resolve" };
        if capabilities
            .is_some_and(|listed| !listed.iter().any(|capability| capability.as_str() == Some(needed)))
        {
            continue;
        }
        let overrides = settings.get("override_path").and_then(toml::Value::as_bool).unwrap_or_default();
        let endpoint = from_url(url, overrides, image)?;
        endpoints.push(Endpoint {
            is_mirror: true,
            trust: trust(settings, endpoint.trust.scheme),
            ..endpoint
        });
    }
    let own = match table.get("server").and_then(toml::Value::as_str) {
        Some(server) => from_url(server, false, image)?,
        None => Endpoint::of(image),
    };
    let trust = trust(&toml::Value::Table(table), own.trust.scheme);
    endpoints.push(Endpoint { trust, ..own });
    Ok(endpoints)
}

/// `ca` (one file or several) and `skip_verify` beside a host, or at the top for the server.
fn trust(settings: &toml::Value, scheme: Scheme) -> Trust {
    let skips = settings.get("skip_verify").and_then(toml::Value::as_bool).unwrap_or_default();
    let authorities = match settings.get("ca") {
        Some(toml::Value::String(file)) => vec![file.clone()],
        Some(toml::Value::Array(files)) => {
            files.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let scheme = if skips && scheme == Scheme::Https { Scheme::UnverifiedHttps } else { scheme };
    Trust { scheme, authorities }
}

fn from_url(url: &str, overrides: bool, image: &ImageRef) -> Result<Endpoint, MirrorError> {
    let wrong = || MirrorError::Syntax(format!("host `{url}` is not an http or https URL"));
    let (scheme, rest) = match url.split_once("://") {
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(_) => return Err(wrong()),
        None => (Scheme::Https, url),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_matches('/');
    if host.is_empty() || host.contains(['@', '?', '#', ' ']) || path.contains(['?', '#', ' ']) {
        return Err(wrong());
    }
    let base = match (path, overrides) {
        ("" | "v2", _) => "v2".to_owned(),
        (path, true) => path.to_owned(),
        (path, false) => format!("{path}/v2"),
    };
    let own = host == image.registry();
    Ok(Endpoint {
        host: host.to_owned(),
        base,
        repository: image.repository().to_owned(),
        trust: scheme.into(),
        namespace: (!own).then(|| image.registry().to_owned()),
        is_mirror: false,
    })
}

#[cfg(test)]
mod tests;
