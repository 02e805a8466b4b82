//! The last lines that a process has written, whatever it writes.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Most bytes that are kept.
const KEPT: usize = 16 << 10;
/// Most lines that an error shows.
const LINES: usize = 6;
/// Most characters of a line that an error shows.
const LINE: usize = 200;

/// What was written last.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Reads an output to its end, so that the process never waits for a reader.
    pub(super) async fn read(self, mut output: impl AsyncRead + Unpin) {
        let mut piece = vec![0; 8 << 10];
        while let Ok(length @ 1..) = output.read(&mut piece).await {
            self.add(piece.get(..length).unwrap_or_default());
        }
    }

    fn add(&self, piece: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(piece);
        let more = kept.len().saturating_sub(KEPT);
        kept.drain(..more);
    }

    /// The last lines, each cut; empty ones are left out.
    pub(super) fn lines(&self) -> Vec<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        let skipped = lines.len().saturating_sub(LINES);
        lines.into_iter().skip(skipped).map(|line| line.chars().take(LINE).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_no_more() {
        let log = Log::default();
        for number in 0..100_000 {
            log.add(format!("line {number}\n\n").as_bytes());
        }
        log.add(&[b'x'; 1000]);
        let lines = log.lines();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.first().map(String::as_str), Some("line 99995"));
        assert_eq!(lines.last().map(String::len), Some(LINE));
    }
}
