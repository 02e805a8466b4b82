//! The content of an image: its configuration, and its layers one at a time.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::client::{Registry, Resolved, failed};
use super::error::{RegistryError, RegistryErrorKind as Kind};
use super::session::{Got, Wanted};
use super::transport::bounded;
use crate::core::image::{Descriptor, Digest, Endpoint, ImageRef, Platform};
use crate::io::http::last_cause;

/// Longest that one layer may take, in seconds.
pub const LAYER_SECONDS: u64 = 600;

/// An image of one platform, whose layers can be read.
#[derive(Debug)]
pub struct RemoteImage {
    registry: Registry,
    image: ImageRef,
    endpoint: Endpoint,
    /// What its reference names.
    pub resolved: Resolved,
    /// Digest of the manifest of this platform.
    pub digest: Digest,
    /// The configuration, checked against its digest.
    pub config: Vec<u8>,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
}

impl Registry {
    /// Reads manifest and configuration of an image; no layer yet.
    ///
    /// # Errors
    /// As [`Registry::config`].
    pub async fn open(&self, image: &ImageRef, platform: &Platform) -> Result<RemoteImage, RegistryError> {
        let resolved = self.resolve(image, Some(platform)).await?;
        let (answered, config, layers) = self.image_manifest(image, platform).await?;
        let config = self.blob(image, &answered.endpoint, &config).await?;
        Ok(RemoteImage {
            registry: self.clone(),
            image: image.clone(),
            endpoint: answered.endpoint.clone(),
            digest: answered.resolved.digest.clone(),
            resolved,
            config,
            layers,
        })
    }
}

impl RemoteImage {
    /// Downloads a layer and hands it on piece by piece, until all is there or the receiver is gone. Whoever reads has to
    /// check the digest.
    ///
    /// # Errors
    /// A failed request, more bytes than the manifest promises, or a time limit.
    pub async fn download(&self, layer: &Descriptor, to: Sender<Vec<u8>>) -> Result<(), RegistryError> {
        let wrong = |kind| failed(&self.image, &self.endpoint, kind);
        let (path, what) = (format!("blobs/{}", layer.digest), format!("layer {}", layer.digest));
        let wanted =
            Wanted { path: &path, accept: "*/*", limit: 0, body: "layer", what: &what, streamed: true };
        let deadline = Instant::now() + Duration::from_secs(LAYER_SECONDS);
        let Got { answer, .. } = self.registry.get(&self.image, &self.endpoint, &wanted, deadline).await?;
        let Some(mut response) = answer.rest else { return Ok(()) };
        let host = &self.endpoint.host;
        let (limit, total) = (self.registry.limits().body, Duration::from_secs(LAYER_SECONDS));
        let mut received = 0_u64;
        loop {
            let piece = bounded(limit, deadline, total, "send the whole layer", host, response.chunk()).await;
            let piece = piece
                .map_err(wrong)?
                .map_err(|error| wrong(Kind::CutOff { host: host.clone(), detail: last_cause(error) }))?;
            let Some(piece) = piece else { return Ok(()) };
            received = received.saturating_add(piece.len() as u64);
            if received > layer.size {
                let limit = usize::try_from(layer.size).unwrap_or(usize::MAX);
                return Err(wrong(Kind::TooLarge { host: host.clone(), limit, what: "layer" }));
            }
            if to.send(piece.to_vec()).await.is_err() {
                return Ok(());
            }
        }
    }
}
