//! Reading and writing YAML, and resolving images at a registry on this machine.
#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kubectl_airunway::core::image::ImageRef;
use kubectl_airunway::core::yaml;
use kubectl_airunway::io::registry::{ProxyChoice, Registry, RegistryOptions};
use std::hint::black_box;

#[path = "../tests/support/registry/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod registry;

use registry::{Auth, Registry as Server};

/// A ModelDeployment of the usual size, 345 bytes.
const DOCUMENT: &str = "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: qwen\n  namespace: default\n  labels:\n    app.kubernetes.io/name: qwen\nspec:\n  model:\n    id: Qwen/Qwen3-0.6B\n    source: huggingface\n  engine:\n    type: vllm\n    image: vllm/vllm-openai:cu130-nightly\n  resources:\n    gpu:\n      count: 1\n  env:\n  - name: A\n    value: b\n---\n";

fn documents(criterion: &mut Criterion) {
    let text = DOCUMENT.repeat(1_000);
    let parsed = yaml::parse(text.as_bytes()).unwrap();
    let json: String = parsed.iter().map(|document| format!("{}\n", document.value)).collect();
    let mut group = criterion.benchmark_group("a thousand documents");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read as YAML", |bencher| {
        bencher.iter(|| yaml::parse(black_box(text.as_bytes())).unwrap())
    });
    group.bench_function("read as JSON", |bencher| {
        bencher.iter(|| yaml::parse(black_box(json.as_bytes())).unwrap())
    });
    group.bench_function("write as YAML", |bencher| {
        bencher.iter(|| yaml::to_yaml_documents(parsed.iter().map(|document| black_box(&document.value))));
    });
    group.finish();
}

fn images(criterion: &mut Criterion) {
    let server = Server::start();
    let images: Vec<ImageRef> = (0..20)
        .map(|number| {
            server.add_image("team/vllm", &format!("v{number}"));
            format!("{}/team/vllm:v{number}", server.host()).parse().unwrap()
        })
        .collect();
    server.require(Auth::Token);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client =
        || Registry::new(RegistryOptions { proxies: ProxyChoice::Direct, ..RegistryOptions::default() });
    // A client of its own each time, so that every round is cold: challenge, token, manifests.
    let resolve = |count: usize| {
        let images = &images[..count];
        let registry = client();
        let all = futures::future::join_all(images.iter().map(|image| registry.resolve(image, None)));
        assert!(runtime.block_on(all).iter().all(Result::is_ok));
        server.forget_requests();
    };
    let mut group = criterion.benchmark_group("behind a token, cold");
    group.bench_function("one image", |bencher| bencher.iter(|| resolve(1)));
    group.bench_function("twenty tags of one repository", |bencher| bencher.iter(|| resolve(20)));
    group.finish();
}

criterion_group!(benches, documents, images);
criterion_main!(benches);
