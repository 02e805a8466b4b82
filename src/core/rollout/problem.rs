//! What keeps something from running, how long that may last, and the way out of it.

/// Why a wait cannot succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is, which decides how long it may last and what the way out is.
    pub kind: ProblemKind,
    /// What happened, a lowercase fragment with the names in it.
    pub message: String,
    /// What the cluster says about it, in its own words.
    pub detail: Option<String>,
    /// The pod and container it happened in, so that events and log lines can be shown.
    pub pod: Option<PodPlace>,
}

/// A container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodPlace {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container, when one is at fault.
    pub container: Option<String>,
}

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The object was deleted, or is being deleted.
    Deleted,
    /// The annotation `airunway.ai/reconcile-paused` stops all controllers.
    Paused,
    /// A controller wrote a condition that nothing but a change of the object clears.
    Refused,
    /// No engine or provider could be selected.
    NotSelected,
    /// The shim cannot resolve the image.
    ImageUnresolved,
    /// The node cannot pull the image.
    ImagePull,
    /// The scheduler finds no node.
    Unschedulable,
    /// The container keeps exiting.
    CrashLoop,
    /// The container cannot be created, for example because a Secret is missing.
    ContainerConfig,
    /// The API server refuses the pods, for example because of a quota.
    PodsRefused,
    /// The child, or a container, runs something else than what was applied.
    WrongImage,
    /// Somebody changed a field that was applied.
    Changed,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [ProblemKind; 12] = [
        ProblemKind::Deleted,
        ProblemKind::Paused,
        ProblemKind::Refused,
        ProblemKind::NotSelected,
        ProblemKind::ImageUnresolved,
        ProblemKind::ImagePull,
        ProblemKind::Unschedulable,
        ProblemKind::CrashLoop,
        ProblemKind::ContainerConfig,
        ProblemKind::PodsRefused,
        ProblemKind::WrongImage,
        ProblemKind::Changed,
    ];

    /// Whether the state may pass by itself within moments, so that it counts only when it lasts.
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            ProblemKind::NotSelected
                | ProblemKind::ImageUnresolved
                | ProblemKind::Unschedulable
                | ProblemKind::ContainerConfig
                | ProblemKind::PodsRefused
                | ProblemKind::WrongImage
        )
    }

    /// What to do about it, a hint.
    pub fn way_out(self) -> &'static str {
        match self {
            ProblemKind::Deleted => "run the same command again to create it",
            ProblemKind::Paused => {
                "remove the annotation airunway.ai/reconcile-paused, then run the same command again"
            }
            ProblemKind::Refused => "fix the object and deploy it again; until then it stays applied",
            ProblemKind::NotSelected => {
                "set --provider and --engine; list what is registered: kubectl get inferenceproviderconfigs"
            }
            ProblemKind::ImageUnresolved => {
                "choose another image with --image; one with a digest needs no resolution"
            }
            ProblemKind::ImagePull => {
                "check the image name, its tag, and the pull secrets of the namespace's service account"
            }
            ProblemKind::Unschedulable => {
                "free or add nodes, or request less with --gpus or --memory, or change --node-selector; the object stays applied"
            }
            ProblemKind::CrashLoop => "see the log lines above; fix the object and deploy it again",
            ProblemKind::ContainerConfig => {
                "check that the Secrets and ConfigMaps named in the object exist in its namespace"
            }
            ProblemKind::PodsRefused => "check the quotas and the pod security level of the namespace",
            ProblemKind::WrongImage => {
                "the shim renders another image; check status.image and the provider overrides"
            }
            ProblemKind::Changed => {
                "agree with whoever writes the field, then run the same command again; take it over with --force-conflicts"
            }
        }
    }
}

impl Problem {
    /// One line with the reason before the names, so that a narrow terminal does not cut it.
    pub fn brief(&self) -> String {
        let what = match self.kind {
            ProblemKind::Unschedulable => "unschedulable",
            ProblemKind::ContainerConfig => "container cannot be created",
            ProblemKind::PodsRefused => "pods refused",
            _ => return self.message.clone(),
        };
        let Some(detail) = &self.detail else { return self.message.clone() };
        // The scheduler's and the API server's words: what comes before the reason names what the line names anyway.
        let reason = ["nodes are available: ", "is forbidden: "]
            .into_iter()
            .find_map(|before| detail.split_once(before).map(|(_, reason)| reason))
            .unwrap_or(detail);
        let reason = reason.split_once(". ").map_or(reason, |(first, _)| first).trim_end_matches('.');
        match &self.pod {
            Some(place) => format!("{what}: {reason} (pod {})", place.pod),
            None => format!("{what}: {reason}"),
        }
    }

    pub(in crate::core) fn new(
        kind: ProblemKind,
        message: impl Into<String>,
        detail: Option<&str>,
    ) -> Problem {
        let detail = detail.filter(|detail| !detail.is_empty()).map(str::to_owned);
        Problem { kind, message: message.into(), detail, pod: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{PodPlace, Problem, ProblemKind};
    use std::collections::HashSet;

    #[test]
    fn what_only_a_change_mends_never_passes() {
        let passing: Vec<ProblemKind> = ProblemKind::ALL.into_iter().filter(|kind| kind.may_pass()).collect();
        assert_eq!(
            passing,
            [
                ProblemKind::NotSelected,
                ProblemKind::ImageUnresolved,
                ProblemKind::Unschedulable,
                ProblemKind::ContainerConfig,
                ProblemKind::PodsRefused,
                ProblemKind::WrongImage,
            ]
        );
    }

    #[test]
    fn the_reason_of_a_pending_pod_stands_in_front() {
        let detail = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
        let mut problem =
            Problem::new(ProblemKind::Unschedulable, "pod q-1 cannot be scheduled", Some(detail));
        problem.pod = Some(PodPlace { pod: "q-7d9f8-x2x4z".to_owned(), container: None });
        assert_eq!(problem.brief(), "unschedulable: 3 Insufficient nvidia.com/gpu (pod q-7d9f8-x2x4z)");
        let quota = "pods \"q-7d9f8-\" is forbidden: exceeded quota: small, requested: pods=1";
        let problem = Problem::new(ProblemKind::PodsRefused, "the pods are refused", Some(quota));
        assert_eq!(problem.brief(), "pods refused: exceeded quota: small, requested: pods=1");
    }

    #[test]
    fn every_problem_has_a_way_out_of_its_own() {
        let hints: HashSet<&str> = ProblemKind::ALL.into_iter().map(ProblemKind::way_out).collect();
        assert_eq!(hints.len(), ProblemKind::ALL.len());
    }
}
