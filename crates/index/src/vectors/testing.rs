//! Vectors for tests.

/// A multiplicative congruential generator (L'Ecuyer 1999, table 4: modulus 2^64).
pub(crate) struct Random(pub u64);

impl Random {
    /// Uniform in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Nearly normal, mean 0 and variance 1: a sum of twelve uniform numbers.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }

    /// A random direction.
    pub(crate) fn unit_vector(&mut self, dimensions: usize) -> Vec<f32> {
        let vector: Vec<f32> = (0..dimensions).map(|_| self.normal()).collect();
        let norm = dot(&vector, &vector).sqrt();
        vector.iter().map(|v| v / norm).collect()
    }

    /// Unit vectors around a few directions, as texts are around subjects: f32[rows, dimensions].
    pub(crate) fn corpus(&mut self, rows: usize, dimensions: usize) -> Vec<f32> {
        let subjects: Vec<Vec<f32>> = (0..8).map(|_| self.unit_vector(dimensions)).collect();
        let mut all = Vec::with_capacity(rows * dimensions);
        for row in 0..rows {
            let noise = self.unit_vector(dimensions);
            let subject = &subjects[row % subjects.len()];
            let mixed: Vec<f32> =
                subject.iter().zip(&noise).map(|(s, n)| 0.6 * s + 0.8 * n).collect();
            let norm = dot(&mixed, &mixed).sqrt();
            all.extend(mixed.iter().map(|v| v / norm));
        }
        all
    }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}
