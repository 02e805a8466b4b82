//! Kubeconfig files and flags: what is chosen, and every way in which they can be wrong.

use std::ffi::OsString;
use std::path::Path;

use tempfile::TempDir;

use super::super::kubeconfig::setup::{self, Credential, Setup, default_namespace};
use super::super::options::Surroundings;
use super::super::*;
use super::{bare, kubeconfig, to_kubeconfig, to_server, write};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn refused(options: &ConnectOptions, surroundings: &Surroundings) -> ClusterError {
    match setup::resolve(options, surroundings) {
        Ok(setup) => panic!("connected to {}", setup.server),
        Err(error) => error,
    }
}

fn resolved(options: &ConnectOptions) -> Setup {
    setup::resolve(options, &bare()).unwrap_or_else(|error| panic!("{error}"))
}

/// The refusal of a kubeconfig with this content.
fn refused_file(content: &str) -> ClusterError {
    let folder = folder();
    refused(&to_kubeconfig(&write(folder.path(), "config", content)), &bare())
}

fn header(setup: &Setup) -> Option<&str> {
    match &setup.credential {
        Credential::Header(header) => header.to_str().ok(),
        _ => None,
    }
}

fn list_of(paths: &[&Path]) -> OsString {
    std::env::join_paths(paths).expect("paths without separators")
}

#[test]
fn the_current_context_is_taken() {
    let folder = folder();
    let path = write(folder.path(), "config", &kubeconfig("https://one.example:6443/", "{token: abc}"));
    let setup = resolved(&to_kubeconfig(&path));
    assert_eq!(setup.server, "https://one.example:6443");
    assert_eq!(setup.namespace, "team-a");
    assert_eq!(setup.identity, "user \"jane\" of the kubeconfig");
    assert_eq!(header(&setup), Some("Bearer abc"));
    let mut options = to_kubeconfig(&path);
    options.namespace = Some("team-b".to_owned());
    options.token = Some(Secret::from("other".to_owned()));
    options.server = Some("http://two.example".to_owned());
    let setup = resolved(&options);
    assert_eq!((setup.server.as_str(), setup.namespace.as_str()), ("http://two.example", "team-b"));
    assert_eq!(header(&setup), Some("Bearer other"));
}

#[test]
fn files_of_the_variable_are_merged_the_first_word_wins_and_missing_ones_are_skipped() {
    let folder = folder();
    let users = write(
        folder.path(),
        "users",
        "users: [{name: jane, user: {username: j, password: p}}]\ncurrent-context: ''\n",
    );
    let config = write(folder.path(), "config", &kubeconfig("https://one.example", "{token: abc}"));
    let missing = folder.path().join("missing");
    let mut surroundings = bare();
    surroundings.kubeconfig = Some(list_of(&[&missing, &users, &config]));
    let setup =
        setup::resolve(&ConnectOptions::default(), &surroundings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(header(&setup), Some("Basic ajpw"));
    assert_eq!(setup.server, "https://one.example");
}

#[test]
fn no_kubeconfig_at_all_says_what_was_looked_for() {
    let folder = folder();
    let mut surroundings = bare();
    surroundings.home = Some(folder.path().to_owned());
    let error = refused(&ConnectOptions::default(), &surroundings);
    assert_eq!(error.to_string(), "no kubeconfig found");
    assert_eq!(error.causes(), [format!("{} does not exist", folder.path().join(".kube/config").display())]);
    assert!(error.hint().is_some_and(|hint| hint.contains("--kubeconfig")));
    assert_eq!(default_namespace(&ConnectOptions::default(), &surroundings), Ok("default".to_owned()));
    // A context is not what is wrong where there is no file that could hold one.
    let options = ConnectOptions { context: Some("prod".to_owned()), ..ConnectOptions::default() };
    assert_eq!(refused(&options, &surroundings).to_string(), "no kubeconfig found");
    let error = default_namespace(&options, &surroundings).expect_err("there is none");
    assert_eq!(error.to_string(), "no kubeconfig found");
}

#[test]
fn a_file_that_the_flag_names_must_exist() {
    let options = to_kubeconfig(Path::new("/nonexistent/config"));
    let error = refused(&options, &bare());
    assert_eq!(
        error.to_string(),
        "cannot read the kubeconfig /nonexistent/config: No such file or directory (os error 2)"
    );
    assert!(default_namespace(&options, &bare()).is_err());
}

#[test]
fn broken_yaml_has_a_place_and_shows_no_secret() {
    for (content, line) in [
        ("users:\n- name: jane\n  user:\n    token: hunter2\n   bad: [hunter2\n", 5),
        ("apiVersion: v1\nclusters: hunter2\n", 2),
        ("apiVersion: v1\nusers:\n- user: {token: [hunter2]}\n", 3),
        ("a: 1\na: 2\n", 2),
    ] {
        let error = refused_file(content);
        let ClusterError::Config(ConfigError::Broken { line: told, reason, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(*told, line, "{error}");
        assert!(!error.to_string().contains("hunter2") && !reason.is_empty(), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_file_that_is_not_text_is_refused() {
    let folder = folder();
    for bytes in
        [&[0xFF, 0xFE, 0x41][..], &[0xFE, 0xFF, 0xD8, 0x00], &[0x80, 0x81], &[0xEF, 0xBB, 0xBF, 0xFF]]
    {
        let path = folder.path().join("config");
        std::fs::write(&path, bytes).expect("a file");
        let error = refused(&to_kubeconfig(&path), &bare());
        assert!(error.to_string().contains("neither UTF-8 nor UTF-16"), "{error}");
    }
    let text = kubeconfig("https://one.example", "{token: abc}");
    let little: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let path = folder.path().join("powershell");
    std::fs::write(&path, little).expect("a file");
    assert_eq!(resolved(&to_kubeconfig(&path)).server, "https://one.example");
}

#[test]
fn a_file_without_end_is_not_read_to_it() {
    let error = refused(&to_kubeconfig(Path::new("/dev/zero")), &bare());
    assert!(error.to_string().ends_with("larger than 4 MiB"), "{error}");
}

#[test]
fn names_that_do_not_exist_are_told_with_those_that_do() {
    let folder = folder();
    let path = write(folder.path(), "config", &kubeconfig("https://one.example", "{}"));
    let mut options = to_kubeconfig(&path);
    options.context = Some("her".to_owned());
    let error = refused(&options, &bare());
    assert_eq!(error.to_string(), "context \"her\" does not exist");
    assert_eq!(error.hints(), ["did you mean --context here?", "contexts: here"]);
    assert_eq!(default_namespace(&options, &bare()), Err(error));
    let mut options = to_kubeconfig(&path);
    options.cluster = Some("two".to_owned());
    assert_eq!(refused(&options, &bare()).to_string(), "cluster \"two\" does not exist");
    let mut options = to_kubeconfig(&path);
    options.user = Some("john".to_owned());
    assert_eq!(refused(&options, &bare()).to_string(), "user \"john\" does not exist");
    let content = kubeconfig("https://one.example", "{}").replace("cluster: one,", "cluster: two,");
    assert_eq!(refused_file(&content).to_string(), "cluster \"two\" of context \"here\" does not exist");
    let content = kubeconfig("https://one.example", "{}").replace("user: jane,", "user: john,");
    assert_eq!(refused_file(&content).to_string(), "user \"john\" of context \"here\" does not exist");
}

#[test]
fn without_a_current_context_the_choice_is_the_users() {
    let content =
        kubeconfig("https://one.example", "{}").replace("current-context: here", "current-context: ''");
    let error = refused_file(&content);
    assert_eq!(error.to_string(), "the kubeconfig has no current context");
    assert_eq!(error.hints()[1], "contexts: here");
    assert_eq!(refused_file("").to_string(), "the kubeconfig has no current context");
}

#[test]
fn flags_alone_are_enough() {
    let mut options = to_server("https://one.example:6443");
    options.token = Some(Secret::from("abc".to_owned()));
    let setup = resolved(&options);
    assert_eq!((setup.namespace.as_str(), header(&setup)), ("default", Some("Bearer abc")));
    assert_eq!(resolved(&to_server("one.example:8080")).server, "http://one.example:8080");
    let mut options = to_server("one.example:6443");
    options.insecure_skip_tls_verify = true;
    assert_eq!(resolved(&options).server, "https://one.example:6443");
    for server in ["", "https://", "ftp://one.example", "https://one.example:port", "https://one.example?x=y"]
    {
        let error = refused(&to_server(server), &bare());
        assert!(matches!(error, ClusterError::Config(ConfigError::BadServer { .. })), "{server}: {error:?}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_told_with_their_file() {
    let folder = folder();
    let cluster = |entry: &str| {
        let content =
            kubeconfig("https://one.example", "{}").replace("{server:", &format!("{{{entry}, server:"));
        refused(&to_kubeconfig(&write(folder.path(), "config", &content)), &bare()).to_string()
    };
    assert_eq!(
        cluster("certificate-authority-data: '%%'"),
        "cannot use the CA certificate: its data is not base64"
    );
    assert_eq!(
        cluster("certificate-authority-data: aGVsbG8K"),
        "cannot use the CA certificate: it has no certificate in PEM form"
    );
    let missing = folder.path().join("ca.crt");
    assert_eq!(
        cluster("certificate-authority: ca.crt"),
        format!(
            "cannot use the CA certificate {}: No such file or directory (os error 2)",
            missing.display()
        )
    );
    let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8K\n-----END CERTIFICATE-----\n";
    write(folder.path(), "ca.crt", broken);
    assert!(cluster("certificate-authority: ca.crt").starts_with("cannot use the CA certificate /"));
    assert_eq!(
        cluster("certificate-authority: ca.crt, insecure-skip-tls-verify: true"),
        "a CA certificate cannot be combined with --insecure-skip-tls-verify"
    );
    let user = |entry: &str| refused_file(&kubeconfig("https://one.example", entry)).to_string();
    assert_eq!(
        user("{client-certificate-data: aGVsbG8K}"),
        "cannot use the client key: the user has a client certificate but no key"
    );
    assert_eq!(
        user("{client-certificate-data: aGVsbG8K, client-key-data: aGVsbG8K}"),
        "cannot use the client certificate: it has no certificate in PEM form"
    );
}

#[test]
fn the_insecure_flag_forgets_the_authority_of_the_kubeconfig() {
    let folder = folder();
    let content = kubeconfig("https://one.example", "{}")
        .replace("{server:", "{certificate-authority: gone.crt, tls-server-name: other, server:");
    let mut options = to_kubeconfig(&write(folder.path(), "config", &content));
    options.insecure_skip_tls_verify = true;
    let setup = resolved(&options);
    assert!(setup.config.accept_invalid_certs);
    assert_eq!(setup.config.root_cert, Some(Vec::new()));
    assert_eq!(setup.config.tls_server_name.as_deref(), Some("other"));
    options.server = Some("https://two.example".to_owned());
    assert_eq!(resolved(&options).config.tls_server_name, None);
}

#[test]
fn providers_that_are_gone_are_told_with_their_successor() {
    let error = refused_file(&kubeconfig("https://one.example", "{auth-provider: {name: gcp}}"));
    assert!(error.to_string().contains("\"gcp\", which is no longer supported"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("gke-gcloud-auth-plugin")));
}

#[test]
fn impersonation_comes_from_flags_or_the_kubeconfig() {
    let folder = folder();
    let path = write(folder.path(), "config", &kubeconfig("https://one.example", "{as: x, as-groups: [g]}"));
    let setup = resolved(&to_kubeconfig(&path));
    assert_eq!(setup.config.auth_info.impersonate.as_deref(), Some("x"));
    let mut options = to_kubeconfig(&path);
    options.impersonate_user = Some("y".to_owned());
    let setup = resolved(&options);
    assert_eq!(setup.config.auth_info.impersonate.as_deref(), Some("y"));
    assert_eq!(setup.config.auth_info.impersonate_groups.as_deref(), Some(&[][..]));
    let mut options = to_server("https://one.example");
    options.impersonate_groups = vec!["g".to_owned()];
    assert_eq!(refused(&options, &bare()).to_string(), "--as-group needs --as");
    options.impersonate_user = Some("a\nb".to_owned());
    assert!(matches!(refused(&options, &bare()), ClusterError::Config(ConfigError::Header { .. })));
}

#[test]
fn a_pod_uses_its_service_account() {
    let folder = folder();
    let mut surroundings = bare();
    surroundings.service_host = Some("fd00::1".to_owned());
    surroundings.service_port = Some("443".to_owned());
    surroundings.service_account = folder.path().to_owned();
    let error = refused(&ConnectOptions::default(), &surroundings);
    assert!(error.to_string().starts_with("cannot use the CA certificate"), "{error}");
    let authority = rcgen::generate_simple_self_signed(vec!["kubernetes".to_owned()]).expect("a certificate");
    write(folder.path(), "ca.crt", &authority.cert.pem());
    let error = refused(&ConnectOptions::default(), &surroundings);
    assert!(
        error
            .to_string()
            .starts_with("this program runs in a pod, but the pod's service account cannot be used"),
        "{error}"
    );
    write(folder.path(), "token", "abc\n");
    write(folder.path(), "namespace", "team-p\n");
    let setup =
        setup::resolve(&ConnectOptions::default(), &surroundings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((setup.server.as_str(), setup.namespace.as_str()), ("https://[fd00::1]:443", "team-p"));
    assert_eq!(setup.identity, "the service account of this pod");
    assert_eq!(default_namespace(&ConnectOptions::default(), &surroundings), Ok("team-p".to_owned()));
    // A server named by a flag is not this cluster: its credentials stay here.
    let setup = setup::resolve(&to_server("https://other.example"), &surroundings)
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(setup.credential, Credential::None));
}
