//! How near is near enough, by name, and the proof that these comparisons can fail.

/// Half the distance between 1 and the next f32: the error of one rounding.
pub const ROUNDING: f64 = 1.0 / (1u64 << 24) as f64;

/// Precision classes.
#[derive(Debug, Clone, Copy)]
pub enum Class {
    /// A sum of that many products: each product and each addition may round once, relative to the sum of magnitudes
    /// (the classical bound of recursive summation, Higham 2002, section 4.2).
    Sum { terms: usize },
    /// GELU and its kin: at most 5e-7, or that part of the magnitude above 1. Abramowitz and Stegun 7.1.26 is good for 1.5e-7 in
    /// erf, the rest is f32.
    Activation,
    /// A normalised row: 2e-5 of the magnitude, which is the row's largest value after norm; the mean and the variance are sums over it.
    Norm,
    /// Attention: 2e-5 of the largest value. The exponent of a score of magnitude 20 carries its error of 20 roundings times the channels.
    Attention,
}

/// What did not agree.
#[derive(Debug, PartialEq)]
pub struct Mismatch {
    pub index: usize,
    pub expected: f64,
    pub found: f64,
}

/// Compares with the truth; `magnitude` is what the class is relative to, for each value.
pub fn near(
    class: Class,
    expected: &[f64],
    magnitude: &[f64],
    found: &[f32],
) -> Result<(), Mismatch> {
    same_length(expected.len(), found.len())?;
    same_length(expected.len(), magnitude.len())?;
    for (index, ((&expected, &magnitude), &found)) in
        expected.iter().zip(magnitude).zip(found).enumerate()
    {
        let allowed = match class {
            Class::Sum { terms } => (terms + 2) as f64 * ROUNDING * magnitude,
            Class::Activation => 5e-7 * magnitude.max(1.0),
            Class::Norm | Class::Attention => 2e-5 * magnitude,
        };
        let found = f64::from(found);
        let error = (found - expected).abs();
        // An infinite or undefined error is not above anything, so it is asked for by name.
        if error > allowed || !error.is_finite() {
            return Err(Mismatch { index, expected, found });
        }
    }
    Ok(())
}

/// Compares bit for bit; only that one NaN is as good as another.
pub fn same_bits(expected: &[f32], found: &[f32]) -> Result<(), Mismatch> {
    same_length(expected.len(), found.len())?;
    for (index, (e, f)) in expected.iter().zip(found).enumerate() {
        if e.to_bits() != f.to_bits() && !(e.is_nan() && f.is_nan()) {
            return Err(Mismatch { index, expected: f64::from(*e), found: f64::from(*f) });
        }
    }
    Ok(())
}

fn same_length(expected: usize, found: usize) -> Result<(), Mismatch> {
    if expected == found {
        return Ok(());
    }
    Err(Mismatch { index: usize::MAX, expected: expected as f64, found: found as f64 })
}

pub fn the_comparer_finds_planted_errors() {
    let truth = [1.0, -2.0, 0.0];
    let exact = [1.0f32, -2.0, 0.0];
    let size = [1.0, 2.0, 1.0];
    for class in [Class::Sum { terms: 4 }, Class::Activation, Class::Norm, Class::Attention] {
        assert_eq!(near(class, &truth, &size, &exact), Ok(()));
        for i in 0..3 {
            for planted in [exact[i] + 1e-4, exact[i] - 1e-4, f32::NAN, f32::INFINITY] {
                let mut wrong = exact;
                wrong[i] = planted;
                let found = near(class, &truth, &size, &wrong).expect_err("a planted error");
                assert_eq!(found.index, i, "{class:?} {planted}");
            }
        }
        assert!(near(class, &truth, &size, &exact[..2]).is_err(), "a missing value");
    }
    let next = [1.0f32, f32::from_bits((-2.0f32).to_bits() + 1), 0.0];
    assert_eq!(same_bits(&exact, &next).expect_err("one bit").index, 1);
    assert_eq!(same_bits(&exact, &[1.0, -2.0, -0.0]).expect_err("a sign").index, 2);
    assert_eq!(same_bits(&[f32::NAN], &[1.0]).expect_err("a NaN").index, 0);
    assert_eq!(same_bits(&exact, &exact), Ok(()));
}
