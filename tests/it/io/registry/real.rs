//! `io::registry` against the CNCF distribution registry: open, with a password, and with signed tokens.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kubectl_airunway::core::image::{ImageRef, Platform};
use kubectl_airunway::io::registry::{
    CredentialFiles, ProxyChoice, Registry, RegistryErrorKind, RegistryOptions,
};

use crate::support::registry::real::{Access, RealRegistry};
use crate::support::registry::{INDEX_TYPE, Image, MANIFEST_TYPE, digest, image, index};

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

fn options() -> RegistryOptions {
    RegistryOptions { proxies: ProxyChoice::Direct, ..RegistryOptions::default() }
}

fn reference(registry: &RealRegistry, rest: &str) -> ImageRef {
    format!("{}/{rest}", registry.host()).parse().expect("a reference")
}

/// Fills a folder with `team/vllm:v0` to `v19` and the index `team/vllm:multi`; returns the digest of the index.
async fn fill(folder: &Path) -> String {
    let registry = RealRegistry::start(folder, &Access::Open);
    for number in 0..20 {
        let made = image(&number.to_string(), "amd64", "2026-11-01T00:00:00Z");
        registry.push("team/vllm", &format!("v{number}"), MANIFEST_TYPE, made).await;
    }
    let mut listed = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let made = image("multi", architecture, "2026-11-02T00:00:00Z");
        let digest = digest(&made.manifest);
        listed.push((digest.clone(), made.manifest.len(), architecture.to_owned()));
        registry.push("team/vllm", &digest, MANIFEST_TYPE, made).await;
    }
    let manifest = index(&listed);
    let digest = digest(&manifest);
    registry.push("team/vllm", "multi", INDEX_TYPE, Image { manifest, blobs: Vec::new() }).await;
    digest
}

#[test]
fn an_open_registry_gives_digests_platforms_configurations_and_tags() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        let index = fill(folder.path()).await;
        let server = RealRegistry::start(folder.path(), &Access::Open);
        let registry = Registry::new(options());
        let arm: Platform = "linux/arm64".parse().expect("a platform");
        let multi = reference(&server, "team/vllm:multi");
        let resolved = registry.resolve(&multi, Some(&arm)).await.expect("resolved");
        assert_eq!((resolved.digest.as_str(), resolved.platforms.len()), (index.as_str(), 2));
        let config = registry.config(&multi, &arm).await.expect("configuration");
        assert_eq!(config.created.as_deref(), Some("2026-11-02T00:00:00Z"));
        assert_eq!(registry.tags(&multi).await.expect("tags").len(), 21);
        let pinned = registry.resolve(&resolved.pinned(), None).await.expect("by digest");
        assert_eq!(pinned.digest, resolved.digest);
        let absent =
            registry.resolve(&reference(&server, "team/vllm:gone"), None).await.expect_err("no such tag");
        assert!(matches!(*absent.kind, RegistryErrorKind::NotFound { .. }), "{absent}");
        let absent =
            registry.resolve(&reference(&server, "no/such:tag"), None).await.expect_err("no repository");
        assert!(
            matches!(
                *absent.kind,
                RegistryErrorKind::RepositoryNotFound { .. } | RegistryErrorKind::NotFound { .. }
            ),
            "{absent}"
        );
    });
}

fn with_password(folder: &Path, host: &str, password: &str) -> RegistryOptions {
    let file = folder.join("docker.json");
    let auth = STANDARD.encode(format!("user:{password}"));
    std::fs::write(&file, format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{auth}\"}}}}}}"))
        .expect("a file");
    RegistryOptions { credentials: CredentialFiles { docker: Some(file), podman: Vec::new() }, ..options() }
}

#[test]
fn a_password_opens_a_registry() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        fill(folder.path()).await;
        let server = RealRegistry::start(folder.path(), &Access::Password);
        let image = reference(&server, "team/vllm:v1");
        let anonymous = Registry::new(options()).resolve(&image, None).await.expect_err("refused");
        assert!(matches!(*anonymous.kind, RegistryErrorKind::Unauthorized { .. }), "{anonymous}");
        let wrong = Registry::new(with_password(folder.path(), server.host(), "wrong"));
        assert!(matches!(
            *wrong.resolve(&image, None).await.expect_err("refused").kind,
            RegistryErrorKind::Unauthorized { .. }
        ));
        let right = Registry::new(with_password(folder.path(), server.host(), "pass-word"));
        right.resolve(&image, None).await.expect("resolved");
    });
}

/// A server of signed tokens, and what it was asked.
#[derive(Clone)]
struct TokenServer {
    key: Arc<rcgen::KeyPair>,
    certificate: String,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn token(
    State(server): State<TokenServer>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    server.asked.lock().expect("a list").push(uri.query().unwrap_or_default().to_owned());
    let wanted = format!("Basic {}", STANDARD.encode("user:pass-word"));
    if headers.get("authorization").is_none_or(|given| *given != *wanted) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let header = serde_json::json!({"typ": "JWT", "alg": "EdDSA", "x5c": [server.certificate]});
    let now = jiff::Timestamp::now().as_second();
    let claims = serde_json::json!({
        "iss": "test", "sub": "user", "aud": "test", "exp": now + 300, "nbf": now - 300, "iat": now, "jti": "1",
        "access": [{"type": "repository", "name": "team/vllm", "actions": ["pull"]}],
    });
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = rcgen::SigningKey::sign(&*server.key, text.as_bytes()).expect("a signature");
    Ok(serde_json::json!({"token": format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))}).to_string())
}

#[test]
fn one_signed_token_opens_twenty_tags() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        fill(folder.path()).await;
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
        let parameters = rcgen::CertificateParams::new(vec!["tokens.test".to_owned()]).expect("parameters");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let file = folder.path().join("tokens.pem");
        std::fs::write(&file, certificate.pem()).expect("a file");
        let asked = Arc::default();
        let tokens = TokenServer {
            key: Arc::new(key),
            certificate: STANDARD.encode(certificate.der()),
            asked: Arc::clone(&asked),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let realm = format!("http://{}/token", listener.local_addr().expect("its address"));
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(token).with_state(tokens)).await });
        let server = RealRegistry::start(folder.path(), &Access::Tokens { realm, certificate: file });
        let images: Vec<ImageRef> =
            (0..20).map(|number| reference(&server, &format!("team/vllm:v{number}"))).collect();
        let anonymous = Registry::new(options()).resolve(&images[0], None).await.expect_err("refused");
        assert!(matches!(*anonymous.kind, RegistryErrorKind::Token { .. }), "{anonymous}");
        asked.lock().expect("a list").clear();
        let registry = Registry::new(with_password(folder.path(), server.host(), "pass-word"));
        let all = futures::future::join_all(images.iter().map(|image| registry.resolve(image, None))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        let asked = asked.lock().expect("a list");
        assert_eq!(*asked, ["service=test&scope=repository%3Ateam%2Fvllm%3Apull"], "one token for all");
    });
}
