//! Members of an image archive by name: a tar file, packed or not, or a directory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::read::{LayerError, LayerLimits, Member, walk};
use super::unpack::unpack;
use crate::core::shim::layers::{Node, clean};

/// Most links inside an archive that are followed to one member; old versions of Docker save layers that are the same
/// as links.
const MAX_LINKS: usize = 4;
/// How much of an archive is read to find one member.
const LIMITS: LayerLimits =
    LayerLimits { packed: 64 << 30, unpacked: 64 << 30, members: 200_000, paths: 16 << 20, file: 0 };

/// Where the members are.
#[derive(Debug)]
pub(super) enum Store {
    Tar(PathBuf),
    Folder(PathBuf),
}

/// What stands at a name in a tar archive.
enum Found<T> {
    Content(T),
    Link(String),
}

impl Store {
    /// A store at a path; nothing is read yet.
    pub(super) fn at(path: &Path) -> Store {
        if path.is_dir() { Store::Folder(path.to_owned()) } else { Store::Tar(path.to_owned()) }
    }

    /// Reads one member with `read`; `None` when there is no such member.
    pub(super) fn with<T>(
        &self,
        name: &str,
        mut read: impl FnMut(&mut dyn Read) -> Result<T, LayerError>,
    ) -> Result<Option<T>, LayerError> {
        let Some(mut name) = clean(name) else { return Ok(None) };
        match self {
            Store::Folder(folder) => match File::open(folder.join(name)) {
                Ok(mut file) => read(&mut file).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(LayerError::Malformed(error.to_string())),
            },
            Store::Tar(path) => {
                for _ in 0..MAX_LINKS {
                    match look(path, &name, &mut read)? {
                        None => return Ok(None),
                        Some(Found::Content(content)) => return Ok(Some(content)),
                        Some(Found::Link(target)) => name = target,
                    }
                }
                Ok(None)
            }
        }
    }
}

fn look<T>(
    path: &Path,
    name: &str,
    read: &mut impl FnMut(&mut dyn Read) -> Result<T, LayerError>,
) -> Result<Option<Found<T>>, LayerError> {
    let failed = |error: io::Error| LayerError::Malformed(error.to_string());
    let source = unpack(File::open(path).map_err(failed)?).map_err(failed)?.take(LIMITS.unpacked);
    walk(source, &LIMITS, |Member { path, node, content, .. }| {
        if path != name {
            return Ok(None);
        }
        match node {
            Node::File => read(content).map(|content| Some(Found::Content(content))),
            Node::Link(target) => Ok(beside(&path, &target).map(Found::Link)),
            Node::HardLink(target) => Ok(clean(&target).map(Found::Link)),
            Node::Folder | Node::Other => Ok(None),
        }
    })
}

/// Where a link leads that stands at a path, as long as it stays in the archive.
fn beside(path: &str, target: &str) -> Option<String> {
    let mut folder: Vec<&str> = path.split('/').collect();
    folder.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folder.pop()?;
            }
            part => folder.push(part),
        }
    }
    Some(folder.join("/"))
}
