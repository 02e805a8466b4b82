//! The rules of the look before a write, by name.

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Preflight Error
    NAMESPACE_MISSING "namespace-missing"
        "Namespace does not exist"
        "The namespace that the object would be sent to is not there, or is being deleted. The API server refuses the object."
        ""
    RIGHT_MISSING "right-missing"
        "The user may not write the object"
        "A server-side apply needs the right to `patch`, and to `create` where the object is new; `--recreate` needs `delete`. The API server refuses the object."
        ""
    RIGHT_FOR_WAIT_MISSING "right-for-wait-missing"
        "The user may not watch what the wait needs"
        "The object could be written, and the wait for it would fail, because it watches the object. It is a warning for an object that exists, because one that runs already needs no watch, and where only the workloads that its controller creates or their pods may not be watched: then the wait goes by the object's own conditions."
        "--wait=false applies without waiting"
    SECRET_MISSING "secret-missing"
        "Secret does not exist"
        "Pods take an environment variable or a volume from a Secret that is not in the namespace. They stay in `CreateContainerConfigError` or `ContainerCreating` until it is."
        ""
    SECRET_KEY_MISSING "secret-key-missing"
        "Secret does not have the key"
        "Pods take an environment variable or a file from a key that the Secret does not have. They do not start until it does. Only the names of keys are read."
        ""
    CLAIM_MISSING "claim-missing"
        "PersistentVolumeClaim does not exist"
        "Pods mount a claim that is not in the namespace and that nobody creates. They stay Pending until it is there."
        ""
    RUNTIME_CLASS_MISSING "runtime-class-missing"
        "RuntimeClass does not exist"
        "The API server refuses pods whose runtime class the cluster does not have."
        "list those of the cluster with kubectl get runtimeclasses"
    QUOTA_FORBIDS "quota-forbids"
        "One pod alone exceeds the quota"
        "A ResourceQuota of the namespace allows less in total than one pod requests. The API server refuses every such pod, whatever else runs."
        ""
}

rules! { Preflight Warning
    RIGHT_FOR_DIAGNOSIS_MISSING "right-for-diagnosis-missing"
        "The user may not read what explains a failure"
        "The object can be written and waited for. If its pods do not start, their events and logs cannot be shown."
        ""
    PULL_SECRET_MISSING "pull-secret-missing"
        "Pull secret does not exist"
        "Pods name a pull secret that is not in the namespace. The kubelet goes on without it, and the pull fails where the registry asks for a login."
        ""
    STORAGE_CLASS_MISSING "storage-class-missing"
        "StorageClass does not exist"
        "A claim asks for a storage class that the cluster does not have, and no volume has that class either. It stays Pending until one of them is there."
        "list those of the cluster with kubectl get storageclasses"
    QUOTA_EXCEEDED "quota-exceeded"
        "Quota has no room for all pods"
        "What the ResourceQuota of the namespace has left is less than all pods request. Those that come last are refused until others end."
        ""
    QUOTA_NEEDS_REQUESTS "quota-needs-requests"
        "Quota wants requests that the pods do not have"
        "A ResourceQuota that counts CPU or memory makes the API server refuse pods that do not say how much of it they use, unless a LimitRange fills it in."
        ""
    NO_NODE_FITS "no-node-fits"
        "No node can hold a pod"
        "No single node has all that one pod requests and the labels that it selects. An autoscaler may add one; otherwise the pod stays Pending."
        ""
    TOO_FEW_NODES "too-few-nodes"
        "The nodes cannot hold all replicas"
        "The nodes together have room for fewer pods than there are replicas, even if nothing else runs on them. An autoscaler may add nodes; otherwise some stay Pending."
        "add nodes, or ask for fewer --replicas"
    UPDATE_HAS_NO_ROOM "update-has-no-room"
        "Rolling update has no room beside the old pods"
        "The update changes the pods. A rolling update starts a new pod before it stops an old one, and the old ones hold what the new one needs on every node that could take it. The new pod stays Pending, and the old version still serves, until the strategy lets an old pod go first."
        ""
    CONTROLLER_NOT_RUNNING "controller-not-running"
        "Controller of the object does not run"
        "The Deployment of the controller that acts on the object is not there or has no available pod. The object is stored and nothing happens until it runs."
        ""
    HEARTBEAT_OLD "heartbeat-old"
        "Shim has not been heard of for a while"
        "The shim of the object's provider writes a heartbeat every minute or so, and the last one is more than three minutes old. It may have stopped; then nothing happens to the object."
        ""
}

/// All of them.
pub static RULES: &[&Rule] = &[
    &NAMESPACE_MISSING,
    &RIGHT_MISSING,
    &RIGHT_FOR_WAIT_MISSING,
    &SECRET_MISSING,
    &SECRET_KEY_MISSING,
    &CLAIM_MISSING,
    &RUNTIME_CLASS_MISSING,
    &QUOTA_FORBIDS,
    &RIGHT_FOR_DIAGNOSIS_MISSING,
    &PULL_SECRET_MISSING,
    &STORAGE_CLASS_MISSING,
    &QUOTA_EXCEEDED,
    &QUOTA_NEEDS_REQUESTS,
    &NO_NODE_FITS,
    &TOO_FEW_NODES,
    &UPDATE_HAS_NO_ROOM,
    &CONTROLLER_NOT_RUNNING,
    &HEARTBEAT_OLD,
];
