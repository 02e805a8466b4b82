//! `io::registry` against every way in which a registry can misbehave.

use std::time::Duration;

use kubectl_airunway::core::image::{Digest, ImageRef};
use kubectl_airunway::io::registry::{Registry, RegistryErrorKind as Kind, RegistryOptions, TimeLimits};

use super::{docker_config, image, options, resolve, run, server};
use crate::support::registry::{Auth, Fault, Registry as Server};

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
        (Fault::StalledRefusal, "forbids reading a/b (anonymous, no credentials found)"),
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
        (Fault::EmptyIndex, "the image index lists no platforms"),
    ] {
        assert_eq!(failure(fault).0.to_string(), expected);
    }
    assert!(failure(Fault::Contradiction).0.to_string().contains("contradicts itself"));
}

#[test]
fn credentials_do_not_follow_redirects() {
    let (server, _) = server();
    let (elsewhere, digest) = super::server();
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
        ("http://[", "not a URL"),
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
        token_failure(&|server| server.fault(Fault::TokenStatus(401)))
            .contains("gives no token without a login")
    );
    assert!(token_failure(&|server| server.fault(Fault::TokenStatus(500))).contains("answered 500"));
    assert!(
        token_failure(&|server| server.fault(Fault::TokenBody("<html>".to_owned()))).contains("not a token")
    );
    assert!(
        token_failure(&|server| server.fault(Fault::TokenBody("{}".to_owned()))).contains("has no token")
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
    assert!(token_failure(&|server| server.realm("nonsense")).contains("not a URL"));
    assert!(token_failure(&|server| server.fault(Fault::UselessTokens)).contains("requires a login"));
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
