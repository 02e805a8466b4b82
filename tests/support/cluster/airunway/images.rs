//! How the Direct vLLM shim asks a registry about an image, `airunway-providers.md`
//! section 4: anonymously, for the digest of a tag and the build it belongs to.

use std::time::Duration;

use kubectl_airunway::core::kind::model_deployment::provider::ImageInput;
use reqwest::header::ACCEPT;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// The shim's time for one resolution.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks for an image with a tag. `registry` (HOST:PORT on loopback) stands for every
/// registry a reference may name; without it nothing can be reached.
pub async fn resolve(registry: Option<&str>, requested: &str) -> ImageInput {
    let (repository, tag) = split(requested);
    let Some(registry) = registry else {
        let host = host(repository).unwrap_or("index.docker.io");
        return ImageInput::Failed(format!(
            "resolve image reference \"{requested}\": Get \"https://{host}/v2/\": dial tcp: connect: connection refused"
        ));
    };
    let path = host(repository)
        .and_then(|host| repository.strip_prefix(host)?.strip_prefix('/'))
        .unwrap_or(repository);
    match tokio::time::timeout(LIMIT, ask(registry, path, tag)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => ImageInput::Failed(format!("resolve image reference \"{requested}\": {error}")),
        Err(_) => {
            ImageInput::Failed(format!("resolve image reference \"{requested}\": context deadline exceeded"))
        }
    }
}

async fn ask(registry: &str, path: &str, tag: &str) -> Result<ImageInput, String> {
    let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    let url = |kind: &str, name: &str| format!("http://{registry}/v2/{path}/{kind}/{name}");
    let bytes = get(&client, &url("manifests", tag)).await?;
    let digest = format!("sha256:{}", hex(&Sha256::digest(&bytes)));
    let mut manifest: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    // Of an index, the manifest of the platform the shim runs on.
    let first = manifest.get("manifests").and_then(Value::as_array).and_then(|entries| {
        let linux =
            |entry: &&Value| entry.pointer("/platform/architecture").and_then(Value::as_str) == Some("amd64");
        entries.iter().find(linux).or(entries.first())
    });
    if let Some(child) = first.and_then(|entry| entry.get("digest")).and_then(Value::as_str) {
        let bytes = get(&client, &url("manifests", child)).await?;
        manifest = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    }
    let config = match manifest.pointer("/config/digest").and_then(Value::as_str) {
        // What is said about the build is best effort.
        Some(config) => get(&client, &url("blobs", config))
            .await
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok()),
        None => None,
    }
    .unwrap_or(Value::Null);
    let label = |name: &str| {
        config.pointer("/config/Labels").and_then(|labels| labels.get(name)).and_then(Value::as_str)
    };
    let created = config.get("created").and_then(Value::as_str).or(label("org.opencontainers.image.created"));
    Ok(ImageInput::Resolved {
        digest,
        created_at: created.map(str::to_owned),
        revision: label("org.opencontainers.image.revision").map(str::to_owned),
        age: created.and_then(age),
    })
}

async fn get(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let answer = client
        .get(url)
        .header(ACCEPT, MANIFESTS)
        .send()
        .await
        .map_err(|error| format!("Get \"{url}\": {error}"))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("GET {url}: unexpected status code {}", status));
    }
    answer.bytes().await.map(|bytes| bytes.to_vec()).map_err(|error| format!("Get \"{url}\": {error}"))
}

/// Repository and tag of a reference that has a tag.
fn split(reference: &str) -> (&str, &str) {
    reference.rsplit_once(':').unwrap_or((reference, "latest"))
}

/// The registry a repository names, if it names one.
fn host(repository: &str) -> Option<&str> {
    let (first, _) = repository.split_once('/')?;
    (first.contains(['.', ':']) || first == "localhost").then_some(first)
}

/// How old a build is: whole days, else hours, else minutes.
fn age(created: &str) -> Option<String> {
    let created: jiff::Timestamp = created.parse().ok()?;
    let seconds = jiff::Timestamp::now().as_second().saturating_sub(created.as_second()).max(0);
    Some(match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, _) => format!("{hours}h"),
        (days, _, _) => format!("{days}d"),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
