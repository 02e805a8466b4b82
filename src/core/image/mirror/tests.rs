//! Which places two kinds of configuration name.

use super::*;

fn asked(endpoints: &[Endpoint]) -> Vec<String> {
    let shown = |endpoint: &Endpoint| format!("{}/{}/{}", endpoint.host, endpoint.base, endpoint.repository);
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
        (endpoints[0].trust.scheme, endpoints[0].is_mirror, endpoints[1].is_mirror),
        (Scheme::Insecure, true, false)
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
    assert_eq!(endpoints[0].trust.scheme, Scheme::Http);
    assert!(endpoints[0].is_mirror && !endpoints[2].is_mirror);
    assert!(containerd_endpoints("[host.\"ftp://x\"]", &image("nginx")).is_err());
    assert_eq!(asked(&containerd_endpoints("", &image("quay.io/a/b")).expect("empty")), ["quay.io/v2/a/b"]);
}

#[test]
fn a_file_of_the_folder_replaces_rules_for_the_same_prefix_only() {
    let rules = |text: &str| MirrorRules::from_registries_conf(text).expect("rules");
    let base = rules(
        "[[registry]]\nprefix='a.io'\nlocation='one.lan'\n[[registry]]\nprefix='b.io'\nlocation='two.lan'\n",
    );
    let rules = base.overlaid(rules("[[registry]]\nprefix='a.io'\nlocation='three.lan'\n"));
    assert_eq!(asked(&rules.endpoints(&image("a.io/x/y")).expect("open")), ["three.lan/v2/x/y"]);
    assert_eq!(asked(&rules.endpoints(&image("b.io/x/y")).expect("open")), ["two.lan/v2/x/y"]);
}

#[test]
fn hosts_toml_says_whom_to_trust() {
    let text = r#"
        server = "https://own.lan"
        ca = "own.pem"
        [host."https://a.lan"]
        ca = ["/etc/one.pem", "two.pem"]
        [host."https://b.lan"]
        skip_verify = true
        [host."http://c.lan"]
        skip_verify = true
    "#;
    let endpoints = containerd_endpoints(text, &image("own.lan/a/b:1")).expect("endpoints");
    let trust: Vec<_> = endpoints
        .iter()
        .map(|endpoint| (endpoint.trust.scheme, endpoint.trust.authorities.join(" ")))
        .collect();
    assert_eq!(
        trust,
        [
            (Scheme::Https, "/etc/one.pem two.pem".to_owned()),
            (Scheme::UnverifiedHttps, String::new()),
            (Scheme::Http, String::new()),
            (Scheme::Https, "own.pem".to_owned()),
        ]
    );
}
