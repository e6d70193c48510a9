//! The index over bare vectors, for the bench that holds it against other engines: nothing of this ships.

use sextant_build::{VectorIndex, VectorOptions};
use wasm_bindgen::prelude::wasm_bindgen;

/// A collection of vectors under one plan.
#[wasm_bindgen]
pub struct Scan {
    options: VectorOptions,
    dimensions: usize,
    rows: Vec<f32>,
    index: Option<VectorIndex>,
}

#[wasm_bindgen]
impl Scan {
    /// An empty collection. `plan`: as [`VectorOptions::of_plan`] reads it.
    ///
    /// # Errors
    /// The word that is not understood.
    #[wasm_bindgen(constructor)]
    pub fn new(plan: &str, dimensions: usize) -> Result<Self, String> {
        let options = VectorOptions::of_plan(plan)?;
        Ok(Self { options, dimensions, rows: vec![], index: None })
    }

    /// A collection that was built natively; `file`: as `scan_index` wrote it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn built(file: &[u8]) -> Result<Self, String> {
        let index = Some(VectorIndex::unpacked(file)?);
        Ok(Self { options: VectorOptions::default(), dimensions: 0, rows: vec![], index })
    }

    /// Adds vectors, row by row.
    pub fn add(&mut self, vectors: &[f32]) {
        self.rows.extend_from_slice(vectors);
    }

    /// Builds the index of what was added; the vectors themselves are let go.
    ///
    /// # Errors
    /// What the builder says.
    pub fn build(&mut self) -> Result<(), String> {
        let rows = std::mem::take(&mut self.rows);
        let index = VectorIndex::build(rows, self.dimensions, &[], &self.options);
        self.index = Some(index.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// The `k` nearest rows, best first.
    ///
    /// # Errors
    /// What the index says of the query, or that it is not built.
    pub fn search(&self, query: &[f32], k: usize) -> Result<Vec<u32>, String> {
        let index = self.index.as_ref().ok_or("not built")?;
        let found = index.nearest(query, k, true).map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|hit| hit.row).collect())
    }

    /// Bytes of codes in memory while it is searched.
    #[must_use]
    pub fn memory(&self) -> f64 {
        self.index.as_ref().map_or(0.0, |index| index.memory() as f64)
    }

    /// Bytes that a reader fetches.
    #[must_use]
    pub fn bytes(&self) -> f64 {
        self.index.as_ref().map_or(0.0, |index| index.fetched_bytes() as f64)
    }
}
