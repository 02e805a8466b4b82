//! What the integration tests and the playground share: a real Kubernetes control
//! plane, a reference AI Runway on it, and stand-ins for what models and
//! registries answer.
//!
//! One control plane serves all tests of a test binary. It starts when the first
//! test asks for it, its program is built by Go when that is needed, and all of it
//! ends with the test process, however that ends. A test works in a namespace of
//! its own:
//!
//! ```ignore
//! #[test]
//! fn the_reason_of_a_failed_pull_is_shown() {
//!     let cluster = support::Cluster::shared();
//!     cluster.run(async {
//!         let namespace = cluster.namespace("pull").await;
//!         let run = namespace.airunway(&["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm"]).await;
//!         assert_eq!(run.code, Some(0), "{}", run.stderr);
//!     });
//! }
//! ```
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary uses a part of it")]

mod cluster;
pub mod controlplane;
pub mod model_server;
pub mod registry;
pub mod transcript;

pub use cluster::{Cluster, Namespace, Run, program};
