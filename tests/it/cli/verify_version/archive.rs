//! `verify-version --image-archive`: archives of `docker save`, OCI layouts, packed or not, files and folders.

use serde_json::Value;

use crate::support::registry::layers::{Layered, Member, archive, gzip, zstd};
use crate::support::{Run, Sandbox};

const NAME: &str = "ghcr.io/ai-runway/airunway/vllm-provider:v0.7.0";

fn plain(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

fn image() -> Layered {
    let program = || Member::File("provider", b"no executable".to_vec());
    let base = Member::File("etc/passwd", vec![7; 1_000]);
    Layered::new().layer(&[base, program()], plain).layer(&[program()], plain)
}

fn verify(sandbox: &Sandbox, file: &str) -> Run {
    sandbox.airunway(&["verify-version", "--image-archive", file, "-o", "json"])
}

fn report(run: &Run) -> Value {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    report["items"][0].clone()
}

fn refused(members: &[(String, Vec<u8>)]) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("a.tar", archive(members));
    let run = verify(&sandbox, "a.tar");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run}");
    run.stderr
}

#[test]
fn both_kinds_are_read_however_they_are_packed() {
    let sandbox = Sandbox::new();
    for members in [image().saved(NAME), image().layout("v0.7.0")] {
        for pack in [plain, gzip, zstd] {
            sandbox.write("a.tar", pack(&archive(&members)));
            let run = verify(&sandbox, "a.tar");
            assert_eq!(run.code, Some(4), "{run}");
            let item = report(&run);
            let found = &item["evidence"]["image"];
            assert_eq!(
                (&found["archive"], &found["layer"], &found["layersRead"]),
                (&true.into(), &1.into(), &1.into())
            );
            assert!(found["tags"][0].as_str().unwrap().ends_with("v0.7.0"), "{item}");
            assert!(item["reason"].as_str().unwrap().contains("neither ELF"), "{item}");
        }
    }
}

#[test]
fn a_layout_may_be_a_folder() {
    let sandbox = Sandbox::new();
    for (name, bytes) in image().layout("v0.7.0") {
        sandbox.write(&format!("layout/{name}"), bytes);
    }
    assert_eq!(report(&verify(&sandbox, "layout"))["evidence"]["image"]["layer"], 1);
}

#[test]
fn layers_that_docker_saved_as_links_are_found() {
    let mut members = image().saved(NAME);
    let (_, top) = members.remove(1);
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(top.len() as u64);
    builder.append_data(&mut header, "shared/layer.tar", top.as_slice()).unwrap();
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "1/layer.tar", "../shared/layer.tar").unwrap();
    for (name, bytes) in &members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    let sandbox = Sandbox::new();
    sandbox.write("a.tar", builder.into_inner().unwrap());
    assert_eq!(report(&verify(&sandbox, "a.tar"))["evidence"]["image"]["layer"], 1);
}

#[test]
fn content_that_is_not_what_was_promised_is_an_error() {
    for mut members in [image().saved(NAME), image().layout("v0.7.0")] {
        // The largest member below the top is a layer; the top one holds the program.
        let top = image().build().blobs.pop().unwrap().1;
        let layer = members.iter_mut().find(|(_, bytes)| *bytes == top).unwrap();
        let at = layer.1.len() - 1;
        layer.1[at] ^= 1;
        assert!(refused(&members).contains("layer 2: its digest is"), "{:?}", members[0].0);
    }
    let mut changed = image().layout("v0.7.0");
    changed[2].1.push(b' ');
    assert!(refused(&changed).contains("of the archive has digest"));
    let mut changed = image().saved(NAME);
    let config = changed.iter_mut().find(|(name, _)| name.len() > 60).unwrap();
    config.1.push(b' ');
    assert!(refused(&changed).contains("of the archive has digest"));
}

#[test]
fn what_is_no_archive_of_one_image_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("text.tar", "hello");
    sandbox.write("empty.tar", archive(&[]));
    let mut twice = image().saved(NAME);
    let table = twice.last_mut().unwrap();
    let text = String::from_utf8(table.1.clone()).unwrap();
    let entry = text.trim_start_matches('[').trim_end_matches(']').to_owned();
    table.1 = format!("[{entry},{entry}]").into_bytes();
    sandbox.write("twice.tar", archive(&twice));
    let mut lacking = image().saved(NAME);
    lacking.remove(1);
    sandbox.write("lacking.tar", archive(&lacking));
    sandbox.write("cut.tar", &archive(&image().saved(NAME))[..1_000]);
    let all: Vec<String> = ["text.tar", "empty.tar", "twice.tar", "lacking.tar", "cut.tar", "absent.tar"]
        .iter()
        .map(|file| verify(&sandbox, file).to_string())
        .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}
