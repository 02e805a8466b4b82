//! Packed streams: plain, gzip and zstd, told by their first bytes, since media types are at times wrong.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// First bytes of gzip (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// First bytes of a zstd frame (RFC 8878).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// First bytes of a frame that zstd skips, as zstd:chunked layers begin or end with; the first byte is 0x50 to 0x5f.
const ZSTD_SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];
/// Largest window of a zstd frame, in bytes; what `zstd --long` may use without a flag when unpacking.
const MAX_WINDOW: u64 = 128 << 20;
/// Most frames that are skipped in a row.
const MAX_SKIPPED: usize = 1_000;

/// How a stream is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The packing of a stream by its first bytes.
pub(super) fn packing(first: &[u8]) -> Packing {
    let skipped =
        first.first().is_some_and(|byte| byte & 0xf0 == 0x50) && first.get(1..4) == Some(&ZSTD_SKIPPED);
    if first.starts_with(&GZIP) {
        Packing::Gzip
    } else if first.starts_with(&ZSTD) || skipped {
        Packing::Zstd
    } else {
        Packing::Plain
    }
}

/// The unpacked stream.
pub(super) fn unpack<'a>(source: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut source = source;
    let mut first = Vec::with_capacity(ZSTD.len());
    source.by_ref().take(ZSTD.len() as u64).read_to_end(&mut first)?;
    let packing = packing(&first);
    let source = BufReader::with_capacity(64 << 10, io::Cursor::new(first).chain(source));
    Ok(match packing {
        Packing::Plain => Box::new(source),
        Packing::Gzip => Box::new(MultiGzDecoder::new(source)),
        Packing::Zstd => Box::new(Frames { source, frame: None }),
    })
}

/// All frames of a zstd stream, one after the other.
struct Frames<R: BufRead> {
    source: R,
    frame: Option<FrameDecoder>,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(frame) = &mut self.frame else {
                self.frame = next_frame(&mut self.source)?;
                if self.frame.is_none() {
                    return Ok(0);
                }
                continue;
            };
            while frame.can_collect() == 0 && !frame.is_finished() {
                let blocks = BlockDecodingStrategy::UptoBlocks(1);
                frame.decode_blocks(&mut self.source, blocks).map_err(malformed)?;
            }
            if frame.can_collect() == 0 {
                self.frame = None;
                continue;
            }
            return frame.read(buffer);
        }
    }
}

/// The next frame that holds data; `None` at the end of the stream.
fn next_frame(source: &mut impl BufRead) -> io::Result<Option<FrameDecoder>> {
    for _ in 0..MAX_SKIPPED {
        if source.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(MAX_WINDOW);
        match frame.init(&mut *source) {
            Ok(()) => return Ok(Some(frame)),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let length = u64::from(length);
                if io::copy(&mut source.by_ref().take(length), &mut io::sink())? < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Err(error) => return Err(malformed(error)),
        }
    }
    Err(malformed("too many frames without data"))
}

fn malformed(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
