//! Half-precision floats (IEEE 754 binary16): five bits of exponent, ten of mantissa; a relative error of 2^-11 at most.

/// Little-endian half-precision floats; every one has an equal f32.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<2>().0.iter().map(|bytes| to_f32(u16::from_le_bytes(*bytes))).collect()
}

/// The nearest half-precision floats, little endian.
#[cfg(feature = "import")]
pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| half::f16::from_f32(*value).to_le_bytes()).collect()
}

/// The f32 that is equal.
fn to_f32(bits: u16) -> f32 {
    /// The unit of the smallest numbers, 2^-24.
    const SMALLEST: f32 = 1.0 / (1u32 << 24) as f32;
    /// What the exponent's offset is more in f32: 127 - 15.
    const OFFSET: u32 = 112;
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let mantissa = u32::from(bits & 0x3ff);
    let magnitude = match exponent {
        0 => (mantissa as f32 * SMALLEST).to_bits(),
        0x1f => 0x7f80_0000 | mantissa << 13,
        _ => (exponent + OFFSET) << 23 | mantissa << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_the_float_that_the_reference_library_says() {
        for bits in 0..=u16::MAX {
            let (ours, theirs) = (to_f32(bits), half::f16::from_bits(bits).to_f32());
            let same = ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan());
            assert!(same, "{bits:04x}: {ours} {theirs}");
        }
    }

    #[test]
    fn what_was_written_is_read_as_the_nearest_half() {
        let values = [0.0, -1.0, 0.1, 65504.0, 6e-8, -3.0e-6];
        let back = from_bytes(&to_bytes(&values));
        for (value, back) in values.iter().zip(&back) {
            assert!((value - back).abs() <= value.abs() / 2048.0 + 3e-8, "{value} {back}");
        }
    }
}
