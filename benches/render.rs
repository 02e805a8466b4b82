//! How long the way of 1,000 objects takes, from what is sent to what their shims create, as a pipeline with many objects
//! has it.
//!
//! `cargo bench --bench render`. The objects are the recorded ones of `tests/fixtures/parity`, over again.

#![allow(clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::path::Path;
use std::thread;

use criterion::{Criterion, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use kubectl_airunway::core::kind::model_deployment::provider::{ImageInput, Selector, registrations, stages};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{Providers, Request, review};
use serde_json::Value;

const OBJECTS: usize = 1000;

fn objects() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/children.jsonl.gz");
    let file = std::fs::File::open(path).expect("the fixture");
    let text = std::io::read_to_string(GzDecoder::new(file)).expect("it is text");
    let sent = |line: &str| serde_json::from_str::<Value>(line).expect("each line is JSON")["object"].take();
    text.lines().map(sent).cycle().take(OBJECTS).collect()
}

/// All stages of some objects; the number of children.
fn all_stages(objects: &[Value]) -> usize {
    let release = Release::newest();
    let configs = registrations(release);
    let (providers, selector) = (Providers::of(&configs), Selector::new(&configs));
    let children = |object: &Value| {
        let request = Request { object, old: None, namespace: "children", providers: &providers, release };
        let stored = review(&request).stored.expect("recorded objects are accepted");
        let selection = selector.select(&stored);
        let stages = stages(&stored, &selection, release, &ImageInput::NotAsked);
        stages.map_or(0, |stages| black_box(stages).outcome.children.len())
    };
    objects.iter().map(children).sum()
}

fn render(criterion: &mut Criterion) {
    let objects = objects();
    let mut group = criterion.benchmark_group("1,000 objects to all stages");
    group.sample_size(20);
    group.bench_function("one thread", |bencher| bencher.iter(|| all_stages(black_box(&objects))));
    group.bench_function("two threads", |bencher| {
        bencher.iter(|| {
            let (first, second) = objects.split_at(OBJECTS / 2);
            thread::scope(|scope| {
                let other = scope.spawn(|| all_stages(black_box(first)));
                all_stages(black_box(second)) + other.join().expect("the thread ends")
            })
        });
    });
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
