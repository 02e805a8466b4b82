//! The data of the whole recipe site (`tests/fixtures/vllm-recipes`), unpacked in memory.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ruzstd::decoding::StreamingDecoder;

/// A file of the fixture.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vllm-recipes").join(name)
}

/// Files at the root of the site.
pub const ROOT: [&str; 5] =
    ["models.json", "taxonomy.json", "strategies.json", "kv_store.json", "platforms.json"];

/// A file of the site's root, as it is.
pub fn root(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).expect("the fixture is there")
}

/// The recipes: path below the root (`Qwen/Qwen3-0.6B.json`) and content.
pub fn models() -> Vec<(String, Vec<u8>)> {
    unpack("all-models.tar.zst")
}

/// All that is below `hw/` and `strategies/`.
pub fn renderings() -> Vec<(String, Vec<u8>)> {
    unpack("all-renderings.tar.zst")
}

fn unpack(archive: &str) -> Vec<(String, Vec<u8>)> {
    let packed = File::open(path(archive)).expect("the fixture is there");
    let mut unpacked = tar::Archive::new(StreamingDecoder::new(packed).expect("it is packed"));
    let mut files = Vec::new();
    for entry in unpacked.entries().expect("it is an archive") {
        let mut entry = entry.expect("it is whole");
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().expect("it has a name").to_string_lossy().trim_start_matches("./").to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("it is whole");
        files.push((name, content));
    }
    files
}
