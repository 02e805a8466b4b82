//! The arguments of Dynamo's TensorRT-LLM worker about which rules have something to say:
//! `components/src/dynamo/trtllm` of github.com/ai-dynamo/dynamo (Apache-2.0).

use super::grammar::{Grammar, Sizes};

pub(super) static GRAMMAR: Grammar = Grammar {
    switches: &["publish-events-and-metrics"],
    once_valued: &[],
    texts: &["extra-engine-args", "model-path", "served-model-name"],
    wholes: &[
        "expert-parallel-size",
        "kv-block-size",
        "max-batch-size",
        "max-beam-width",
        "max-num-tokens",
        "max-seq-len",
        "pipeline-parallel-size",
        "tensor-parallel-size",
    ],
    numbers: &["free-gpu-memory-fraction"],
    objects: &[],
    loose_objects: &["override-engine-args"],
    values: &[],
    many: &[],
    maybe: &[],
    adding_up: &[],
    short: &[],
    other_names: &[],
    elsewhere: &[],
    folds_underscores: false,
    has_opposites: false,
    has_members: false,
    sizes: Sizes {
        tensor: "tensor-parallel-size",
        factors: &[("pipeline-parallel-size", "pipeline")],
        data: "",
        data_here: None,
        data_apart: &[],
        nodes: "",
        parts: &[("expert-parallel-size", "expert")],
        beyond: &[],
    },
    port_variables: &[],
};
