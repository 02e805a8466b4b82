//! A large file read in pieces, so that it can be worked on by several threads and dropped piece by piece.

use std::ops::Range;
use std::sync::Arc;

use super::MAX_DOCUMENTS;
use super::json;
use super::parse::{
    Document, Part, Salvaged, Splitter, has_content, is_json, parse_ranges, parse_source, salvage,
};
use super::source::{Source, SyntaxError};

/// Text of one piece, in bytes: small enough that two threads end at about the same time.
const PIECE_BYTES: usize = 32 << 10;

/// A file cut between documents.
///
/// The numbers of the documents are known before they are read, from a look at the text. When a piece turns out to hold
/// another number of documents, or cannot be read, its reader says so and the file has to be read with
/// [`Pieces::whole`], which finds the right numbers and places.
pub struct Pieces {
    source: Arc<Source>,
    is_json: bool,
    pieces: Vec<Piece>,
}

struct Piece {
    /// Documents of YAML, or one run of JSON values.
    ranges: Vec<Range<usize>>,
    /// Number of its first document.
    first: usize,
    /// How many documents it should have.
    count: usize,
}

/// A file that was opened.
pub enum Reading {
    /// Its documents.
    Whole(Vec<Document>),
    /// A large file, to be read in pieces.
    Pieces(Pieces),
    /// What can be read of a file that cannot be read whole; there is a flaw at least.
    Flawed(Salvaged),
}

/// Reads a file, a large one only as far as it takes to cut it in pieces.
///
/// # Errors
/// Text that cannot be decoded or is too large.
pub fn open(text: Vec<u8>) -> Result<Reading, SyntaxError> {
    let source = Source::decode_owned(text)?;
    let pieces = match source.text() {
        small if small.len() < 2 * PIECE_BYTES => Vec::new(),
        json if is_json(json) => json_pieces(json),
        yaml => yaml_pieces(yaml),
    };
    let count: usize = pieces.iter().map(|piece| piece.count).sum();
    if pieces.len() < 2 || count > MAX_DOCUMENTS {
        return Ok(whole(&Arc::new(source)));
    }
    Ok(Reading::Pieces(Pieces { is_json: is_json(source.text()), source: Arc::new(source), pieces }))
}

impl Pieces {
    /// Reads the file whole, for the right numbers and places: never in pieces again.
    pub fn whole(self) -> Reading {
        whole(&self.source)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Reads the documents of one piece; `None` when the file has to be read whole.
    pub fn read(&self, index: usize) -> Option<Vec<Document>> {
        let piece = self.pieces.get(index)?;
        let parts: Vec<Part> = if self.is_json {
            json::parse_range(&self.source, piece.ranges.first()?.clone()).ok()?
        } else {
            parse_ranges(&self.source, &piece.ranges).ok()?
        };
        let document = |(index, part)| Document::new(part, piece.first + index, &self.source);
        (parts.len() == piece.count).then(|| parts.into_iter().enumerate().map(document).collect())
    }
}

fn whole(source: &Arc<Source>) -> Reading {
    match parse_source(Arc::clone(source)) {
        Ok(documents) => Reading::Whole(documents),
        Err(error) => {
            let mut salvaged = salvage(source);
            if salvaged.flaws.is_empty() {
                salvaged.flaws.push((1, error));
            }
            Reading::Flawed(salvaged)
        }
    }
}

fn yaml_pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut first = 1;
    for range in Splitter::new(text) {
        let count = usize::from(has_content(text.get(range.clone()).unwrap_or_default()));
        match pieces.last_mut() {
            Some(piece)
                if piece.ranges.first().is_some_and(|start| range.end - start.start <= PIECE_BYTES) =>
            {
                piece.ranges.push(range);
                piece.count += count;
            }
            _ => pieces.push(Piece { ranges: vec![range], first, count }),
        }
        first += count;
    }
    pieces
}

fn json_pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut start, mut first) = (0, 1);
    while start < text.len() {
        let end = json::boundary(text, start + PIECE_BYTES).unwrap_or(text.len());
        let count = json::boundaries(text.get(start..end).unwrap_or_default()) + 1;
        pieces.push(Piece { ranges: std::iter::once(start..end).collect(), first, count });
        first += count;
        start = end;
    }
    pieces
}
