//! vLLM recipes: where their site is, and what its files mean for a ModelDeployment.

pub mod site;
