//! Checks 6 and 7: the arguments that are rendered, and the class of an image (`test-plan.md` 3.8, 3.9).

use super::base::{
    ADMISSION, INSTALLED, LIMIT, all, create, denied, deployment, model, patch, pinned, read, rendered,
    ruling, until,
};
use crate::core::plan::{Act, Check, Group, Names, Step, Uses, Verdict, condition, of};
use serde_json::{Value, json};

/// Checks 6a, 6b and 7.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "6a",
        group: Group::Provider,
        title: "a tensor parallel size that the user sets is rendered once",
        needs: INSTALLED,
        uses: Uses::gpus(2),
        limit: LIMIT,
        script: tensor_parallel,
        proves: "What the shim derives from the number of GPUs gives way to what the user says.",
        failure: "vLLM is started with two sizes, and takes one of them.",
    },
    Check {
        id: "6b",
        group: Group::Provider,
        title: "a launch flag that is set twice is denied",
        needs: ADMISSION,
        uses: Uses::gpus(2),
        limit: LIMIT,
        script: twice,
        proves: "The webhook compares the two ways to give an argument on updates too.",
        failure: "An update reaches a running model with arguments that contradict each other.",
    },
    Check {
        id: "7",
        group: Group::Provider,
        title: "an image of a model's launch is classed as launch",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: launch,
        proves: "Images that are made for the launch of a model count as supported.",
        failure: "Of a launch image whose tag does not have the word launch the status says that nobody supports it.",
    },
];

const ARGS: &str = ".spec.template.spec.containers[0].args";
const FLAG: &str = "--tensor-parallel-size";

/// Two GPUs, of which the shim would make a size of 2, and a size of 4.
fn sized(names: &Names) -> Value {
    let more = json!({"resources": {"gpu": {"count": 2}}, "engine": {"args": {"tensor-parallel-size": "4"}}});
    pinned(names, more)
}

fn tensor_parallel(names: &Names) -> Vec<Step> {
    let gpus = ".spec.template.spec.containers[0].resources.limits['nvidia.com/gpu']";
    vec![
        create(&model(names, "tp-test"), sized(names), "created"),
        rendered(names, "tp-test"),
        Step::Expect(vec![of("deployment").at(ARGS).followed(FLAG, "4"), of("deployment").at(gpus).is("2")]),
    ]
}

fn twice(names: &Names) -> Vec<Step> {
    let object = model(names, "tp-patch");
    let words = concat!(
        r#"spec.engine.extraArgs: Invalid value: ["--tensor-parallel-size=2"]: launch flag "tensor-parallel-size" is "#,
        r#"set in both spec.engine.args and spec.engine.extraArgs ("--tensor-parallel-size=2"); set it in exactly one "#,
        r#"place so the engine does not receive conflicting values"#,
    );
    let extra = json!({"spec": {"engine": {"extraArgs": [format!("{FLAG}=2")]}}});
    let same = |path: &str| of("after").at(path).same(of("deployment").at(path));
    vec![
        create(&object, sized(names), "created"),
        rendered(names, "tp-patch"),
        denied(Act::Patch(object, extra), "denial", &[words]),
        read(&deployment(names, "tp-patch"), "after"),
        Step::Expect(vec![same(".metadata.uid"), same(".metadata.generation"), same(ARGS)]),
    ]
}

fn launch(names: &Names) -> Vec<Step> {
    const UNWORDED: &str = "vllm/vllm-openai:deepseekv4-cu130";
    const WORDED: &str = "vllm/vllm-openai:cu130-launch";
    let object = model(names, "launch-test");
    let source = || of("model").at(".status.image.source");
    // The source is known before the registry is asked, and written after it.
    let classed = |image: &'static str, late| {
        let claims = [of("model").at(".status.image.requested").is(image), source().present()];
        let condition = of("model").at(condition("UnsupportedImage", "status")).present();
        until(&[("model", &model(names, "launch-test"))], claims.into_iter().chain([condition]), late)
    };
    let supported = || of("model").has_condition("UnsupportedImage", "False", "SupportedImage");
    let custom = of("model").has_condition("UnsupportedImage", "True", "CustomImage");
    let more = json!({"model": {"id": "deepseek-ai/DeepSeek-V2-Lite"}, "engine": {"image": UNWORDED}});
    vec![
        create(&object, pinned(names, more), "created"),
        classed(UNWORDED, Verdict::Inconclusive),
        Step::Judge(vec![
            ruling(
                std::iter::once(source().is("launch")).chain(supported()),
                Verdict::Fixed,
                "the class of deepseekv4-cu130",
            ),
            ruling(
                std::iter::once(source().is("custom")).chain(custom),
                Verdict::KnownFinding,
                "the class of deepseekv4-cu130, whose tag does not have the word launch",
            ),
        ]),
        patch(&object, json!({"spec": {"engine": {"image": WORDED}}}), "patched"),
        classed(WORDED, Verdict::Fail),
        Step::Expect(all([vec![source().is("launch")], supported().into()])),
    ]
}
