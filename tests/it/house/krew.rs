//! `krew-manifest.yaml` says what the package is.

use std::path::Path;

#[test]
fn the_krew_manifest_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("krew-manifest.yaml");
    let bytes = std::fs::read(path).unwrap();
    let documents = kubectl_airunway::core::yaml::parse(&bytes).unwrap();
    let manifest = &documents[0].value;
    assert_eq!(manifest["metadata"]["name"], "airunway");
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["spec"]["version"], version.as_str());
    let short = manifest["spec"]["shortDescription"].as_str().unwrap();
    assert!(short.len() <= 50, "krew shows 50 characters: {short}");
    for platform in manifest["spec"]["platforms"].as_array().unwrap() {
        let uri = platform["uri"].as_str().unwrap();
        assert!(uri.contains(&format!("/{version}/")) && uri.contains(&format!("-{version}-")), "{uri}");
        assert_eq!(platform["bin"], "kubectl-airunway", "krew finds plugins by this name");
        assert_eq!(platform["sha256"].as_str().unwrap().len(), 64);
    }
}
