use super::*;

fn image(text: &str) -> ImageRef {
    text.parse().expect(text)
}

fn locked(content: &[u8]) -> Locked {
    Locked {
        digest: Digest::of(content),
        media_type: MediaType::OciIndex,
        size: 12,
        platforms: BTreeMap::from([(Platform::linux_amd64(), Digest::of(b"amd64"))]),
        created: Some("2026-11-01T00:00:00Z".to_owned()),
        revision: None,
    }
}

const CLASS: &str = "custom";

#[test]
fn entries_are_blocks_sorted_by_image_and_read_back() {
    let mut lock = Lock::default();
    for name in ["org/server:nightly", "nginx", "quay.io/a/b:1"] {
        assert_eq!(lock.record(&image(name), locked(name.as_bytes()), CLASS, "2026-11-21T00:00:00Z"), None);
    }
    let text = lock.to_text();
    assert_eq!(Lock::parse(text.as_bytes()), Ok(lock.clone()));
    assert_eq!(Lock::parse(text.as_bytes()).expect("a lock").to_text(), text, "stable");
    let blocks: Vec<&str> = text.split("\n\n").filter(|block| !block.is_empty()).collect();
    assert_eq!(blocks.len(), 3);
    assert!(blocks[1].starts_with("- image: docker.io/org/server:nightly\n  digest: sha256:"), "{text}");
    assert!(
        blocks[1].contains("\n  class: custom\n") && blocks[1].ends_with(&Digest::of(b"amd64").to_string())
    );
    assert_eq!(
        lock.get(&image("docker.io/library/nginx:latest")).map(|entry| &entry.digest),
        Some(&Digest::of(b"nginx"))
    );
    assert_eq!(lock.get(&image("nginx:1")), None);
    assert_eq!(Lock::default().to_text().lines().last(), Some("images: []"));
}

#[test]
fn a_move_is_told_and_starts_a_new_history() {
    let mut lock = Lock::default();
    lock.record(&image("a/b:c"), locked(b"1"), CLASS, "2026-11-01T00:00:00Z");
    assert_eq!(lock.record(&image("a/b:c"), locked(b"1"), CLASS, "2026-11-02T00:00:00Z"), None);
    let entry = lock.get(&image("a/b:c")).expect("an entry");
    assert_eq!(
        (entry.first_seen.as_str(), entry.last_verified.as_str()),
        ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")
    );
    let before = lock.record(&image("a/b:c"), locked(b"2"), CLASS, "2026-11-03T00:00:00Z");
    assert_eq!(before, Some(Digest::of(b"1")));
    assert_eq!(
        lock.get(&image("a/b:c")).map(|entry| entry.first_seen.as_str()),
        Some("2026-11-03T00:00:00Z")
    );
    assert_eq!(lock.prune(&[image("x/y")]), ["docker.io/a/b:c"]);
    assert!(lock.is_empty());
}

#[test]
fn a_merge_of_two_branches_keeps_both_entries() {
    let mut ours = Lock::default();
    ours.record(&image("a/a:1"), locked(b"1"), CLASS, "2026-11-01T00:00:00Z");
    let mut theirs = ours.clone();
    theirs.record(&image("b/b:1"), locked(b"2"), CLASS, "2026-11-02T00:00:00Z");
    // As git joins them when both have added the same block.
    let twice = theirs.to_text() + theirs.to_text().split_once("images:\n").expect("a list").1;
    assert_eq!(Lock::parse(twice.as_bytes()), Ok(theirs));
}

#[test]
fn broken_locks_name_the_place() {
    let good = {
        let mut lock = Lock::default();
        lock.record(&image("a/b:c"), locked(b"1"), CLASS, "2026-11-01T00:00:00Z");
        lock.to_text()
    };
    for (text, expected) in [
        (good.replace("version: 1", "version: 2"), "version 2"),
        (good.replace("version: 1\n", ""), "version none"),
        (good.replace("a/b:c", &format!("a/b:c@{}", Digest::of(b"1"))), "has a digest itself"),
        (good.replace("sha256:", "sha256:0"), "line 4, column 3: a sha256 digest has 64"),
        (good.replace("class: custom", "class: {}"), "expected a string"),
        (good.replace("  size: 12\n", ""), "missing field `size`"),
        (format!("<<<<<<< HEAD\n{good}"), "line 1, column 1: an unresolved merge conflict"),
        (good.replace("images:", "images: {}\nx:"), "not a list"),
        ("a: [".to_owned(), "line 1"),
    ] {
        let error = Lock::parse(text.as_bytes()).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}\n{text}");
    }
    let other = good.replace(Digest::of(b"1").digits(), Digest::of(b"2").digits());
    let twice = good.clone() + other.split_once("images:\n").expect("a list").1;
    assert!(Lock::parse(twice.as_bytes()).expect_err("two digests").to_string().contains("locked twice"));
    assert_eq!(Lock::parse(b"").expect("empty").len(), 0);
    let unknown = good.replace("  size:", "  note: kept\n  size:");
    assert!(Lock::parse(unknown.as_bytes()).expect("unknown member").to_text().contains("note: kept"));
}
