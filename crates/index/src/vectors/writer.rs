//! Writes vectors as codes, in shards of consecutive passages.

use super::basis::Basis;
use super::code::{self, Code, Spec};
use super::{MAX_DIMENSIONS, int8, levels, unit_vector};
use crate::error::IndexError;
use sextant_core::frame::{self, Kind};
use sextant_core::half::{from_half, to_half};

/// Every plane begins at a multiple of this, in bytes from the start of the file: a SIMD register.
pub(super) const ALIGN: usize = 16;
/// Bytes of a body before the planes' headers.
pub(super) const FIXED: usize = 16;
/// Bytes of a plane's header.
pub(super) const PLANE_HEADER: usize = 16;

/// A finished shard of consecutive passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodesPart {
    /// Number of its first passage.
    pub start: u32,
    /// Number of passages in it, at least 1.
    pub count: u32,
    /// The framed shard.
    pub file: Vec<u8>,
}

/// How vectors become the codes of one shard.
#[derive(Clone, Debug)]
pub struct Coder {
    inputs: usize,
    planes: Vec<Spec>,
    basis: Option<Basis>,
    /// Standard deviation of the corpus' values in each plane.
    gains: Vec<f32>,
}

impl Coder {
    /// A coder for unit vectors of `inputs` dimensions, 1..=[`MAX_DIMENSIONS`].
    ///
    /// `basis`: what codes of levels are written in. `sample`: vectors like those that will be coded,
    /// f32[any, inputs] row by row, to learn how much each plane carries; without any, 1.
    ///
    /// # Errors
    /// [`IndexError::Planes`] for planes that cannot make up a shard, or levels without a basis.
    pub fn new(
        inputs: usize,
        planes: Vec<Spec>,
        basis: Option<Basis>,
        sample: &[f32],
    ) -> Result<Self, IndexError> {
        let levels = planes.iter().any(|plane| plane.code.needs_basis());
        let basis = basis.filter(|_| levels);
        let dimensions = basis.as_ref().map_or(inputs, Basis::outputs);
        let wrong = match &basis {
            _ if !(1..=MAX_DIMENSIONS as usize).contains(&inputs) => {
                Some(format!("{inputs} dimensions, at most {MAX_DIMENSIONS}"))
            }
            None if levels => Some("codes of levels without a basis".to_owned()),
            Some(basis) if basis.inputs() != inputs => {
                Some(format!("a basis of {} dimensions for {inputs}", basis.inputs()))
            }
            _ => code::fault(&planes, dimensions as u32),
        };
        if let Some(what) = wrong {
            return Err(IndexError::Planes { what });
        }
        let mut coder = Self { inputs, gains: vec![1.0; planes.len()], planes, basis };
        coder.learn(sample);
        Ok(coder)
    }

    fn learn(&mut self, sample: &[f32]) {
        let Some(basis) = &self.basis else { return };
        let mut sums = vec![0.0f64; self.planes.len()];
        for row in sample.chunks_exact(self.inputs) {
            let turned = basis.centred(row);
            for (sum, plane) in sums.iter_mut().zip(&self.planes) {
                *sum += squares(plane.part(&turned));
            }
        }
        let rows = (sample.len() / self.inputs).max(1) as f64;
        for ((gain, sum), plane) in self.gains.iter_mut().zip(sums).zip(&self.planes) {
            let deviation = (sum / (rows * plane.width() as f64)).sqrt() as f32;
            if deviation.is_normal() {
                *gain = deviation;
            }
        }
    }

    /// The planes that it writes.
    #[must_use]
    pub fn planes(&self) -> &[Spec] {
        &self.planes
    }

    /// Bytes of a passage.
    #[must_use]
    pub fn passage_bytes(&self) -> usize {
        code::passage_bytes(&self.planes)
    }

    /// Codes all `vectors`, f32[any, inputs] row by row, into shards of at most `shard_bytes`
    /// ([`super::SHARD_BYTES`] by default), unless one vector takes more. They need not have length 1:
    /// only their direction is kept. `cuts`: passages at which a shard may end, ascending; none:
    /// anywhere.
    ///
    /// # Errors
    /// [`IndexError::Dimensions`] for a rest of a row; [`IndexError::NoDirection`] for NaN, infinity or
    /// zeros.
    pub fn shards(
        &self,
        vectors: &[f32],
        shard_bytes: usize,
        cuts: Option<&[u32]>,
    ) -> Result<Vec<CodesPart>, IndexError> {
        let rows = vectors.len() / self.inputs;
        let left = vectors.len() % self.inputs;
        if left != 0 {
            return Err(IndexError::Dimensions { row: rows, expected: self.inputs, found: left });
        }
        let most = (shard_bytes / self.passage_bytes().max(1)).max(1);
        let mut parts = Vec::new();
        let mut start = 0;
        while start < rows {
            let mut end = (start + most).min(rows);
            if let Some(cuts) = cuts {
                let fits = |cut: &&u32| (start + 1..=end).contains(&(**cut as usize));
                let next = |cut: &&u32| **cut as usize > start;
                let cut = cuts.iter().rev().find(fits).or_else(|| cuts.iter().find(next));
                end = cut.map_or(rows, |cut| (*cut as usize).min(rows));
            }
            let part = vectors.get(start * self.inputs..end * self.inputs).unwrap_or_default();
            let file = self.shard(part, start)?;
            parts.push(CodesPart { start: start as u32, count: (end - start) as u32, file });
            start = end;
        }
        Ok(parts)
    }

    /// One shard of all `vectors`, whose first is passage `start`.
    fn shard(&self, vectors: &[f32], start: usize) -> Result<Vec<u8>, IndexError> {
        let mut scales = Vec::new();
        let mut codes: Vec<Vec<u8>> = vec![Vec::new(); self.planes.len()];
        for (row, vector) in vectors.chunks_exact(self.inputs).enumerate() {
            self.row(&unit_vector(vector, start + row)?, &mut scales, &mut codes);
        }
        let rows = vectors.len() / self.inputs;
        let mut body = Vec::new();
        for number in [rows as u32, self.planes.len() as u32, 0, 0] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        for (plane, gain) in self.planes.iter().zip(&self.gains) {
            body.extend_from_slice(&(code_number(plane.code)).to_le_bytes());
            body.extend_from_slice(&plane.from.to_le_bytes());
            body.extend_from_slice(&plane.to.to_le_bytes());
            body.extend_from_slice(&gain.to_le_bytes());
        }
        body.append(&mut scales);
        for mut codes in codes {
            body.resize(body.len().next_multiple_of(ALIGN), 0);
            body.append(&mut codes);
        }
        Ok(frame::write(Kind::Plane, &body))
    }

    /// Appends the codes of a unit vector.
    fn row(&self, unit: &[f32], scales: &mut Vec<u8>, codes: &mut [Vec<u8>]) {
        let turned = self.basis.as_ref().map(|basis| basis.centred(unit));
        let spread = turned.as_ref().map_or(1.0, |turned| self.spread(turned));
        let (mut with_self, mut with_code) = (0.0f64, 0.0f64);
        for ((plane, gain), codes) in self.planes.iter().zip(&self.gains).zip(codes) {
            match (plane.code, &turned) {
                (Code::Levels(bits), Some(turned)) => {
                    let part = plane.part(turned);
                    let (table, at) = (levels::table(bits), codes.len());
                    codes.resize(at + plane.code.row_bytes(part.len()), 0);
                    let packed = codes.get_mut(at..).unwrap_or_default();
                    for (d, value) in part.iter().enumerate() {
                        let level = levels::nearest(bits, value / (spread * gain));
                        pack(packed, bits.count(), d, level);
                        let worth = table.get(usize::from(level)).copied().unwrap_or(0);
                        let worth = f32::from(worth) * levels::unit(bits) * gain;
                        with_self += f64::from(*value) * f64::from(*value);
                        with_code += f64::from(*value) * f64::from(worth);
                    }
                }
                (Code::Int8, _) => {
                    let mut row = vec![0i8; plane.width()];
                    let scale = int8::encode(plane.part(unit), &mut row);
                    scales.extend_from_slice(&scale.to_le_bytes());
                    codes.extend(row.iter().map(|code| *code as u8));
                }
                _ => plane.part(unit).iter().for_each(|v| codes.extend(v.to_le_bytes())),
            }
        }
        if turned.is_some() {
            // With this factor the codes' product with the vector itself is right, so that scores are
            // unbiased (Gao and Long, "RaBitQ", SIGMOD 2024, section 3.2).
            let scale = if with_code > 0.0 { (with_self / with_code) as f32 } else { 0.0 };
            let scale = from_half(to_half(scale));
            let scale = if scale.is_finite() { scale } else { 0.0 };
            scales.extend_from_slice(&to_half(scale).to_le_bytes());
        }
    }

    /// How much larger a vector's values are than the corpus'.
    fn spread(&self, turned: &[f32]) -> f32 {
        let (mut found, mut expected) = (0.0, 0.0);
        for (plane, gain) in self.planes.iter().zip(&self.gains) {
            found += squares(plane.part(turned));
            expected += plane.width() as f64 * f64::from(*gain) * f64::from(*gain);
        }
        let spread = (found / expected).sqrt() as f32;
        if spread.is_normal() { spread } else { 1.0 }
    }
}

fn squares(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum()
}

/// Puts `level` of dimension `d` into a row of blocks: see [`sextant_kernels::scan::packed`].
fn pack(row: &mut [u8], bits: usize, d: usize, level: u8) {
    let block = 8 / bits * ALIGN;
    let (at, within) = (d / block * ALIGN + d % ALIGN, d % block / ALIGN);
    if let Some(byte) = row.get_mut(at) {
        *byte |= level << (bits * within);
    }
}

/// The code's number in a shard. Part of the format: never reuse one.
pub(super) fn code_number(code: Code) -> u32 {
    match code {
        Code::Float32 => 0,
        Code::Int8 => 1,
        Code::Levels(bits) => 1 + (bits.count() as u32) * 16,
    }
}
