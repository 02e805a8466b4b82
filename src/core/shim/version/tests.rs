use super::*;

#[test]
fn every_kind_of_build_is_told_from_its_tag() {
    let kinds = [
        ("v0.8.0", TagKind::Release),
        ("v9.9.9-citest", TagKind::Release),
        ("my_own.build", TagKind::Release),
        ("development", TagKind::Release),
        ("main-b0d3fb775439", TagKind::Main),
        ("dev", TagKind::Dev),
        ("dev-abc1234", TagKind::DevCommit { dirty: false }),
        ("dev-abc1234-dirty", TagKind::DevCommit { dirty: true }),
        ("dev-unknown", TagKind::DevUnknown { dirty: false }),
        ("dev-unknown-dirty", TagKind::DevUnknown { dirty: true }),
        ("v0.1.0", TagKind::Stale),
        ("v0.2.0", TagKind::Stale),
    ];
    for (text, kind) in kinds {
        assert_eq!(text.parse::<ShimTag>().unwrap().kind(), kind, "{text}");
    }
}

#[test]
fn stamps_are_anchored_at_both_ends() {
    let broken = [
        "dev-abc1234-foo",
        "dev-",
        "dev--dirty",
        "dev-ABC1234",
        "dev-abc1234-dirty-dirty",
        "main-b0d3fb77543",
        "main-b0d3fb7754390",
        "main-B0D3FB775439",
        "main-",
    ];
    for text in broken {
        assert_eq!(text.parse::<ShimTag>().unwrap().kind(), TagKind::BrokenStamp, "{text}");
    }
}

#[test]
fn a_reported_version_is_a_provider_and_a_tag() {
    let version: ReportedVersion = "vllm-provider:v0.8.0".parse().unwrap();
    assert_eq!((version.provider.as_str(), version.tag.as_str()), ("vllm", "v0.8.0"));
    assert_eq!(version.to_string(), "vllm-provider:v0.8.0");
    let bad = [
        "",
        "vllm",
        "vllm:v1",
        "-provider:v1",
        "vllm-provider:",
        "vllm-provider:a b",
        "VLLM-provider:v1",
        " vllm-provider:v1",
        "vllm-provider:v1\n",
        "vllm-provider:a:b",
    ];
    for text in bad {
        assert!(text.parse::<ReportedVersion>().is_err(), "{text:?}");
    }
    assert!(format!("vllm-provider:{}", "a".repeat(600)).parse::<ReportedVersion>().is_err());
}
