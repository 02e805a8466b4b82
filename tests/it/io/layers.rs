//! One layer at a time: limits, and bytes that mean ill.

use kubectl_airunway::core::image::Digest;
use kubectl_airunway::io::layers::{LayerError, LayerLimits, Outcome, read_layer};
use proptest::prelude::*;
use std::io::Read as _;

use crate::support::registry::layers::{Member, gzip, tar, zstd};

const SMALL: LayerLimits =
    LayerLimits { packed: 1 << 20, unpacked: 4 << 20, members: 50, paths: 1_000, file: 1 << 20 };

fn read(bytes: &[u8], limits: &LayerLimits) -> Result<Outcome, LayerError> {
    read_layer(bytes, Some(&Digest::of(bytes)), Some("provider"), limits)
}

fn too_large(result: Result<Outcome, LayerError>) -> &'static str {
    match result {
        Err(LayerError::TooLarge { what, .. }) => what,
        Err(LayerError::FileTooLarge { .. }) => "file",
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_layer_that_unpacks_to_too_much_is_given_up() {
    let bomb = tar(&[Member::File("zeros", vec![0; 8 << 20]), Member::File("provider", vec![1])]);
    for packed in [gzip(&bomb), zstd(&bomb)] {
        assert!(packed.len() < 1 << 20);
        assert_eq!(too_large(read(&packed, &SMALL)), "bytes after unpacking");
    }
    // One extended header of any size would be held in memory.
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::XHeader);
    header.set_size(3 << 20);
    header.set_path("h").unwrap();
    header.set_cksum();
    let extended = [header.as_bytes().as_slice(), &vec![b'a'; 3 << 20]].concat();
    assert_eq!(too_large(read(&gzip(&extended), &SMALL)), "bytes in one header");
}

#[test]
fn too_many_members_too_long_paths_and_too_large_files_are_given_up() {
    let many: Vec<Member> = (0..60).map(|_| Member::Folder("a")).collect();
    assert_eq!(too_large(read(&tar(&many), &SMALL)), "entries");
    let long: &'static str = Box::leak(format!("{}/", "n".repeat(90)).repeat(3).into_boxed_str());
    let paths: Vec<Member> = (0..5).map(|_| Member::Folder(long)).collect();
    assert_eq!(too_large(read(&tar(&paths), &SMALL)), "bytes of paths");
    let large = tar(&[Member::File("provider", vec![0; 2 << 20])]);
    assert_eq!(too_large(read(&gzip(&large), &SMALL)), "file");
    assert_eq!(too_large(read(&vec![7; 2 << 20], &SMALL)), "bytes");
}

#[test]
fn the_file_is_handed_out_only_with_the_digest_of_all_that_follows_it() {
    let mut bytes = tar(&[Member::File("provider", b"program".to_vec()), Member::File("rest", vec![1; 700])]);
    let promised = Digest::of(&bytes);
    let Ok(Outcome::File(mut file)) = read_layer(bytes.as_slice(), Some(&promised), Some("provider"), &SMALL)
    else {
        panic!("no file")
    };
    use std::io::Seek as _;
    let mut content = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut content).unwrap();
    assert_eq!(content, b"program");
    *bytes.last_mut().unwrap() ^= 1;
    let refused = read_layer(bytes.as_slice(), Some(&promised), Some("provider"), &SMALL);
    assert!(matches!(refused, Err(LayerError::WrongDigest { .. })), "{refused:?}");
}

#[test]
fn names_in_extended_headers_are_read_and_cannot_be_smuggled_in() {
    let long: &'static str = Box::leak(format!("{}/provider", "d".repeat(200)).into_boxed_str());
    let bytes = tar(&[Member::File(long, b"x".to_vec())]);
    let found = read_layer(bytes.as_slice(), None, Some(long), &SMALL);
    assert!(matches!(found, Ok(Outcome::File(_))), "{found:?}");
    // A value may hold line breaks; what follows one is no record of its own.
    let pax = |records: &[(&str, &[u8])]| {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions(records.iter().copied()).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        header.set_cksum();
        builder.append_data(&mut header, "other", &b"x"[..]).unwrap();
        builder.into_inner().unwrap()
    };
    let smuggled = pax(&[("SCHILY.xattr.user.a", b"1\n17 path=provider\n")]);
    let index = read_layer(smuggled.as_slice(), None, Some("provider"), &SMALL);
    assert!(matches!(index, Ok(Outcome::Index(_))), "{index:?}");
    let named = pax(&[("path", b"provider")]);
    assert!(matches!(read_layer(named.as_slice(), None, Some("provider"), &SMALL), Ok(Outcome::File(_))));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
                              packing in 0..3_u8, cut in any::<prop::sample::Index>()) {
        let whole = tar(&[
            Member::Folder("usr"), Member::Link("usr/x", "../provider"), Member::File("a", vec![1; 600]),
            Member::HardLink("provider", "a"), Member::File(".wh.gone", Vec::new()),
        ]);
        let mut bytes = match packing { 0 => whole, 1 => gzip(&whole), _ => zstd(&whole) };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = read(&bytes, &SMALL);
    }
}
