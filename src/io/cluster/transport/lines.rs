//! A body that comes line by line and may never end: watches, followed logs, streamed answers.

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes};

/// A line, or as much of one as is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its bytes, without the line break.
    pub(crate) bytes: Vec<u8>,
    /// How it ended.
    pub(crate) end: LineEnd,
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// With a line break.
    Break,
    /// With the body: the connection may have been cut within it.
    Body,
    /// At the limit; what follows up to the line break is not kept.
    Limit,
}

/// Reads lines of bounded length.
pub(crate) struct Lines<B = kube::client::Body> {
    body: B,
    buffer: Vec<u8>,
    limit: usize,
    /// Whether the rest of a line that was too long is still to come.
    skips: bool,
}

impl<B: Body<Data = Bytes> + Unpin> Lines<B> {
    /// Reads the lines of a body; of each at most `limit` bytes are kept.
    pub(crate) fn of(body: B, limit: usize) -> Lines<B> {
        Lines { body, buffer: Vec::new(), limit, skips: false }
    }

    /// The next line; `None` at the end of the body.
    ///
    /// # Errors
    /// A connection that broke, as the client tells it.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, B::Error> {
        let mut searched = 0;
        loop {
            let found = self.buffer.iter().skip(searched).position(|byte| *byte == b'\n');
            if let Some(length) = found.map(|offset| searched + offset) {
                let rest = self.buffer.split_off(length + 1);
                let mut bytes = std::mem::replace(&mut self.buffer, rest);
                searched = 0;
                if std::mem::take(&mut self.skips) {
                    continue;
                }
                bytes.truncate(length);
                let end = if length > self.limit { LineEnd::Limit } else { LineEnd::Break };
                bytes.truncate(self.limit);
                return Ok(Some(Line { bytes, end }));
            }
            searched = self.buffer.len();
            if self.skips {
                self.buffer.clear();
                searched = 0;
            } else if searched > self.limit {
                self.skips = true;
                let mut bytes = std::mem::take(&mut self.buffer);
                bytes.truncate(self.limit);
                return Ok(Some(Line { bytes, end: LineEnd::Limit }));
            }
            match self.body.frame().await {
                Some(frame) => self.buffer.extend(frame?.data_ref().into_iter().flatten()),
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    let bytes = std::mem::take(&mut self.buffer);
                    return Ok(Some(Line { bytes, end: LineEnd::Body }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// The lines of pieces as they come from a network.
    fn read(pieces: &[&[u8]], limit: usize) -> Vec<(Vec<u8>, LineEnd)> {
        let frames: Vec<Result<Frame<Bytes>, Infallible>> =
            pieces.iter().map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
        let mut lines = Lines::of(StreamBody::new(stream::iter(frames)), limit);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let mut read = Vec::new();
            while let Some(line) = lines.next().await.expect("no broken connection") {
                read.push((line.bytes, line.end));
            }
            read
        })
    }

    #[test]
    fn lines_are_put_together_from_pieces_and_cut_at_the_limit() {
        let line = |text: &str, end| (text.as_bytes().to_vec(), end);
        assert_eq!(
            read(&[b"on", b"e\n\ntwo\nlong", b"er than", b" that\nthree"], 5),
            [
                line("one", LineEnd::Break),
                line("", LineEnd::Break),
                line("two", LineEnd::Break),
                line("longe", LineEnd::Limit),
                line("three", LineEnd::Body),
            ]
        );
        assert_eq!(
            read(&[b"12345\n123456\n"], 5),
            [line("12345", LineEnd::Break), line("12345", LineEnd::Limit)]
        );
        assert_eq!(read(&[], 5), []);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a-c\n]{0,40}", cuts in proptest::collection::vec(0_usize..40, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < text.len()).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&text.as_bytes()[start..cut]);
                start = cut;
            }
            pieces.push(&text.as_bytes()[start..]);
            prop_assert_eq!(read(&pieces, 4), read(&[text.as_bytes()], 4));
        }
    }
}
