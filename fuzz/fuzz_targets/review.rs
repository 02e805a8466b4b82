//! Any text through the reader and the rules: no panic, and what is stored stays as it is.
#![no_main]

use kubectl_airunway::core::kind::model_deployment::advice::{Situation, advice};
use kubectl_airunway::core::kind::model_deployment::webhook::{Providers, Request, review_with_duplicates};
use kubectl_airunway::core::kind::model_deployment::provider::registrations;
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::yaml;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| Providers::of(&registrations(Release::newest())));

fuzz_target!(|text: &[u8]| {
    let Ok(documents) = yaml::parse(text) else { return };
    let (providers, release) = (&*PROVIDERS, Release::newest());
    for document in &documents {
        let request = Request { object: &document.value, old: None, namespace: "default", providers, release };
        let twice: Vec<String> = document.duplicate_keys().into_iter().map(|duplicate| duplicate.path).collect();
        let answer = review_with_duplicates(&request, &twice);
        for finding in &answer.findings {
            document.position(&finding.path);
        }
        let Some(stored) = answer.stored else { continue };
        for provider in ["vllm", "llmd", "kaito"] {
            let provider = Some(provider);
            advice(&Situation { authored: &document.value, stored: &stored, provider, engine: None, providers, release });
        }
        let again = review_with_duplicates(&Request { object: &stored, ..request }, &[]);
        assert_eq!(again.stored.as_ref(), Some(&stored));
    }
});
