//! Writing `status`: conditions as Kubernetes' helpers set them, and the clock.

use kubectl_airunway::core::kind::model_deployment::object::{Condition, ModelDeploymentStatus};

/// The time of now, as Kubernetes writes it: RFC 3339 in whole seconds.
pub fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// Sets a condition: one of a type, in order of first appearance; the time moves
/// only when the status does; the generation is always stamped.
pub fn set(status: &mut ModelDeploymentStatus, generation: i64, condition: Condition) {
    let mut condition = Condition { observed_generation: Some(generation), ..condition };
    match status.conditions.iter_mut().find(|known| known.kind == condition.kind) {
        Some(known) => {
            condition.last_transition_time = known
                .last_transition_time
                .clone()
                .filter(|_| known.status == condition.status)
                .or_else(|| Some(now()));
            *known = condition;
        }
        None => {
            condition.last_transition_time = Some(now());
            status.conditions.push(condition);
        }
    }
}
