//! Beyond the plan, X6 and X7: objects that somebody else owns.

use super::base::{INSTALLED, LIMIT, MANAGER, create, deployment, model, pinned, read, service};
use super::boundaries::{conflicted, foreign};
use crate::core::plan::{Check, Claim, Group, Key, Names, Step, Uses, of};
use serde_json::{Value, json};

/// X6 and X7.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "X6",
        group: Group::Beyond,
        title: "a Service that nobody owns is left alone",
        needs: INSTALLED,
        uses: Uses::gpus(1),
        limit: LIMIT,
        script: unowned_service,
        proves: "The address of another program never leads to a model.",
        failure: "A ModelDeployment takes over the Service of another program that has its name.",
    },
    Check {
        id: "X7",
        group: Group::Beyond,
        title: "a Deployment of another ModelDeployment is left alone",
        needs: INSTALLED,
        uses: Uses::NOTHING,
        limit: LIMIT,
        script: owned_deployment,
        proves: "Two ModelDeployments never fight for one Deployment.",
        failure: "One ModelDeployment overwrites what another one runs.",
    },
];

/// Nothing of an object has changed between two keys, and the shim has not written it.
fn untouched(after: Key, before: Key) -> Vec<Claim> {
    let same = |path: &str| of(after).at(path).same(of(before).at(path));
    vec![
        same(".metadata.uid"),
        same(".spec"),
        of(after).at(".metadata.managedFields[*].manager").lacks(MANAGER),
    ]
}

/// What the status says about an object of another owner.
fn conflict(names: &Names, name: &str, whose: &str) -> Claim {
    let text = format!(
        "Failed to create/update resource {name}: resource {}/{name} exists but is not managed by this \
         ModelDeployment ({whose}",
        names.namespace
    );
    of("model").at(".status.message").starts(&text)
}

fn unowned_service(names: &Names) -> Vec<Step> {
    let name = "foreign-service";
    let theirs = service(names, name);
    let value = json!({"spec": {"selector": {"app": "foreign"}, "ports": [{"name": "web", "port": 80}]}});
    let mut steps = vec![
        create(&theirs, value, "theirs"),
        create(&model(names, name), pinned(names, json!({})), "created"),
    ];
    steps.extend(conflicted(names, name));
    steps.extend([
        Step::Expect(vec![conflict(names, name, "no owner references)")]),
        read(&theirs, "after"),
        Step::Expect(untouched("after", "theirs")),
        Step::Expect(vec![of("after").at(".metadata.ownerReferences").missing()]),
    ]);
    steps
}

fn owned_deployment(names: &Names) -> Vec<Step> {
    let (owner, name) = ("taken-owner", "taken-test");
    let theirs = deployment(names, name);
    // The owner does nothing itself: paused, it has neither a finalizer nor objects.
    let mut paused = pinned(names, json!({}));
    if let Some(object) = paused.as_object_mut() {
        let annotations = json!({"annotations": {"airunway.ai/reconcile-paused": "true"}});
        object.insert("metadata".to_owned(), annotations);
    }
    let reference = json!([{
        "apiVersion": "airunway.ai/v1alpha1",
        "kind": "ModelDeployment",
        "name": owner,
        "uid": "${owner.metadata.uid}",
    }]);
    let mut taken: Value = foreign();
    if let Some(object) = taken.as_object_mut() {
        object.insert("metadata".to_owned(), json!({"ownerReferences": reference}));
    }
    let owners = ".metadata.ownerReferences";
    let mut steps = vec![
        create(&model(names, owner), paused, "owner"),
        create(&theirs, taken, "theirs"),
        create(&model(names, name), pinned(names, json!({})), "created"),
    ];
    steps.extend(conflicted(names, name));
    steps.extend([
        Step::Expect(vec![conflict(names, name, "owned by ModelDeployment/taken-owner (uid ")]),
        read(&theirs, "after"),
        Step::Expect(untouched("after", "theirs")),
        Step::Expect(vec![of("after").at(owners).same(of("theirs").at(owners))]),
    ]);
    steps
}
