//! `io::registry` against the in-process registry: what a good one costs in requests, and what each fault comes to.

use std::path::Path;
use std::time::Duration;

use kubectl_airunway::core::image::{Digest, ImageRef, Platform};
use kubectl_airunway::io::registry::{
    CredentialFiles, CredentialSource, MirrorFiles, ProxyChoice, PullSecret, Registry,
    RegistryErrorKind as Kind, RegistryOptions, Resolved, Secret, TimeLimits,
};

use crate::support::registry::{Auth, Fault, Registry as Server};

type Outcome = Result<Resolved, kubectl_airunway::io::registry::RegistryError>;

fn options() -> RegistryOptions {
    let limits = TimeLimits { retry: Duration::from_millis(1), ..TimeLimits::default() };
    RegistryOptions { proxies: ProxyChoice::Direct, limits, ..RegistryOptions::default() }
}

fn image(server: &Server, rest: &str) -> ImageRef {
    format!("{}/{rest}", server.host()).parse().expect("a reference")
}

/// Runs a future with a runtime of its own.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn resolve(server: &Server, options: RegistryOptions) -> Outcome {
    run(Registry::new(options).resolve(&image(server, "a/b:c"), None))
}

fn paths(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.path).collect()
}

/// A server with the image `a/b:c`.
fn server() -> (Server, String) {
    let server = Server::start();
    let digest = server.add_image("a/b", "c");
    (server, digest)
}

fn docker_config(folder: &Path, content: &str) -> RegistryOptions {
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

/// The error that a fault comes to.
fn failure(fault: Fault) -> (Kind, Vec<String>, usize) {
    let (server, _) = server();
    server.fault(fault);
    let error = resolve(&server, options()).expect_err("a fault");
    let requests = server.requests().len();
    (*error.kind.clone(), error.hints(), requests)
}

#[test]
fn refusals_have_their_own_errors() {
    assert!(matches!(failure(Fault::Down).0, Kind::Refused { .. }));
    assert!(matches!(failure(Fault::Unauthorized).0, Kind::Unauthorized { .. }));
    assert!(matches!(failure(Fault::Forbidden).0, Kind::Forbidden { .. }));
    assert!(matches!(failure(Fault::NoRepository).0, Kind::RepositoryNotFound { .. }));
    let (kind, hints, _) = failure(Fault::NoTag);
    assert!(kind.to_string().ends_with(" has no tag c in a/b"), "{kind}");
    assert!(hints.iter().any(|hint| hint.contains("check the tag")), "{hints:?}");
    assert!(matches!(failure(Fault::Broken).0, Kind::Status { status: 500, .. }));
}

#[test]
fn a_busy_registry_is_asked_again_and_a_long_wait_is_not_waited_out() {
    let (server, digest) = server();
    server.fault(Fault::RateLimited { times: 2, retry_after: Some(0) });
    server.fault(Fault::Unavailable { times: 1 });
    assert_eq!(resolve(&server, options()).expect("at last").digest.as_str(), digest);
    assert_eq!(server.requests().len(), 4);
    let (kind, _, requests) = failure(Fault::RateLimited { times: 100, retry_after: Some(3_600) });
    assert_eq!(
        kind,
        Kind::RateLimited { host: kind_host(&kind), retry_after: Some(Duration::from_secs(3_600)) }
    );
    assert_eq!(requests, 1, "an hour is more than the time that one image may take");
    let (kind, _, requests) = failure(Fault::RateLimited { times: 100, retry_after: None });
    assert!(matches!(kind, Kind::RateLimited { .. }));
    assert_eq!(requests, 5, "the first and four more");
}

fn kind_host(kind: &Kind) -> String {
    match kind {
        Kind::RateLimited { host, .. } => host.clone(),
        _ => String::new(),
    }
}

#[test]
fn bodies_are_bounded() {
    for fault in [Fault::EndlessBody, Fault::Huge(8 << 20), Fault::HugeUnannounced(32 << 20)] {
        assert!(matches!(failure(fault).0, Kind::TooLarge { limit: 4_194_304, what: "manifest", .. }));
    }
    let kind = failure(Fault::HalfBody).0;
    assert!(matches!(kind, Kind::CutOff { .. }), "{kind:?}");
}

#[test]
fn slow_registries_run_into_a_limit_of_their_own() {
    let limits = TimeLimits {
        headers: Duration::from_millis(200),
        body: Duration::from_millis(200),
        retry: Duration::from_millis(1),
        ..TimeLimits::default()
    };
    for (fault, expected) in [
        (Fault::SlowHeaders(Duration::from_secs(60)), "did not answer within 200 ms"),
        (Fault::StalledBody, "did not send the whole answer within 200 ms"),
    ] {
        let (server, _) = server();
        server.fault(fault);
        let error = resolve(&server, RegistryOptions { limits, ..options() }).expect_err("too slow");
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}

#[test]
fn digests_are_hashes_of_received_bytes() {
    for fault in [Fault::LyingDigest, Fault::MalformedDigest] {
        assert!(matches!(failure(fault).0, Kind::WrongDigest { by: "its header", .. }));
    }
    let (server, digest) = server();
    server.fault(Fault::NoDigest);
    assert_eq!(resolve(&server, options()).expect("resolved").digest.as_str(), digest);
    server.clear_faults();
    server.fault(Fault::OtherContent);
    let pinned = image(&server, "a/b:c").pin(&digest.parse::<Digest>().expect("a digest"));
    let error = run(Registry::new(options()).resolve(&pinned, None)).expect_err("other content");
    assert!(matches!(*error.kind, Kind::WrongDigest { by: "the reference", .. }), "{error}");
}

#[test]
fn what_is_no_image_is_refused() {
    for (fault, expected) in [
        (Fault::LoginPage, "the registry answered with media type `text/html`, not with an image manifest"),
        (
            Fault::SchemaOne,
            "the registry answered with a manifest of schema 1, which no current runtime pulls",
        ),
        (
            Fault::Artifact,
            "this is an OCI artifact of type `application/vnd.cncf.helm.config.v1+json`, not a container image",
        ),
        (Fault::NoLayers, "the image has no layers"),
        (Fault::EmptyIndex, "the image index lists no platform"),
    ] {
        assert_eq!(failure(fault).0.to_string(), expected);
    }
    assert!(failure(Fault::Contradiction).0.to_string().contains("contradicts itself"));
}

#[test]
fn credentials_do_not_follow_redirects() {
    let (server, _) = server();
    let (elsewhere, digest) = self::server();
    let folder = tempfile::tempdir().expect("a folder");
    server.require(Auth::Basic { user: "user".to_owned(), password: "secret".to_owned() });
    let config = format!(
        "{{\"auths\": {{\"{}\": {{\"auth\": \"dXNlcjpzZWNyZXQ=\"}}, \"{}\": {{\"auth\": \"b3RoZXI6b3RoZXI=\"}}}}}}",
        server.host(),
        elsewhere.host()
    );
    server.fault(Fault::Redirect(format!("http://{}/", elsewhere.host())));
    let resolved = resolve(&server, docker_config(folder.path(), &config)).expect("followed");
    assert_eq!(resolved.digest.as_str(), digest);
    assert_eq!(elsewhere.requests().len(), 1);
    assert_eq!(elsewhere.requests()[0].authorization, None);
    // A target that wants a login of its own gets none, whatever is configured for it.
    elsewhere.require(Auth::Basic { user: "other".to_owned(), password: "other".to_owned() });
    elsewhere.forget_requests();
    let error = resolve(&server, docker_config(folder.path(), &config)).expect_err("refused there");
    assert!(matches!(*error.kind, Kind::Unauthorized { .. }), "{error}");
    assert!(elsewhere.requests().iter().all(|request| request.authorization.is_none()));
}

#[test]
fn redirects_are_counted_and_lead_to_https_or_nowhere() {
    let (kind, _, requests) = failure(Fault::RedirectLoop);
    assert!(kind.to_string().contains("more than 5 times"), "{kind}");
    assert_eq!(requests, 6);
    for (target, expected) in [
        ("http://registry.invalid/x", "to plain http at registry.invalid"),
        ("ftp://registry.invalid/x", "scheme ftp"),
        ("http://[", "no URL"),
    ] {
        let kind = failure(Fault::Redirect(target.to_owned())).0;
        assert!(kind.to_string().contains(expected), "{kind}");
    }
}

#[test]
fn token_servers_are_bounded_and_checked() {
    let token_failure = |prepare: &dyn Fn(&Server)| {
        let (server, _) = server();
        server.require(Auth::Token);
        prepare(&server);
        resolve(&server, options()).expect_err("no token").kind.to_string()
    };
    assert!(
        token_failure(&|server| server.fault(Fault::TokenStatus(401))).contains("gives none without a login")
    );
    assert!(token_failure(&|server| server.fault(Fault::TokenStatus(500))).contains("answered 500"));
    assert!(
        token_failure(&|server| server.fault(Fault::TokenBody("<html>".to_owned()))).contains("not a token")
    );
    assert!(
        token_failure(&|server| server.fault(Fault::TokenBody("{}".to_owned()))).contains("holds no token")
    );
    assert!(
        token_failure(&|server| server.fault(Fault::TokenBody("{\"token\":\"a\\nb\"}".to_owned())))
            .contains("header")
    );
    assert!(
        token_failure(&|server| server.fault(Fault::TokenBody(" ".repeat(1 << 20))))
            .contains("bytes of token")
    );
    assert!(token_failure(&|server| server.realm("http://registry.invalid/token")).contains("without https"));
    assert!(token_failure(&|server| server.realm("nonsense")).contains("no URL"));
    assert!(token_failure(&|server| server.fault(Fault::UselessTokens)).contains("wants a login"));
}

#[test]
fn a_registry_of_this_machine_may_speak_tls() {
    let key = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let server = Server::start_tls(key.cert.der().to_vec(), key.signing_key.serialize_der());
    server.add_image("a/b", "c");
    // The certificate is not trusted, which can only be found out over TLS.
    let error = resolve(&server, options()).expect_err("not trusted");
    assert!(matches!(*error.kind, Kind::Tls { .. }), "{error}");
    assert!(error.hints()[0].contains("SSL_CERT_FILE"), "{:?}", error.hints());
}

#[test]
fn names_that_do_not_exist_are_told_apart() {
    let image: ImageRef = "registry.invalid/a/b:c".parse().expect("a reference");
    let error = run(Registry::new(options()).resolve(&image, None)).expect_err("no such host");
    assert_eq!(error.to_string(), "the host name registry.invalid cannot be resolved");
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
    let mirrored = || RegistryOptions {
        mirrors: MirrorFiles { registries_conf: vec![file.clone()], certs_d: None },
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
