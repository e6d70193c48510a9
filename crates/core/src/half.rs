//! IEEE 754 half precision: two bytes for a number whose first three digits matter.

/// The half nearest to `value`, ties to even; beyond 65,504 infinity.
#[must_use]
pub fn to_half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    // The largest float that rounds to a finite half is just below 65,520.
    if magnitude >= 0x477f_f000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3880_0000 {
        // Subnormal halves are multiples of 2^-24; adding 0.5 puts such a multiple into the last bits of a float,
        // rounded by the addition itself.
        let shifted = f32::from_bits(magnitude) + 0.5;
        return sign | (shifted.to_bits() - 0.5f32.to_bits()) as u16;
    }
    let rounded = magnitude + 0x0fff + ((magnitude >> 13) & 1);
    sign | ((rounded - 0x3800_0000) >> 13) as u16
}

/// The float that equals `half`.
#[must_use]
pub fn from_half(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let (exponent, fraction) = (u32::from(half >> 10) & 0x1f, u32::from(half & 0x3ff));
    match exponent {
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | ((exponent + 112) << 23) | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_half_survives_and_known_values_are_right() {
        for half in 0..=u16::MAX {
            let value = from_half(half);
            if value.is_nan() {
                assert!(from_half(to_half(value)).is_nan());
            } else {
                assert_eq!(to_half(value), half, "{value}");
            }
        }
        // Table of IEEE 754-2019, 3.6: largest, smallest normal, smallest subnormal, one third.
        let known = [
            (65_504.0, 0x7bff),
            (6.103_515_6e-5, 0x0400),
            (5.960_464_5e-8, 0x0001),
            (1.0 / 3.0, 0x3555),
        ];
        for (value, half) in known {
            assert_eq!(to_half(value), half);
        }
        assert_eq!(
            [to_half(65_519.9), to_half(65_520.0), to_half(f32::INFINITY)],
            [0x7bff, 0x7c00, 0x7c00]
        );
    }

    proptest! {
        #[test]
        fn the_nearest_half_is_found(value in -70_000.0f32..70_000.0) {
            let half = to_half(value);
            let error = (f64::from(from_half(half)) - f64::from(value)).abs();
            for neighbour in [half.wrapping_sub(1), half.wrapping_add(1)] {
                let other = from_half(neighbour);
                if other.is_finite() && from_half(half).is_finite() {
                    prop_assert!(error <= (f64::from(other) - f64::from(value)).abs());
                }
            }
        }
    }
}
