//! One layer: a tar stream that is read until the wanted file, and hashed to its end.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::rc::Rc;

use tar::{Archive, EntryType};

use super::unpack::unpack;
use crate::core::image::{Digest, Hasher};
use crate::core::shim::layers::{LayerIndex, MAX_PATH_BYTES, Node, clean};

/// Longest extended header of a member, in bytes: long names and attributes.
const MAX_HEADER_BYTES: u64 = 1 << 20;
/// Piece of a copy, in bytes.
const PIECE: usize = 64 << 10;

/// How much of a layer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerLimits {
    /// Bytes as they are stored.
    pub packed: u64,
    /// Bytes after unpacking, up to the wanted file.
    pub unpacked: u64,
    /// Members.
    pub members: usize,
    /// Bytes of all paths together.
    pub paths: usize,
    /// Bytes of the wanted file.
    pub file: u64,
}

impl Default for LayerLimits {
    /// Ten times what images of AI Runway and of CUDA programs have.
    fn default() -> LayerLimits {
        LayerLimits { packed: 8 << 30, unpacked: 16 << 30, members: 500_000, paths: 64 << 20, file: 1 << 30 }
    }
}

/// What reading a layer gives.
#[derive(Debug)]
pub enum Outcome {
    /// The wanted file, in a temporary file without a name.
    File(File),
    /// The layer has no such file; all that it has.
    Index(LayerIndex),
}

/// Why a layer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum LayerError {
    /// The bytes are not those that were promised.
    #[error("its digest is {received}, expected {promised}")]
    WrongDigest {
        /// Digest of what was read.
        received: Digest,
        /// What was promised.
        promised: Digest,
    },
    /// More than any honest layer has.
    #[error("it has more than {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        limit: u64,
    },
    /// The wanted file is larger than any shim.
    #[error("/{path} has {size} bytes, limit {limit}")]
    FileTooLarge {
        path: String,
        /// Its size, as the layer says.
        size: u64,
        limit: u64,
    },
    /// No layer, or a broken one.
    #[error("it cannot be read as a tar archive: {0}")]
    Malformed(String),
    /// The temporary file cannot be written.
    #[error("cannot write a temporary file: {0}")]
    Temporary(String),
}

/// Reads a layer and looks for a regular file at `wanted`, a path as [`clean`] writes it.
///
/// The search stops at the file; what is left of the layer is hashed without being unpacked, so that nothing is handed
/// out that does not belong to the digest. Of two members of the same path the first is the file.
///
/// # Errors
/// A limit, another digest than promised, or bytes that are not a layer.
pub fn read_layer(
    source: impl Read,
    promised: Option<&Digest>,
    wanted: Option<&str>,
    limits: &LayerLimits,
) -> Result<Outcome, LayerError> {
    let hasher = promised.map(Hasher::like);
    let mut source = Hashed { source, hasher, count: 0, limit: limits.packed, failed: None };
    let result = scan(&mut source, wanted, limits);
    if let Err(
        too_much @ (LayerError::TooLarge { .. } | LayerError::FileTooLarge { .. } | LayerError::Temporary(_)),
    ) = result
    {
        return Err(too_much);
    }
    let drained = io::copy(&mut source, &mut io::sink());
    if source.count > limits.packed {
        return Err(LayerError::TooLarge { what: "bytes", limit: limits.packed });
    }
    // What the source says of itself explains everything that came of it.
    if let Some(words) = source.failed {
        return Err(LayerError::Malformed(words));
    }
    drained.map_err(malformed)?;
    if let (Some(hasher), Some(promised)) = (source.hasher, promised) {
        let received = hasher.finish();
        if received != *promised {
            return Err(LayerError::WrongDigest { received, promised: promised.clone() });
        }
    }
    result
}

/// Hashes and counts what is read.
struct Hashed<R> {
    source: R,
    hasher: Option<Hasher>,
    count: u64,
    limit: u64,
    failed: Option<String>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.count > self.limit {
            return Err(io::Error::other("the layer is too large"));
        }
        let count = match self.source.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                self.failed = Some(error.to_string());
                return Err(error);
            }
        };
        self.count += count as u64;
        if let (Some(hasher), Some(bytes)) = (&mut self.hasher, buffer.get(..count)) {
            hasher.update(bytes);
        }
        Ok(count)
    }
}

/// Counts what is unpacked, and stops where it is too much.
struct Counted<R> {
    source: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        match self.left.get().checked_sub(count as u64) {
            Some(left) => self.left.set(left),
            None => {
                self.left.set(0);
                return Err(io::Error::other("the unpacked layer is too large"));
            }
        }
        Ok(count)
    }
}

fn scan(source: &mut impl Read, wanted: Option<&str>, limits: &LayerLimits) -> Result<Outcome, LayerError> {
    let left = Rc::new(Cell::new(limits.unpacked));
    let unpacked = Counted { source: unpack(source).map_err(malformed)?, left: Rc::clone(&left) };
    let result = members(unpacked, wanted, limits);
    match result {
        // The limit is reached with an error from the reader, which the archive then words its own way.
        Err(LayerError::Malformed(_)) if left.get() == 0 => {
            Err(LayerError::TooLarge { what: "bytes after unpacking", limit: limits.unpacked })
        }
        result => result,
    }
}

/// Names that come in members of their own, before the member that they belong to.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

fn members(source: impl Read, wanted: Option<&str>, limits: &LayerLimits) -> Result<Outcome, LayerError> {
    let mut index = LayerIndex::default();
    let file = walk(source, limits, |member| {
        if member.node == Node::File && wanted == Some(member.path.as_str()) && index.reaches(&member.path) {
            return extract(member.content, &member.path, member.size, limits).map(Some);
        }
        index.add(&member.path, member.node);
        Ok(None)
    })?;
    Ok(file.map_or(Outcome::Index(index), Outcome::File))
}

/// One member of an archive.
pub(super) struct Member<'a> {
    /// Its path, as [`clean`] writes it.
    pub(super) path: String,
    pub(super) node: Node,
    pub(super) size: u64,
    pub(super) content: &'a mut dyn Read,
}

/// Shows every member of a tar stream to `look`, until it gives something.
pub(super) fn walk<T>(
    source: impl Read,
    limits: &LayerLimits,
    mut look: impl FnMut(Member<'_>) -> Result<Option<T>, LayerError>,
) -> Result<Option<T>, LayerError> {
    let mut archive = Archive::new(source);
    let (mut count, mut paths) = (0, 0);
    let mut extended = Extended::default();
    // Raw, because the library would otherwise hold extended headers of any size in memory.
    for entry in archive.entries().map_err(malformed)?.raw(true) {
        let mut entry = entry.map_err(malformed)?;
        count += 1;
        if count > limits.members {
            return Err(LayerError::TooLarge { what: "entries", limit: limits.members as u64 });
        }
        let kind = entry.header().entry_type();
        if extended.take_in(&mut entry, kind)? {
            continue;
        }
        let names = std::mem::take(&mut extended);
        let link = names.link.or_else(|| entry.link_name_bytes().map(|name| name.into_owned()));
        let path = names.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        let node = node(kind, link, path.ends_with(b"/"))?;
        // A name that is not a text cannot be asked for.
        let Some(path) = std::str::from_utf8(&path).ok().and_then(clean) else { continue };
        if path.is_empty() {
            continue;
        }
        if path.len() > MAX_PATH_BYTES {
            return Err(malformed(format!("a path has more than {MAX_PATH_BYTES} bytes")));
        }
        paths += path.len();
        if paths > limits.paths {
            return Err(LayerError::TooLarge { what: "bytes of paths", limit: limits.paths as u64 });
        }
        let size = entry.size();
        if let Some(found) = look(Member { path, node, size, content: &mut entry })? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn malformed(error: impl ToString) -> LayerError {
    LayerError::Malformed(error.to_string())
}

fn node(kind: EntryType, link: Option<Vec<u8>>, ends_in_slash: bool) -> Result<Node, LayerError> {
    let target = || String::from_utf8_lossy(&link.unwrap_or_default()).into_owned();
    Ok(match kind {
        // Before POSIX a directory was a file whose name ends in a slash.
        EntryType::Regular | EntryType::Continuous if ends_in_slash => Node::Folder,
        EntryType::Regular | EntryType::Continuous => Node::File,
        EntryType::Directory => Node::Folder,
        EntryType::Symlink => Node::Link(target()),
        EntryType::Link => Node::HardLink(target()),
        EntryType::GNUSparse => return Err(malformed("it has a sparse file, which images do not have")),
        _ => Node::Other,
    })
}

impl Extended {
    /// Reads a member that only carries names for the next one; says whether it was one.
    fn take_in(
        &mut self,
        entry: &mut tar::Entry<'_, impl Read>,
        kind: EntryType,
    ) -> Result<bool, LayerError> {
        let slot = match kind {
            EntryType::GNULongName => &mut self.path,
            EntryType::GNULongLink => &mut self.link,
            EntryType::XHeader => {
                let bytes = header(entry)?;
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let broken = || malformed("an extended header is broken");
                    let Record { key, value, rest: next } = record(rest).ok_or_else(broken)?;
                    match key {
                        b"path" => self.path = Some(value.to_vec()),
                        b"linkpath" => self.link = Some(value.to_vec()),
                        _ => {}
                    }
                    rest = next;
                }
                return Ok(true);
            }
            EntryType::XGlobalHeader => return Ok(true),
            _ => return Ok(false),
        };
        let mut name = header(entry)?;
        while name.last() == Some(&0) {
            name.pop();
        }
        *slot = Some(name);
        Ok(true)
    }
}

/// One record of an extended header.
struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
    /// What follows it.
    rest: &'a [u8],
}

/// The first record of an extended header, `LENGTH KEY=VALUE` and a line break (POSIX pax).
///
/// Values may hold line breaks, so only the length tells where a record ends.
fn record(bytes: &[u8]) -> Option<Record<'_>> {
    let blank = bytes.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..blank)?).ok()?.parse().ok()?;
    let body = bytes.get(blank + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some(Record { key: body.get(..equals)?, value: body.get(equals + 1..)?, rest: bytes.get(length..)? })
}

fn header(entry: &mut impl Read) -> Result<Vec<u8>, LayerError> {
    let mut bytes = Vec::new();
    let read = entry.take(MAX_HEADER_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(malformed)?;
    if bytes.len() as u64 > MAX_HEADER_BYTES {
        return Err(LayerError::TooLarge { what: "bytes in one header", limit: MAX_HEADER_BYTES });
    }
    Ok(bytes)
}

fn extract(content: &mut dyn Read, path: &str, size: u64, limits: &LayerLimits) -> Result<File, LayerError> {
    if size > limits.file {
        return Err(LayerError::FileTooLarge { path: path.to_owned(), size, limit: limits.file });
    }
    let temporary = |error: io::Error| LayerError::Temporary(error.to_string());
    let mut file = tempfile::tempfile().map_err(temporary)?;
    let mut buffer = vec![0; PIECE];
    let mut written = 0;
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(malformed(error)),
        };
        file.write_all(buffer.get(..count).unwrap_or_default()).map_err(temporary)?;
        written += count as u64;
    }
    if written < size {
        return Err(malformed(format!("/{path} ends after {written} of {size} bytes")));
    }
    file.flush().map_err(temporary)?;
    Ok(file)
}
