//! The engines that AI Runway knows: the values of `spec.engine.type` (airunway-api.md section 2).

/// vLLM; also the name of its program and of the containers that run it.
pub const VLLM: &str = "vllm";
/// SGLang.
pub const SGLANG: &str = "sglang";
/// TensorRT-LLM.
pub const TRTLLM: &str = "trtllm";
/// llama.cpp.
pub const LLAMACPP: &str = "llamacpp";

/// All of them, in the order in which the core controller prefers them.
pub const ALL: [&str; 4] = [VLLM, SGLANG, TRTLLM, LLAMACPP];
