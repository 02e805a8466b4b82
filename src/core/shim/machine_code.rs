//! Loads and stores of fixed addresses in machine code, as Go's compiler writes them for package variables.
//!
//! This is not a disassembler: code is looked through for the few encodings that Go uses for its own variables. What is
//! not one of them is not seen; a random match of a 32-bit distance with a variable's address is as good as impossible.

use std::collections::HashSet;

/// Fixed addresses that code loads from and stores to.
#[derive(Debug, Default)]
pub(super) struct Accesses {
    loads: HashSet<u64>,
    stores: HashSet<u64>,
}

impl Accesses {
    /// Adds those of another function.
    pub(super) fn add(&mut self, other: Accesses) {
        self.loads.extend(other.loads);
        self.stores.extend(other.stores);
    }

    /// Whether a string variable is set, its pointer or its length.
    pub(super) fn sets(&self, address: u64, word: usize) -> bool {
        self.stores.contains(&address) || self.stores.contains(&address.wrapping_add(word as u64))
    }

    /// Whether a string variable is used.
    pub(super) fn uses(&self, address: u64, word: usize) -> bool {
        self.loads.contains(&address) || self.loads.contains(&address.wrapping_add(word as u64))
    }
}

/// The accesses of some code; `None` for a processor whose code is not read.
pub(super) fn accesses(arch: &str, address: u64, code: &[u8]) -> Option<Accesses> {
    match arch {
        "amd64" => Some(amd64(address, code)),
        "arm64" => Some(arm64(address, code)),
        "386" => Some(i386(code)),
        "s390x" => Some(s390x(address, code)),
        _ => None,
    }
}

/// `MOVQ` and `MOVUPS` between a register or a constant and an address relative to the next instruction.
fn amd64(address: u64, code: &[u8]) -> Accesses {
    let mut found = Accesses::default();
    for (at, bytes) in code.windows(7).enumerate() {
        // (length of the instruction, stores): REX.W moves of 8 bytes, then SSE moves of 16 without their prefix.
        let (length, stores) = match bytes {
            [0x48 | 0x4c, 0x89, modrm, ..] if modrm & 0xc7 == 0x05 => (7, true),
            [0x48 | 0x4c, 0x8b, modrm, ..] if modrm & 0xc7 == 0x05 => (7, false),
            [0x48, 0xc7, 0x05, ..] => (11, true),
            [0x0f, 0x11, modrm, ..] if modrm & 0xc7 == 0x05 => (7, true),
            [0x0f, 0x10, modrm, ..] if modrm & 0xc7 == 0x05 => (7, false),
            _ => continue,
        };
        let [_, _, _, a, b, c, d] = bytes else { continue };
        let distance = i64::from(i32::from_le_bytes([*a, *b, *c, *d]));
        let next = address.wrapping_add(at as u64).wrapping_add(length);
        let target = next.wrapping_add_signed(distance);
        if stores {
            found.stores.insert(target)
        } else {
            found.loads.insert(target)
        };
    }
    found
}

/// `MOVL` between a register or a constant and an address.
fn i386(code: &[u8]) -> Accesses {
    let mut found = Accesses::default();
    for bytes in code.windows(6) {
        let stores = match bytes {
            [0x89, modrm, ..] if modrm & 0xc7 == 0x05 => true,
            [0x8b, modrm, ..] if modrm & 0xc7 == 0x05 => false,
            [0xc7, 0x05, ..] => true,
            _ => continue,
        };
        let [_, _, a, b, c, d] = bytes else { continue };
        let target = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
        if stores {
            found.stores.insert(target)
        } else {
            found.loads.insert(target)
        };
    }
    found
}

/// `STGRL` and `LGRL`, whose distance counts in halfwords from the instruction itself.
fn s390x(address: u64, code: &[u8]) -> Accesses {
    let mut found = Accesses::default();
    for (index, bytes) in code.windows(6).enumerate().step_by(2) {
        let [0xc4, kind, a, b, c, d] = bytes else { continue };
        let distance = i64::from(i32::from_be_bytes([*a, *b, *c, *d])) * 2;
        let target = address.wrapping_add(index as u64).wrapping_add_signed(distance);
        match kind & 0x0f {
            0x0b => found.stores.insert(target),
            0x08 => found.loads.insert(target),
            _ => continue,
        };
    }
    found
}

/// `ADRP`, then `ADD`, `LDR`, `STR`, `LDP` or `STP` on the register that holds the page.
fn arm64(address: u64, code: &[u8]) -> Accesses {
    let mut found = Accesses::default();
    let mut registers: [Option<u64>; 32] = [None; 32];
    for (index, word) in code.chunks_exact(4).enumerate() {
        let Ok(word) = <[u8; 4]>::try_from(word) else { continue };
        let instruction = u32::from_le_bytes(word);
        let here = address.wrapping_add(index as u64 * 4);
        let base = registers.get(register(instruction >> 5)).copied().flatten();
        let to = register(instruction);
        if instruction & 0x9f00_0000 == 0x9000_0000 {
            let pages = (instruction >> 29 & 3) | (instruction >> 5 & 0x7_ffff) << 2;
            let pages = signed(pages, 21);
            if let Some(slot) = registers.get_mut(to) {
                *slot = Some((here & !0xfff).wrapping_add_signed(pages << 12));
            }
        } else if instruction & 0xff80_0000 == 0x9100_0000 {
            let shift = if instruction & 0x0040_0000 == 0 { 0 } else { 12 };
            let constant = u64::from(instruction >> 10 & 0xfff) << shift;
            if let Some(slot) = registers.get_mut(to) {
                *slot = base.map(|base| base.wrapping_add(constant));
            }
        } else if instruction & 0xff80_0000 == 0xf900_0000 {
            // Unsigned offset, in words; bit 22 tells a load.
            let constant = u64::from(instruction >> 10 & 0xfff) * 8;
            found.arm64(base.map(|base| base.wrapping_add(constant)), instruction, 1);
        } else if instruction & 0xff80_0000 == 0xa900_0000 {
            let constant = signed(instruction >> 15 & 0x7f, 7) * 8;
            found.arm64(base.map(|base| base.wrapping_add_signed(constant)), instruction, 2);
        }
    }
    found
}

fn register(bits: u32) -> usize {
    usize::try_from(bits & 31).unwrap_or_default()
}

/// A number of `bits` bits with its sign.
fn signed(number: u32, bits: u32) -> i64 {
    let number = i64::from(number);
    if number >> (bits - 1) & 1 == 1 { number - (1 << bits) } else { number }
}

impl Accesses {
    fn arm64(&mut self, target: Option<u64>, instruction: u32, words: u64) {
        let Some(target) = target else { return };
        let set = if instruction & 0x0040_0000 == 0 { &mut self.stores } else { &mut self.loads };
        set.extend((0..words).map(|word| target.wrapping_add(word * 8)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_of_amd64_are_read() {
        // MOVQ shimVersion(SB), R8 and MOVQ BX, ProviderVersion+8(SB) at their addresses in a real program.
        let load = amd64(0x49_e155, &[0x4c, 0x8b, 0x05, 0x54, 0x01, 0x0e, 0x00]);
        assert!(load.uses(0x57_e2b0, 8) && !load.sets(0x57_e2b0, 8));
        let store = amd64(0x49_e17d, &[0x48, 0x89, 0x1d, 0xc4, 0x59, 0x0e, 0x00]);
        assert!(store.sets(0x58_3b40, 8) && !store.uses(0x58_3b40, 8));
        // MOVQ $3, x(SB): the distance counts from behind the constant.
        let constant = amd64(0x1000, &[0x48, 0xc7, 0x05, 0xf5, 0xff, 0xff, 0xff, 3, 0, 0, 0]);
        assert!(constant.sets(0x1000, 8));
    }

    #[test]
    fn moves_of_386_and_s390x_are_read() {
        // MOVL AX, shimVersion+4(SB), MOVL ProviderConfigName(SB), DX, then STGRL and LGRL of real programs.
        let store = i386(&[0x89, 0x05, 0x64, 0x10, 0x1b, 0x08]);
        assert!(store.sets(0x81b_1060, 4) && !store.uses(0x81b_1060, 4));
        assert!(i386(&[0x8b, 0x15, 0x70, 0x10, 0x1b, 0x08]).uses(0x81b_1070, 4));
        let store = s390x(0xc_53fe, &[0xc4, 0x2b, 0x00, 0x06, 0xff, 0xd1]);
        assert!(store.sets(0x1a_53a0, 8), "{store:x?}");
        let load = s390x(0xc_1d14, &[0xc4, 0x08, 0x00, 0x06, 0x9a, 0x2e]);
        assert!(load.uses(0x19_5170, 8) && !load.sets(0x19_5170, 8), "{load:x?}");
    }

    #[test]
    fn pages_of_arm64_are_followed() {
        // ADRP R27; ADD $560, R27; LDP (R27), (R5, R6), then ADRP R27; MOVD R1, 2728(R27) of a real program.
        let words: [u32; 3] = [0xf000_06fb, 0x9108_c37b, 0xa940_1b65];
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let load = arm64(0xa_61f4, &code);
        assert!(load.uses(0x18_5230, 8), "{load:x?}");
        let words: [u32; 2] = [0x9000_073b, 0xf905_5761];
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let store = arm64(0xa_6214, &code);
        assert!(store.sets(0x18_aaa0, 8), "{store:x?}");
    }
}
