//! The short definitions that the program embeds say what the CustomResourceDefinitions beside them say.

use kubectl_airunway::core::kind::KINDS;
use kubectl_airunway::core::schema::compact::compact;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `data/<product>/<release>/<group>_<plural>.yaml`.
fn definitions() -> Vec<PathBuf> {
    let below = |directory: PathBuf| {
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path())
    };
    let products = below(Path::new(env!("CARGO_MANIFEST_DIR")).join("data")).filter(|path| path.is_dir());
    let releases = products.flat_map(below).filter(|path| path.is_dir());
    let files = releases.flat_map(below).filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.collect()
}

#[test]
fn definitions_are_current() {
    let mut seen = BTreeSet::new();
    for file in definitions() {
        let text = std::fs::read_to_string(&file).expect("a definition");
        let definition: Value = serde_saphyr::from_str(&text).expect("valid YAML");
        assert_eq!(definition["kind"], "CustomResourceDefinition", "{}", file.display());
        let plural = definition["spec"]["names"]["plural"].as_str().expect("a plural");
        seen.insert(definition["metadata"]["name"].as_str().expect("a name").to_owned());
        let expected = format!("{}\n", compact(&definition));
        let short = file.with_file_name(format!("{plural}.json"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&short, &expected).expect("a writable tree");
        }
        let found = std::fs::read_to_string(&short).expect("the short definition");
        assert_eq!(
            found,
            expected,
            "{}: renew with UPDATE=1 cargo test --test it definitions",
            short.display()
        );
    }
    for kind in KINDS {
        assert!(seen.contains(&kind.resource().qualified()), "no definition of {}", kind.resource().kind);
    }
}
