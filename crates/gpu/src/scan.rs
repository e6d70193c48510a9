//! A plane of codes on the device, and the nearest of its rows: only winners come back.

use std::sync::Arc;

use crate::buffer::{Buffer, Use};
use crate::device::Gpu;
use crate::error::{GpuError, require_len};
use crate::kernel::Bound;
use crate::ops::scan::{self, Bits, Operands, Scores};
use crate::ops::top::{self, Pass, Top};
use crate::run::{Counts, Run};

/// The longest row, in dimensions: `127 * 2047 * 8192 < 2^31`.
const MOST_DIMENSIONS: usize = 8192;

/// What a plane is.
#[derive(Debug, Clone, Copy)]
pub struct Plane {
    /// Bits of a code.
    pub bits: Bits,
    /// Of a vector; the last block of a row may be padded.
    pub dimensions: usize,
    /// Vectors.
    pub rows: u32,
    /// What a code stands for, for fewer than 8 bits.
    pub levels: [i8; 16],
}

impl Plane {
    /// Blocks of 16 bytes of a row on the device.
    fn blocks(&self) -> usize {
        self.dimensions.div_ceil(self.bits.block())
    }
}

/// A row and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The row.
    pub row: u32,
    /// Its score.
    pub score: f32,
}

/// A plane on the device.
#[derive(Debug)]
pub struct Scan {
    gpu: Arc<Gpu>,
    plane: Plane,
    codes: Buffer,
    scales: Buffer,
    shape: Buffer,
    query: Buffer,
    readback: Buffer,
    entries: Buffer,
    top: Top,
    scores: Bound,
    /// The passes for as many winners as were asked for last.
    passes: Option<Passes>,
    counts: Counts,
}

#[derive(Debug)]
struct Passes {
    keep: u32,
    steps: Vec<(Bound, Pass)>,
    /// Kept alive for the steps; the last holds the winners.
    buffers: Vec<Buffer>,
    _shapes: Vec<Buffer>,
}

impl Scan {
    /// Room for `plane`.
    ///
    /// Errors: [`GpuError::Unsupported`] for too many dimensions, [`GpuError::Memory`].
    pub fn new(gpu: &Arc<Gpu>, plane: Plane) -> Result<Self, GpuError> {
        if plane.dimensions > MOST_DIMENSIONS {
            let (found, needed) = (plane.dimensions as u64, MOST_DIMENSIONS as u64);
            return Err(GpuError::Unsupported { what: "dimensions up to", found, needed });
        }
        let rows = plane.rows as usize;
        let storage =
            |label, each: usize| Buffer::new(gpu, label, Use::Storage, rows.saturating_mul(each));
        let codes = storage("codes", plane.blocks() * 16)?;
        let scales = storage("scales", 4)?;
        let entries = storage("entries", 8)?;
        let words = plane.blocks() * plane.bits.block();
        let query = Buffer::new(gpu, "query", Use::Storage, words * 4)?;
        let shape = Buffer::new(gpu, "scan", Use::Uniform, 32)?;
        let readback = Buffer::new(gpu, "winners", Use::Readback, top::MOST as usize * 8)?;
        let operands = Operands {
            shape: &shape,
            codes: &codes,
            scales: &scales,
            query: &query,
            entries: &entries,
        };
        let scores = Scores::new(gpu, plane.bits).bind(gpu, operands)?;
        Ok(Self {
            gpu: Arc::clone(gpu),
            plane,
            top: Top::new(gpu),
            codes,
            scales,
            shape,
            query,
            readback,
            entries,
            scores,
            passes: None,
            counts: Counts::default(),
        })
    }

    /// Puts rows from `first` on: their codes as the bundle has them, and their scales.
    ///
    /// Errors: [`GpuError::Shape`] for lengths that do not belong together, or rows beyond the plane's end.
    pub fn put(&self, first: u32, codes: &[u8], scales: &[f32]) -> Result<(), GpuError> {
        let stored = match self.plane.bits {
            Bits::Eight => self.plane.dimensions,
            _ => self.plane.blocks() * 16,
        };
        require_len("codes", scales.len().saturating_mul(stored), codes.len())?;
        let (first, end) = (first as usize, (first as usize).saturating_add(scales.len()));
        if end > self.plane.rows as usize {
            let expected = self.plane.rows as usize;
            return Err(GpuError::Shape { what: "rows", expected, found: end });
        }
        let row = self.plane.blocks() * 16;
        if row == stored {
            self.codes.write(first * row, codes)?;
        } else if stored > 0 {
            // Bytes whose rows are no whole blocks.
            let mut padded = vec![0; scales.len() * row];
            for (to, from) in padded.chunks_exact_mut(row).zip(codes.chunks_exact(stored)) {
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
            self.codes.write(first * row, &padded)?;
        }
        let scales: Vec<u32> = scales.iter().map(|scale| scale.to_bits()).collect();
        self.scales.write_words(first, &scales)
    }

    /// The `keep` rows of the highest scores, best first, of equal ones the lower row; fewer where there are fewer.
    ///
    /// `query`: whole numbers in -2047..=2047, one a dimension; what stands behind is padding. `unit`: what 1 in the sum of
    /// products is worth.
    ///
    /// Errors: [`GpuError::Unsupported`] above 512 winners, [`GpuError::Shape`] for a query of another length; else whatever
    /// the device does.
    pub async fn nearest(
        &mut self,
        query: &[i16],
        unit: f32,
        keep: u32,
    ) -> Result<Vec<Hit>, GpuError> {
        let dimensions = self.plane.dimensions;
        let query = query.get(..dimensions).ok_or(GpuError::Shape {
            what: "query",
            expected: dimensions,
            found: query.len(),
        })?;
        if keep > top::MOST {
            let (found, needed) = (keep.into(), top::MOST.into());
            return Err(GpuError::Unsupported { what: "winners up to", found, needed });
        }
        let keep = keep.min(self.plane.rows);
        if keep == 0 {
            return Ok(Vec::new());
        }
        let Plane { rows, levels, .. } = self.plane;
        let shape = scan::uniform(rows, self.plane.blocks() as u32, unit, &levels);
        self.shape.write_words(0, &shape)?;
        let words: Vec<u32> = query.iter().map(|code| i32::from(*code).cast_unsigned()).collect();
        self.query.write_words(0, &words)?;

        let passes = match self.passes.take() {
            Some(passes) if passes.keep == keep => passes,
            _ => Passes::new(&self.gpu, &self.top, &self.entries, rows, keep)?,
        };
        let passes = self.passes.insert(passes);
        let mut run = Run::new(&self.gpu, "scan");
        run.dispatch(&self.scores, scan::groups(rows));
        for (step, pass) in &passes.steps {
            run.dispatch(step, pass.groups());
        }
        let winners = passes.buffers.last().unwrap_or(&self.entries);
        let (bytes, counts) = run.finish(winners, &self.readback, keep as usize * 8).await?;
        self.counts = counts;
        Ok(bytes.as_chunks::<8>().0.iter().map(|entry| hit(*entry)).collect())
    }

    /// What the last search took.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

impl Passes {
    fn new(
        gpu: &Arc<Gpu>,
        top: &Top,
        entries: &Buffer,
        rows: u32,
        keep: u32,
    ) -> Result<Self, GpuError> {
        let (mut buffers, mut shapes, mut steps) = (Vec::<Buffer>::new(), Vec::new(), Vec::new());
        for pass in Pass::all(rows, keep) {
            let shape = Buffer::uniform(gpu, "top", &pass.uniform())?;
            let kept = Buffer::new(gpu, "kept", Use::Storage, pass.left() as usize * 8)?;
            let before = buffers.last().unwrap_or(entries);
            steps.push((top.bind(gpu, &shape, before, &kept)?, pass));
            buffers.push(kept);
            shapes.push(shape);
        }
        Ok(Self { keep, steps, buffers, _shapes: shapes })
    }
}

/// An entry, its score out of its key.
fn hit(entry: [u8; 8]) -> Hit {
    let [a, b, c, d, row @ ..] = entry;
    let key = u32::from_le_bytes([a, b, c, d]);
    let bits = if key >> 31 == 1 { key & 0x7fff_ffff } else { !key };
    Hit { row: u32::from_le_bytes(row), score: f32::from_bits(bits) }
}
