//! The words of registries.

use super::{HOSTILE, HOSTILE_LINE, Run, hold, run};
use crate::support::Sandbox;
use crate::support::canned::{Reply, serve};
use serde_json::json;

/// A pin against a registry that answers everything alike. The repository is named, so that every row shows something.
fn pin(sandbox: &Sandbox, reply: Reply) -> Run {
    let image = format!("{}/evil/b:c", serve(vec![reply]));
    run(sandbox, &["pin", &image])
}

fn refusal(status: u16) -> Reply {
    Reply::json("", status, &json!({"errors": [{"code": HOSTILE, "message": HOSTILE, "detail": HOSTILE}]}))
}

#[test]
fn registries() {
    hold(&[
        ("denied", |sandbox| pin(sandbox, refusal(403))),
        ("not found", |sandbox| pin(sandbox, refusal(404))),
        ("a login elsewhere", |sandbox| {
            let challenge = format!("Bearer realm=\"http://{HOSTILE_LINE}/\",service=\"{HOSTILE_LINE}\"");
            pin(sandbox, refusal(401).with("www-authenticate", challenge))
        }),
        ("a redirect", |sandbox| {
            pin(sandbox, refusal(307).with("location", format!("http://{HOSTILE_LINE}/")))
        }),
        ("another media type", |sandbox| {
            let headers = vec![("content-type", HOSTILE_LINE.into())];
            pin(sandbox, Reply { to: "", status: 200, headers, body: HOSTILE.into() })
        }),
        ("a manifest", |sandbox| {
            let manifest = json!({
                "schemaVersion": 2,
                "mediaType": HOSTILE,
                "config": {"mediaType": HOSTILE, "digest": HOSTILE, "size": 1},
                "layers": [{"mediaType": HOSTILE, "digest": HOSTILE, "size": 1}],
            });
            let mut reply = Reply::json("", 200, &manifest);
            reply.headers = vec![("content-type", "application/vnd.oci.image.manifest.v1+json".into())];
            pin(sandbox, reply)
        }),
        ("an index", |sandbox| {
            let index = json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": [{
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": format!("sha256:{}", "a".repeat(64)),
                    "size": 1,
                    "platform": {"os": HOSTILE, "architecture": HOSTILE},
                }],
            });
            let mut reply = Reply::json("", 200, &index);
            reply.headers = vec![("content-type", "application/vnd.oci.image.index.v1+json".into())];
            let mut run = pin(sandbox, reply);
            run.command.args(["--platform", "linux/amd64"]);
            run
        }),
        ("a status alone", |sandbox| pin(sandbox, refusal(500))),
    ]);
}
