//! TLS and proxies: who is believed, and which way a request goes.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use serde_json::json;
use tempfile::TempDir;

use super::super::options::Surroundings;
use super::super::*;
use super::server::{Reply, Server};
use super::{bare, kubeconfig, to_kubeconfig, to_server, write};
use crate::core::kubernetes::resource::POD;

/// An authority and what it has signed, in a directory with `ca.crt`.
struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Authority {
        // Nobody installs it for a unit test otherwise.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "ca.crt", &certificate.pem());
        let der = certificate.der().clone();
        Authority { folder, issuer: Issuer::new(params, key), certificate: der }
    }

    /// A certificate for these names, valid until this year.
    fn sign(&self, names: &[&str], year: i32) -> (rcgen::Certificate, KeyPair) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("valid names");
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }

    /// TLS of a server with such a certificate; `asks` for a client certificate of the same authority.
    fn tls(&self, names: &[&str], year: i32, asks: bool) -> Arc<rustls::ServerConfig> {
        let (certificate, key) = self.sign(names, year);
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("an authority");
        let builder = rustls::ServerConfig::builder();
        let builder = if asks {
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).expect("a server"))
    }

    /// Flags that believe this authority.
    fn trusting(&self, server: &str) -> ConnectOptions {
        let mut options = to_server(server);
        options.certificate_authority = Some(self.folder.path().join("ca.crt"));
        options
    }
}

fn pod() -> Vec<Reply> {
    vec![Reply::Json(200, json!({"kind": "Pod", "metadata": {"name": "b"}}))]
}

async fn get_in(options: &ConnectOptions, surroundings: &Surroundings) -> Result<(), ClusterError> {
    let cluster = Cluster::connect(options, surroundings, None).await?;
    cluster.get(&POD, Some("a"), "b").await.map(drop)
}

async fn get(options: &ConnectOptions) -> Result<(), ClusterError> {
    get_in(options, &bare()).await
}

async fn fault(options: &ConnectOptions) -> Fault {
    match get(options).await {
        Err(ClusterError::Unreachable { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_server_must_prove_who_it_is() {
    let (good, other) = (Authority::new(), Authority::new());
    let server = Server::start_tls(pod(), good.tls(&["127.0.0.1"], 2100, false)).await;
    assert_eq!(get(&good.trusting(&server.https())).await, Ok(()));
    assert_eq!(fault(&other.trusting(&server.https())).await, Fault::UnknownAuthority);
    let mut options = to_server(&server.https());
    options.insecure_skip_tls_verify = true;
    assert_eq!(get(&options).await, Ok(()));
}

#[tokio::test]
async fn a_certificate_for_another_name_or_time_is_told() {
    let authority = Authority::new();
    let server = Server::start_tls(pod(), authority.tls(&["api.example.org"], 2100, false)).await;
    let mut options = authority.trusting(&server.https());
    assert_eq!(fault(&options).await, Fault::WrongName);
    options.tls_server_name = Some("api.example.org".to_owned());
    assert_eq!(get(&options).await, Ok(()));
    let server = Server::start_tls(pod(), authority.tls(&["127.0.0.1"], 2001, false)).await;
    assert_eq!(fault(&authority.trusting(&server.https())).await, Fault::Expired);
}

#[tokio::test]
async fn plain_text_where_tls_is_expected_is_told() {
    let authority = Authority::new();
    let server = Server::start(vec![Reply::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]).await;
    // The server waits for the end of a line, which a TLS greeting need not hold: it may also just hang up.
    let error = get(&authority.trusting(&server.https())).await.expect_err("no TLS");
    assert!(
        matches!(error, ClusterError::Unreachable { fault: Fault::NotTls | Fault::Broken, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn tls_where_plain_text_is_spoken_is_told() {
    let authority = Authority::new();
    let server = Server::start_tls(pod(), authority.tls(&["127.0.0.1"], 2100, false)).await;
    let error = get(&to_server(&server.http())).await.expect_err("no HTTP");
    assert_eq!(error.causes(), ["the server does not speak HTTP"]);
    assert_eq!(
        error.hint(),
        Some(format!("if this is the API server, write its address as {}", server.https()))
    );
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_the_server() {
    let authority = Authority::new();
    let server = Server::start_tls(pod(), authority.tls(&["127.0.0.1"], 2100, true)).await;
    let (certificate, key) = authority.sign(&["jane"], 2100);
    let folder = authority.folder.path();
    write(folder, "jane.crt", &certificate.pem());
    write(folder, "jane.key", &key.serialize_pem());
    let config = |user: &str| {
        let content =
            kubeconfig(&server.https(), user).replace("{server:", "{certificate-authority: ca.crt, server:");
        to_kubeconfig(&write(folder, "config", &content))
    };
    assert_eq!(get(&config("{client-certificate: jane.crt, client-key: jane.key}")).await, Ok(()));
    let refused = fault(&config("{}")).await;
    assert!(matches!(refused, Fault::ClientCertificate(_)), "{refused:?}");
    let (_, stranger) = authority.sign(&["jane"], 2100);
    write(folder, "jane.key", &stranger.serialize_pem());
    let error =
        get(&config("{client-certificate: jane.crt, client-key: jane.key}")).await.expect_err("not a pair");
    assert!(matches!(error, ClusterError::Config(_)), "{error:?}");
}

fn with_proxy(address: &str, exceptions: Option<&str>) -> Surroundings {
    let mut surroundings = bare();
    surroundings.proxies.https = Some(format!("http://user:hunter2@{address}"));
    surroundings.proxies.none = exceptions.map(str::to_owned);
    surroundings
}

#[tokio::test]
async fn a_proxy_sees_the_address_and_its_password_and_nothing_else() {
    let authority = Authority::new();
    let tls = authority.tls(&["api.example.org"], 2100, false);
    let proxy = Server::start_proxy(pod(), Some(tls)).await;
    let mut options = authority.trusting("https://api.example.org:6443");
    options.token = Some(Secret::from("t0ken".to_owned()));
    // The exception is about the proxy's own address, which is what kube 5.0.0 would look at.
    assert_eq!(get_in(&options, &with_proxy(&proxy.address, Some("127.0.0.1"))).await, Ok(()));
    let seen = proxy.seen();
    assert_eq!(seen[0].line, "CONNECT api.example.org:6443");
    assert_eq!(seen[0].header("proxy-authorization"), Some("Basic dXNlcjpodW50ZXIy"));
    assert_eq!(seen[0].header("authorization"), None);
    assert_eq!(seen[1].header("authorization"), Some("Bearer t0ken"));
    assert_eq!(seen[1].header("proxy-authorization"), None);
}

#[tokio::test]
async fn an_exception_keeps_the_proxy_out() {
    let proxy = Server::start_proxy(pod(), None).await;
    let options = to_server("https://no-such-host.invalid:6443");
    let error =
        get_in(&options, &with_proxy(&proxy.address, Some(",,.invalid"))).await.expect_err("no such host");
    assert_eq!(error.causes(), ["the host name cannot be resolved"]);
    assert!(proxy.seen().is_empty());
}

#[tokio::test]
async fn the_proxy_of_the_kubeconfig_comes_first() {
    let proxy = Server::start_proxy(pod(), None).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let content = kubeconfig("http://127.0.0.1:1", "{}")
        .replace("{server:", &format!("{{proxy-url: \"{}\", server:", proxy.http()));
    let options = to_kubeconfig(&write(folder.path(), "config", &content));
    assert_eq!(get_in(&options, &with_proxy("127.0.0.1:1", Some("*"))).await, Ok(()));
    assert_eq!(proxy.lines(), ["CONNECT 127.0.0.1:1", "GET /api/v1/namespaces/a/pods/b"]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_without_its_password() {
    let proxy = Server::start(vec![Reply::Text(407, "", String::new())]).await;
    let options = to_server("https://api.example.org:6443");
    let error = get_in(&options, &with_proxy(&proxy.address, None)).await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        format!(
            "cannot reach the API server at https://api.example.org:6443 through the proxy {}",
            proxy.http()
        )
    );
    assert_eq!(error.causes(), ["the proxy refused: proxy authorization required"]);
    assert!(error.hint().is_some_and(|hint| hint.contains("NO_PROXY")));
}
