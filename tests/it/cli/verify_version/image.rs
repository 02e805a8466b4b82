//! `verify-version --image`: the program of an image, without a layer that the answer does not need.

use serde_json::{Value, json};

use crate::measuring::peak_of;
use crate::shims::programs::Program;
use crate::support::registry::layers::{Layered, Member, gzip, zstd};
use crate::support::registry::real::{Access, RealRegistry};
use crate::support::registry::{Auth, Fault, INDEX_TYPE, MANIFEST_TYPE, Registry, digest, index};
use crate::support::{Run, Sandbox};

const REPOSITORY: &str = "ai-runway/airunway/vllm-provider";

fn plain(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

/// A program that is none, so that only how it was found matters.
fn program() -> Member {
    Member::File("provider", b"no executable".to_vec())
}

fn base(name: &'static str) -> Member {
    Member::File(name, vec![7; 1_000])
}

fn verify(registry: &Registry, more: &[&str]) -> Run {
    let image = format!("{}/{REPOSITORY}:v0.7.0", registry.host());
    let arguments: Vec<&str> =
        ["verify-version", "--image", &image].iter().copied().chain(more.iter().copied()).collect();
    Sandbox::new().airunway(&arguments).replace(&registry.host(), "[REGISTRY]")
}

/// The one item of the report.
fn report(run: &Run) -> Value {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    report["items"][0].clone()
}

/// Layers that were downloaded, as numbers from the lowest, 0.
fn downloaded(registry: &Registry, image: &Layered) -> Vec<usize> {
    let layers = image.digests();
    let downloads = registry.downloads();
    downloads.iter().filter_map(|blob| layers.iter().position(|layer| layer == blob)).collect()
}

fn served(image: &Layered) -> Registry {
    let registry = Registry::start();
    registry.add(REPOSITORY, "v0.7.0", image.build());
    registry
}

#[test]
fn only_the_layer_with_the_program_is_downloaded_however_it_is_packed() {
    for pack in [plain, gzip, zstd] {
        let image = Layered::new()
            .layer(&[base("etc/passwd"), program()], gzip)
            .layer(&[base("etc/group")], gzip)
            .layer(&[Member::Folder("etc"), program(), base("etc/more")], pack);
        let registry = served(&image);
        let run = verify(&registry, &["-o", "json"]);
        assert_eq!(run.code, Some(4), "{run}");
        let item = report(&run);
        assert_eq!(downloaded(&registry, &image), [2], "{run}");
        let found = &item["evidence"]["image"];
        assert_eq!(
            (&found["layer"], &found["layers"], &found["layersRead"]),
            (&json!(2), &json!(3), &json!(1))
        );
        assert_eq!((&found["program"], &found["platform"]), (&json!("/provider"), &json!("linux/amd64")));
        assert!(item["reason"].as_str().unwrap().contains("neither ELF"), "{item}");
    }
}

#[test]
fn a_program_below_other_layers_is_found_and_what_is_below_it_is_not_read() {
    let image = Layered::new()
        .layer(&[base("etc/passwd")], gzip)
        .layer(&[program()], gzip)
        .layer(&[base("etc/group")], gzip);
    let registry = served(&image);
    let run = verify(&registry, &["-o", "json"]);
    assert_eq!(downloaded(&registry, &image), [2, 1], "{run}");
    assert_eq!(report(&run)["evidence"]["image"]["layer"], 1);
}

#[test]
fn a_deleted_program_is_not_found_in_the_layers_below() {
    for deletion in [".wh.provider", ".wh..wh..opq"] {
        let deleted = Member::File(deletion, Vec::new());
        let image = Layered::new().layer(&[program()], gzip).layer(&[deleted], gzip);
        let registry = served(&image);
        let run = verify(&registry, &[]);
        assert_eq!(run.code, Some(4), "{run}");
        assert!(run.stdout.contains("no program to inspect: /provider does not exist"), "{run}");
        assert_eq!(downloaded(&registry, &image), [1], "{run}");
    }
}

#[test]
fn links_inside_the_image_are_followed() {
    let run_in_app = Member::File("app/run", b"no executable".to_vec());
    let image = Layered::new().layer(&[run_in_app, base("etc/passwd")], gzip).layer(
        &[
            Member::Link("provider", "opt/../current/run"),
            Member::Link("current", "/app"),
            Member::Folder("opt"),
        ],
        gzip,
    );
    let registry = served(&image);
    let item = report(&verify(&registry, &["-o", "json"]));
    assert_eq!(item["evidence"]["image"]["layer"], 0, "{item}");
    assert_eq!(downloaded(&registry, &image), [1, 0]);

    let twice = [Member::File("app/run", b"x".to_vec()), Member::HardLink("provider", "app/run")];
    let image = Layered::new().layer(&twice, gzip);
    let item = report(&verify(&served(&image), &["-o", "json"]));
    assert_eq!(
        item["evidence"]["image"]["layersRead"], 2,
        "the layer is read for its names, then for the file"
    );

    let outside = Layered::new().layer(&[Member::Link("provider", "../../../etc/passwd")], gzip);
    let run = verify(&served(&outside), &[]);
    assert!(run.stdout.contains("/etc does not exist"), "{run}");
    let circle = Layered::new().layer(&[Member::Link("provider", "provider")], gzip);
    let run = verify(&served(&circle), &[]);
    assert!(run.stdout.contains("leads through more than 40 links"), "{run}");
}

#[test]
fn the_program_is_the_one_that_the_image_says() {
    let image = Layered::new()
        .layer(&[Member::File("usr/bin/shim", b"no executable".to_vec())], gzip)
        .config(json!({"Cmd": ["shim"], "Env": ["PATH=/bin:/usr/bin"]}));
    let item = report(&verify(&served(&image), &["-o", "json"]));
    assert_eq!(item["evidence"]["image"]["program"], "/usr/bin/shim", "{item}");
}

#[test]
fn content_that_is_not_what_was_promised_is_an_error_and_never_judged() {
    let image = Layered::new().layer(&[program()], gzip);
    let layer = image.digests().remove(0);
    let whole = image.build().blobs.remove(1).1;
    let other = Layered::new().layer(&[Member::File("provider", b"another program".to_vec())], gzip);
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    let wrong = [
        (other.build().blobs.remove(1).1[..whole.len().min(60)].to_vec(), "its digest is"),
        (changed, "its digest is"),
        (whole[..whole.len() / 2].to_vec(), "its digest is"),
        ([whole.clone(), vec![0; 10]].concat(), "bytes of layer"),
    ];
    for (bytes, part) in wrong {
        let registry = served(&image);
        registry.replace_blob(&layer, bytes);
        let run = verify(&registry, &["-o", "json"]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run}");
        assert!(run.stderr.contains(part), "{part}: {run}");
    }
}

#[test]
fn a_connection_that_breaks_is_an_error() {
    let image = Layered::new().layer(&[base("etc/passwd"), program()], plain);
    let registry = served(&image);
    registry.fault(Fault::HalfBlob(1_000));
    let run = verify(&registry, &[]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("was cut off"), "{run}");
}

#[test]
fn what_is_no_layer_is_an_error() {
    let broken = [
        (
            gzip(b"not a tar archive, though it is packed like one and long enough"),
            "layer 1: it cannot be read",
        ),
        (gzip(&[1; 4096])[..20].to_vec(), "layer 1: it cannot be read"),
        (vec![0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff], "layer 1: it cannot be read"),
    ];
    for (bytes, part) in broken {
        let run = verify(&served(&Layered::new().raw(bytes)), &[]);
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.contains(part), "{run}");
    }
    // Bytes that are no archive at all hold nothing; a header that claims too much is not believed.
    let mut huge = tar::Header::new_gnu();
    huge.set_path("provider").unwrap();
    huge.set_size(2 << 30);
    huge.set_cksum();
    let run = verify(&served(&Layered::new().raw(gzip(huge.as_bytes()))), &[]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("/provider has 2147483648 bytes, limit"), "{run}");
}

#[test]
fn the_platform_is_chosen_and_a_missing_one_is_told() {
    let registry = Registry::start();
    let mut listed = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let image = Layered::new()
            .architecture(architecture)
            .layer(&[Member::File("provider", architecture.as_bytes().to_vec())], gzip)
            .build();
        let size = image.manifest.len();
        let manifest = digest(&image.manifest);
        registry.add(REPOSITORY, &manifest, image);
        listed.push((manifest, size, architecture.to_owned()));
    }
    let whole = registry.add_manifest(REPOSITORY, "v0.7.0", INDEX_TYPE, index(&listed));
    for (arguments, number) in [(&["-o", "json"][..], 0), (&["-o", "json", "--platform", "linux/arm64"], 1)] {
        let item = report(&verify(&registry, arguments));
        let image = &item["evidence"]["image"];
        assert_eq!(image["digest"], whole, "{item}");
        assert_eq!(image["platformDigest"], listed[number].0, "{item}");
    }
    insta::assert_snapshot!(verify(&registry, &["--platform", "linux/s390x"]));
}

#[test]
fn a_registry_that_wants_a_login_says_how() {
    let registry = served(&Layered::new().layer(&[program()], gzip));
    registry.require(Auth::Basic { user: "u".into(), password: "very-secret".into() });
    insta::assert_snapshot!(verify(&registry, &[]));
}

#[test]
fn flags_that_do_not_go_together_are_usage_errors() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--binary", "a", "--image", "b"][..],
        &["--image", "b", "--image-archive", "c"],
        &["--image", "b", "--offline"],
        &["--platform", "linux/amd64"],
        &["--expect-versions", "versions.env"],
        &["--expect", "a b"],
        &["--image", "UPPER/case"],
        &["vllm", "kaito", "--image", "b"],
    ] {
        let arguments: Vec<&str> = ["verify-version"].iter().chain(arguments).copied().collect();
        let run = sandbox.airunway(&arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}: {run}");
    }
    let run = sandbox.airunway(&["verify-version", "--binary", "b", "--expect-versions", "absent.env"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("absent.env"), "{run}");
}

#[test]
fn the_commands_of_the_documentation_are_understood() {
    let page = include_str!("../../../../docs/verify-version.md").replace("\\\n", " ");
    let mut commands = 0;
    for line in page.lines().map(str::trim) {
        let Some(rest) =
            ["kubectl airunway ", "kubectl-airunway "].iter().find_map(|name| line.strip_prefix(name))
        else {
            continue;
        };
        let words = rest.split(['#', '>', '|']).next().unwrap().split_whitespace();
        let words = words.map(|word| if word.starts_with("${{") { "v1" } else { word });
        // What `${{ matrix.provider }}` leaves between its blanks are names of its own.
        let words = words.filter(|word| !matches!(*word, "matrix.provider" | "github.ref_name" | "}}"));
        let words: Vec<&str> = words.chain(["--help"]).collect();
        let run = Sandbox::new().airunway(&words);
        assert_eq!(run.code, Some(0), "{line}: {run}");
        commands += 1;
    }
    assert_eq!(commands, 8);
}

/// A shim as upstream builds it, and an image with it on top.
fn shim(tag: &str) -> Layered {
    let file = Program::vllm(tag).target("linux", "amd64").build();
    let content = std::fs::read(file).unwrap();
    Layered::new()
        .layer(&[base("etc/passwd")], gzip)
        .layer(&[Member::File("provider", content)], gzip)
        .layer(&[base("etc/group")], gzip)
}

#[test]
fn a_shim_is_judged_by_the_tag_and_the_repository_of_its_image() {
    let registry = served(&shim("v0.7.0"));
    let run = verify(&registry, &["-o", "json"]);
    let item = report(&run);
    assert_eq!((run.code, &item["verdict"]), (Some(0), &json!("yes")), "{item}");
    assert_eq!(item["reported"], "vllm-provider:v0.7.0");
    assert_eq!((&item["source"], &item["evidence"]["goVersion"].is_string()), (&json!("image"), &true));

    for (image, arguments) in [
        (shim("v0.6.0"), &[][..]),
        (shim("dev-abc1234"), &[]),
        (shim("v0.7.0"), &["--expect", "v0.8.0"]),
        (shim("v0.7.0"), &["kaito"]),
    ] {
        let run = verify(&served(&image), arguments);
        assert_eq!(run.code, Some(3), "{arguments:?}: {run}");
    }
    // Under the name of another provider, the image says what its shim is not.
    let registry = Registry::start();
    registry.add("ai-runway/airunway/kaito-provider", "v0.7.0", shim("v0.7.0").build());
    let other = format!("{}/ai-runway/airunway/kaito-provider:v0.7.0", registry.host());
    let run = Sandbox::new().airunway(&["verify-version", "--image", &other]);
    assert_eq!(run.code, Some(3), "{run}");
}

#[test]
fn a_real_registry_serves_the_layers_of_a_user() {
    let folder = tempfile::tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let registry = RealRegistry::start(folder.path(), &Access::Open);
        registry.push(REPOSITORY, "v0.7.0", MANIFEST_TYPE, shim("v0.7.0").build()).await;
    });
    let registry = RealRegistry::start(folder.path(), &Access::Password);
    let image = format!("{}/{REPOSITORY}:v0.7.0", registry.host());
    let sandbox = Sandbox::new();
    let refused = sandbox.airunway(&["verify-version", "--image", &image]);
    assert_eq!(refused.code, Some(1), "{refused}");
    let auth = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "user:pass-word");
    let config = json!({"auths": {registry.host(): {"auth": auth}}}).to_string();
    sandbox.write(".docker/config.json", config);
    let run = sandbox.airunway(&["verify-version", "--image", &image, "-o", "json"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert_eq!(report(&run)["evidence"]["image"]["layersRead"], 2);
    assert!(!run.to_string().contains("pass-word"), "{run}");
}

/// Memory that a layer of any size may cost more than a small one: the buffers on its way, and what the allocator keeps of
/// them, which differs by some MiB from run to run. Well below the layer, which must not be held whole.
const MEMORY_FOR_A_LARGE_LAYER: u64 = 20 << 20;

#[test]
fn a_large_layer_costs_the_memory_of_a_small_one() {
    let peak = |bytes: usize| {
        let members = [Member::File("zeros", vec![0; bytes]), program()];
        let registry = served(&Layered::new().layer(&members, plain));
        let name = format!("{}/{REPOSITORY}:v0.7.0", registry.host());
        peak_of(&Sandbox::new().command(&["verify-version", "--image", &name]))
    };
    let (small, large) = (peak(1 << 10), peak(40 << 20));
    assert!(large < small + MEMORY_FOR_A_LARGE_LAYER, "{small} bytes, and {large}");
}

#[test]
fn the_release_gate_writes_what_ci_reads() {
    let registry = served(&shim("v0.7.0"));
    let sandbox = Sandbox::new();
    sandbox.write("versions.env", "VLLM_VERSION=cu130-nightly\n");
    sandbox.write("other.env", "VLLM_VERSION=v9\n");
    let image = format!("{}/{REPOSITORY}:v0.7.0", registry.host());
    let gate = |versions: &str, layout: &str| {
        let arguments = ["verify-version", "--image", &image, "--expect", "v0.7.0"];
        let more = ["--expect-versions", versions, "-o", layout];
        sandbox.airunway(&[&arguments[..], &more].concat()).replace(&registry.host(), "[REGISTRY]")
    };
    assert_eq!(gate("versions.env", "json").code, Some(0));
    insta::assert_snapshot!("gate-junit", gate("versions.env", "junit"));
    let refused = gate("other.env", "markdown");
    assert_eq!(refused.code, Some(3), "{refused}");
    insta::assert_snapshot!("gate-markdown", refused);
}

#[test]
fn a_person_is_shown_what_is_in_the_image() {
    let registry = served(&shim("v0.7.0"));
    let run = verify(&registry, &[]);
    let filters = [
        (r"sha256:[0-9a-f]+", "[DIGEST]"),
        (r"go1\.[0-9.a-z]+", "[GO]"),
        (r"(?m)^setting .*\n", ""),
        (r"  +", "  "),
    ];
    let text = filters.iter().fold(run.to_string(), |text, (pattern, with)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    });
    insta::assert_snapshot!(text);
}
