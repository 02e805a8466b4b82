//! Numbers out of bytes, in the order in which a header lists them.

use object::Endianness;

/// How a file writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::shim) struct Layout {
    /// Which byte comes first.
    pub(in crate::core::shim) order: Endianness,
    /// Addresses have 8 bytes and not 4.
    pub(in crate::core::shim) wide: bool,
}

impl Layout {
    /// Bytes of an address.
    pub(in crate::core::shim) const fn word(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// An address or a length at the start of `bytes`.
    pub(in crate::core::shim) fn read_word(self, bytes: &[u8]) -> Option<u64> {
        Fields::new(bytes, self).word()
    }
}

/// The fields of a header, read one after the other; `None` where the bytes end.
#[derive(Debug)]
pub(in crate::core::shim) struct Fields<'a> {
    bytes: &'a [u8],
    layout: Layout,
}

impl<'a> Fields<'a> {
    /// Starts at the first byte.
    pub(in crate::core::shim) fn new(bytes: &'a [u8], layout: Layout) -> Fields<'a> {
        Fields { bytes, layout }
    }

    /// The next `count` bytes as they are.
    pub(in crate::core::shim) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<u64> {
        let bytes = self.take(count)?;
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.layout.order {
            Endianness::Little => bytes.iter().rev().fold(0, join),
            Endianness::Big => bytes.iter().fold(0, join),
        })
    }

    /// One byte.
    pub(in crate::core::shim) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Four bytes.
    pub(in crate::core::shim) fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.number(4)?).ok()
    }

    /// As many bytes as an address has.
    pub(in crate::core::shim) fn word(&mut self) -> Option<u64> {
        self.number(self.layout.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_and_both_widths_are_read() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        let little = Layout { order: Endianness::Little, wide: false };
        let big = Layout { order: Endianness::Big, wide: true };
        assert_eq!(Fields::new(&bytes, little).u32(), Some(0x0403_0201));
        assert_eq!(Fields::new(&bytes, big).u32(), Some(0x0102_0304));
        assert_eq!(little.read_word(&bytes), Some(0x0403_0201));
        assert_eq!(big.read_word(&bytes), Some(0x0102_0304_0506_0708));
        assert_eq!(big.read_word(&bytes[1..]), None);
    }
}
