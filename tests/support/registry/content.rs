//! Images small enough to be made on the spot.

use sha2::Digest as _;

pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// A manifest with the type it is sent as.
#[derive(Debug, Clone)]
pub struct Stored {
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// An image that nobody has stored yet.
pub struct Image {
    pub manifest: Vec<u8>,
    pub blobs: Vec<(String, Vec<u8>)>,
}

pub fn digest(bytes: &[u8]) -> String {
    let hash = sha2::Sha256::digest(bytes);
    format!("sha256:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// An image of one layer; `seed` makes its digest its own.
pub fn image(seed: &str, architecture: &str, created: &str) -> Image {
    let layer = format!("layer of {seed} for {architecture}").into_bytes();
    let config = serde_json::json!({
        "os": "linux",
        "architecture": architecture,
        "created": created,
        "config": {"Labels": {"org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567"}},
        "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
    });
    let config = config.to_string().into_bytes();
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(&layer), "size": layer.len()}],
    });
    Image {
        manifest: manifest.to_string().into_bytes(),
        blobs: vec![(digest(&config), config), (digest(&layer), layer)],
    }
}

/// An index of manifests, as digest, size and architecture.
pub fn index(images: &[(String, usize, String)]) -> Vec<u8> {
    let manifests: Vec<_> = images
        .iter()
        .map(|(digest, size, architecture)| {
            serde_json::json!({
                "mediaType": MANIFEST_TYPE,
                "digest": digest,
                "size": size,
                "platform": {"os": "linux", "architecture": architecture},
            })
        })
        .collect();
    serde_json::json!({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": manifests})
        .to_string()
        .into_bytes()
}
