//! Where a path leads in an image: layers upon each other, deletions, links (OCI image specification 1.1, layer.md).
//!
//! Pure and lazy: a [`Search`] says which layer has to be read next and is told what it holds, so that no layer is read
//! that the answer does not depend on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Most symbolic links that are followed for one path, as in Linux (`MAXSYMLINKS`).
pub const MAX_LINKS: usize = 40;
/// Longest path, in bytes, as in Linux (`PATH_MAX`).
pub const MAX_PATH_BYTES: usize = 4096;
/// Most layers of one image; the limit of the overlay file systems that run them.
pub const MAX_LAYERS: usize = 128;

/// In front of the name of something that a layer deletes from the layers below.
const WHITEOUT: &str = ".wh.";
/// Marks a directory of which nothing shows through from the layers below.
const OPAQUE: &str = ".wh..wh..opq";

/// What a layer holds at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File,
    /// A symbolic link and where it points.
    Link(String),
    /// A second name of a file of the same layer.
    HardLink(String),
    /// A directory.
    Folder,
    /// A device, a pipe.
    Other,
}

/// Everything that one layer holds, without the content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerIndex {
    nodes: BTreeMap<String, Node>,
    deleted: BTreeSet<String>,
    opaque: BTreeSet<String>,
}

/// Why a search cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// More layers than any runtime mounts.
    #[error("the image has {0} layers, more than the {MAX_LAYERS} that can be run")]
    TooManyLayers(usize),
    /// Links that lead in a circle, or nearly so.
    #[error("{0} leads through more than {MAX_LINKS} links")]
    TooManyLinks(String),
    /// A path that no system opens.
    #[error("a path in the image has more than {MAX_PATH_BYTES} bytes")]
    TooLong,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A layer has to be read. A regular file at `candidate` is what is searched for, and ends the search.
    Read {
        /// Number of the layer, the lowest is 0.
        layer: usize,
        /// The path as [`clean`] writes it.
        candidate: Option<String>,
    },
    /// The file is in a layer that was read before.
    Found {
        /// Number of the layer.
        layer: usize,
        /// The path as [`clean`] writes it.
        path: String,
    },
    /// There is no such file; why, as a fragment.
    Missing(String),
}

/// The path of an archive's member without `.`, empty parts and slashes around it; `None` for one that leaves the
/// directory.
pub fn clean(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl LayerIndex {
    /// Notes one member; `path` as [`clean`] writes it. A later member of the same path replaces an earlier one.
    pub fn add(&mut self, path: &str, node: Node) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name == OPAQUE {
            self.opaque.insert(folder.to_owned());
        } else if let Some(deleted) = name.strip_prefix(WHITEOUT).filter(|name| !name.is_empty()) {
            self.deleted.insert(join(folder, deleted));
        } else {
            self.nodes.insert(path.to_owned(), node);
            return;
        }
        // A layer that deletes in a directory has that directory, whether it lists it or not.
        if !folder.is_empty() {
            self.nodes.entry(folder.to_owned()).or_insert(Node::Folder);
        }
    }

    /// What stands at a path; a directory that only shows in the paths below it counts.
    pub fn node(&self, path: &str) -> Option<&Node> {
        if let Some(node) = self.nodes.get(path) {
            return Some(node);
        }
        let inside = format!("{path}/");
        let (first, _) = self.nodes.range(inside.clone()..).next()?;
        first.starts_with(&inside).then_some(&Node::Folder)
    }

    /// Whether every part above a path is a directory here, or is left to the layers below.
    pub fn reaches(&self, path: &str) -> bool {
        above(path).all(|folder| matches!(self.nodes.get(folder), None | Some(Node::Folder)))
    }

    /// Whether what the layers below have at a path does not show through.
    fn hides(&self, path: &str) -> bool {
        self.deleted.contains(path)
            || self.opaque.contains("")
            || above(path).any(|folder| {
                self.deleted.contains(folder) || self.opaque.contains(folder) || !self.reaches_folder(folder)
            })
    }

    fn reaches_folder(&self, folder: &str) -> bool {
        matches!(self.nodes.get(folder), None | Some(Node::Folder))
    }

    /// The file that a hard link is another name of.
    fn original(&self, target: &str) -> Option<String> {
        let mut path = clean(target)?;
        for _ in 0..MAX_LINKS {
            match self.nodes.get(&path)? {
                Node::File => return Some(path),
                Node::HardLink(target) => path = clean(target)?,
                _ => return None,
            }
        }
        None
    }
}

/// The directories above a path, the nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').filter_map(|(at, _)| path.get(..at))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The search for one file.
#[derive(Debug, Clone)]
pub struct Search {
    wanted: String,
    /// The lowest first; `None` for one that was not read.
    layers: Vec<Option<LayerIndex>>,
}

/// What the layers show at a path.
enum Look<'a> {
    Unread(usize),
    Nothing,
    Node(usize, &'a Node),
}

impl Search {
    /// A search for an absolute path in an image of so many layers.
    ///
    /// # Errors
    /// More layers or a longer path than can be run.
    pub fn new(wanted: &str, layers: usize) -> Result<Search, SearchError> {
        if layers > MAX_LAYERS {
            return Err(SearchError::TooManyLayers(layers));
        }
        if wanted.len() > MAX_PATH_BYTES {
            return Err(SearchError::TooLong);
        }
        Ok(Search { wanted: wanted.to_owned(), layers: vec![None; layers] })
    }

    /// Notes what a layer holds.
    pub fn learn(&mut self, layer: usize, index: LayerIndex) {
        if let Some(slot) = self.layers.get_mut(layer) {
            *slot = Some(index);
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// Links without an end.
    pub fn step(&self) -> Result<Step, SearchError> {
        let mut pending: VecDeque<String> = parts(&self.wanted).collect();
        let mut folder: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = pending.pop_front() {
            if part == ".." {
                folder.pop();
                continue;
            }
            let here = join(&folder.join("/"), &part);
            if here.len() > MAX_PATH_BYTES {
                return Err(SearchError::TooLong);
            }
            match self.look(&here) {
                Look::Unread(layer) => {
                    return Ok(Step::Read { layer, candidate: candidate(&here, &pending) });
                }
                Look::Nothing => return Ok(Step::Missing(format!("/{here} does not exist"))),
                Look::Node(_, Node::Folder) if !pending.is_empty() => folder.push(part),
                Look::Node(_, Node::Folder) => return Ok(Step::Missing(format!("/{here} is a directory"))),
                Look::Node(_, Node::Link(target)) => {
                    links += 1;
                    if links > MAX_LINKS || target.len() > MAX_PATH_BYTES {
                        return Err(SearchError::TooManyLinks(self.wanted.clone()));
                    }
                    if target.starts_with('/') {
                        folder.clear();
                    }
                    for part in parts(target).collect::<Vec<_>>().into_iter().rev() {
                        pending.push_front(part);
                    }
                }
                Look::Node(layer, Node::File) if pending.is_empty() => {
                    return Ok(Step::Found { layer, path: here });
                }
                Look::Node(layer, Node::HardLink(target)) if pending.is_empty() => {
                    let original = self.layers.get(layer).and_then(Option::as_ref);
                    return Ok(match original.and_then(|index| index.original(target)) {
                        Some(path) => Step::Found { layer, path },
                        None => Step::Missing(format!("/{here} is a hard link to nothing")),
                    });
                }
                Look::Node(..) => return Ok(Step::Missing(format!("/{here} is not a regular file"))),
            }
        }
        Ok(Step::Missing(format!("{} is a directory", self.wanted)))
    }

    /// The topmost layer that has something at a path, unless one above it has deleted that.
    fn look(&self, path: &str) -> Look<'_> {
        for (number, layer) in self.layers.iter().enumerate().rev() {
            let Some(index) = layer else { return Look::Unread(number) };
            if let Some(node) = index.node(path) {
                return Look::Node(number, node);
            }
            if index.hides(path) {
                return Look::Nothing;
            }
        }
        Look::Nothing
    }
}

/// The path that is meant if nothing on the way is a link.
fn candidate(here: &str, pending: &VecDeque<String>) -> Option<String> {
    if pending.iter().any(|part| part == "..") {
        return None;
    }
    Some(pending.iter().fold(here.to_owned(), |path, part| join(&path, part)))
}

fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}

#[cfg(test)]
mod tests;
