use super::*;
use crate::core::image::{Lock, Locked, MediaType};

const fn rule(tag: &'static str, is_prefix: bool, behavior: TagBehavior) -> TagKnowledge {
    TagKnowledge { repository: "docker.io/org/server", tag, is_prefix, behavior, note: "" }
}

const RULES: [TagKnowledge; 4] = [
    rule(
        "cu130-nightly",
        false,
        TagBehavior::Frozen { since: "2026-04-23", instead: "vllm/vllm-openai:latest" },
    ),
    rule("nightly-", true, TagBehavior::Rotates { kept: 14, prefix: "nightly-" }),
    rule("nightly", false, TagBehavior::Moves),
    rule("v", true, TagBehavior::Fixed),
];

fn entry(image: &str, created: &str) -> LockEntry {
    let mut lock = Lock::default();
    let locked = Locked {
        digest: Digest::of(b"1"),
        media_type: MediaType::OciManifest,
        size: 1,
        platforms: std::collections::BTreeMap::new(),
        created: Some(created.to_owned()),
        revision: None,
    };
    lock.record(&image.parse().expect(image), locked, "", "2026-11-20T00:00:00Z");
    lock.entries().next().expect("an entry").clone()
}

fn judged(image: &str, created: &str, seen: Seen, rank: Option<usize>, max_age: Option<i64>) -> Verification {
    let now = "2026-11-21T12:00:00Z".parse().expect("a time");
    judge(&entry(image, created), seen, rank, now, max_age, &RULES)
}

#[test]
fn ages_are_whole_units() {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    for (created, age) in [
        ("2026-11-19T13:00:00Z", Some("1d")),
        ("2026-11-20T13:00:00Z", Some("23h")),
        ("2026-11-21T11:00:01Z", Some("59m")),
        ("2026-11-21T14:00:00+02:00", Some("0m")),
        ("2027-01-01T00:00:00Z", Some("0m")),
        ("yesterday", None),
    ] {
        assert_eq!(age_text(created, now).as_deref(), age, "{created}");
    }
}

#[test]
fn states_and_their_consequence() {
    for (seen, state, bad) in [
        (Seen::Same, State::Pullable, false),
        (Seen::Moved(Digest::of(b"2")), State::Moved, true),
        (Seen::Untagged, State::Moved, true),
        (Seen::Gone(None), State::Gone, true),
        (Seen::Unknown("down".to_owned()), State::Unknown, false),
    ] {
        let verification = judged("a/b:1", "2026-11-20T00:00:00Z", seen, None, None);
        assert_eq!((verification.state, verification.is_bad(), verification.notes.len()), (state, bad, 0));
    }
}

#[test]
fn notes_on_what_comes() {
    let notes =
        |image: &str, created: &str, rank, max_age| judged(image, created, Seen::Same, rank, max_age).notes;
    let today = "2026-11-21T00:00:00Z";
    assert_eq!(
        notes("org/server:nightly-abc", today, Some(12), None),
        [Note::Rotates { rank: 12, kept: 14 }]
    );
    assert_eq!(notes("org/server:nightly", today, Some(14), None), [Note::Rotates { rank: 14, kept: 14 }]);
    assert_eq!(notes("org/server:nightly-abc", today, Some(11), None), []);
    assert_eq!(notes("org/server:v0.11.0", today, Some(14), None), [], "releases are not deleted");
    let frozen = [Note::Frozen { since: "2026-04-23".to_owned() }];
    assert_eq!(notes("org/server:cu130-nightly", "2026-04-23T01:02:03Z", None, None), frozen);
    assert_eq!(notes("a/b:latest", "2026-04-23T01:02:03Z", None, None), frozen);
    assert_eq!(notes("a/b:1.2", "2026-04-23T01:02:03Z", None, None), []);
    assert_eq!(
        notes("a/b:1.2", "2026-11-01T00:00:00Z", None, Some(19)),
        [Note::TooOld { days: 20, limit: 19 }]
    );
    assert_eq!(notes("a/b:1.2", "2026-11-01T00:00:00Z", None, Some(20)), []);
    assert_eq!(notes("a/b:latest", "yesterday", None, Some(0)), [], "a time that cannot be read has no age");
}
