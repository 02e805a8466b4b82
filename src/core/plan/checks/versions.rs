//! V1 to V7: shims report the version that they are (`test-plan.md` section 5).

use super::suite::{act, minutes, ruling};
use crate::core::kind::model_deployment::INFERENCE_PROVIDER_CONFIG;
use crate::core::plan::{Act, Check, Group, Key, Names, Object, Ruling, Step, Uses, Verdict, of};

/// The providers with the names under which their answers are kept.
const PROVIDERS: [(&str, Key); 5] = [
    ("dynamo", "dynamo shim"),
    ("kaito", "kaito shim"),
    ("kuberay", "kuberay shim"),
    ("llmd", "llmd shim"),
    ("vllm", "vllm shim"),
];

const fn row(
    id: &'static str,
    group: Group,
    title: &'static str,
    needs: &'static [&'static str],
    script: fn(&Names) -> Vec<Step>,
    proves: &'static str,
    failure: &'static str,
) -> Check {
    Check { id, group, title, needs, uses: Uses::NOTHING, limit: minutes(3), script, proves, failure }
}

const fn precondition(
    id: &'static str,
    title: &'static str,
    script: fn(&Names) -> Vec<Step>,
    failure: &'static str,
) -> Check {
    row(id, Group::Precondition, title, &[], script, "The check has something to look at.", failure)
}

const fn reported(id: &'static str, title: &'static str, script: fn(&Names) -> Vec<Step>) -> Check {
    let proves = "The version in the registration is that of the image that runs.";
    let failure =
        "The shim was linked with another version than its image says, or the registration is stale.";
    row(id, Group::Versions, title, &["P1"], script, proves, failure)
}

/// What the checks of binaries and builds need.
pub(super) const PRECONDITIONS: &[Check] = &[
    precondition(
        "P-binary",
        "a built shim is given",
        binaries,
        "No binary was named with --shim-binary PROVIDER=FILE.",
    ),
    precondition(
        "P-image-build",
        "shim images are built",
        image_build,
        "A client of a cluster builds no images: run make -C providers/PROVIDER docker-build SHIM_VERSION= and \
         expect it to fail.",
    ),
    precondition(
        "P-go-test",
        "the shims' unit tests are run",
        go_test,
        "A client of a cluster compiles nothing: run make -C providers/PROVIDER test.",
    ),
];

/// V1 to V7.
pub(super) const CHECKS: &[Check] = &[
    row(
        "V1",
        Group::Versions,
        "a local build passes the linker a version with the commit",
        &["P-binary"],
        |_| of_binaries(".checks.V1.verdict", ".checks.V1.reason"),
        "The Makefile injects the stamp of the commit.",
        "The injection is lost, or names another symbol.",
    ),
    row(
        "V2",
        Group::Versions,
        "a build with a given version passes the linker that version",
        &["P-binary"],
        |_| of_binaries(".checks.V2.verdict", ".checks.V2.reason"),
        "SHIM_VERSION reaches the linker.",
        "The override is not forwarded.",
    ),
    row(
        "V3",
        Group::Versions,
        "what was passed to the linker is what the shim will report",
        &["P-binary"],
        |_| of_binaries(".checks.V3.verdict", ".checks.V3.reason"),
        "The injected version has its effect.",
        "The flag does nothing: the symbol was renamed, is a constant, or is computed at the start.",
    ),
    row(
        "V4",
        Group::Versions,
        "an image build without a version fails",
        &["P-image-build"],
        image_build,
        "No image without a version can be made by accident.",
        "An image whose shim reports dev can be shipped.",
    ),
    reported("V5-dynamo", "the Dynamo shim reports the version that its image has", |_| of_cluster("dynamo")),
    reported("V5-kaito", "the KAITO shim reports the version that its image has", |_| of_cluster("kaito")),
    reported("V5-kuberay", "the KubeRay shim reports the version that its image has", |_| {
        of_cluster("kuberay")
    }),
    reported("V5-llmd", "the llm-d shim reports the version that its image has", |_| of_cluster("llmd")),
    reported("V5-vllm", "the Direct vLLM shim reports the version that its image has", |_| {
        of_cluster("vllm")
    }),
    row(
        "V6",
        Group::Versions,
        "the upstream versions in a shim are those of its release",
        &["P-binary"],
        |_| of_binaries(".checks.V6.verdict", ".checks.V6.reason"),
        "The shim renders the images that it was released with.",
        "versions.env and the build have drifted apart.",
    ),
    row(
        "V7",
        Group::Versions,
        "a shim without linker flags still reports its provider",
        &["P-go-test"],
        go_test,
        "The reported text begins with the provider whatever the build does.",
        "The shape of the reported text is broken.",
    ),
];

/// The rulings over a verdict with its reason.
fn rulings(key: Key, verdict: &str, reason: &str) -> Vec<Ruling> {
    let says = |word: &str, outcome: Verdict, text: &'static str| {
        ruling([of(key).at(reason).present(), of(key).at(verdict).is(word)], outcome, text)
    };
    vec![
        says("yes", Verdict::Pass, "the versions agree"),
        says("no", Verdict::Fail, "the versions do not agree"),
        says("unknown", Verdict::Inconclusive, "the evidence proves neither"),
    ]
}

fn of_cluster(provider: &'static str) -> Vec<Step> {
    let registration = Object::cluster_wide(INFERENCE_PROVIDER_CONFIG, provider);
    vec![
        act(Act::Read(registration), "registration"),
        Step::Judge(vec![
            ruling([of("registration").at(".metadata.name").is(provider)], Verdict::Pass, "it is registered"),
            ruling([of("registration").gone()], Verdict::Skip, "this provider is not installed"),
        ]),
        act(Act::ShimVersion(provider), "shim"),
        Step::Judge(rulings("shim", ".verdict", ".reason")),
    ]
}

fn of_binaries(verdict: &str, reason: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for (provider, key) in PROVIDERS {
        let mut all = vec![ruling([of(key).at(".absent").present()], Verdict::Pass, "")];
        all.extend(rulings(key, verdict, reason));
        all.push(ruling(
            [of(key).at(".checks").present(), of(key).at(verdict).missing()],
            Verdict::Skip,
            "this binary was not built in that way",
        ));
        steps.extend([Step::Label(provider), act(Act::ShimBinary(provider), key), Step::Judge(all)]);
    }
    steps
}

fn binaries(_: &Names) -> Vec<Step> {
    let mut steps: Vec<Step> =
        PROVIDERS.iter().map(|(provider, key)| act(Act::ShimBinary(provider), key)).collect();
    let given = PROVIDERS
        .iter()
        .map(|(_, key)| ruling([of(key).at(".checks").present()], Verdict::Pass, "a built shim is given"));
    let none = PROVIDERS.iter().map(|(_, key)| of(key).at(".absent").present());
    let mut all: Vec<Ruling> = given.collect();
    all.push(ruling(none, Verdict::Skip, "no built shim"));
    steps.push(Step::Judge(all));
    steps
}

/// Nothing is looked at: it says what to run instead.
fn elsewhere(text: &'static str) -> Vec<Step> {
    let now = [of("now").present()];
    vec![act(Act::ServerTime, "now"), Step::Judge(vec![ruling(now, Verdict::Skip, text)])]
}

fn image_build(_: &Names) -> Vec<Step> {
    elsewhere(
        "a client of a cluster builds no images: run make -C providers/PROVIDER docker-build SHIM_VERSION=, which has \
         to fail",
    )
}

fn go_test(_: &Names) -> Vec<Step> {
    elsewhere("a client of a cluster compiles nothing: run make -C providers/PROVIDER test")
}
