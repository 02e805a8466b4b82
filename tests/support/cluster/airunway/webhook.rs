//! The webhooks, over HTTPS on loopback: AI Runway's two, and one that gives new
//! pods the faults of their namespace.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::faults::{Fault, Faults, pod_changes};
use super::lapses::Lapse;
use super::registration::Registered;
use super::rules;

/// Where the mutating webhook answers, `airunway-api.md` section 1.
pub const MUTATE: &str = "/mutate-airunway-ai-v1alpha1-modeldeployment";
/// Where the validating webhook answers.
pub const VALIDATE: &str = "/validate-airunway-ai-v1alpha1-modeldeployment";
/// Where new pods get their faults.
pub const PODS: &str = "/pods";

/// What the webhook can accept although it should not.
const ACCEPTS: [Lapse; 7] = [
    Lapse::ProviderMutable,
    Lapse::AcceptsTwoImages,
    Lapse::AcceptsSecondSize,
    Lapse::AcceptsPodOverrides,
    Lapse::AcceptsNestedOverrides,
    Lapse::AcceptsSizing,
    Lapse::AcceptsNoModel,
];

/// The running webhooks.
pub struct Webhooks {
    /// `https://127.0.0.1:PORT`.
    pub url: String,
    /// The authority that signed their certificate, PEM.
    pub authority: String,
}

#[derive(Clone)]
struct World {
    faults: Faults,
    registered: Registered,
}

/// Starts the webhooks on a free port; they end with the runtime.
///
/// # Errors
///
/// A text for a person.
pub async fn start(faults: Faults, registered: Registered) -> Result<Webhooks, String> {
    let (config, authority) =
        certificates().map_err(|error| format!("certificates of the webhooks: {error}"))?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let router = Router::new()
        .route(MUTATE, post(mutate))
        .route(VALIDATE, post(validate))
        .route(PODS, post(pods))
        .with_state(World { faults, registered });
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    let service = TowerToHyperService::new(router);
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                }
            });
        }
    });
    Ok(Webhooks { url: format!("https://127.0.0.1:{port}"), authority })
}

fn certificates() -> Result<(ServerConfig, String), Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(
        vec![CertificateDer::from(leaf.der().to_vec())],
        PrivateKeyDer::try_from(key.serialize_der())?,
    )?;
    Ok((config, authority.pem()))
}

/// The answer to an AdmissionReview: the request's uid and some members.
fn answer(review: &Value, allowed: bool, members: Map<String, Value>) -> Json<Value> {
    let mut response = Map::new();
    response.insert("uid".to_owned(), review.pointer("/request/uid").cloned().unwrap_or_default());
    response.insert("allowed".to_owned(), json!(allowed));
    response.extend(members);
    Json(json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}))
}

fn patch(operations: &Value) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("patchType".to_owned(), json!("JSONPatch"));
    members.insert("patch".to_owned(), json!(BASE64.encode(operations.to_string())));
    members
}

fn object<'a>(review: &'a Value, name: &str) -> &'a Value {
    review.pointer("/request").and_then(|request| request.get(name)).unwrap_or(&Value::Null)
}

fn namespace(review: &Value) -> &str {
    review.pointer("/request/namespace").and_then(Value::as_str).unwrap_or_default()
}

async fn mutate(Json(review): Json<Value>) -> Json<Value> {
    let before = object(&review, "object");
    let after = rules::mutate(before);
    let operations = match after.get("spec") {
        Some(spec) if before.get("spec") != Some(spec) => {
            json!([{"op": "add", "path": "/spec", "value": spec}])
        }
        _ => json!([]),
    };
    answer(&review, true, patch(&operations))
}

async fn validate(State(world): State<World>, Json(review): Json<Value>) -> Json<Value> {
    if world.faults.has(namespace(&review), &Fault::WebhookHangs) {
        world.faults.holds(namespace(&review));
        // Until the API server closes the connection.
        std::future::pending::<()>().await;
    }
    let old = Some(object(&review, "oldObject")).filter(|old| !old.is_null());
    let verdict = rules::validate(object(&review, "object"), old, &world.registered.objects());
    let denial = broken(&world.faults, namespace(&review), object(&review, "object"), verdict.denial);
    let refusal = world.faults.refusal(namespace(&review)).or(denial);
    let mut members = Map::new();
    if !verdict.warnings.is_empty() {
        members.insert("warnings".to_owned(), json!(verdict.warnings));
    }
    if let Some(message) = &refusal {
        members.insert(
            "status".to_owned(),
            json!({"status": "Failure", "reason": "Forbidden", "code": 403, "message": message}),
        );
    }
    answer(&review, refusal.is_none(), members)
}

/// What the webhook says when it breaks a promise, instead of what it should say.
fn broken(faults: &Faults, namespace: &str, object: &Value, denial: Option<String>) -> Option<String> {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let breaks = |lapse: &Lapse| faults.breaks(namespace, name, *lapse);
    if faults.has(namespace, &Fault::WebhookOff) || ACCEPTS.iter().any(breaks) {
        return None;
    }
    if breaks(&Lapse::NamesOneField) {
        return denial.map(|text| text.replace("spec.image ", "an image "));
    }
    if breaks(&Lapse::RefusesAnyOverride) {
        return Some("spec.provider.overrides: Forbidden: overrides are not allowed".to_owned());
    }
    denial
}

async fn pods(State(world): State<World>, Json(review): Json<Value>) -> Json<Value> {
    let pod = object(&review, "object");
    let mut annotations = pod.pointer("/metadata/annotations").cloned().unwrap_or_else(|| json!({}));
    let mut selector = pod.pointer("/spec/nodeSelector").cloned().unwrap_or_else(|| json!({}));
    let changes = pod_changes(&world.faults.of(namespace(&review)));
    for (place, key, value) in &changes {
        let target = if *place == "annotations" { &mut annotations } else { &mut selector };
        if let Some(target) = target.as_object_mut() {
            target.insert((*key).to_owned(), json!(value));
        }
    }
    if changes.is_empty() {
        return answer(&review, true, Map::new());
    }
    let operations = json!([
        {"op": "add", "path": "/metadata/annotations", "value": annotations},
        {"op": "add", "path": "/spec/nodeSelector", "value": selector},
    ]);
    answer(&review, true, patch(&operations))
}
