//! What a real API server says to an object before it stores it: [`custom`] for any custom resource, [`children`] for
//! the built-in kinds that a controller creates.

pub mod children;
pub mod custom;

pub use children::{
    Judged, Misfit, MisfitKind, Refusal, WORKLOADS, Workload, check, misfits, over_defaults,
    refusal_of_change,
};
