//! The product with weights of 8 bits and activations of 12 bits, quantized as they come.
//!
//! ```text
//! xq[t,k] = round(x[t,k] / sx[t]), sx[t] = max|x[t,.]| / 2047          y = (sum xq * wq) * (sw[n] * sx[t]) + bias[n]
//! ```
//! Ranges: `wq` is any `i8`, `xq` lies in -2047..=2047. Overflow budget: a pair of products is at most 2 * 2047 * 128 =
//! 524,032; a sum over [`MAX_INPUTS`] = 8,192 is at most 2,146,435,072 < 2^31. So the integers are exact on every backend, and
//! the floats after them are the same operations in the same order: same bits.
//!
//! Why 12 bits and not 8: a 16-bit product costs the same whatever it holds (`i32x4.dot_i16x8_s`, `vpmaddwd`).

use super::{Corner, Finish, Groups, Sums, with_rows, write_tile};
use crate::backend::Backend;
use crate::error::{KernelError, require_finite, require_len};
use crate::simd::{LANES, Op, Simd, load_padded, max_lanes};

/// The longest row of a matrix whose sums are sure to fit 32 bits.
pub const MAX_INPUTS: usize = 8_192;
/// The largest code of an activation.
const LARGEST: f32 = 2047.0;
/// A row whose values all lie below this is taken for zero: the inverse of its scale could overflow.
const SMALLEST_PEAK: f32 = 1e-30;
/// Codes along `k` that one multiplication takes from each column.
const DEPTH: usize = 2;
/// Codes of a vector of columns at one step along `k`.
const STEP: usize = LANES * DEPTH;

/// Rows of a weight matrix as they are stored: `weight = code * scale`.
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a> {
    /// i8[outputs, inputs], row-major.
    pub codes: &'a [i8],
    /// f32[outputs], finite.
    pub scales: &'a [f32],
    /// f32[outputs], finite.
    pub bias: &'a [f32],
}

/// Weights packed for one backend.
#[derive(Debug, Clone)]
pub struct Matrix {
    backend: Backend,
    inputs: usize,
    outputs: usize,
    /// `[panel][k / 2][vector][column][2]`.
    codes: Vec<i8>,
    /// `[panel][vector][column]`, as is `bias`.
    scales: Vec<[f32; LANES]>,
    bias: Vec<[f32; LANES]>,
}

impl Matrix {
    /// Packs `parts`, whose rows follow each other, for `backend`.
    ///
    /// Errors: [`KernelError::Shape`] when a part's lengths disagree, [`KernelError::Range`] for more than [`MAX_INPUTS`]
    /// inputs, [`KernelError::NotFinite`] for a scale or a bias that is not finite.
    pub fn new(backend: Backend, inputs: usize, parts: &[Coded<'_>]) -> Result<Self, KernelError> {
        if inputs > MAX_INPUTS {
            return Err(KernelError::Range { what: "inputs", limit: MAX_INPUTS, found: inputs });
        }
        let mut outputs = 0;
        for part in parts {
            require_len("bias", part.scales.len(), part.bias.len())?;
            require_len("codes", part.scales.len().saturating_mul(inputs), part.codes.len())?;
            require_finite("scales", part.scales)?;
            require_finite("bias", part.bias)?;
            outputs += part.scales.len();
        }
        let columns = backend.tile().vectors * LANES;
        let panels = outputs.div_ceil(columns);
        let steps = inputs.div_ceil(DEPTH);
        let mut codes = vec![0; panels * columns * steps * DEPTH];
        let mut scales = vec![[0.0; LANES]; panels * columns / LANES];
        let mut bias = scales.clone();
        let mut output = 0;
        for part in parts {
            for (row, values) in part.scales.iter().zip(part.bias).enumerate() {
                let (panel, column) = (output / columns, output % columns);
                let panel =
                    &mut codes[panel * columns * steps * DEPTH..][..columns * steps * DEPTH];
                let source = part.codes[row * inputs..][..inputs].chunks(DEPTH);
                for (to, from) in panel.chunks_exact_mut(columns * DEPTH).zip(source) {
                    to[column * DEPTH..][..from.len()].copy_from_slice(from);
                }
                let (vector, lane) = (output / LANES, output % LANES);
                (scales[vector][lane], bias[vector][lane]) = (*values.0, *values.1);
                output += 1;
            }
        }
        Ok(Self { backend, inputs, outputs, codes, scales, bias })
    }

    /// The backend these weights are packed for.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Length of a row of activations.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of a row of results.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `out = finish(rows * self + bias)`; `out`: f32[rows, outputs].
    ///
    /// Errors: [`KernelError::Backend`] or [`KernelError::Shape`] when `rows` or `out` do not belong to these weights.
    pub fn multiply(
        &self,
        rows: &Rows,
        finish: Finish,
        out: &mut [f32],
    ) -> Result<(), KernelError> {
        if rows.backend != self.backend {
            let (expected, found) = (self.backend.name(), rows.backend.name());
            return Err(KernelError::Backend { what: "rows", expected, found });
        }
        require_len("rows", self.inputs, rows.inputs)?;
        require_len("out", rows.rows * self.outputs, out.len())?;
        self.backend.run(Product { weights: self, rows, finish, out });
        Ok(())
    }
}

/// Quantized rows of activations, packed for one backend. Its memory is kept from one use to the next.
#[derive(Debug, Clone)]
pub struct Rows {
    backend: Backend,
    rows: usize,
    inputs: usize,
    /// Pairs of codes, `[group][k / 2][row]`.
    pairs: Vec<i32>,
    scales: Vec<f32>,
}

impl Rows {
    /// No rows yet.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self { backend, rows: 0, inputs: 0, pairs: Vec::new(), scales: Vec::new() }
    }

    /// Quantizes `x`, f32[rows, inputs], each row with its own scale; the values are finite. Allocates only when `x` has more
    /// values than any before.
    ///
    /// Errors: [`KernelError::Shape`] when `x` holds no whole rows.
    pub fn quantize(&mut self, inputs: usize, x: &[f32]) -> Result<(), KernelError> {
        let rows = x.len().checked_div(inputs).unwrap_or(0);
        require_len("x", rows * inputs, x.len())?;
        (self.rows, self.inputs) = (rows, inputs);
        grow(&mut self.pairs, rows * inputs.div_ceil(DEPTH), 0);
        grow(&mut self.scales, rows, 0.0);
        self.backend.run(Quantize {
            x,
            inputs,
            rows,
            pairs: &mut self.pairs,
            scales: &mut self.scales,
        });
        Ok(())
    }
}

/// Makes `buffer` hold at least `len` values; what is there stays.
fn grow<T: Copy>(buffer: &mut Vec<T>, len: usize, value: T) {
    if buffer.len() < len {
        buffer.resize(len, value);
    }
}

struct Quantize<'a> {
    x: &'a [f32],
    inputs: usize,
    rows: usize,
    pairs: &'a mut [i32],
    scales: &'a mut [f32],
}

impl Op for Quantize<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let steps = self.inputs.div_ceil(DEPTH);
        let groups = Groups::new(self.rows, S::ROWS);
        for g in 0..groups.count() {
            let (first, count) = groups.get(g);
            let x = &self.x[first * self.inputs..][..count * self.inputs];
            let pairs = &mut self.pairs[first * steps..][..count * steps];
            let scales = &mut self.scales[first..][..count];
            with_rows!(S, count, R => quantize_group::<S, R>(s, x, self.inputs, pairs, scales));
        }
    }
}

/// Quantizes `R` rows that share a tile.
#[inline(always)]
fn quantize_group<S: Simd, const R: usize>(
    s: S,
    x: &[f32],
    inputs: usize,
    pairs: &mut [i32],
    scales: &mut [f32],
) {
    let mut rows = [(&[] as &[[f32; STEP]], &[] as &[f32]); R];
    let mut inverses = [s.splat(0.0); R];
    for r in 0..R {
        let row = &x[r * inputs..][..inputs];
        let peak = peak(s, row);
        let usable = peak >= SMALLEST_PEAK;
        scales[r] = if usable { peak / LARGEST } else { 0.0 };
        inverses[r] = s.splat(if usable { LARGEST / peak } else { 0.0 });
        rows[r] = row.as_chunks::<STEP>();
    }
    let steps = pairs.as_chunks_mut::<R>().0;
    let (blocks, rest) = steps.as_chunks_mut::<LANES>();
    for (i, block) in blocks.iter_mut().enumerate() {
        for r in 0..R {
            // With an odd number of inputs the last step of the last block may be half a pair, and not here.
            let codes = match rows[r].0.get(i) {
                Some(values) => {
                    let halves = values.as_chunks::<LANES>().0;
                    let (low, high) = (s.load(&halves[0]), s.load(&halves[1]));
                    s.round_pairs(s.mul(low, inverses[r]), s.mul(high, inverses[r]))
                }
                None => tail_codes(s, rows[r].1, inverses[r]),
            };
            for j in 0..LANES {
                block[j][r] = codes[j];
            }
        }
    }
    if !rest.is_empty() {
        for r in 0..R {
            let codes = tail_codes(s, rows[r].1, inverses[r]);
            for (step, code) in rest.iter_mut().zip(codes) {
                step[r] = code;
            }
        }
    }
}

/// The codes of a row's last values, fewer than sixteen.
#[inline(always)]
fn tail_codes<S: Simd>(s: S, tail: &[f32], inverse: S::F) -> [i32; LANES] {
    let (low, high) = tail.split_at(tail.len().min(LANES));
    s.round_pairs(s.mul(load_padded(s, low), inverse), s.mul(load_padded(s, high), inverse))
}

/// The largest magnitude.
#[inline(always)]
fn peak<S: Simd>(s: S, row: &[f32]) -> f32 {
    let zero = s.splat(0.0);
    let (body, tail) = row.as_chunks::<LANES>();
    let tail = load_padded(s, tail);
    let mut peak = s.max(tail, s.sub(zero, tail));
    for x in body {
        let x = s.load(x);
        peak = s.max(peak, s.max(x, s.sub(zero, x)));
    }
    max_lanes(s, peak)
}

struct Product<'a> {
    weights: &'a Matrix,
    rows: &'a Rows,
    finish: Finish,
    out: &'a mut [f32],
}

impl Op for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match S::VECTORS {
            1 => self.panels::<S, 1>(s),
            _ => self.panels::<S, 2>(s),
        }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn panels<S: Simd, const C: usize>(self, s: S) {
        let (weights, rows) = (self.weights, self.rows);
        let steps = weights.inputs.div_ceil(DEPTH);
        let groups = Groups::new(rows.rows, S::ROWS);
        let panels = weights.outputs.div_ceil(C * LANES);
        for panel in 0..panels {
            let codes = &weights.codes[panel * C * STEP * steps..][..C * STEP * steps];
            let codes = codes.as_chunks::<STEP>().0.as_chunks::<C>().0;
            let column = panel * C * LANES;
            let scales = &weights.scales[panel * C..][..C];
            let bias = &weights.bias[panel * C..][..C];
            for g in 0..groups.count() {
                let (row, count) = groups.get(g);
                let pairs = &rows.pairs[row * steps..][..count * steps];
                let row_scales = &rows.scales[row..][..count];
                let to = Corner { out: &mut *self.out, columns: weights.outputs, row, column };
                with_rows!(S, count, R => {
                    let pairs = pairs.as_chunks::<R>().0;
                    let mut sums = s.vectorize(Tile::<R, C> { pairs, codes });
                    for c in 0..C {
                        let (scale, bias) = (s.load(&scales[c]), s.load(&bias[c]));
                        for r in 0..R {
                            let scale = s.mul(scale, s.splat(row_scales[r]));
                            let y = s.add(s.mul(s.load(&sums[r][c]), scale), bias);
                            s.store(y, &mut sums[r][c]);
                        }
                    }
                    write_tile(s, &sums, self.finish, to);
                });
            }
        }
    }
}

/// `R` rows by `C` vectors of columns, summed over all of `k`: the loop in which nearly all of the time goes.
struct Tile<'a, const R: usize, const C: usize> {
    pairs: &'a [[i32; R]],
    codes: &'a [[[i8; STEP]; C]],
}

impl<const R: usize, const C: usize> Op for Tile<'_, R, C> {
    type Output = Sums<R, C>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Sums<R, C> {
        let mut sums = [[s.zero(); C]; R];
        for (pairs, codes) in self.pairs.iter().zip(self.codes) {
            let mut wide = [s.widen(&codes[0]); C];
            for c in 1..C {
                wide[c] = s.widen(&codes[c]);
            }
            for r in 0..R {
                let pair = s.broadcast(&pairs[r]);
                for c in 0..C {
                    sums[r][c] = s.dot(sums[r][c], pair, wide[c]);
                }
            }
        }
        let mut out = [[[0.0; LANES]; C]; R];
        for r in 0..R {
            for c in 0..C {
                s.store(s.to_floats(sums[r][c]), &mut out[r][c]);
            }
        }
        out
    }
}
