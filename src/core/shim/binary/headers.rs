//! Headers and tables of a file, as `object` reads them: by reference, and so held until all are read.
//!
//! `object` believes what a file says about the length of its tables; the limits are set here.

use crate::core::shim::bytes::{Bytes, ReadError, check_range};
use crate::core::shim::inspect::Malformed;
use object::{ReadCache, ReadCacheOps, ReadRef};
use std::cell::{Cell, RefCell};
use std::ops::Range;

/// Most bytes of all headers and tables of a file: 4 MiB. Those of a Go binary with debugging information have a few
/// thousand.
const HEADERS_LIMIT: u64 = 4 << 20;
/// Longest name that `object` looks for the end of.
const NAME_LIMIT: u64 = 4096;

/// The file behind the cache, and why it could not be read the last time.
#[derive(Debug)]
struct Source<'s, B> {
    bytes: &'s B,
    at: u64,
    failure: &'s RefCell<Option<ReadError>>,
}

impl<B: Bytes> ReadCacheOps for Source<'_, B> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.bytes.len())
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        self.at = position;
        Ok(position)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        let left = usize::try_from(self.bytes.len().saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.read_exact(buffer.get_mut(..length).unwrap_or_default())?;
        Ok(length)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ()> {
        let read = self.bytes.read_at(self.at, buffer.len());
        noted(self.failure, read.map(|read| buffer.copy_from_slice(&read)))?;
        self.at = self.at.saturating_add(buffer.len() as u64);
        Ok(())
    }
}

/// `object` has no room for a reason; it is kept beside.
fn noted<T>(failure: &RefCell<Option<ReadError>>, result: Result<T, ReadError>) -> Result<T, ()> {
    result.map_err(|error| {
        failure.replace(Some(error));
    })
}

/// A file whose headers can be read; made by [`with_headers`].
#[derive(Debug)]
pub(super) struct Headers<'s, B: Bytes> {
    cache: &'s ReadCache<Source<'s, B>>,
    failure: &'s RefCell<Option<ReadError>>,
    left: &'s Cell<u64>,
}

/// Lets `work` read the headers of a file, and forgets them when it is done.
pub(super) fn with_headers<B: Bytes, T>(bytes: &B, work: impl FnOnce(Headers<'_, B>) -> T) -> T {
    let failure = RefCell::default();
    let left = Cell::new(HEADERS_LIMIT);
    let cache = ReadCache::new(Source { bytes, at: 0, failure: &failure });
    work(Headers { cache: &cache, failure: &failure, left: &left })
}

impl<B: Bytes> Headers<'_, B> {
    /// What was made of a part of the file.
    ///
    /// # Errors
    /// In the words of the read that failed, else in those of the error.
    pub(super) fn part<T>(
        self,
        part: &'static str,
        result: Result<T, impl ToString>,
    ) -> Result<T, Malformed> {
        result.map_err(|error| match self.failure.take() {
            Some(failure) => Malformed::reading(part, failure),
            None => {
                let mut words = error.to_string();
                words.get_mut(..1).into_iter().for_each(str::make_ascii_lowercase);
                Malformed::broken(part, words)
            }
        })
    }

    fn take(self, length: u64) -> Result<(), ()> {
        let left = self.left.get().checked_sub(length).ok_or(ReadError::TooLong(length));
        noted(self.failure, left.map(|left| self.left.set(left)))
    }
}

impl<B: Bytes> Clone for Headers<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Bytes> Copy for Headers<'_, B> {}

impl<'s, B: Bytes> ReadRef<'s> for Headers<'s, B> {
    fn len(self) -> Result<u64, ()> {
        self.cache.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'s [u8], ()> {
        // Before the cache sets memory aside.
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        noted(self.failure, check_range(offset, length, self.cache.len()?))?;
        self.take(size)?;
        self.cache.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'s [u8], ()> {
        self.take(NAME_LIMIT)?;
        self.cache.read_bytes_at_until(range, delimiter)
    }
}
