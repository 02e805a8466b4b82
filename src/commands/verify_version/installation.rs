//! What else of AI Runway is in the cluster.

use super::cluster::Answers;
use crate::core::shim::cluster::workloads;
use crate::core::shim::installation::{DEFINITIONS, Definition, Installation};

/// The label values of controller and dashboard (airunway-providers.md section 10).
const CONTROLLER: &str = "controller-manager";
const DASHBOARD: &str = "dashboard";

/// Puts the answers of the cluster together.
pub(super) fn of(answers: &Answers) -> Installation {
    let definitions = DEFINITIONS.iter().zip(&answers.definitions);
    Installation {
        controller: workloads(CONTROLLER, &answers.deployments, &answers.pods),
        dashboard: workloads(DASHBOARD, &answers.deployments, &answers.pods),
        definitions: definitions.map(|(name, found)| Definition::of(name, found.clone())).collect(),
    }
}
