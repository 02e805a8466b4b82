//! Images of several layers, with any members in them.

use std::io::Write as _;

use serde_json::{Value, json};

use super::content::{Image, MANIFEST_TYPE, digest};

/// A member of a layer.
pub enum Member {
    File(&'static str, Vec<u8>),
    Link(&'static str, &'static str),
    HardLink(&'static str, &'static str),
    Folder(&'static str),
}

/// A tar archive.
pub fn tar(members: &[Member]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for member in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(0);
        match member {
            Member::File(path, content) => {
                header.set_size(content.len() as u64);
                builder.append_data(&mut header, path, content.as_slice())
            }
            Member::Link(path, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                builder.append_link(&mut header, path, target)
            }
            Member::HardLink(path, target) => {
                header.set_entry_type(tar::EntryType::Link);
                builder.append_link(&mut header, path, target)
            }
            Member::Folder(path) => {
                header.set_entry_type(tar::EntryType::Directory);
                builder.append_data(&mut header, path, std::io::empty())
            }
        }
        .expect("a member of an archive");
    }
    builder.into_inner().expect("an archive")
}

/// Bytes packed by gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed bytes");
    encoder.finish().expect("packed bytes")
}

/// Bytes packed by zstd, in two frames with a skipped one before them, as zstd:chunked layers are.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let frame =
        |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest);
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let (first, second) = bytes.split_at(bytes.len() / 2);
    [&skipped[..], &frame(first), &frame(second)].concat()
}

/// An image under construction.
pub struct Layered {
    layers: Vec<Vec<u8>>,
    diff_ids: Vec<String>,
    config: Value,
    architecture: String,
}

impl Layered {
    /// An image for linux/amd64 whose program is `/provider`.
    pub fn new() -> Layered {
        let config = json!({"Entrypoint": ["/provider"]});
        Layered { layers: Vec::new(), diff_ids: Vec::new(), config, architecture: "amd64".to_owned() }
    }

    /// Puts a layer on top of the others; `pack` stores it.
    pub fn layer(mut self, members: &[Member], pack: fn(&[u8]) -> Vec<u8>) -> Layered {
        let archive = tar(members);
        self.diff_ids.push(digest(&archive));
        self.layers.push(pack(&archive));
        self
    }

    /// Puts bytes on top that may be no layer at all.
    pub fn raw(mut self, bytes: Vec<u8>) -> Layered {
        self.diff_ids.push(digest(&bytes));
        self.layers.push(bytes);
        self
    }

    /// Says how it is run.
    pub fn config(mut self, config: Value) -> Layered {
        self.config = config;
        self
    }

    /// For another processor.
    pub fn architecture(mut self, architecture: &str) -> Layered {
        self.architecture = architecture.to_owned();
        self
    }

    /// Digests of the stored layers, the lowest first.
    pub fn digests(&self) -> Vec<String> {
        self.layers.iter().map(|layer| digest(layer)).collect()
    }

    /// The configuration as it is stored.
    pub fn configuration(&self) -> Vec<u8> {
        let rootfs = json!({"type": "layers", "diff_ids": self.diff_ids});
        json!({"os": "linux", "architecture": self.architecture, "config": self.config, "rootfs": rootfs})
            .to_string()
            .into_bytes()
    }

    /// Manifest and blobs.
    pub fn build(&self) -> Image {
        let config = self.configuration();
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| {
                // What packs a layer is told by its bytes; types are at times wrong.
                json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(layer), "size": layer.len()})
            })
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len()},
            "layers": layers,
        });
        let mut blobs = vec![(digest(&config), config)];
        blobs.extend(self.layers.iter().map(|layer| (digest(layer), layer.clone())));
        Image { manifest: manifest.to_string().into_bytes(), blobs }
    }

    /// What `docker save` writes: a list of names and bytes; the first layer is a link to itself under another name.
    pub fn saved(&self, tag: &str) -> Vec<(String, Vec<u8>)> {
        let config = self.configuration();
        let name = format!("{}.json", digest(&config).trim_start_matches("sha256:"));
        let layer = |number: usize| format!("{number}/layer.tar");
        let names: Vec<String> = (0..self.layers.len()).map(layer).collect();
        let table = json!([{"Config": name, "RepoTags": [tag], "Layers": names}]);
        let mut members: Vec<(String, Vec<u8>)> =
            self.layers.iter().enumerate().map(|(number, bytes)| (layer(number), bytes.clone())).collect();
        members.push((name, config));
        members.push(("manifest.json".to_owned(), table.to_string().into_bytes()));
        members
    }

    /// An OCI layout: a list of names and bytes.
    pub fn layout(&self, reference: &str) -> Vec<(String, Vec<u8>)> {
        let image = self.build();
        let manifest = digest(&image.manifest);
        let index = json!({"schemaVersion": 2, "manifests": [{
            "mediaType": MANIFEST_TYPE, "digest": manifest, "size": image.manifest.len(),
            "annotations": {"org.opencontainers.image.ref.name": reference},
        }]});
        let blob = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
        let mut members = vec![
            ("oci-layout".to_owned(), b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec()),
            ("index.json".to_owned(), index.to_string().into_bytes()),
            (blob(&manifest), image.manifest.clone()),
        ];
        members.extend(image.blobs.into_iter().map(|(digest, bytes)| (blob(&digest), bytes)));
        members
    }
}

/// A tar archive of names and bytes.
pub fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes.as_slice()).expect("a member of an archive");
    }
    builder.into_inner().expect("an archive")
}
