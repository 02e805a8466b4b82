//! The short definitions that the program embeds say what the definitions of AI Runway say.

use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::schema::compact::compact;
use serde_json::Value;
use std::path::Path;

#[test]
fn definitions_are_current() {
    for release in Release::all() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/airunway").join(release.name);
        for plural in ["modeldeployments", "inferenceproviderconfigs"] {
            let text = std::fs::read_to_string(folder.join(format!("airunway.ai_{plural}.yaml")))
                .expect("a definition");
            let definition: Value = serde_saphyr::from_str(&text).expect("valid YAML");
            let expected = format!("{}\n", compact(&definition));
            let file = folder.join(format!("{plural}.json"));
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&file, &expected).expect("a writable tree");
            }
            let found = std::fs::read_to_string(&file).expect("the short definition");
            assert_eq!(
                found,
                expected,
                "{}: renew with UPDATE=1 cargo test --test parity definitions",
                file.display()
            );
        }
    }
}
