//! Levels for values that are normally distributed, as those of a turned vector nearly are.
//!
//! The levels of least squared error are Lloyd's and Max's (J. Max, "Quantizing for minimum distortion",
//! 1960, table I: 2, 4 and 16 levels). They are rounded to bytes, so that scoring is whole numbers; a
//! code is the level nearest to a value, and scales are fitted to the rounded levels.

use sextant_kernels::scan::packed::Bits;

/// Levels in units of [`unit`], ascending; of fewer than four bits the first ones count.
#[must_use]
pub fn table(bits: Bits) -> [i8; 16] {
    match bits {
        Bits::One => [-127, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        Bits::Two => [-127, -38, 38, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        Bits::Four => [-127, -96, -75, -58, -44, -31, -18, -6, 6, 18, 31, 44, 58, 75, 96, 127],
    }
}

/// What 1 in [`table`] stands for, in standard deviations.
#[must_use]
pub fn unit(bits: Bits) -> f32 {
    let largest = match bits {
        Bits::One => 0.7979,
        Bits::Two => 1.510,
        Bits::Four => 2.733,
    };
    largest / 127.0
}

/// The number of the level nearest to `value`, which is in standard deviations.
#[must_use]
pub fn nearest(bits: Bits, value: f32) -> u8 {
    let levels = table(bits);
    let levels = levels.get(..1 << bits.count()).unwrap_or_default();
    let scaled = value / unit(bits);
    // The number of midpoints below the value.
    let above =
        |pair: &&[i8]| matches!(pair, [a, b] if scaled * 2.0 > f32::from(*a) + f32::from(*b));
    levels.windows(2).take_while(above).count() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_level_is_found() {
        for bits in [Bits::One, Bits::Two, Bits::Four] {
            let levels: Vec<f32> = table(bits)[..1 << bits.count()]
                .iter()
                .map(|l| f32::from(*l) * unit(bits))
                .collect();
            assert!(levels.is_sorted());
            for step in -400..=400 {
                let value = step as f32 / 100.0 + 0.003;
                let found = levels[usize::from(nearest(bits, value))];
                let least = levels.iter().map(|level| (level - value).abs()).fold(9.0f32, f32::min);
                assert!((found - value).abs() <= least + 1e-6, "{bits:?} {value}");
            }
        }
    }

    /// Max' table I gives the squared errors 0.3634, 0.1175 and 0.009497.
    #[test]
    fn the_squared_error_on_normal_values_is_the_published_one() {
        for (bits, published) in [(Bits::One, 0.3634), (Bits::Two, 0.1175), (Bits::Four, 0.009_497)]
        {
            let (mut error, mut weight) = (0.0, 0.0);
            for step in -60_000..60_000 {
                let x = (f64::from(step) + 0.5) / 10_000.0;
                let density = (-x * x / 2.0).exp();
                let level = table(bits)[usize::from(nearest(bits, x as f32))];
                error += density * (x - f64::from(level) * f64::from(unit(bits))).powi(2);
                weight += density;
            }
            let error = error / weight;
            assert!(error < published * 1.005, "{bits:?}: {error}");
        }
    }
}
