//! Reading the recorded truth.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use serde_json::Value;

/// What became of the recorded objects, `children.jsonl.gz`; read once for all tests.
pub(crate) fn children() -> &'static [Value] {
    static CHILDREN: LazyLock<Vec<Value>> = LazyLock::new(|| read("children.jsonl.gz"));
    &CHILDREN
}

/// The records of one file of `tests/fixtures/parity`, one JSON value a line.
pub(crate) fn read(file: &str) -> Vec<Value> {
    read_below("parity", file)
}

/// The records of one file of another folder of `tests/fixtures`.
pub(crate) fn read_below(folder: &str, file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder).join(file);
    let compressed = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    BufReader::new(GzDecoder::new(compressed))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("the file is text")).expect("each line is JSON"))
        .collect()
}
