//! Vectors as 8-bit integers with one scale each: a quarter of float32, and no loss that retrieval
//! notices.

use super::{Codes, MAX_DIMENSIONS, PlanePart};
use crate::error::IndexError;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, HEADER, Kind};
use sextant_core::wire::Reader;
use sextant_kernels::{as_i8, scan};

/// The name of this code in the manifest.
pub const NAME: &str = "int8";
/// The codes begin at a multiple of this, in bytes from the start of the file: a SIMD register.
const ALIGN: usize = 16;
/// Bytes of a body before the scales.
const FIXED: usize = 16;

/// Symmetric int8, one scale for the vector. `x` is finite; codes lie in `-127..=127`.
/// `code * scale` is within `scale / 2` (up to float rounding) of `x`. Ties go to even, as in wasm
/// and native. `codes` is as long as `x`. Returns the scale, above 0.
pub fn encode(x: &[f32], codes: &mut [i8]) -> f32 {
    let peak = x.iter().fold(0.0f32, |peak, v| peak.max(v.abs()));
    // Below the normal floats a scale would lose its digits, or become 0.
    let scale = if peak >= f32::MIN_POSITIVE * 256.0 { peak / 127.0 } else { 1.0 };
    for (code, v) in codes.iter_mut().zip(x) {
        *code = (v / scale).round_ties_even() as i8;
    }
    scale
}

/// The length of `x`, or why it has no direction.
fn norm(x: &[f32], row: usize) -> Result<f32, IndexError> {
    let norm = x.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt() as f32;
    if !norm.is_finite() {
        return Err(IndexError::NoDirection { row, what: "a value that is not finite" });
    }
    if norm < f32::MIN_POSITIVE * 256.0 {
        return Err(IndexError::NoDirection { row, what: "all zeros" });
    }
    Ok(norm)
}

/// Codes vectors in the order of passages and cuts them into shards.
#[derive(Debug)]
pub struct PlaneWriter {
    dimensions: usize,
    rows: usize,
    start: usize,
    scales: Vec<f32>,
    codes: Vec<i8>,
    parts: Vec<PlanePart>,
}

impl PlaneWriter {
    /// `dimensions`: 1..=[`MAX_DIMENSIONS`], length of every vector. `shard_bytes`:
    /// [`super::SHARD_BYTES`] by default, not exceeded unless one vector does.
    #[must_use]
    pub fn new(dimensions: usize, shard_bytes: usize) -> Self {
        let rows = (shard_bytes / (dimensions + size_of::<f32>())).max(1);
        Self { dimensions, rows, start: 0, scales: vec![], codes: vec![], parts: vec![] }
    }

    /// Adds the vector of the next passage. It need not have length 1: only its direction is kept.
    ///
    /// # Errors
    /// [`IndexError::Dimensions`]; [`IndexError::NoDirection`] for NaN, infinity or zeros.
    pub fn add(&mut self, vector: &[f32]) -> Result<(), IndexError> {
        let row = self.start + self.scales.len();
        if vector.len() != self.dimensions || self.dimensions > MAX_DIMENSIONS as usize {
            let (expected, found) = (self.dimensions.min(MAX_DIMENSIONS as usize), vector.len());
            return Err(IndexError::Dimensions { row, expected, found });
        }
        let norm = norm(vector, row)?;
        let at = self.codes.len();
        self.codes.resize(at + self.dimensions, 0);
        let unit: Vec<f32> = vector.iter().map(|v| v / norm).collect();
        let scale = encode(&unit, self.codes.get_mut(at..).unwrap_or_default());
        self.scales.push(scale);
        if self.scales.len() == self.rows {
            self.cut();
        }
        Ok(())
    }

    /// All shards, in the order of passages.
    #[must_use]
    pub fn finish(mut self) -> Vec<PlanePart> {
        self.cut();
        self.parts
    }

    fn cut(&mut self) {
        let count = self.scales.len();
        if count == 0 {
            return;
        }
        let mut body = Vec::with_capacity(codes_at(count) + self.codes.len());
        for number in [self.dimensions as u32, count as u32, 0, 0] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        self.scales.drain(..).for_each(|scale| body.extend_from_slice(&scale.to_le_bytes()));
        body.resize(codes_at(count), 0);
        body.extend(self.codes.drain(..).map(|code| code as u8));
        let file = frame::write(Kind::Plane, &body);
        self.parts.push(PlanePart { start: self.start as u32, count: count as u32, file });
        self.start += count;
    }
}

/// Where in the body the codes of `rows` vectors begin.
fn codes_at(rows: usize) -> usize {
    const { assert!(HEADER.is_multiple_of(ALIGN) && FIXED.is_multiple_of(ALIGN)) };
    FIXED + (rows * size_of::<f32>()).next_multiple_of(ALIGN)
}

/// The codes of consecutive passages.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    dimensions: usize,
    scales: Vec<f32>,
    file: Vec<u8>,
}

impl Plane {
    /// Reads a plane of `rows` vectors of `dimensions`, as the manifest says. `file` is the inflated
    /// file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the manifest.
    //
    // offset in the body    size
    //      0                   4  dimensions, 1..=8192
    //      4                   4  rows
    //      8                   8  zero, checked
    //     16              4 rows  scales, f32, above 0 and finite
    //      -                   -  zero up to a multiple of 16, checked
    //      -     dimensions * rows  codes, i8 in -127..=127, row after row, to the end
    pub fn open(
        file: Vec<u8>,
        name: &str,
        dimensions: u32,
        rows: u32,
    ) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(&file, Kind::Plane, name)?);
        let (found_dimensions, found_rows) = (reader.u32()?, reader.u32()?);
        if (found_dimensions, found_rows) != (dimensions, rows) {
            return Err(reader.fault(format!(
                "{found_rows} vectors of {found_dimensions} dimensions, the manifest says {rows} of {dimensions}"
            )));
        }
        if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
            return Err(reader.fault(format!("{dimensions} dimensions, at most {MAX_DIMENSIONS}")));
        }
        let (dimensions, rows) = (dimensions as usize, rows as usize);
        let expected = rows.checked_mul(dimensions + size_of::<f32>());
        if reader.array::<8>()? != [0; 8] || expected.is_none_or(|bytes| bytes > reader.remaining())
        {
            return Err(reader.fault(format!("{rows} vectors in {} bytes", reader.remaining())));
        }
        let mut scales = Vec::with_capacity(rows);
        for row in 0..rows {
            let scale = reader.f32()?;
            if !(scale.is_finite() && scale > 0.0) {
                return Err(reader.fault(format!("vector {row} has scale {scale}")));
            }
            scales.push(scale);
        }
        let gap = reader.bytes(codes_at(rows) - FIXED - rows * size_of::<f32>())?;
        let codes = reader.bytes(rows * dimensions)?;
        if gap.iter().any(|b| *b != 0) || as_i8(codes).contains(&i8::MIN) {
            return Err(reader.fault("a byte that no writer writes"));
        }
        reader.end()?;
        Ok(Self { dimensions, scales, file })
    }

    /// Writes the vector of `row` into `out`, f32[dimensions], within half a scale of what was coded. `out` is
    /// left as it is for a row that there is not.
    pub fn decode(&self, row: usize, out: &mut [f32]) {
        let codes = self.codes().chunks_exact(self.dimensions).nth(row);
        if let (Some(scale), Some(codes)) = (self.scales.get(row), codes) {
            for (value, code) in out.iter_mut().zip(codes) {
                *value = f32::from(*code) * scale;
            }
        }
    }

    fn codes(&self) -> &[i8] {
        as_i8(self.file.get(HEADER + codes_at(self.scales.len())..).unwrap_or_default())
    }
}

impl Codes for Plane {
    fn rows(&self) -> usize {
        self.scales.len()
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Within 0.02 of the cosine of the float32 vectors: see the test of the bound.
    fn scan(&self, query: &[f32], out: &mut Vec<f32>) -> Result<(), IndexError> {
        let (expected, found) = (self.dimensions, query.len());
        if found != expected {
            return Err(IndexError::Dimensions { row: 0, expected, found });
        }
        let norm = norm(query, 0)?;
        let mut codes = vec![0i8; self.dimensions];
        let scale = encode(query, &mut codes) / norm;
        let mut dots = vec![0i32; self.scales.len()];
        scan::dot_i8(&codes, self.codes(), self.dimensions, &mut dots)
            .map_err(|_| IndexError::Dimensions { row: 0, expected, found })?;
        let cosine = |(dot, row): (&i32, &f32)| (*dot as f32 * (scale * row)).clamp(-1.0, 1.0);
        out.extend(dots.iter().zip(&self.scales).map(cosine));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
