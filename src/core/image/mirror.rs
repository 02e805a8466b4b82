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
    /// Whether the configuration allows plain http there.
    pub plain_http: bool,
    /// Registry that containerd names to its mirrors in the parameter `ns`.
    pub namespace: Option<String>,
    /// Whether this is a mirror, so that its failure is not the last word.
    pub is_mirror: bool,
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

fn located(location: &str, rest: &str, plain_http: bool, is_mirror: bool) -> Option<Endpoint> {
    let (host, path) = location.split_once('/').unwrap_or((location, ""));
    let repository = format!("{path}{rest}");
    let repository = repository.trim_matches('/').to_owned();
    let endpoint = Endpoint {
        host: host.to_owned(),
        base: "v2".to_owned(),
        repository,
        plain_http,
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
            plain_http: false,
            namespace: None,
            is_mirror: false,
        }
    }
}

/// Reads containerd's `hosts.toml` for the registry of an image: the hosts in their order, then the server.
///
/// # Errors
/// When it is not TOML or names a host that is no URL.
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
        endpoints.push(Endpoint { is_mirror: true, ..from_url(url, overrides, image)? });
    }
    match table.get("server").and_then(toml::Value::as_str) {
        Some(server) => endpoints.push(from_url(server, false, image)?),
        None => endpoints.push(Endpoint::of(image)),
    }
    Ok(endpoints)
}

fn from_url(url: &str, overrides: bool, image: &ImageRef) -> Result<Endpoint, MirrorError> {
    let wrong = || MirrorError::Syntax(format!("host `{url}` is not an http or https URL"));
    let (plain_http, rest) = match url.split_once("://") {
        Some(("https", rest)) => (false, rest),
        Some(("http", rest)) => (true, rest),
        Some(_) => return Err(wrong()),
        None => (false, url),
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
        plain_http,
        namespace: (!own).then(|| image.registry().to_owned()),
        is_mirror: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(endpoints: &[Endpoint]) -> Vec<String> {
        let shown =
            |endpoint: &Endpoint| format!("{}/{}/{}", endpoint.host, endpoint.base, endpoint.repository);
        endpoints.iter().map(shown).collect()
    }

    fn image(text: &str) -> ImageRef {
        text.parse().expect(text)
    }

    #[test]
    fn the_longest_prefix_of_registries_conf_counts() {
        let rules = MirrorRules::from_registries_conf(
            r#"
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            location = "docker.io"
            [[registry.mirror]]
            location = "hub.lan:5000"
            insecure = true
            [[registry.mirror]]
            location = "second.lan/hub"
            pull-from-mirror = "digest-only"
            [[registry]]
            prefix = "docker.io/vllm"
            location = "inside.lan/images"
            mirror-by-digest-only = true
            [[registry.mirror]]
            location = "never.for.tags"
            [[registry]]
            prefix = "*.blocked.example"
            blocked = true
            "#,
        )
        .expect("rules");
        let endpoints = rules.endpoints(&image("nginx:1")).expect("not blocked");
        assert_eq!(asked(&endpoints), ["hub.lan:5000/v2/library/nginx", "docker.io/v2/library/nginx"]);
        assert_eq!(
            (endpoints[0].plain_http, endpoints[0].is_mirror, endpoints[1].is_mirror),
            (true, true, false)
        );
        let endpoints = rules.endpoints(&image("vllm/vllm-openai:nightly")).expect("not blocked");
        assert_eq!(asked(&endpoints), ["inside.lan/v2/images/vllm-openai"]);
        let endpoints = rules.endpoints(&image("vllmx/vllm-openai:nightly")).expect("not blocked");
        assert_eq!(endpoints.len(), 2, "a prefix ends at a slash");
        assert!(matches!(rules.endpoints(&image("a.blocked.example/b")), Err(MirrorError::Blocked(_))));
        assert_eq!(asked(&rules.endpoints(&image("quay.io/a/b")).expect("no rule")), ["quay.io/v2/a/b"]);
        assert!(MirrorRules::from_registries_conf("[[registry]]\n").is_err());
        assert!(MirrorRules::from_registries_conf("=").is_err());
    }

    #[test]
    fn hosts_toml_keeps_the_order_of_hosts_and_names_the_registry() {
        let text = r#"
            server = "https://registry-1.docker.io"
            [host."http://z.lan:5000"]
            capabilities = ["pull", "resolve"]
            [host."https://pull-only.lan"]
            capabilities = ["pull"]
            [host."https://a.lan/proxy/hub"]
            override_path = true
        "#;
        let endpoints = containerd_endpoints(text, &image("nginx:1")).expect("endpoints");
        assert_eq!(
            asked(&endpoints),
            [
                "z.lan:5000/v2/library/nginx",
                "a.lan/proxy/hub/library/nginx",
                "registry-1.docker.io/v2/library/nginx"
            ]
        );
        assert_eq!(endpoints[0].namespace.as_deref(), Some("docker.io"));
        assert!(endpoints[0].plain_http && endpoints[0].is_mirror && !endpoints[2].is_mirror);
        assert!(containerd_endpoints("[host.\"ftp://x\"]", &image("nginx")).is_err());
        assert_eq!(
            asked(&containerd_endpoints("", &image("quay.io/a/b")).expect("empty")),
            ["quay.io/v2/a/b"]
        );
    }
}
