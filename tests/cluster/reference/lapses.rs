//! Each broken promise of the reference AI Runway shows in an object, and is not there without it.

use std::time::Duration;

use futures::future::join_all;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};

use super::replay::{PATIENCE, base, merge};
use crate::cluster::airunway::{Lapse, Scope, deployments_in};
use crate::cluster::{Cluster, Namespace};

/// How often the objects are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How many rows are looked at at once; each has two namespaces with up to two GPUs each.
const AT_ONCE: usize = 8;

/// How a broken promise shows.
struct Shows {
    lapse: Lapse,
    /// What its object has in its specification beside the usual.
    changes: Value,
    /// What is then changed.
    patch: Option<Value>,
    /// Where to look, see [`world`].
    place: &'static str,
    /// What is there, and would not be there otherwise.
    value: Value,
}

fn shows(lapse: Lapse, changes: Value, place: &'static str, value: impl Into<Value>) -> Shows {
    Shows { lapse, changes, patch: None, place, value: value.into() }
}

fn overrides(overrides: Value) -> Value {
    json!({"provider": {"overrides": overrides}})
}

fn image(tag: &str) -> Value {
    json!({"engine": {"image": format!("vllm/vllm-openai:{tag}")}})
}

#[rustfmt::skip]
fn table() -> Vec<Shows> {
    let usual = || json!({});
    let unnamed = || json!({"provider": null});
    let created = "/object/status/conditions/ResourceCreated/status";
    let two = json!({"image": "ubuntu:latest", "engine": {"image": "vllm/vllm-openai:latest"}});
    let sized = json!({"resources": {"gpu": {"count": 2}}, "engine": {"args": {"tensor-parallel-size": "4"}}});
    let again = json!({"spec": {"engine": {"extraArgs": ["--tensor-parallel-size=2"]}}});
    let hosted = overrides(json!({"spec": {"template": {"spec": {"hostNetwork": true}}}}));
    let nested = json!([{"name": "vllm", "securityContext": {"privileged": true}}]);
    let nested = overrides(json!({"spec": {"template": {"spec": {"containers": nested}}}}));
    let labeled = overrides(json!({"spec": {"template": {"metadata": {"labels": {"x": "y"}}}}}));
    let move_it = json!({"spec": {"provider": {"name": "vllm"}}});
    let unresolvable = json!({"engine": {"image": null}});
    vec![
        shows(Lapse::SelectsVllm, unnamed(), "/object/status/provider/name", "vllm"),
        shows(Lapse::NoFinalizer, usual(), "/object/metadata/finalizers", Value::Null),
        shows(Lapse::NoOwner, usual(), "/deployment/metadata/ownerReferences", Value::Null),
        shows(Lapse::NoService, usual(), "/service", Value::Null),
        Shows { patch: Some(move_it), ..shows(Lapse::ProviderMutable, unnamed(), "/refusal", Value::Null) },
        shows(Lapse::Repins, usual(), "/object/status/conditions/ImageResolved/reason", "ImageResolved"),
        shows(Lapse::RunsByTag, usual(), "/image", "vllm/vllm-openai:cu130-nightly"),
        shows(Lapse::RendersUnresolved, unresolvable, created, "True"),
        shows(Lapse::KeepsOldTag, image("latest"), "/image", "vllm/vllm-openai:cu130-nightly"),
        shows(Lapse::AcceptsTwoImages, two.clone(), "/refusal", Value::Null),
        shows(Lapse::NamesOneField, two, "/refusal",
            "admission webhook \"vmodeldeployment-v1alpha1.kb.io\" denied the request: spec.engine.image: \
             Invalid value: \"vllm/vllm-openai:latest\": an image \"ubuntu:latest\" conflicts with \
             spec.engine.image \"vllm/vllm-openai:latest\"; remove an image or set both fields to the same \
             value (spec.engine.image is preferred)"),
        shows(Lapse::RendersReservedA, json!({"engine": {"args": {"port": "9000"}}}), created, "True"),
        shows(Lapse::RendersReservedB, json!({"engine": {"extraArgs": ["--host=10.0.0.1"]}}), created, "True"),
        shows(Lapse::RendersReservedC, json!({"engine": {"extraArgs": ["--port", "9000"]}}), created, "True"),
        shows(Lapse::RendersReservedD, json!({"engine": {"extraArgs": ["--port=9000"]}}), created, "True"),
        shows(Lapse::DerivesSecondSize, sized.clone(), "/arguments/10", "2"),
        Shows { patch: Some(again), ..shows(Lapse::AcceptsSecondSize, sized, "/refusal", Value::Null) },
        shows(Lapse::LaunchWithoutTheWord, image("deepseekv4-cu130"), "/object/status/image/source", "launch"),
        shows(Lapse::LaunchIsStable, image("deepseekv4-cu130"), "/object/status/image/source", "stable"),
        shows(Lapse::LaunchTagIsCustom, image("cu130-launch"), "/object/status/image/source", "custom"),
        shows(Lapse::AcceptsPodOverrides, hosted, "/refusal", Value::Null),
        shows(Lapse::AcceptsNestedOverrides, nested, "/refusal", Value::Null),
        shows(Lapse::AcceptsSizing, overrides(json!({"spec": {"replicas": 5}})), "/refusal", Value::Null),
        shows(Lapse::RefusesAnyOverride, labeled, "/refusal",
            "admission webhook \"vmodeldeployment-v1alpha1.kb.io\" denied the request: \
             spec.provider.overrides: Forbidden: overrides are not allowed"),
        shows(Lapse::TakesUnowned, usual(), created, "True"),
        shows(Lapse::HalfAnOwner, usual(), "/deployment/metadata/ownerReferences/0/controller", Value::Null),
        shows(Lapse::FalseSurvives, json!({"engine": {"enablePrefixCaching": false}}),
            "/object/spec/engine/enablePrefixCaching", false),
        shows(Lapse::TakesService, usual(), created, "True"),
        shows(Lapse::TakesOwned, usual(), created, "True"),
        shows(Lapse::NeedsNoGpu, json!({"provider": null, "resources": {"gpu": null, "cpu": "4"}}),
            "/object/status/phase", "Pending"),
        shows(Lapse::WrongEngine, json!({"provider": null, "engine": null, "resources": null}),
            "/object/status/engine/type", "vllm"),
        shows(Lapse::AcceptsNoModel, json!({"model": {"id": null}}), "/refusal", Value::Null),
    ]
}

#[test]
fn each_broken_promise_shows() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let table = table();
        let mut wrong = Vec::new();
        // Others need GPUs too.
        for some in table.chunks(AT_ONCE) {
            wrong.extend(join_all(some.iter().map(|shows| both(cluster, shows))).await.into_iter().flatten());
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// What is wrong with the promise kept and broken.
async fn both(cluster: &Cluster, shows: &Shows) -> Vec<String> {
    let name = shows.lapse.row().name;
    let (before, after) = (cluster.namespace(name).await, cluster.namespace(name).await);
    cluster.reference().break_promise(&after.name, shows.lapse).await.unwrap();
    let is = |wanted: bool| move |found: &Value| (*found == shows.value) == wanted;
    let (kept, broken) = tokio::join!(found(&before, shows, is(false)), found(&after, shows, is(true)));
    let kept = kept.err().map(|world| format!("{name} without it: {world:#}"));
    let broken = broken.err().map(|world| format!("{name}: {world:#}"));
    for namespace in [&before, &after] {
        delete(namespace, shows.lapse).await;
    }
    kept.into_iter().chain(broken).collect()
}

/// Gives the GPUs back.
async fn delete(namespace: &Namespace<'_>, lapse: Lapse) {
    let all = (DeleteParams::background(), ListParams::default());
    let api = deployments_in(&namespace.client(), &namespace.name);
    api.delete_collection(&all.0, &all.1).await.unwrap_or_else(|error| panic!("{lapse:?}: {error}"));
    // Some have no owner.
    children(namespace, "apps/v1", "Deployment").delete_collection(&all.0, &all.1).await.unwrap();
}

/// Makes the object and waits until what is at the place is right; else all that there is.
async fn found(
    namespace: &Namespace<'_>,
    shows: &Shows,
    right: impl Fn(&Value) -> bool,
) -> Result<(), Value> {
    let Scope::Object(name) = shows.lapse.row().scope else { panic!("{:?} has no object", shows.lapse) };
    prepare(namespace, shows.lapse, name).await;
    let api = deployments_in(&namespace.client(), &namespace.name);
    let object: DynamicObject = serde_json::from_value(base(name, shows.changes.clone())).unwrap();
    let mut refusal = api.create(&PostParams::default(), &object).await.err();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut patch = shows.patch.as_ref();
    loop {
        let world = world(namespace, name, refusal.as_ref()).await;
        let settled = refusal.is_some() || is_settled(&world);
        if let (true, Some(change)) = (settled, patch.take_if(|_| settled)) {
            refusal = api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await.err();
            continue;
        }
        if settled && right(world.pointer(shows.place).unwrap_or(&Value::Null)) {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            return Err(world);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What has to be there before the object.
async fn prepare(namespace: &Namespace<'_>, lapse: Lapse, name: &str) {
    if lapse == Lapse::RendersUnresolved {
        namespace.fault(crate::cluster::Fault::RegistryUnreachable).await;
    }
    let foreign = json!({"app": "foreign"});
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": foreign, "ports": [{"port": 80}]},
    });
    let mut deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": foreign}, "template": {
            "metadata": {"labels": foreign},
            "spec": {"containers": [{"name": "pause", "image": "registry.k8s.io/pause:3.9"}]}}},
    });
    match lapse {
        Lapse::TakesService => drop(create(namespace, service).await),
        Lapse::TakesUnowned => drop(create(namespace, deployment).await),
        Lapse::TakesOwned => {
            let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}});
            let owner = create(namespace, owner).await;
            let owners = json!([{
                "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid, "controller": true,
            }]);
            merge(&mut deployment, json!({"metadata": {"ownerReferences": owners}}));
            drop(create(namespace, deployment).await);
        }
        _ => {}
    }
}

async fn create(namespace: &Namespace<'_>, object: Value) -> DynamicObject {
    let api = children(namespace, object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap()
}

fn children(namespace: &Namespace<'_>, version: &str, kind: &str) -> Api<DynamicObject> {
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::namespaced_with(namespace.client(), &namespace.name, &resource)
}

/// All there is to see: the object, its conditions by type, its Deployment and what of it is looked at, its Service, and
/// the words of the last refusal.
async fn world(namespace: &Namespace<'_>, name: &str, refusal: Option<&kube::Error>) -> Value {
    let get = async |api: Api<DynamicObject>| {
        let mut object = serde_json::to_value(api.get_opt(name).await.unwrap()).unwrap();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        object
    };
    let mut object = get(deployments_in(&namespace.client(), &namespace.name)).await;
    let deployment = get(children(namespace, "apps/v1", "Deployment")).await;
    if let Some(Value::Array(list)) = object.pointer_mut("/status/conditions").map(Value::take) {
        let by_type = list.into_iter().map(|one| (one["type"].as_str().unwrap_or_default().to_owned(), one));
        object["status"]["conditions"] = by_type.collect();
    }
    let container = deployment.pointer("/spec/template/spec/containers/0").cloned().unwrap_or_default();
    let refusal = match refusal {
        Some(kube::Error::Api(status)) => Some(status.message.clone()),
        Some(error) => panic!("{error}"),
        None => None,
    };
    json!({
        "object": object, "deployment": deployment, "image": container["image"], "arguments": container["args"],
        "service": get(children(namespace, "v1", "Service")).await, "refusal": refusal,
    })
}

/// Whether what there is says something: a shim has come to its end, or it is another one's turn.
fn is_settled(world: &Value) -> bool {
    let status = &world["object"]["status"];
    let ended = ["Running", "Failed"].contains(&status["phase"].as_str().unwrap_or_default());
    let others = status["provider"]["name"].as_str().is_some_and(|name| name != "vllm");
    // The controller writes both at once when it goes on.
    let conditions = &status["conditions"];
    let nobodys = conditions["Validated"].is_object() && conditions["ProviderSelected"]["status"] != "True";
    ended || others || nobodys
}
