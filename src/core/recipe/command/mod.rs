//! The engine's command as a recipe has it: arguments, environment, GPUs, image.

pub(in crate::core::recipe) mod argv;
pub(in crate::core::recipe) mod environment;
pub(in crate::core::recipe) mod gpus;
pub(in crate::core::recipe) mod image;
pub(in crate::core::recipe) mod launch;
