//! What is inside an image besides its layers: the configuration, and the tables of contents of image archives.
//!
//! OCI image specification 1.1 (config.md, image-layout.md) and the archives that `docker save` writes.

use oci_spec::image::{ANNOTATION_REF_NAME, Config, ImageConfiguration, ImageIndex};
use serde::Deserialize;

use crate::core::image::{Descriptor, Digest, Platform, is_attestation};

/// What AI Runway's manifests start in every shim image, whatever the image says (airunway-providers.md section 10).
pub const PROGRAM: &str = "/provider";
/// Where a program without a path is searched when the image does not say, as in Docker.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Most directories that a program without a path is searched in.
const MAX_SEARCHED: usize = 16;
/// Annotation with the whole reference of an image, as containerd writes it beside [`ANNOTATION_REF_NAME`].
const IMAGE_NAME: &str = "io.containerd.image.name";

/// A file of an archive that is not what it should be; a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// What an image's configuration says about running it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunConfig {
    /// Platform of the image.
    pub platform: Option<Platform>,
    /// Paths of the program that a container of it runs, the first that exists counts.
    pub programs: Vec<String>,
    /// Digests of the unpacked layers, the lowest first.
    pub diff_ids: Vec<Digest>,
}

impl RunConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When it is not the JSON that the specification describes.
    pub fn parse(body: &[u8]) -> Result<RunConfig, Unreadable> {
        let config: ImageConfiguration = serde_json::from_slice(body).map_err(unreadable)?;
        let diff_ids = config.rootfs().diff_ids().iter().map(|id| id.parse()).collect::<Result<_, _>>();
        Ok(RunConfig {
            platform: Platform::of(&config),
            programs: programs(&config.config().clone().unwrap_or_default()),
            diff_ids: diff_ids.map_err(unreadable)?,
        })
    }
}

/// Where the program of `Entrypoint` and `Cmd` may be; [`PROGRAM`] where the image names none.
fn programs(run: &Config) -> Vec<String> {
    let first = |list: &Option<Vec<String>>| list.as_ref().and_then(|list| list.first().cloned());
    let program = first(run.entrypoint()).or_else(|| first(run.cmd())).filter(|program| !program.is_empty());
    let Some(program) = program else { return vec![PROGRAM.to_owned()] };
    if program.starts_with('/') {
        return vec![program];
    }
    if program.contains('/') {
        let folder = run.working_dir().as_deref().unwrap_or("/");
        return vec![format!("/{folder}/{program}")];
    }
    let path = run.env().iter().flatten().find_map(|variable| variable.strip_prefix("PATH="));
    let folders = path.unwrap_or(DEFAULT_PATH).split(':').filter(|folder| !folder.is_empty());
    folders.take(MAX_SEARCHED).map(|folder| format!("{folder}/{program}")).collect()
}

/// One image of a `docker save` archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedImage {
    /// Member with the configuration.
    pub config: String,
    /// References that it was saved under.
    pub tags: Vec<String>,
    /// Members with the layers, the lowest first.
    pub layers: Vec<String>,
}

/// The images of a `docker save` archive, from its `manifest.json`.
///
/// # Errors
/// When it is not such a file.
pub fn saved_images(body: &[u8]) -> Result<Vec<SavedImage>, Unreadable> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Raw {
        config: String,
        repo_tags: Option<Vec<String>>,
        layers: Option<Vec<String>>,
    }
    let raw: Vec<Raw> = serde_json::from_slice(body).map_err(unreadable)?;
    let images = raw.into_iter().map(|raw| SavedImage {
        config: raw.config,
        tags: raw.repo_tags.unwrap_or_default(),
        layers: raw.layers.unwrap_or_default(),
    });
    Ok(images.collect())
}

/// One entry of an OCI layout's `index.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutEntry {
    /// Where its manifest is.
    pub descriptor: Descriptor,
    /// Names that it has there: tags or whole references.
    pub names: Vec<String>,
}

/// The images of an OCI layout, from its `index.json`; attestations are left out.
///
/// # Errors
/// When it is not such a file.
pub fn layout_entries(body: &[u8]) -> Result<Vec<LayoutEntry>, Unreadable> {
    let index: ImageIndex = serde_json::from_slice(body).map_err(unreadable)?;
    let images = index.manifests().iter().filter(|listed| !is_attestation(listed));
    let entry = |listed: &oci_spec::image::Descriptor| {
        let named =
            |name| listed.annotations().as_ref().and_then(|annotations| annotations.get(name).cloned());
        let names = [IMAGE_NAME, ANNOTATION_REF_NAME].into_iter().filter_map(named).collect();
        Ok(LayoutEntry { descriptor: listed.clone().try_into().map_err(unreadable)?, names })
    };
    images.map(entry).collect()
}

fn unreadable(error: impl ToString) -> Unreadable {
    Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn programs_of(config: serde_json::Value) -> Vec<String> {
        let rootfs = json!({"type": "layers", "diff_ids": []});
        let body =
            json!({"os": "linux", "architecture": "amd64", "config": config, "rootfs": rootfs}).to_string();
        RunConfig::parse(body.as_bytes()).unwrap().programs
    }

    #[test]
    fn the_program_is_that_of_entrypoint_then_of_cmd_then_the_usual_one() {
        assert_eq!(programs_of(json!({"Entrypoint": ["/run"], "Cmd": ["/x"]})), ["/run"]);
        assert_eq!(programs_of(json!({"Entrypoint": [], "Cmd": ["/x"]})), ["/x"]);
        assert_eq!(programs_of(json!({"Entrypoint": null})), ["/provider"]);
        assert_eq!(programs_of(json!(null)), ["/provider"]);
        assert_eq!(programs_of(json!({"Cmd": ["bin/run"], "WorkingDir": "/app"})), ["//app/bin/run"]);
        let searched = programs_of(json!({"Cmd": ["run"], "Env": ["A=b", "PATH=/a::/b"]}));
        assert_eq!(searched, ["/a/run", "/b/run"]);
    }

    #[test]
    fn tables_of_contents_are_read_and_others_refused() {
        let saved = json!([{"Config": "c.json", "RepoTags": ["a:b"], "Layers": ["l/layer.tar"]}]).to_string();
        let image = saved_images(saved.as_bytes()).unwrap().remove(0);
        assert_eq!(
            (image.config.as_str(), image.tags, image.layers),
            ("c.json", vec!["a:b".into()], vec!["l/layer.tar".into()])
        );
        let digest = Digest::of(b"m");
        let index = json!({"schemaVersion": 2, "manifests": [
            {"mediaType": "m", "digest": digest.as_str(), "size": 1, "annotations": {ANNOTATION_REF_NAME: "v1"}},
            {"mediaType": "m", "digest": digest.as_str(), "size": 1, "platform": {"os": "unknown", "architecture": "unknown"}},
        ]});
        let entries = layout_entries(index.to_string().as_bytes()).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].names, ["v1"]);
        for bad in ["", "{}", "[1]", "{\"manifests\": [{\"digest\": \"x\", \"size\": 1}]}"] {
            assert!(layout_entries(bad.as_bytes()).is_err(), "{bad}");
            assert!(saved_images(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
