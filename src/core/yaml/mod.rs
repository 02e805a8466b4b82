//! YAML and JSON in and out, as kubectl reads and writes them.
//!
//! [`parse`] reads a file of documents into plain JSON values, and remembers where every member stands, so that a finding
//! about `spec.env[0].name` can name its line. Scalars are read by the rules of the Go library that kubectl uses
//! (`sigs.k8s.io/yaml`, YAML 1.1), because `yes` and `017` must mean here what they will mean there. [`to_yaml`] writes a
//! value so that the same library reads it back unchanged.

mod build;
mod json;
mod marks;
mod merge;
mod parse;
mod path;
mod pieces;
mod plain;
mod quick;
mod scalar;
mod source;
mod strict;
mod write;

pub use marks::{Mark, ScalarForm};
pub use parse::{Document, DuplicateKey, MAX_FLAWS, Salvaged, parse};
pub use path::Segment;
pub use pieces::{Pieces, Reading, open};
pub use source::{Position, SyntaxError};
pub use write::{to_yaml, to_yaml_documents, write_yaml};

/// Largest input in bytes; a cluster's largest object is 3 MiB, so this is a file of many.
pub const MAX_BYTES: usize = 64 << 20;
/// Largest number of documents in one input.
pub const MAX_DOCUMENTS: usize = 100_000;
/// Largest number of values (scalars, lists and maps) in one document.
pub const MAX_NODES: usize = 1_000_000;
/// Deepest nesting of lists and maps, chosen so that no recursive reader or destructor of a value can exhaust a stack.
pub const MAX_DEPTH: usize = 120;
/// Most repeated keys of one document that are told.
pub const MAX_DUPLICATES: usize = 100;
/// Largest volume that the anchors of one document may copy, in bytes of text plus [`NODE_COST`] for each value.
pub const MAX_ALIAS_VOLUME: usize = 16 << 20;
/// What one value counts for in [`MAX_ALIAS_VOLUME`], in bytes.
pub const NODE_COST: usize = 64;

#[cfg(test)]
mod tests;
