//! Sketches: the signs of a passage's first values, which a scan goes through before it scores anything.
//!
//! A sign is the highest bit of a code, so a sketch is made of the codes when a shard is opened: it is
//! neither stored nor fetched. Four signs are a number that is looked up in a table of what they add for
//! this question. Such sums are rough, and find what is worth a score in a sixth of the time that the
//! first plane takes. Source of signs with a precise question: Gao and Long 2024, "RaBitQ: quantizing
//! high-dimensional vectors with a theoretical error bound for approximate nearest neighbor search".

use super::code::{Code, Spec};
use sextant_kernels::scan::packed::{BLOCK_BYTES, Bits};
use sextant_kernels::scan::sketch::{MAX_CODES, MAX_ENTRY, ROWS};

/// A sketch has a multiple of so many dimensions.
pub const STEP: u32 = 64;
/// Dimensions whose signs make up a number.
const SIGNS: usize = 4;
/// Numbers of a step.
const NUMBERS: usize = STEP as usize / SIGNS;
/// Bytes of a step: two numbers each.
const STEP_BYTES: usize = NUMBERS / 2;

/// How a scan uses sketches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketching {
    /// How many first dimensions they have.
    pub dimensions: u32,
    /// How many passages go on to be scored, at least.
    pub keep: u32,
}

/// Why passages of `planes` have no sketch of `dimensions`, if so: whole steps, each within one plane of
/// levels.
#[must_use]
pub fn fault(planes: &[Spec], dimensions: u32) -> Option<String> {
    let most = (MAX_CODES * SIGNS) as u32;
    if dimensions == 0 || !dimensions.is_multiple_of(STEP) || dimensions > most {
        return Some(format!("a sketch of {dimensions} dimensions"));
    }
    let split = (0..dimensions / STEP).find(|step| place(planes, *step).is_none())?;
    Some(format!("a sketch of {dimensions} dimensions, of which {} lie in no plane", split * STEP))
}

/// The plane of step `step`, its code, and which step of the plane it is.
fn place(planes: &[Spec], step: u32) -> Option<(usize, Bits, usize)> {
    let (from, to) = (step * STEP, (step + 1) * STEP);
    let plane = planes.iter().position(|plane| plane.from <= from && to <= plane.to)?;
    let spec = planes.get(plane)?;
    match spec.code {
        Code::Levels(bits) if (from - spec.from).is_multiple_of(STEP) => {
            Some((plane, bits, ((from - spec.from) / STEP) as usize))
        }
        _ => None,
    }
}

/// The sketches of a shard's passages, as [`sextant_kernels::scan::sketch`] reads them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sketch {
    pub dimensions: u32,
    blocks: Vec<u8>,
}

impl Sketch {
    /// The sketches of `rows` passages. `code(plane, row)`: the bytes of a passage in a plane. Steps that
    /// [`fault`] would tell of are left out.
    pub fn new<'c>(
        planes: &[Spec],
        dimensions: u32,
        rows: usize,
        code: impl Fn(usize, usize) -> &'c [u8],
    ) -> Self {
        let steps = (dimensions / STEP) as usize;
        let block_bytes = steps * STEP_BYTES * ROWS;
        let mut blocks = vec![0u8; rows.div_ceil(ROWS) * block_bytes];
        let places = (0..dimensions / STEP).map(|step| place(planes, step));
        for (step, (plane, bits, at)) in places.enumerate().filter_map(|(n, p)| Some((n, p?))) {
            for (row, block) in (0..rows).step_by(ROWS).zip(blocks.chunks_exact_mut(block_bytes)) {
                let runs = block.as_chunks_mut::<ROWS>().0;
                let runs = runs.get_mut(step * STEP_BYTES..(step + 1) * STEP_BYTES);
                let Some(runs) = runs else { continue };
                for (place, row) in (row..rows.min(row + ROWS)).enumerate() {
                    let pairs = numbers(bits, code(plane, row), at);
                    for (run, pair) in runs.iter_mut().zip(pairs) {
                        if let Some(to) = run.get_mut(place) {
                            *to = pair;
                        }
                    }
                }
            }
        }
        Self { dimensions, blocks }
    }

    /// Bytes in memory.
    pub fn memory(&self) -> usize {
        self.blocks.len()
    }

    /// `count` blocks of sixteen passages from `first` on.
    pub fn blocks(&self, first: usize, count: usize) -> &[u8] {
        let bytes = (self.dimensions / STEP) as usize * STEP_BYTES * ROWS;
        self.blocks.get(first * bytes..(first + count) * bytes).unwrap_or_default()
    }
}

/// The signs of step `at` of a row: number `i`, of the signs of dimensions `i`, `16 + i`, `32 + i` and
/// `48 + i`, in the lower half of byte `i`, number `8 + i` in the upper one.
fn numbers(bits: Bits, row: &[u8], at: usize) -> [u8; STEP_BYTES] {
    // All bytes of a block at once.
    let every = |byte: u8| u128::from_le_bytes([byte; BLOCK_BYTES]);
    let block =
        |at: usize| u128::from_le_bytes(row.as_chunks().0.get(at).copied().unwrap_or_default());
    let signs = match bits {
        Bits::Four => {
            let two = |block: u128| {
                let apart = block >> 3 & every(0b0001_0001);
                (apart | apart >> 3) & every(0b0011)
            };
            two(block(2 * at)) | two(block(2 * at + 1)) << 2
        }
        Bits::Two => {
            let apart = block(at) >> 1 & every(0b0101_0101);
            let apart = (apart | apart >> 1) & every(0b0011_0011);
            (apart | apart >> 2) & every(0b1111)
        }
        Bits::One => block(at / 2) >> (4 * (at % 2)) & every(0b1111),
    };
    (signs as u64 | ((signs >> 64) as u64) << 4).to_le_bytes()
}

/// What each number adds for a question: a table a number, `0..=MAX_ENTRY`. `weights`: what a positive
/// sign of each dimension tells, and a negative one denies.
pub(super) fn tables(weights: &[f32]) -> Vec<[u8; 16]> {
    let fours: Vec<[f32; SIGNS]> = weights.chunks_exact(STEP as usize).flat_map(fours).collect();
    let reach = |four: &[f32; SIGNS]| four.iter().map(|w| w.abs()).sum::<f32>();
    let widest = fours.iter().map(reach).fold(f32::MIN_POSITIVE, f32::max);
    let unit = f32::from(MAX_ENTRY) / 2.0 / widest;
    let table = |four: &[f32; SIGNS]| {
        std::array::from_fn(|number| {
            let signed = |(bit, w): (usize, &f32)| if number >> bit & 1 == 1 { *w } else { -w };
            let sum: f32 = four.iter().enumerate().map(signed).sum();
            ((sum + reach(four)) * unit).round() as u8
        })
    };
    fours.iter().map(table).collect()
}

/// The dimensions of each number of a step, in the order of [`numbers`].
fn fours(step: &[f32]) -> impl Iterator<Item = [f32; SIGNS]> {
    let order = (0..STEP_BYTES).flat_map(|i| [i, STEP_BYTES + i]);
    let value = |at: usize| step.get(at).copied().unwrap_or(0.0);
    order.map(move |i| std::array::from_fn(|sign| value(NUMBERS * sign + i)))
}

/// The passages of the highest sums. Sums are small whole numbers: counting how many passages have each
/// tells what is too low to be among them, at any time.
pub(super) struct Highest {
    keep: usize,
    /// What is below is not among them.
    least: i16,
    /// How many were found that are not below.
    found: usize,
    counts: Vec<u32>,
    rows: Vec<(u32, i16)>,
}

impl Highest {
    /// Keeps `keep`, at least 1, and what has the same sum as the last of them. `codes`: numbers of a
    /// sketch.
    pub fn new(keep: usize, codes: usize) -> Self {
        let counts = vec![0; codes * usize::from(MAX_ENTRY) + 1];
        Self { keep: keep.max(1), least: 0, found: 0, counts, rows: vec![] }
    }

    /// The least sum that can be among them.
    pub fn least(&self) -> i16 {
        self.least
    }

    /// Takes a passage.
    pub fn push(&mut self, row: u32, sum: i16) {
        let count = usize::try_from(sum).ok().and_then(|sum| self.counts.get_mut(sum));
        let Some(count) = count.filter(|_| sum >= self.least) else { return };
        *count += 1;
        self.found += 1;
        self.rows.push((row, sum));
        let at_least = |least: i16| self.counts.get(least as usize).map_or(0, |n| *n as usize);
        while self.found - at_least(self.least) >= self.keep {
            self.found -= at_least(self.least);
            self.least += 1;
        }
    }

    /// The passages in the order in which they came, with their sums.
    pub fn finish(self) -> impl Iterator<Item = (u32, i16)> {
        self.rows.into_iter().filter(move |(_, sum)| *sum >= self.least)
    }
}

#[cfg(test)]
mod tests;
