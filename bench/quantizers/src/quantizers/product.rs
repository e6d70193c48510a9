//! Product quantization: a vector is cut into parts, and each part is the number of the nearest of 256
//! centroids that were learned for it (H. Jégou, M. Douze and C. Schmid, "Product quantization for nearest
//! neighbor search", 2011). Scored asymmetrically: the query's products with all centroids are looked up.

use super::Quantizer;
use super::kmeans::{CENTROIDS, Centroids};
use super::require_width;
use crate::error::Error;

/// Vectors that centroids are learned from, evenly spread over all: about 80 a centroid.
const LEARN_FROM: usize = 20_000;

/// Vectors as one byte a part.
pub struct Product {
    width: usize,
    parts: usize,
    /// Of each part.
    centroids: Vec<Centroids>,
    codes: Vec<u8>,
}

impl Product {
    /// For vectors of `width` dimensions in `parts` equal parts.
    ///
    /// # Errors
    /// [`Error::Parts`] for dimensions that `parts` does not divide.
    pub fn new(width: usize, parts: usize) -> Result<Self, Error> {
        if parts == 0 || width == 0 || !width.is_multiple_of(parts) {
            return Err(Error::Parts { width, parts });
        }
        Ok(Self { width, parts, centroids: vec![], codes: vec![] })
    }

    fn part_width(&self) -> usize {
        self.width / self.parts
    }
}

impl Quantizer for Product {
    fn name(&self) -> String {
        format!("product, {} parts", self.parts)
    }

    fn bytes(&self) -> usize {
        self.parts
    }

    fn shared_bytes(&self) -> usize {
        CENTROIDS * self.width * size_of::<f32>()
    }

    fn encode(&mut self, rows: &[f32]) -> Result<(), Error> {
        let (width, part) = (self.width, self.part_width());
        let step = (rows.len() / width).div_ceil(LEARN_FROM).max(1);
        self.centroids = (0..self.parts)
            .map(|number| {
                let of = |row: &[f32]| row[number * part..(number + 1) * part].to_vec();
                let points: Vec<f32> =
                    rows.chunks_exact(width).step_by(step).flat_map(of).collect();
                Centroids::learn(&points, part, number as u64)
            })
            .collect();
        let code = |row: &[f32]| -> Vec<u8> {
            let parts = row.chunks_exact(part).zip(&self.centroids);
            parts.map(|(part, centroids)| centroids.nearest(part).0).collect()
        };
        self.codes = rows.chunks_exact(width).flat_map(code).collect();
        Ok(())
    }

    fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error> {
        require_width(query, self.width)?;
        let mut tables = vec![[0.0; CENTROIDS]; self.parts];
        let parts = query.chunks_exact(self.part_width()).zip(&self.centroids);
        for ((part, centroids), table) in parts.zip(&mut tables) {
            centroids.products(part, table);
        }
        let score = |row: &[u8]| {
            row.iter().zip(&tables).map(|(code, table)| table[usize::from(*code)]).sum()
        };
        Ok(self.codes.chunks_exact(self.parts).map(score).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::{decoded, dot, units};

    fn coded(rows: &[f32], width: usize, parts: usize) -> Product {
        let mut product = Product::new(width, parts).unwrap();
        product.encode(rows).unwrap();
        product
    }

    #[test]
    fn scores_are_the_products_with_the_centroids() {
        let (rows, query) = (units(700, 16, 1), units(1, 16, 2));
        let product = coded(&rows, 16, 4);
        assert_eq!(product.codes.len(), 700 * product.bytes());
        let scores = product.scores(&query).unwrap();
        for row in [0, 1, 350, 699] {
            assert!((dot(&decoded(&product, row, 16), &query) - scores[row]).abs() < 1e-5);
        }
    }

    /// The best centroids of four dimensions lose less than two bits for each alone, which lose 0.1175 of
    /// normal values (J. Max, "Quantizing for minimum distortion", 1960, table I). Learned ones should too.
    #[test]
    fn normal_values_lose_no_more_than_they_would_one_by_one() {
        let rows = units(5000, 16, 3);
        let product = coded(&rows, 16, 4);
        let lost: f32 = (0..400)
            .map(|row| {
                let found = decoded(&product, row, 16);
                let pairs = rows[row * 16..].iter().zip(&found);
                pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
            })
            .sum();
        assert!(lost / 400.0 < 0.1175, "{}", lost / 400.0);
    }

    #[test]
    fn few_vectors_are_coded_as_they_are_and_always_alike() {
        let rows = units(200, 12, 5);
        let product = coded(&rows, 12, 3);
        for (row, vector) in rows.chunks(12).enumerate().step_by(37) {
            let found = decoded(&product, row, 12);
            assert!(vector.iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-6));
        }
        assert_eq!(product.codes, coded(&rows, 12, 3).codes);
        assert!(coded(&[], 12, 3).scores(&rows[..12]).unwrap().is_empty());
    }

    #[test]
    fn parts_that_do_not_divide_are_refused() {
        assert!(matches!(Product::new(384, 50), Err(Error::Parts { width: 384, parts: 50 })));
        assert!(matches!(Product::new(0, 1), Err(Error::Parts { .. })));
    }
}
