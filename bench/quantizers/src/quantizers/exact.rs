//! Float32: what the others are held against.

use super::{Quantizer, require_width};
use crate::error::Error;
use sextant_index::vectors;

/// Vectors as they are.
pub struct Exact {
    width: usize,
    rows: Vec<f32>,
}

impl Exact {
    /// For vectors of `width` dimensions.
    pub fn new(width: usize) -> Self {
        Self { width, rows: vec![] }
    }
}

impl Quantizer for Exact {
    fn name(&self) -> String {
        "float32".into()
    }

    fn bytes(&self) -> usize {
        self.width * size_of::<f32>()
    }

    fn encode(&mut self, rows: &[f32]) -> Result<(), Error> {
        self.rows = rows.to_vec();
        Ok(())
    }

    fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error> {
        require_width(query, self.width)?;
        let mut scores = vec![0.0; self.rows.len() / self.width];
        vectors::exact(query, &self.rows, &mut scores)?;
        Ok(scores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::{dot, units};

    #[test]
    fn scores_are_scalar_products() {
        let (rows, query) = (units(9, 24, 1), units(1, 24, 2));
        let mut exact = Exact::new(24);
        exact.encode(&rows).unwrap();
        let scores = exact.scores(&query).unwrap();
        assert_eq!(scores.len(), 9);
        for (row, score) in rows.chunks(24).zip(scores) {
            assert!((dot(row, &query) - score).abs() < 1e-6);
        }
        assert!(exact.scores(&query[1..]).is_err());
    }
}
