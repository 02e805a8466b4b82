//! `io::registry` against the in-process registry: what a good one costs in requests, and whose credentials it sees.

mod faults;
mod hosts;
mod real;

use std::path::Path;
use std::time::Duration;

use kubectl_airunway::core::image::{ImageRef, Platform};
use kubectl_airunway::io::registry::{
    CredentialFiles, CredentialSource, MirrorFiles, ProxyChoice, PullSecret, RegistriesConf, Registry,
    RegistryErrorKind as Kind, RegistryOptions, Resolved, Secret, TimeLimits,
};

use crate::support::registry::{Auth, Fault, Registry as Server};

pub(super) type Outcome = Result<Resolved, kubectl_airunway::io::registry::RegistryError>;

pub(super) fn options() -> RegistryOptions {
    let limits = TimeLimits { retry: Duration::from_millis(1), ..TimeLimits::default() };
    RegistryOptions { proxies: ProxyChoice::Direct, limits, ..RegistryOptions::default() }
}

pub(super) fn image(server: &Server, rest: &str) -> ImageRef {
    format!("{}/{rest}", server.host()).parse().expect("a reference")
}

/// Runs a future with a runtime of its own.
pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

pub(super) fn resolve(server: &Server, options: RegistryOptions) -> Outcome {
    run(Registry::new(options).resolve(&image(server, "a/b:c"), None))
}

fn paths(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.path).collect()
}

/// A server with the image `a/b:c`.
pub(super) fn server() -> (Server, String) {
    let server = Server::start();
    let digest = server.add_image("a/b", "c");
    (server, digest)
}

pub(super) fn docker_config(folder: &Path, content: &str) -> RegistryOptions {
    let file = folder.join("config.json");
    std::fs::write(&file, content).expect("a file");
    RegistryOptions { credentials: CredentialFiles { docker: Some(file), podman: Vec::new() }, ..options() }
}

#[test]
fn an_open_registry_costs_one_request() {
    let (server, digest) = server();
    let resolved = resolve(&server, options()).expect("resolved");
    assert_eq!(resolved.digest.as_str(), digest);
    assert_eq!(resolved.pinned().to_string(), format!("{}/a/b:c@{digest}", server.host()));
    assert_eq!(resolved.credentials, CredentialSource::Anonymous);
    assert_eq!(resolved.platform_digest.map(|digest| digest.to_string()), Some(digest));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/v2/a/b/manifests/c");
    for media_type in
        ["image.index.v1+json", "manifest.list.v2+json", "image.manifest.v1+json", "manifest.v2+json"]
    {
        assert!(requests[0].accept.contains(media_type), "{}", requests[0].accept);
    }
}

#[test]
fn an_index_has_a_digest_for_each_platform() {
    let server = Server::start();
    let digest = server.add_index("a/b", "c", &["amd64", "arm64"]);
    run(async {
        let registry = Registry::new(options());
        let arm: Platform = "linux/arm64".parse().expect("a platform");
        let resolved = registry.resolve(&image(&server, "a/b:c"), Some(&arm)).await.expect("resolved");
        assert_eq!(resolved.digest.as_str(), digest);
        assert_eq!(resolved.platforms.len(), 2);
        assert_eq!(resolved.platform_digest, Some(resolved.platforms[1].digest.clone()));
        let other: Platform = "linux/s390x".parse().expect("a platform");
        let error =
            registry.resolve(&image(&server, "a/b:c"), Some(&other)).await.expect_err("not built for it");
        assert_eq!(
            error.to_string(),
            "the image is not built for linux/s390x, only for linux/amd64, linux/arm64"
        );
        assert_eq!(server.requests().len(), 1, "the index was asked for once");
        let config = registry.config(&image(&server, "a/b:c"), &arm).await.expect("configuration");
        assert_eq!(config.created.as_deref(), Some("2026-11-01T00:00:00Z"));
        assert_eq!(config.platform, Some(arm));
        assert!(config.revision.is_some_and(|revision| revision.starts_with("0123456789")));
    });
}

#[test]
fn one_token_serves_twenty_tags_of_a_repository() {
    let server = Server::start();
    let images: Vec<ImageRef> = (0..20)
        .map(|number| {
            server.add_image("a/b", &format!("t{number}"));
            image(&server, &format!("a/b:t{number}"))
        })
        .collect();
    server.require(Auth::Token);
    run(async {
        let registry = Registry::new(options());
        let all = futures::future::join_all(images.iter().map(|image| registry.resolve(image, None))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
    });
    let paths = paths(&server);
    assert_eq!(paths.iter().filter(|path| *path == "/token").count(), 1, "{paths:?}");
    assert_eq!(paths.len(), 1 + 1 + 20, "a challenge, a token, a manifest each");
}

#[test]
fn a_single_image_behind_a_token_costs_three_requests_and_a_second_repository_two() {
    let (server, _) = server();
    server.add_image("a/other", "c");
    server.require(Auth::Token);
    run(async {
        let registry = Registry::new(options());
        registry.resolve(&image(&server, "a/b:c"), None).await.expect("resolved");
        assert_eq!(paths(&server), ["/v2/a/b/manifests/c", "/token", "/v2/a/b/manifests/c"]);
        server.forget_requests();
        registry.resolve(&image(&server, "a/other:c"), None).await.expect("resolved");
        assert_eq!(paths(&server), ["/token", "/v2/a/other/manifests/c"]);
        assert!(
            server.requests()[0].query.contains("scope=repository%3Aa%2Fother%3Apull"),
            "{:?}",
            server.requests()
        );
    });
}

#[test]
fn the_same_reference_is_asked_for_once_by_many() {
    let (server, _) = server();
    run(async {
        let registry = Registry::new(options());
        let image = image(&server, "a/b:c");
        let all = futures::future::join_all((0..10).map(|_| registry.resolve(&image, None))).await;
        assert!(all.iter().all(Result::is_ok));
    });
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_expired_token_is_renewed() {
    let (server, _) = server();
    server.add_image("a/b", "d");
    server.require(Auth::Token);
    run(async {
        let registry = Registry::new(options());
        registry.resolve(&image(&server, "a/b:c"), None).await.expect("resolved");
        server.expire_tokens();
        registry.resolve(&image(&server, "a/b:d"), None).await.expect("resolved with a new token");
    });
}

#[test]
fn credentials_of_a_docker_config_are_used_and_named() {
    let (server, _) = server();
    let folder = tempfile::tempdir().expect("a folder");
    // user:secret
    let config = format!("{{\"auths\": {{\"{}\": {{\"auth\": \"dXNlcjpzZWNyZXQ=\"}}}}}}", server.host());
    for auth in [
        Auth::Basic { user: "user".to_owned(), password: "secret".to_owned() },
        Auth::TokenFor { user: "user".to_owned(), password: "secret".to_owned() },
    ] {
        server.require(auth);
        server.forget_requests();
        let resolved = resolve(&server, docker_config(folder.path(), &config)).expect("resolved");
        assert_eq!(resolved.credentials, CredentialSource::File(folder.path().join("config.json")));
        assert_eq!(
            server.requests()[0].authorization,
            None,
            "credentials are only shown when they are asked for"
        );
    }
}

#[test]
fn identity_tokens_are_exchanged() {
    let (server, _) = server();
    let folder = tempfile::tempdir().expect("a folder");
    server.require(Auth::TokenFor { user: "user".to_owned(), password: "refresh-me".to_owned() });
    let config = format!("{{\"auths\": {{\"{}\": {{\"identitytoken\": \"refresh-me\"}}}}}}", server.host());
    resolve(&server, docker_config(folder.path(), &config)).expect("resolved");
    let exchange =
        server.requests().into_iter().find(|request| request.path == "/token").expect("an exchange");
    assert_eq!(
        (exchange.method.as_str(), exchange.authorization, exchange.query.as_str()),
        ("POST", None, "")
    );
}

#[test]
fn podmans_file_may_name_a_part_of_a_registry() {
    let (server, _) = server();
    server.require(Auth::Basic { user: "user".to_owned(), password: "secret".to_owned() });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("auth.json");
    let host = server.host();
    let entry = |key: &str, auth: &str| format!("\"{key}\": {{\"auth\": \"{auth}\"}}");
    // other:other for the registry as a whole, user:secret for what is below a.
    let auths =
        [entry(&host, "b3RoZXI6b3RoZXI="), entry(&format!("{host}/a"), "dXNlcjpzZWNyZXQ=")].join(", ");
    std::fs::write(&file, format!("{{\"auths\": {{{auths}}}}}")).expect("a file");
    let absent = folder.path().join("absent.json");
    let credentials = CredentialFiles { docker: Some(absent), podman: vec![file.clone()] };
    let resolved = resolve(&server, RegistryOptions { credentials, ..options() }).expect("resolved");
    assert_eq!(resolved.credentials, CredentialSource::File(file));
}

#[test]
fn pull_secrets_come_after_files_and_may_name_hosts_by_wildcard() {
    let (server, _) = server();
    server.require(Auth::Basic { user: "user".to_owned(), password: "secret".to_owned() });
    let host = server.host();
    let wildcard = host.replacen("127.0", "127.*", 1);
    let docker_config = Secret::new(format!(
        "{{\"auths\": {{\"{wildcard}\": {{\"username\": \"user\", \"password\": \"secret\"}}}}}}"
    ));
    let secret = PullSecret { name: "default/pull".to_owned(), docker_config };
    let resolved =
        resolve(&server, RegistryOptions { pull_secrets: vec![secret], ..options() }).expect("resolved");
    assert_eq!(resolved.credentials, CredentialSource::PullSecret("default/pull".to_owned()));
}

#[test]
fn wrong_credentials_are_named_and_never_shown() {
    let (server, _) = server();
    let folder = tempfile::tempdir().expect("a folder");
    let config = format!("{{\"auths\": {{\"{}\": {{\"auth\": \"dXNlcjpoaWRkZW4xMjM=\"}}}}}}", server.host());
    for auth in [
        Auth::Basic { user: "user".to_owned(), password: "right".to_owned() },
        Auth::TokenFor { user: "user".to_owned(), password: "right".to_owned() },
    ] {
        server.require(auth);
        let options = docker_config(folder.path(), &config);
        let error = resolve(&server, options.clone()).expect_err("refused");
        let shown = format!("{error} {error:?} {:?} {:?}", error.hints(), Registry::new(options));
        assert!(matches!(*error.kind, Kind::Unauthorized { .. } | Kind::Token { .. }), "{shown}");
        assert!(error.hints()[0].contains("docker login"), "{shown}");
        for secret in ["hidden123", "dXNlcjpoaWRkZW4xMjM", "token-"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[cfg(unix)]
mod helpers {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A credential helper in a folder; helpers are found on PATH, so the test runs the whole thing in a process of its own.
    fn helper(folder: &Path, script: &str) {
        let path = folder.join("docker-credential-test");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    }

    #[test]
    fn a_helper_is_asked_for_the_host_and_a_broken_one_is_told_of() {
        let (server, _) = server();
        server.require(Auth::Basic { user: "user".to_owned(), password: "secret".to_owned() });
        let folder = tempfile::tempdir().expect("a folder");
        let host = server.host();
        let name = folder.path().join("docker-credential-test").display().to_string();
        // A helper's name is a program on PATH, never a path.
        let config = format!("{{\"credHelpers\": {{\"{host}\": \"{name}\"}}}}");
        let error = resolve(&server, docker_config(folder.path(), &config)).expect_err("refused");
        assert!(error.credential_problems[0].contains("not a program name"), "{error:?}");
        let config = format!("{{\"credHelpers\": {{\"{host}\": \"surely-not-installed\"}}}}");
        let error = resolve(&server, docker_config(folder.path(), &config)).expect_err("refused");
        assert!(
            error.credential_problems[0].contains("docker-credential-surely-not-installed cannot be run"),
            "{error:?}"
        );
        helper(folder.path(), "read server; echo '{\"Username\":\"user\",\"Secret\":\"secret\"}'");
        let output = std::process::Command::new(folder.path().join("docker-credential-test"))
            .stdin(std::process::Stdio::null())
            .output();
        assert!(output.expect("runs").status.success());
    }
}

#[test]
fn tags_are_listed_over_pages() {
    let server = Server::start();
    for number in 0..25 {
        server.add_image("a/b", &format!("nightly-{number:02}"));
    }
    server.page_size(10);
    server.require(Auth::Token);
    let tags = run(Registry::new(options()).tags(&image(&server, "a/b"))).expect("tags");
    assert_eq!(tags.len(), 25);
    assert_eq!(server.requests().len(), 2 + 3);
}

#[test]
fn a_dropped_request_leaves_the_client_usable() {
    let (server, digest) = server();
    server.fault(Fault::SlowHeaders(Duration::from_secs(60)));
    run(async {
        let registry = Registry::new(options());
        let image = image(&server, "a/b:c");
        let dropped = tokio::time::timeout(Duration::from_millis(50), registry.resolve(&image, None)).await;
        assert!(dropped.is_err());
        server.clear_faults();
        assert_eq!(registry.resolve(&image, None).await.expect("resolved").digest.as_str(), digest);
    });
}

#[test]
fn mirrors_come_first_and_failing_ones_are_passed_over() {
    let (server, digest) = server();
    let down = Server::start();
    down.fault(Fault::Down);
    let mirror = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("registries.conf");
    let mirrors = format!(
        "[[registry]]\nlocation = \"{}\"\n[[registry.mirror]]\nlocation = \"{}\"\n[[registry.mirror]]\nlocation = \"{}/cache\"\n",
        server.host(),
        down.host(),
        mirror.host()
    );
    std::fs::write(&file, mirrors).expect("a file");
    let conf = RegistriesConf { file, folders: Vec::new() };
    let mirrored = || RegistryOptions {
        mirrors: MirrorFiles { registries_conf: vec![conf.clone()], certs_d: None },
        ..options()
    };
    let resolved = resolve(&server, mirrored()).expect("the registry itself");
    assert_eq!((resolved.digest.as_str(), resolved.host.as_str()), (digest.as_str(), server.host().as_str()));
    assert_eq!(resolved.passed_over.len(), 2);
    assert!(resolved.passed_over[0].contains("refused the connection"), "{:?}", resolved.passed_over);
    assert!(resolved.passed_over[1].contains("has no repository cache/a/b"), "{:?}", resolved.passed_over);
    let cached = mirror.add_image("cache/a/b", "c");
    server.forget_requests();
    let resolved = resolve(&server, mirrored()).expect("the mirror");
    assert_eq!(resolved.digest.as_str(), cached);
    assert!(server.requests().is_empty());
    // containerd's way: the mirror is told which registry it stands for.
    let certs_d = folder.path().join("certs.d");
    std::fs::create_dir_all(certs_d.join("quay.test")).expect("a folder");
    let hosts = format!("[host.\"http://{}\"]\n", mirror.host());
    std::fs::write(certs_d.join("quay.test/hosts.toml"), hosts).expect("a file");
    mirror.add_image("x/y", "z");
    mirror.forget_requests();
    let image: ImageRef = "quay.test/x/y:z".parse().expect("a reference");
    let mirrors = MirrorFiles { registries_conf: Vec::new(), certs_d: Some(certs_d) };
    let resolved =
        run(Registry::new(RegistryOptions { mirrors, ..options() }).resolve(&image, None)).expect("mirror");
    assert_eq!(resolved.host, mirror.host());
    assert_eq!(mirror.requests()[0].query, "ns=quay.test");
}
