//! The words of an API server, of a kubeconfig and of credential plugins.

use super::{HOSTILE, HOSTILE_LINE, Run, ascii, hold, model, run};
use crate::support::Sandbox;
use crate::support::canned::{Reply, serve};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

const DEPLOY: [&str; 9] = [
    "deploy",
    "org/m",
    "--name",
    "m",
    "--provider",
    "vllm",
    "--image",
    "vllm/vllm-openai:v0.11.0",
    "--pin=never",
];
const APPLY: &str = "PATCH /apis/airunway.ai/v1alpha1/namespaces/default/modeldeployments/m";
const CONFIGS: &str = "GET /apis/airunway.ai/v1alpha1/inferenceproviderconfigs";

fn against(sandbox: &Sandbox, replies: Vec<Reply>, arguments: &[&str]) -> Run {
    let mut nothing = refusal(404, "NotFound", "there is no such object");
    nothing["details"] = json!({"name": "m"});
    let empty = json!({"kind": "List", "metadata": {"resourceVersion": "1"}, "items": []});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}});
    // A watch that is silent, a child that does not exist yet, lists of nothing.
    let silence = Reply { to: "watch=true", status: 200, headers: Vec::new(), body: Vec::new() };
    let further = [
        Reply::json("/namespaces/default/deployments/m ", 404, &nothing),
        Reply::json("GET /api/v1/namespaces/default ", 200, &namespace),
        Reply::json("GET /apis/apps/v1/", 200, &empty),
        Reply::json("GET /api/v1/", 200, &empty),
        Reply::json("", 404, &nothing),
    ];
    let all = [silence].into_iter().chain(replies).chain(further);
    let server = format!("http://{}", serve(all.collect()));
    run(sandbox, &[arguments, &["--server", &server]].concat())
}

fn refusal(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": message})
}

/// A deploy whose apply is refused.
fn refused(sandbox: &Sandbox, code: u16, body: &Value) -> Run {
    against(sandbox, vec![providers(), Reply::json(APPLY, code, body)], &DEPLOY)
}

fn providers() -> Reply {
    Reply::json(CONFIGS, 403, &refusal(403, "Forbidden", "no"))
}

/// The object as the server answers an apply, seen by the core controller and the shim.
fn stored(spoil: impl FnOnce(&mut Value)) -> Value {
    let condition = |kind: &str| json!({"type": kind, "status": "True", "observedGeneration": 1});
    let mut object = json!({
        "apiVersion": "airunway.ai/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": "m", "namespace": "default", "uid": "u", "generation": 1, "resourceVersion": "1"},
        "spec": {"model": {"id": "org/m"}},
        "status": {
            "phase": "Deploying",
            "observedGeneration": 1,
            "provider": {"name": "dynamo"},
            "conditions": [condition("ProviderCompatible"), condition("ResourceCreated")],
        },
    });
    spoil(&mut object);
    object
}

/// A deploy that waits until its time is over.
fn waiting(sandbox: &Sandbox, spoil: fn(&mut Value)) -> Run {
    waiting_for("1s", sandbox, spoil, Vec::new())
}

/// A deploy whose wait comes to an end.
fn ending(sandbox: &Sandbox, spoil: fn(&mut Value), further: Vec<Reply>) -> Run {
    waiting_for("1m", sandbox, spoil, further)
}

fn waiting_for(limit: &str, sandbox: &Sandbox, spoil: fn(&mut Value), further: Vec<Reply>) -> Run {
    let mut replies = vec![providers(), Reply::json(APPLY, 200, &stored(spoil))];
    replies.extend(further);
    against(sandbox, replies, &[&DEPLOY[..], &["--timeout", limit]].concat())
}

fn condition(kind: &str) -> Value {
    json!({"type": kind, "status": "False", "reason": HOSTILE, "message": HOSTILE, "observedGeneration": 1})
}

#[test]
fn refusals() {
    hold(&[
        ("a webhook's denial", |sandbox| {
            let message = format!("admission webhook \"{HOSTILE_LINE}\" denied the request: {HOSTILE}");
            refused(sandbox, 403, &refusal(403, "Forbidden", &message))
        }),
        ("a right that is missing", |sandbox| {
            let message =
                format!("modeldeployments.airunway.ai \"m\" is forbidden: User \"{HOSTILE}\" cannot patch");
            refused(sandbox, 403, &refusal(403, "Forbidden", &message))
        }),
        ("validation", |sandbox| {
            let mut body = refusal(422, "Invalid", &format!("ModelDeployment \"m\" is invalid: {HOSTILE}"));
            body["details"] = json!({"causes": [{"field": HOSTILE, "message": HOSTILE, "reason": HOSTILE}]});
            refused(sandbox, 422, &body)
        }),
        ("a conflict", |sandbox| {
            let mut body = refusal(409, "Conflict", &format!("Apply failed with 1 conflict: {HOSTILE}"));
            body["details"] = json!({"causes": [
                {"reason": "FieldManagerConflict", "field": HOSTILE, "message": format!("conflict with \"{HOSTILE}\"")},
            ]});
            refused(sandbox, 409, &body)
        }),
        ("a failure", |sandbox| refused(sandbox, 500, &refusal(500, HOSTILE, HOSTILE))),
        ("something that is missing", |sandbox| {
            let mut body = refusal(404, "NotFound", HOSTILE);
            body["details"] = json!({"name": HOSTILE});
            refused(sandbox, 404, &body)
        }),
        ("another program", |sandbox| {
            let page = Reply {
                to: "",
                status: 200,
                headers: vec![("content-type", [b"text/evil; ", HOSTILE_LINE.as_bytes()].concat())],
                body: HOSTILE.into(),
            };
            against(sandbox, vec![page], &DEPLOY)
        }),
        ("a warning", |sandbox| {
            let reply = Reply::json(APPLY, 200, &stored(|_| {}));
            let warning = format!("299 - \"{HOSTILE_LINE}\"");
            let flags = [&DEPLOY[..], &["--wait=false"]].concat();
            against(sandbox, vec![providers(), reply.with("warning", warning)], &flags)
        }),
    ]);
}

#[test]
fn waits() {
    hold(&[
        ("progress", |sandbox| waiting(sandbox, |object| object["status"]["message"] = HOSTILE.into())),
        ("a phase", |sandbox| waiting(sandbox, |object| object["status"]["phase"] = HOSTILE.into())),
        ("a provider", |sandbox| {
            let spoil = |object: &mut Value| {
                object["status"]["provider"]["name"] = HOSTILE.into();
                object["status"]["conditions"] = json!([]);
            };
            waiting(sandbox, spoil)
        }),
        ("a refused object", |sandbox| {
            ending(
                sandbox,
                |object| object["status"]["conditions"] = json!([condition("Validated")]),
                Vec::new(),
            )
        }),
        ("an object that is not created", |sandbox| {
            let spoil = |object: &mut Value| {
                object["status"]["conditions"] = json!([
                    {"type": "ProviderCompatible", "status": "True", "observedGeneration": 1}, condition("ResourceCreated"),
                ]);
            };
            ending(sandbox, spoil, Vec::new())
        }),
        ("an endpoint", |sandbox| {
            let spoil = |object: &mut Value| {
                let status = &mut object["status"];
                status["conditions"].as_array_mut().unwrap().push(json!({"type": "Ready", "status": "True"}));
                status["phase"] = "Running".into();
                status["endpoint"] = json!({"service": HOSTILE, "port": 80});
                status["gateway"] = json!({"endpoint": HOSTILE});
                object["spec"]["model"]["servedName"] = HOSTILE.into();
            };
            ending(sandbox, spoil, Vec::new())
        }),
        ("a pod, its events and its log", |sandbox| {
            let pod = json!({
                "metadata": {"name": HOSTILE, "namespace": "default", "uid": "p"},
                "status": {"containerStatuses": [{
                    "name": HOSTILE,
                    "image": HOSTILE,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": HOSTILE}},
                    "lastState": {"terminated": {"reason": HOSTILE, "exitCode": 1}},
                }]},
            });
            let event = json!({"type": "::error::", "reason": HOSTILE, "message": HOSTILE, "count": 2});
            let log = Reply { to: "/log?", status: 200, headers: Vec::new(), body: HOSTILE.into() };
            let further = vec![
                log,
                Reply::json("/events", 200, &json!({"kind": "EventList", "items": [event]})),
                Reply::json("/pods?", 200, &json!({"kind": "PodList", "items": [pod]})),
            ];
            ending(sandbox, |object| object["status"]["provider"]["name"] = "vllm".into(), further)
        }),
    ]);
}

/// A list of providers, one of them registered with hostile words.
fn registered() -> Reply {
    let config = json!({
        "apiVersion": "airunway.ai/v1alpha1",
        "kind": "InferenceProviderConfig",
        "metadata": {"name": format!("::error::{HOSTILE}")},
        "spec": {"selectionRules": [{"condition": HOSTILE, "priority": 1}]},
        "status": {"ready": true, "version": HOSTILE, "lastHeartbeat": "2026-11-21T12:00:00Z"},
    });
    Reply::json(CONFIGS, 200, &json!({"kind": "InferenceProviderConfigList", "items": [config]}))
}

#[test]
fn what_a_cluster_holds() {
    hold(&[
        ("version --server", |sandbox| {
            let server = format!("http://{}", serve(vec![registered()]));
            run(sandbox, &["version", "--server", &server])
        }),
        ("verify-version", |sandbox| against(sandbox, vec![registered()], &["verify-version"])),
        ("verify-version -o json", |sandbox| {
            against(sandbox, vec![registered()], &["verify-version", "-o", "json"])
        }),
        ("verify-version -o junit", |sandbox| {
            against(sandbox, vec![registered()], &["verify-version", "-o", "junit"])
        }),
        ("verify-version -o markdown", |sandbox| {
            against(sandbox, vec![registered()], &["verify-version", "-o", "markdown"])
        }),
        ("check --live", |sandbox| {
            against(sandbox, vec![registered()], &["check", "org/m", "--name", "evil", "--live"])
        }),
        ("deploy, providers", |sandbox| against(sandbox, vec![registered()], &DEPLOY)),
        ("diff", |sandbox| {
            let live = stored(|object| object["metadata"]["annotations"] = json!({HOSTILE: HOSTILE}));
            let get = "GET /apis/airunway.ai/v1alpha1/namespaces/default/modeldeployments/m";
            let replies =
                vec![registered(), Reply::json(get, 200, &live), Reply::json(APPLY, 200, &stored(|_| {}))];
            against(sandbox, replies, &["diff", "org/m", "--name", "m", "--provider", "vllm", "--pin=never"])
        }),
        ("diff, name", |sandbox| {
            sandbox.write("model.yaml", model(|object| object["metadata"]["name"] = HOSTILE.into()));
            against(sandbox, vec![registered()], &["diff", "-f", "model.yaml", "--pin=never"])
        }),
        ("recipe diff", |sandbox| {
            let live = stored(|object| {
                object["metadata"]["name"] = "evil".into();
                object["metadata"]["annotations"] = json!({"airunway.ai/recipe.id": HOSTILE});
            });
            let get = "GET /apis/airunway.ai/v1alpha1/namespaces/default/modeldeployments/evil";
            against(sandbox, vec![Reply::json(get, 200, &live)], &["recipe", "diff", "evil", "--offline"])
        }),
        ("-v", |sandbox| {
            against(sandbox, vec![providers()], &[&DEPLOY[..], &["-v", "6", "-n", HOSTILE]].concat())
        }),
    ]);
}

#[test]
fn kubeconfigs_and_plugins() {
    hold(&[
        ("names of a kubeconfig", |sandbox| {
            let config = json!({
                "apiVersion": "v1", "kind": "Config", "current-context": HOSTILE,
                "contexts": [{"name": HOSTILE, "context": {"cluster": HOSTILE, "user": HOSTILE}}],
            });
            sandbox.write(".kube/config", ascii(&config));
            run(sandbox, &DEPLOY)
        }),
        ("a context that is not there", |sandbox| {
            let config = json!({
                "apiVersion": "v1", "kind": "Config",
                "contexts": [{"name": HOSTILE, "context": {"cluster": "c", "user": "u"}}],
            });
            sandbox.write(".kube/config", ascii(&config));
            run(sandbox, &[&DEPLOY[..], &["--context", "other"]].concat())
        }),
        ("a plugin that is not there", |sandbox| {
            let exec = json!({
                "apiVersion": "client.authentication.k8s.io/v1", "command": format!("no-{HOSTILE}"), "installHint": HOSTILE,
            });
            with_plugin(sandbox, &exec)
        }),
        ("a plugin that fails", |sandbox| {
            sandbox.write("words", HOSTILE);
            sandbox.write(".kube/login", "#!/bin/sh\ncat words >&2\nexit 1\n");
            let script = sandbox.path().join(".kube/login");
            std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
            with_plugin(
                sandbox,
                &json!({
                    "apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "interactiveMode": "Never",
                }),
            )
        }),
    ]);
}

fn with_plugin(sandbox: &Sandbox, exec: &Value) -> Run {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"exec": exec}}],
    });
    sandbox.write(".kube/config", ascii(&config));
    run(sandbox, &DEPLOY)
}

#[test]
fn a_name_that_would_have_to_be_escaped_is_not_completed() {
    let sandbox = Sandbox::new();
    let config = json!({
        "apiVersion": "v1", "kind": "Config",
        "contexts": [{"name": HOSTILE, "context": {"cluster": "c", "user": "u"}}, {"name": "good", "context": {"cluster": "c", "user": "u"}}],
    });
    sandbox.write(".kube/config", ascii(&config));
    let mut command = sandbox.command(&["deploy", "org/m", "--context", ""]);
    command.env("AIRUNWAY_COMPLETE", "kubectl");
    assert_eq!(sandbox.finish(command, b"").stdout, "good\n:4\n");
}
