//! The scan of one plane of codes on both devices, for the bench that holds them against each other: nothing of this ships.

use crate::gpu::GpuDevice;
use sextant_gpu::ops::scan::Bits;
use sextant_gpu::scan::{Plane, Scan as GpuScan};
use sextant_index::vectors::basis::{Seeded, Turn};
use sextant_index::vectors::{
    Basis, Code, CodeSet, Coder, Codes, CodesPart, Part, Scan, Scored, Spec, Turned, Within,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// A collection of vectors in one code, in memory and on a GPU.
#[wasm_bindgen]
pub struct ScanOnBoth {
    planes: [Spec; 1],
    basis: Basis,
    part: CodesPart,
    codes: Codes,
    gpu: GpuScan,
    unit: f32,
}

/// The best rows, best first, and their scores.
#[wasm_bindgen(getter_with_clone)]
pub struct Winners {
    /// Their numbers.
    pub rows: Vec<u32>,
    /// Their scores.
    pub scores: Vec<f32>,
}

#[wasm_bindgen]
impl ScanOnBoth {
    /// Codes `vectors`, row by row, as `code` names it: `int8`, `4bit`, `2bit` or `1bit`.
    ///
    /// # Errors
    /// What cannot be coded, or what the GPU says.
    #[wasm_bindgen(constructor)]
    pub fn new(
        device: &GpuDevice,
        code: &str,
        dimensions: usize,
        vectors: &[f32],
    ) -> Result<Self, String> {
        let code = Code::named(code).ok_or("no such code")?;
        let bits = Bits::ALL.into_iter().find(|bits| bits.count() == code.row_bytes(128) / 16);
        let bits = bits.ok_or("no code for a GPU")?;
        let planes = [Spec::new(code, 0, dimensions as u32)];
        let basis = Basis::new(&vec![0.0; dimensions], Turn::Seeded(Seeded::new(dimensions, 1)));
        let coder = Coder::new(dimensions, planes.to_vec(), Some(basis.clone()), vectors);
        let parts = coder.and_then(|coder| coder.shards(vectors, usize::MAX, None));
        let part = parts.map_err(shown)?.pop().ok_or("no vectors")?;
        let codes = Codes::open(part.file.clone(), "codes", &planes, part.count).map_err(shown)?;
        let lent = codes.lend(0).ok_or("nothing to lend")?;
        let plane = Plane { bits, dimensions, rows: part.count, levels: lent.levels };
        let gpu = GpuScan::new(&device.gpu, plane).map_err(shown)?;
        gpu.put(0, lent.codes, lent.scales).map_err(shown)?;
        let unit = lent.unit;
        Ok(Self { planes, basis, part, codes, gpu, unit })
    }

    /// The `keep` nearest on the CPU.
    ///
    /// # Errors
    /// What is wrong with the query.
    #[wasm_bindgen(js_name = onCpu)]
    pub fn on_cpu(&self, query: &[f32], keep: usize) -> Result<Winners, String> {
        let part = Part { start: 0, count: self.part.count, codes: Some(&self.codes) };
        let set = CodeSet { planes: &self.planes, keep: &[], sketch: None, parts: &[part] };
        let scan = Scan::new(set, Some(&self.basis), query, query.len()).map_err(shown)?;
        Ok(winners(scan.nearest(keep, &Within::ALL)))
    }

    /// The same on the GPU.
    ///
    /// # Errors
    /// The same, or what the GPU says.
    #[wasm_bindgen(js_name = onGpu)]
    pub async fn on_gpu(&mut self, query: Vec<f32>, keep: u32) -> Result<Winners, String> {
        let [plane] = self.planes;
        let basis = plane.code.needs_basis().then_some(&self.basis);
        let turned = Turned::new(&self.planes, basis, &query, query.len()).map_err(shown)?;
        let (codes, worth) = turned.codes(plane).ok_or("no code for a GPU")?;
        let hits = self.gpu.nearest(&codes, self.unit * worth, keep).await.map_err(shown)?;
        let scored =
            |hit: sextant_gpu::scan::Hit| Scored { row: hit.row, score: hit.score + turned.offset };
        Ok(winners(hits.into_iter().map(scored).collect()))
    }
}

fn winners(hits: Vec<Scored>) -> Winners {
    let (rows, scores) = hits.into_iter().map(|hit| (hit.row, hit.score)).unzip();
    Winners { rows, scores }
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}
