//! The verdict on many objects: reading and judging, one thread.
//!
//! `cargo bench --bench check`. The aims (CHANGELOG and BENCHMARKS tell what was measured): 1,000 objects of one YAML
//! file in 50 ms on two cores, 20,000 objects a second from JSON lines.

#![allow(clippy::expect_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use kubectl_airunway::core::kind::model_deployment::advice::{Situation, advice};
use kubectl_airunway::core::kind::model_deployment::provider::registrations;
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{Providers, Request, review};
use kubectl_airunway::core::schema::Crd;
use kubectl_airunway::core::yaml;
use serde_json::Value;
use std::hint::black_box;
use std::io::Read;

/// Objects in one batch.
const OBJECTS: usize = 1_000;

/// Recorded objects, accepted and refused ones.
fn objects() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/parity/admission-create.jsonl.gz");
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).expect("the records")).read_to_string(&mut text).expect("text");
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    records.take(OBJECTS).map(|mut record| record["object"].take()).collect()
}

fn judge(object: &Value, providers: &Providers) -> usize {
    let release = Release::newest();
    let answer = review(&Request { object, old: None, namespace: "parity", providers, release });
    let beyond = answer.stored.as_ref().map_or(0, |stored| {
        let provider = Some("vllm");
        advice(&Situation { authored: object, stored, provider, engine: None, providers, release }).len()
    });
    answer.findings.len() + beyond
}

fn check(criterion: &mut Criterion) {
    let objects = objects();
    let providers = Providers::of(&registrations(Release::newest()));
    let lines: Vec<String> = objects.iter().map(Value::to_string).collect();
    let documents = yaml::to_yaml_documents(&objects);
    let all = |objects: &[Value]| objects.iter().map(|object| judge(object, &providers)).sum::<usize>();

    let mut group = criterion.benchmark_group("check");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("judge", |bencher| bencher.iter(|| all(black_box(&objects))));
    group.bench_function("json lines", |bencher| {
        bencher.iter(|| {
            let objects: Vec<Value> =
                lines.iter().map(|line| serde_json::from_str(black_box(line)).expect("JSON")).collect();
            all(&objects)
        });
    });
    group.bench_function("one YAML file", |bencher| {
        bencher.iter(|| {
            let documents = yaml::parse(black_box(documents.as_bytes())).expect("YAML");
            documents.iter().map(|document| judge(&document.value, &providers)).sum::<usize>()
        });
    });
    group.finish();

    let folder =
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/airunway/main-b0d3fb775439/modeldeployments.json");
    let definition = std::fs::read_to_string(folder).expect("the definition");
    criterion.bench_function("compile the definition", |bencher| {
        bencher.iter(|| {
            let definition: Value = serde_json::from_str(black_box(&definition)).expect("JSON");
            Crd::compile(&definition, None).expect("a valid definition")
        });
    });
}

criterion_group!(benches, check);
criterion_main!(benches);
