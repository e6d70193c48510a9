//! The checksum of frames: CRC-32 as of IEEE 802.3, least bit first.
//!
//! Natively `crc32fast` computes it with the processor's own instructions. Its portable code brings 16 KB of tables
//! that no compression makes smaller, so what browsers fetch has this instead, which makes its tables when the
//! first frame is checked.

use std::sync::LazyLock;

/// The polynomial, its bits in reverse.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// `TABLES[n][byte]`: what `byte` makes of the sum when `n` more bytes follow it. Eight of them take eight bytes in
/// one step (Kounavis and Berry 2005, "slicing by 8").
static TABLES: LazyLock<[[u32; 256]; 8]> = LazyLock::new(|| {
    let mut tables = [[0; 256]; 8];
    for byte in 0..256 {
        let mut sum = byte as u32;
        for table in &mut tables {
            for _ in 0..8 {
                sum = sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 };
            }
            table[byte] = sum;
        }
    }
    tables
});

/// The checksum of the bytes of `parts`, one part after the other.
pub(crate) fn checksum(parts: [&[u8]; 2]) -> u32 {
    let tables = &*TABLES;
    let step = |sum: u32, byte: u8| sum >> 8 ^ tables[0][usize::from(sum as u8 ^ byte)];
    !parts.iter().fold(!0, |sum, part| {
        let (eights, rest) = part.as_chunks::<8>();
        let sum = eights.iter().fold(sum, |sum, eight| {
            let mixed = (u64::from_le_bytes(*eight) ^ u64::from(sum)).to_le_bytes();
            let looked_up = tables.iter().rev().zip(mixed);
            looked_up.fold(0, |sum, (table, byte)| sum ^ table[usize::from(byte)])
        });
        rest.iter().fold(sum, |sum, byte| step(sum, *byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_value_of_the_catalogue_comes_out() {
        // https://reveng.sourceforge.io/crc-catalogue/all.htm, CRC-32/ISO-HDLC.
        assert_eq!(checksum([b"1234", b"56789"]), 0xcbf4_3926);
    }

    proptest! {
        #[test]
        fn it_is_that_of_the_other_implementation(a: Vec<u8>, b: Vec<u8>) {
            let mut other = crc32fast::Hasher::new();
            other.update(&a);
            other.update(&b);
            prop_assert_eq!(checksum([&a, &b]), other.finalize());
        }
    }
}
