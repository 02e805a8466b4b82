//! A stand-in for what vLLM answers: the paths of an OpenAI server that people and
//! probes use, over HTTP on loopback. It computes nothing and says so.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// When the models were made, as `/v1/models` has it.
const CREATED: u64 = 1_767_225_600;

/// The servers of all namespaces: one each, so that a namespace lists its own
/// models only.
#[derive(Clone, Default)]
pub struct ModelServers(Arc<RwLock<BTreeMap<String, Arc<ModelServer>>>>);

impl ModelServers {
    /// Starts the server of a namespace.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn start(&self, namespace: &str) -> Result<Arc<ModelServer>, String> {
        let server = Arc::new(ModelServer::start().await?);
        if let Ok(mut servers) = self.0.write() {
            servers.insert(namespace.to_owned(), server.clone());
        }
        Ok(server)
    }

    /// Adds a model to what a namespace serves, if it has a server.
    pub fn serve(&self, namespace: &str, model: &str) {
        let server = self.0.read().ok().and_then(|servers| servers.get(namespace).cloned());
        if let Some(server) = server {
            server.serve(model);
        }
    }
}

/// The server of one namespace; it ends with the runtime it was started on.
pub struct ModelServer {
    port: u16,
    models: Models,
}

type Models = Arc<RwLock<Vec<String>>>;

impl ModelServer {
    /// Starts the server on a free port.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn start() -> Result<Self, String> {
        let models = Models::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let router = Router::new()
            .route("/health", get(|| async { StatusCode::OK }))
            .route("/version", get(|| async { Json(json!({"version": "stand-in"})) }))
            .route("/metrics", get(metrics))
            .route("/v1/models", get(list))
            .route("/v1/chat/completions", post(chat))
            .with_state(models.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { port, models })
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Adds a model that is served; one that is there already is not added twice.
    pub fn serve(&self, name: &str) {
        if let Ok(mut models) = self.models.write()
            && !models.iter().any(|model| model == name)
        {
            models.push(name.to_owned());
        }
    }
}

fn names(models: &Models) -> Vec<String> {
    models.read().map(|models| models.clone()).unwrap_or_default()
}

async fn list(State(models): State<Models>) -> Json<Value> {
    let data: Vec<Value> = names(&models)
        .iter()
        .map(|name| json!({"id": name, "object": "model", "created": CREATED, "owned_by": "vllm", "root": name}))
        .collect();
    Json(json!({"object": "list", "data": data}))
}

async fn metrics(State(models): State<Models>) -> String {
    let mut text = String::from("# TYPE vllm:num_requests_running gauge\n");
    for name in names(&models) {
        text.push_str(&format!("vllm:num_requests_running{{model_name=\"{name}\"}} 0\n"));
    }
    text
}

async fn chat(State(models): State<Models>, body: Json<Value>) -> Response {
    let wanted = body.get("model").and_then(Value::as_str).unwrap_or_default();
    if !names(&models).iter().any(|name| name == wanted) {
        let message = format!("The model `{wanted}` does not exist.");
        let error =
            json!({"error": {"message": message, "type": "NotFoundError", "param": "model", "code": 404}});
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    }
    let question = body
        .pointer("/messages")
        .and_then(Value::as_array)
        .and_then(|messages| messages.last())
        .and_then(|message| message.get("content"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let answer = format!("This is a stand-in for {wanted}; it runs on no GPU. You asked: {question}");
    Json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": CREATED, "model": wanted,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": question.split_whitespace().count(), "completion_tokens": answer.split_whitespace().count(),
                  "total_tokens": question.split_whitespace().count() + answer.split_whitespace().count()},
    }))
    .into_response()
}
