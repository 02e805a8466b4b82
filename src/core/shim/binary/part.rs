//! A part of a file as a file of its own.

use crate::core::shim::bytes::{Bytes, ReadError, check_range};
use std::borrow::Cow;

/// A range of other bytes, for example one processor's part of a universal binary.
#[derive(Debug)]
pub(in crate::core::shim) struct Part<'a, B> {
    whole: &'a B,
    offset: u64,
    length: u64,
}

impl<'a, B: Bytes> Part<'a, B> {
    /// The range, `None` if it does not lie within the bytes.
    pub(in crate::core::shim) fn new(whole: &'a B, offset: u64, length: u64) -> Option<Part<'a, B>> {
        (offset.checked_add(length)? <= whole.len()).then_some(Part { whole, offset, length })
    }
}

impl<B: Bytes> Bytes for Part<'_, B> {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        check_range(offset, length, self.length)?;
        self.whole.read_at(self.offset.saturating_add(offset), length)
    }
}
