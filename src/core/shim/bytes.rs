//! Random access to the bytes of a file that nobody should have to hold whole.

use std::borrow::Cow;
use std::cell::Cell;

/// Most bytes that one read may ask for: 16 MiB.
pub const READ_LIMIT: usize = 16 << 20;

/// Bytes that are read where they are needed: a file by `io`, or a slice.
pub trait Bytes {
    /// Number of bytes; what is read never lies behind it.
    fn len(&self) -> u64;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Exactly `length` bytes at `offset`.
    ///
    /// # Errors
    /// The range ends behind the last byte or is longer than [`READ_LIMIT`], or the file cannot be read.
    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError>;
}

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The range ends behind the last byte.
    #[error("{length} bytes at {offset} lie beyond the end at {end}")]
    Truncated {
        /// First byte wanted.
        offset: u64,
        /// Number of bytes wanted.
        length: u64,
        /// Number of bytes that there are.
        end: u64,
    },
    /// The range is longer than [`READ_LIMIT`].
    #[error("{0} bytes are more than one read may have")]
    TooLong(u64),
    /// More was read already than any sound file needs.
    #[error("its parts overlap so much that it would be read many times")]
    Exhausted,
    /// The operating system refused, in its words.
    #[error("{0}")]
    Failed(String),
}

/// Checks a range before it is read.
///
/// # Errors
/// [`ReadError::Truncated`] and [`ReadError::TooLong`].
pub fn check_range(offset: u64, length: usize, end: u64) -> Result<(), ReadError> {
    let wanted = length as u64;
    match offset.checked_add(wanted) {
        Some(last) if last <= end => {}
        _ => return Err(ReadError::Truncated { offset, length: wanted, end }),
    }
    if length > READ_LIMIT { Err(ReadError::TooLong(wanted)) } else { Ok(()) }
}

impl Bytes for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        let end = Bytes::len(self);
        check_range(offset, length, end)?;
        let truncated = || ReadError::Truncated { offset, length: length as u64, end };
        let start = usize::try_from(offset).map_err(|_| truncated())?;
        let bytes = self.get(start..).and_then(|rest| rest.get(..length));
        bytes.map(Cow::Borrowed).ok_or_else(truncated)
    }
}

impl<T: Bytes + ?Sized> Bytes for &T {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        (**self).read_at(offset, length)
    }
}

impl Bytes for Vec<u8> {
    fn len(&self) -> u64 {
        Bytes::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        self.as_slice().read_at(offset, length)
    }
}

/// Most bytes that are read of any file, however often: 4 GiB.
const BUDGET_LIMIT: u64 = 4 << 30;
/// What may be read of a file beyond a few times its own length.
const BUDGET_BASE: u64 = 16 << 20;

/// Bytes that are not read without end, whatever a file says about its parts.
#[derive(Debug)]
pub(super) struct Metered<'a, B> {
    inner: &'a B,
    left: Cell<u64>,
}

impl<'a, B: Bytes> Metered<'a, B> {
    /// Other bytes with the budget that their number gives them.
    pub(super) fn new(inner: &'a B) -> Metered<'a, B> {
        let budget = inner.len().saturating_mul(4).saturating_add(BUDGET_BASE).min(BUDGET_LIMIT);
        Metered { inner, left: Cell::new(budget) }
    }
}

impl<B: Bytes> Bytes for Metered<'_, B> {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        check_range(offset, length, self.len())?;
        let left = self.left.get().checked_sub(length as u64).ok_or(ReadError::Exhausted)?;
        self.left.set(left);
        self.inner.read_at(offset, length)
    }
}
