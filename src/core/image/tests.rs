use proptest::prelude::*;

use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn image(text: &str) -> ImageRef {
    text.parse().expect(text)
}

#[test]
fn references_are_spelled_out_and_print_as_typed() {
    for (text, canonical) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1", "docker.io/library/nginx:1"),
        ("vllm/vllm-openai:latest", "docker.io/vllm/vllm-openai:latest"),
        ("docker.io/vllm/vllm-openai", "docker.io/vllm/vllm-openai:latest"),
        ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
        ("localhost/a", "localhost/a:latest"),
        ("localhost:5000/a/b__c-d---e.f:T_1", "localhost:5000/a/b__c-d---e.f:T_1"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"),
        ("nvcr.io/nvidia/vllm:26.04-py3", "nvcr.io/nvidia/vllm:26.04-py3"),
    ] {
        assert_eq!(image(text).canonical(), canonical);
        assert_eq!(image(text).to_string(), text);
    }
    let pinned = image(&format!("a/b:c@{DIGEST}"));
    assert_eq!((pinned.tag(), pinned.digest().map(Digest::as_str)), (Some("c"), Some(DIGEST)));
    assert_eq!(image(&format!("a/b@{DIGEST}")).effective_tag(), None);
    assert_eq!(image("nginx"), image("docker.io/library/nginx:latest"));
}

#[test]
fn malformed_references_are_refused_with_the_reason() {
    for (text, part) in [
        ("", "empty"),
        ("  ", "empty"),
        ("vllm/VLLM-OpenAI", "upper-case"),
        ("Qwen/vllm", "upper-case"),
        ("https://docker.io/a", "scheme"),
        ("a:", "not an image tag"),
        ("a:-x", "not an image tag"),
        ("a b", "not an image repository"),
        ("a/", "not an image repository"),
        ("/a", "not an image repository"),
        ("a//b", "not an image repository"),
        ("a._b", "not an image repository"),
        ("a-.b", "not an image repository"),
        ("a___b", "not an image repository"),
        ("host:port/a", "registry host"),
        ("host:70000/a", "registry host"),
        ("-x.io/a", "registry host"),
        ("[::g]/a", "registry host"),
        ("a@sha256:12", "64"),
        ("a@md5:12", "md5"),
        ("a@", "not a digest"),
        (&DIGEST[7..], "image id"),
        (&"a/".repeat(200), "more than 255"),
    ] {
        let error = text.parse::<ImageRef>().expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn a_pin_keeps_the_tag_and_the_spelling() {
    let digest: Digest = DIGEST.parse().expect("digest");
    assert_eq!(
        image("vllm/vllm-openai:nightly").pin(&digest).to_string(),
        format!("vllm/vllm-openai:nightly@{DIGEST}")
    );
    assert_eq!(image("nginx").pin(&digest).to_string(), format!("nginx:latest@{DIGEST}"));
    let again = image(&format!("nginx@{DIGEST}")).pin(&digest);
    assert_eq!(again.to_string(), format!("nginx@{DIGEST}"));
    assert_eq!(Digest::of(b"").as_str(), DIGEST);
}

#[test]
fn only_this_machine_is_loopback() {
    for (text, loopback) in [
        ("localhost:5000/a", true),
        ("127.0.0.1:5000/a", true),
        ("127.1.2.3/a", true),
        ("[::1]:5000/a", true),
        ("10.0.0.1:5000/a", false),
        ("localhost.example.com/a", false),
        ("a", false),
    ] {
        assert_eq!(image(text).is_loopback(), loopback, "{text}");
    }
}

#[test]
fn what_is_known_about_tags() {
    let rule = |tag, is_prefix, behavior| TagKnowledge {
        repository: "docker.io/org/server",
        tag,
        is_prefix,
        behavior,
        note: "a note",
    };
    let rules = [
        rule(
            "cu130-nightly",
            false,
            TagBehavior::Frozen { since: "2026-04-23", instead: "vllm/vllm-openai:latest" },
        ),
        rule("nightly-", true, TagBehavior::Rotates { kept: 14, prefix: "nightly-" }),
        rule("v", true, TagBehavior::Fixed),
    ];
    let behavior = |text: &str| tag_knowledge(&image(text), &rules).map(|rule| rule.behavior);
    assert_eq!(
        behavior("org/server:cu130-nightly"),
        Some(TagBehavior::Frozen { since: "2026-04-23", instead: "vllm/vllm-openai:latest" })
    );
    assert_eq!(
        behavior("org/server:nightly-abc"),
        Some(TagBehavior::Rotates { kept: 14, prefix: "nightly-" })
    );
    assert_eq!(behavior("docker.io/org/server:nightly"), Some(TagBehavior::Moves), "by its word");
    assert_eq!(behavior("org/server:v0.11.0"), Some(TagBehavior::Fixed));
    assert_eq!(behavior("quay.io/org/server:nightly-abc"), Some(TagBehavior::Moves), "another repository");
    assert_eq!(behavior("other/image"), Some(TagBehavior::Moves));
    assert_eq!(behavior("other/image:1.2"), None);
    assert_eq!(behavior("other/image:domain"), None, "a word, not a part of one");
}

#[test]
fn platforms() {
    let platform = |text: &str| text.parse::<Platform>();
    assert_eq!(platform("linux/x86_64").expect("uname's name"), Platform::linux_amd64());
    assert_eq!(platform("linux/arm64/v8").expect("variant").to_string(), "linux/arm64/v8");
    assert!(platform("linux/arm64").expect("arm").accepts(&platform("linux/arm64/v8").expect("arm v8")));
    assert!(!platform("linux/arm/v6").expect("arm").accepts(&platform("linux/arm/v7").expect("arm")));
    for text in ["", "linux", "linux/", "linux/a/b/c", "Linux/amd64", "/amd64"] {
        assert!(platform(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_parses_prints_the_same_and_parses_again(text in "([a-z0-9.:-]{1,8}/)?[a-zA-Z0-9._-]{1,8}(/[a-z0-9_-]{1,5})?(:[A-Za-z0-9._-]{0,6})?") {
        if let Ok(image) = text.parse::<ImageRef>() {
            prop_assert_eq!(image.to_string(), text);
            let again: ImageRef = image.canonical().parse().expect("canonical");
            prop_assert_eq!(again.canonical(), image.canonical());
            let pinned = image.pin(&Digest::of(b"x"));
            let read: ImageRef = pinned.to_string().parse().expect("pinned");
            prop_assert_eq!(read.digest(), pinned.digest());
            prop_assert_eq!(read.tag(), pinned.tag());
        }
    }

    #[test]
    fn no_file_or_answer_breaks_a_parser(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..400_usize, noise in "[\\[\\]{}=\"'a.*:/ \n-]{0,60}") {
        let manifest = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1,"platform":{"os":"linux","architecture":"amd64"}}]}"#;
        let image = image("a/b:c");
        for text in [&bytes[..], &manifest[..cut.min(manifest.len())], noise.as_bytes()] {
            let _ = (Manifest::parse(None, text), Manifest::parse(Some("application/json"), text), ImageConfig::parse(text));
            let _ = Lock::parse(text);
            let text = String::from_utf8_lossy(text);
            let _ = (containerd_endpoints(&text, &image), MirrorRules::from_registries_conf(&text).map(|rules| rules.endpoints(&image)));
        }
    }

    #[test]
    fn no_text_breaks_a_parser(text in any::<String>(), odd in "[a@:/.\\[\\]A-]{0,20}") {
        for text in [text, odd] {
            let _ = (text.parse::<ImageRef>(), text.parse::<Digest>(), text.parse::<Platform>());
        }
    }
}

#[test]
fn what_a_registry_sends_must_be_what_it_says_it_is() {
    let (index, image) =
        ("application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json");
    let listed = format!(
        r#"{{"mediaType": "{image}", "digest": "{DIGEST}", "size": 1, "platform": {{"os": "linux", "architecture": "amd64"}}}}"#
    );
    let body = format!(r#"{{"schemaVersion": 2, "mediaType": "{index}", "manifests": [{listed}]}}"#);
    let parse = |header: &str| Manifest::parse(Some(header), body.as_bytes());
    assert!(parse(index).is_ok());
    let error = parse(image).expect_err("a contradiction").to_string();
    assert!(error.contains(&format!("named `{index}` inside")), "{error}");
}
