//! `io::registry`: whom it trusts at which host, and how it speaks to it.

use std::path::Path;

use kubectl_airunway::core::image::ImageRef;
use kubectl_airunway::io::registry::{
    MirrorFiles, RegistriesConf, Registry, RegistryErrorKind as Kind, RegistryOptions,
};

use super::{image, options, resolve, run, server};
use crate::support::registry::Registry as Server;

/// A registry with a certificate that nobody trusts yet, the certificate in PEM, and the digest of `a/b:c`.
fn with_tls() -> (Server, String, String) {
    let key = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let server = Server::start_tls(key.cert.der().to_vec(), key.signing_key.serialize_der());
    let digest = server.add_image("a/b", "c");
    (server, key.cert.pem(), digest)
}

fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, content).expect("a file");
}

#[test]
fn an_authority_is_trusted_at_its_host_alone() {
    let (server, certificate, digest) = with_tls();
    let folder = tempfile::tempdir().expect("a folder");
    let trusting = || RegistryOptions { certificates: vec![folder.path().to_owned()], ..options() };
    write(&folder.path().join("another.test/ca.crt"), &certificate);
    let error = resolve(&server, trusting()).expect_err("for another host");
    assert!(matches!(*error.kind, Kind::Tls { .. }), "{error}");
    let file = folder.path().join(server.host()).join("ca.crt");
    write(&file, &certificate);
    assert_eq!(resolve(&server, trusting()).expect("trusted").digest.as_str(), digest);
    write(&file, "no certificate");
    let error = resolve(&server, trusting()).expect_err("unreadable").to_string();
    assert!(error.contains("ca.crt: it has no certificate in PEM"), "{error}");
}

#[test]
fn containerds_hosts_file_names_authorities_or_none() {
    let (server, certificate, digest) = with_tls();
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("quay.test");
    write(&place.join("ca.pem"), &certificate);
    let image: ImageRef = "quay.test/a/b:c".parse().expect("a reference");
    let resolve = |line: &str| {
        let hosts = format!("server = \"https://{0}\"\n[host.\"https://{0}\"]\n{line}\n", server.host());
        // The same host as mirror and as server: what is said of the mirror counts.
        write(&place.join("hosts.toml"), &hosts);
        let certs_d = Some(folder.path().to_owned());
        let mirrors = MirrorFiles { registries_conf: Vec::new(), certs_d };
        run(Registry::new(RegistryOptions { mirrors, ..options() }).resolve(&image, None))
    };
    assert!(matches!(*resolve("").expect_err("not trusted").kind, Kind::Tls { .. }));
    assert_eq!(resolve("ca = \"ca.pem\"").expect("trusted").digest.as_str(), digest);
    assert_eq!(resolve("skip_verify = true").expect("not verified").digest.as_str(), digest);
    let missing = resolve("ca = \"missing.pem\"").expect_err("no such file");
    assert!(missing.to_string().contains("missing.pem: No such file"), "{missing}");
}

#[test]
fn insecure_means_unverified_and_then_without_tls() {
    let (secure, _, secured) = with_tls();
    let (plain, open) = server();
    for (server, digest) in [(&secure, secured), (&plain, open)] {
        // An address of this machine that is not known to be one, so that https comes first.
        let host = server.host().replace("127.0.0.1", "0.0.0.0");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("registries.conf");
        let resolve = |insecure: bool| {
            write(&file, &format!("[[registry]]\nlocation = \"{host}\"\ninsecure = {insecure}\n"));
            let conf = RegistriesConf { file: file.clone(), folders: Vec::new() };
            let mirrors = MirrorFiles { registries_conf: vec![conf], certs_d: None };
            let image: ImageRef = format!("{host}/a/b:c").parse().expect("a reference");
            run(Registry::new(RegistryOptions { mirrors, ..options() }).resolve(&image, None))
        };
        assert!(resolve(false).is_err());
        assert_eq!(resolve(true).expect("insecure is allowed").digest.as_str(), digest);
    }
}

#[test]
fn files_of_a_folder_are_laid_over_registries_conf() {
    let (server, digest) = server();
    let folder = tempfile::tempdir().expect("a folder");
    let rule = |location: &str| format!("[[registry]]\nprefix = \"quay.test\"\nlocation = \"{location}\"\n");
    let (file, conf_d) = (folder.path().join("registries.conf"), folder.path().join("registries.conf.d"));
    write(&file, &rule("nowhere.invalid"));
    write(&conf_d.join("50-b.conf"), &rule(&server.host()));
    write(&conf_d.join("10-a.conf"), &rule("elsewhere.invalid"));
    write(&conf_d.join("90-notes.txt"), "this is no TOML");
    let conf = |file: &Path| RegistriesConf { file: file.to_owned(), folders: vec![conf_d.clone()] };
    let resolve = |conf: Vec<RegistriesConf>| {
        let mirrors = MirrorFiles { registries_conf: conf, certs_d: None };
        let image: ImageRef = "quay.test/a/b:c".parse().expect("a reference");
        run(Registry::new(RegistryOptions { mirrors, ..options() }).resolve(&image, None))
    };
    assert_eq!(resolve(vec![conf(&file)]).expect("the last file").digest.as_str(), digest);
    let absent = folder.path().join("absent.conf");
    assert_eq!(resolve(vec![conf(&absent)]).expect("the folder alone").digest.as_str(), digest);
    write(&conf_d.join("60-broken.conf"), "=");
    let broken = resolve(vec![conf(&file)]).expect_err("broken").to_string();
    assert!(broken.contains("60-broken.conf: "), "{broken}");
    assert_eq!(image(&server, "a/b:c").registry(), server.host());
}
