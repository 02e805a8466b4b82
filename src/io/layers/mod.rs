//! A file out of an image's layers: only those layers are read that the answer depends on, each to its digest.

mod archive;
mod read;
mod store;
mod unpack;

pub use archive::{Archive, ArchiveError, ArchiveImage};
pub use read::{LayerError, LayerLimits, Outcome, read_layer};

use crate::core::shim::layers::{Search, SearchError, Step};
use std::fs::File;

/// A file that was found.
#[derive(Debug)]
pub struct Extracted {
    /// Its content, in a temporary file without a name.
    pub file: File,
    /// Number of its layer, the lowest is 0.
    pub layer: usize,
    /// How many layers were read, one that was read twice counted twice.
    pub layers_read: usize,
}

/// Why no file was found.
#[derive(Debug)]
pub enum FindError<E> {
    /// The image does not have it; why, as a fragment.
    Missing(String),
    /// The image cannot be searched.
    Search(SearchError),
    /// A layer could not be read.
    Layer(E),
}

/// Searches a path in an image of so many layers; `read` reads one of them and looks for a file at a path in it.
///
/// # Errors
/// There is no such file, or a layer could not be read.
pub async fn find<E>(
    path: &str,
    layers: usize,
    mut read: impl AsyncFnMut(usize, Option<String>) -> Result<Outcome, E>,
) -> Result<Extracted, FindError<E>> {
    let mut search = Search::new(path, layers).map_err(FindError::Search)?;
    let mut layers_read = 0;
    loop {
        let (layer, wanted, known) = match search.step().map_err(FindError::Search)? {
            Step::Read { layer, candidate } => (layer, candidate, false),
            Step::Found { layer, path } => (layer, Some(path), true),
            Step::Missing(why) => return Err(FindError::Missing(why)),
        };
        layers_read += 1;
        match read(layer, wanted.clone()).await.map_err(FindError::Layer)? {
            Outcome::File(file) => return Ok(Extracted { file, layer, layers_read }),
            Outcome::Index(index) if !known => search.learn(layer, index),
            // The layer had it a moment ago, and has the same digest.
            Outcome::Index(_) => {
                let path = wanted.unwrap_or_default();
                return Err(FindError::Missing(format!("/{path} was replaced later in its own layer")));
            }
        }
    }
}
