//! The rules that `check --workloads` names: what the API server says of built-in objects.

use crate::core::kubernetes::finding::Severity;
use crate::core::kubernetes::rule::{Rule, Stage, rules};

rules! { Decode Error
    UNREADABLE "workload-unreadable"
        "Built-in object that cannot be read"
        "The API server reads an object of a built-in kind into its own structures before it looks at any value: a field that is not declared, a value of another type, a quantity or a time that does not parse is refused with code 400."
        ""
}

rules! { Schema Error
    REFUSED "workload-refused"
        "Built-in object that the API server refuses"
        "Kubernetes validates the values of Deployments, Services, Jobs, PersistentVolumeClaims and ConfigMaps when they are written. The same rules (those of Kubernetes 1.36, with features as they are by default) are applied here, and the message is the server's."
        ""
}

rules! { Warning Warning
    NOT_FORETOLD "workload-not-foretold"
        "Answer that cannot be foretold"
        "The answer to this field rests on something that only the cluster knows (the addresses and node ports that it gives out, names and ids that it makes), or on a rule that this program does not have. The object is neither called valid nor invalid because of it."
        "ask the cluster: kubectl apply --dry-run=server"
}

/// In the order in which they apply.
pub(crate) static RULES: &[&Rule] = &[&UNREADABLE, &REFUSED, &NOT_FORETOLD];
