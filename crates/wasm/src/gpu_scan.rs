//! The scan of codes, in the `gpu` module.

use crate::gpu::{GpuDevice, thrown};
use sextant_gpu::GpuError;
use sextant_gpu::ops::scan::Bits;
use sextant_gpu::scan::{Plane, Scan};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A plane of codes on the device.
#[wasm_bindgen]
pub struct BrowserGpuScan {
    scan: Scan,
}

/// The best rows of a plane, best first.
#[wasm_bindgen(getter_with_clone)]
pub struct GpuHits {
    /// Their numbers.
    pub rows: Vec<u32>,
    /// Their scores.
    pub scores: Vec<f32>,
}

#[wasm_bindgen]
impl BrowserGpuScan {
    /// Room for a plane.
    ///
    /// @param bits Of a code: 1, 2, 4 or 8.
    /// @param levels What a code of fewer than 8 bits stands for: 16 numbers.
    /// @throws `gpu/unsupported` or `gpu/memory`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        device: &GpuDevice,
        bits: u32,
        dimensions: usize,
        rows: u32,
        levels: &[i8],
    ) -> Result<BrowserGpuScan, JsValue> {
        let bits =
            Bits::ALL.into_iter().find(|known| known.count() as u32 == bits).ok_or_else(|| {
                let (found, needed) = (bits.into(), 8);
                thrown(&GpuError::Unsupported { what: "bits of a code, up to", found, needed })
            })?;
        let found = levels.len();
        let levels = levels
            .try_into()
            .map_err(|_| thrown(&GpuError::Shape { what: "levels", expected: 16, found }))?;
        let plane = Plane { bits, dimensions, rows, levels };
        let scan = Scan::new(device.gpu(), plane).map_err(|error| thrown(&error))?;
        Ok(Self { scan })
    }

    /// Puts rows from `first` on: their codes as a bundle has them, and their scales.
    ///
    /// @throws `gpu/shape`.
    pub fn put(&self, first: u32, codes: &[u8], scales: &[f32]) -> Result<(), JsValue> {
        self.scan.put(first, codes, scales).map_err(|error| thrown(&error))
    }

    /// The `keep` rows of the highest scores, best first, of equal ones the lower row. One search at a time.
    ///
    /// @param query Whole numbers in -2047..=2047, one a dimension.
    /// @param unit What 1 in the sum of products is worth.
    /// @throws A `gpu/…` code; `unsupported` above 512 rows.
    pub async fn nearest(
        &mut self,
        query: Vec<i16>,
        unit: f32,
        keep: u32,
    ) -> Result<GpuHits, JsValue> {
        let hits = self.scan.nearest(&query, unit, keep).await.map_err(|error| thrown(&error))?;
        let (rows, scores) = hits.iter().map(|hit| (hit.row, hit.score)).unzip();
        Ok(GpuHits { rows, scores })
    }
}
