//! What a cluster has to say about a pod that is in trouble.

/// The last events of a pod, and the last log lines of one of its containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Name of the pod.
    pub pod: String,
    /// Its events, oldest first.
    pub events: Vec<PodEvent>,
    /// Name of the container whose log was read.
    pub container: Option<String>,
    /// The end of that log, line by line.
    pub log: Vec<String>,
}

/// An event of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodEvent {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// One word that says what happened, for example `FailedScheduling`.
    pub reason: String,
    /// How often it happened.
    pub count: i64,
    /// The words of whoever reported it.
    pub message: String,
}
