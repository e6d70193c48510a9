//! The product with weights of 8 bits and activations of 7 bits, quantized as they come, in groups along `k`.
//!
//! ```text
//! xq[t,k] = round((x[t,k] / s) + z)        s, z: of the row t and the group g of 64 neighbours that k is in
//! s[t,g] = (high - low) / 126              low, high: the least and the greatest of the group, and 0
//! z[t,g] = round(-low / s)
//! y[t,n] = (sum over g of s[t,g] * (sum over k in g of (xq[t,k] - z[t,g]) * wq[n,k])) * sw[n] + bias[n]
//! ```
//! Ranges: `wq` is any `i8`, `xq` lies in 0..=127: 126 steps and what rounding twice can add. The inner sum is made of
//! `sum xq * wq` and of `z * sum wq`, whose second factor is packed with the weights; both are below 64 * 127 * 128 =
//! 1,040,384, so they are exact in 32 bits and as floats. The outer sum runs in the order of groups, one rounded product
//! and one rounded sum at a time. So all backends give the same bits.
//!
//! Where all weights of a group are *light* (see `Products::multiply_light`), products of bytes that come as sums of two in 16 bits are
//! summed there once more before they are widened: a quarter of the multiplications less. Of the default encoder's small form 87
//! groups of 100 are, in panels of eight columns.
//!
//! Why 7 bits: the products of bytes of relaxed SIMD and of AVX2 are exact only then, and those of VNNI and NEON lose
//! nothing by it. Why groups: a few channels of a transformer are far larger than the rest, and cost only their neighbours
//! digits (`docs/decisions.md` has the figures).

use super::lines::Lines;
use super::{Corner, Finish, Groups, Operand, Sums, check, with_rows, write_tile};
use crate::backend::Backend;
use crate::error::{KernelError, require_finite, require_len};
use crate::simd::{LANES, MOST_LIGHT, Op, Simd, max_lanes};

/// Neighbours along `k` that share a scale.
const GROUP: usize = 64;
/// Steps from the least to the greatest value of a group.
const STEPS: f32 = 126.0;
/// A group whose scale is below this is taken for zeros: its inverse could overflow.
const SMALLEST_SCALE: f32 = 1e-32;
/// Values that become words of codes at a time.
const BLOCK: usize = 4 * LANES;

/// A pair of `i16`, both 1.
const ONES: i32 = 0x0001_0001;

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
    operand: Operand,
    /// `[panel][k / depth][vector][column][depth]`, with zeros where the last group is not full.
    codes: Lines,
    /// The sum of a group's codes, beside a zero: `[panel][group][vector][column][2]`.
    sums: Vec<[i16; 2 * LANES]>,
    /// Whether a group's weights are light: `[panel][group]`.
    light: Vec<bool>,
    /// `[panel][vector][column]`, as is `bias`.
    scales: Vec<[f32; LANES]>,
    bias: Vec<[f32; LANES]>,
}

impl Matrix {
    /// Packs `parts`, whose rows follow each other, for `backend`.
    ///
    /// Errors: [`KernelError::Shape`] when a part's lengths disagree, [`KernelError::NotFinite`] for a scale or a bias
    /// that is not finite.
    pub fn new(backend: Backend, inputs: usize, parts: &[Coded<'_>]) -> Result<Self, KernelError> {
        let mut outputs = 0;
        for part in parts {
            require_len("bias", part.scales.len(), part.bias.len())?;
            require_len("codes", part.scales.len().saturating_mul(inputs), part.codes.len())?;
            require_finite("scales", part.scales)?;
            require_finite("bias", part.bias)?;
            outputs += part.scales.len();
        }
        let tile = backend.tile();
        let (columns, depth) = (tile.vectors * LANES, tile.depth);
        let panels = outputs.div_ceil(columns);
        let groups = inputs.div_ceil(GROUP);
        let mut codes = Lines::zeros(panels * columns * groups * GROUP);
        let mut sums = vec![[0; 2 * LANES]; panels * groups * tile.vectors];
        let mut scales = vec![[0.0; LANES]; panels * tile.vectors];
        let mut bias = scales.clone();
        let mut output = 0;
        for part in parts {
            for (row, values) in part.scales.iter().zip(part.bias).enumerate() {
                let (panel, column) = (output / columns, output % columns);
                let (vector, lane) = (column / LANES, column % LANES);
                let source = &part.codes[row * inputs..][..inputs];
                let to = &mut codes[panel * columns * groups * GROUP..][..columns * groups * GROUP];
                match depth {
                    2 => spread::<2>(source, to, column, columns),
                    _ => spread::<4>(source, to, column, columns),
                }
                let to = &mut sums[panel * groups * tile.vectors..][..groups * tile.vectors];
                for (to, from) in to.chunks_exact_mut(tile.vectors).zip(source.chunks(GROUP)) {
                    to[vector][2 * lane] = from.iter().map(|code| i16::from(*code)).sum();
                }
                let vector = output / LANES;
                (scales[vector][lane], bias[vector][lane]) = (*values.0, *values.1);
                output += 1;
            }
        }
        let groups = codes.chunks_exact(columns * GROUP);
        let light = groups.map(|group| tile.light && is_light(group, columns * depth)).collect();
        let operand = Operand { backend, lines: outputs, inputs };
        Ok(Self { operand, codes, sums, light, scales, bias })
    }

    /// The backend these weights are packed for.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.operand.backend
    }

    /// Length of a row of activations.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.operand.inputs
    }

    /// Length of a row of results.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.operand.lines
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
        check(&self.operand, &rows.operand, out.len())?;
        let backend = self.operand.backend;
        backend.run(Product { weights: self, rows, finish, out: &mut *out });
        finish.complete(backend, out);
        Ok(())
    }
}

/// Puts a row of codes into its column of a panel, `D` neighbours at a time: a number of them that is known is moved as one word,
/// which is most of the time that packing takes.
fn spread<const D: usize>(source: &[i8], panel: &mut [i8], column: usize, columns: usize) {
    let (body, tail) = source.as_chunks::<D>();
    let mut steps = panel.as_chunks_mut::<D>().0.iter_mut().skip(column).step_by(columns);
    for (from, to) in body.iter().zip(steps.by_ref()) {
        *to = *from;
    }
    if let (Some(to), false) = (steps.next(), tail.is_empty()) {
        to[..tail.len()].copy_from_slice(tail);
    }
}

/// Whether the weights of a group, in steps of so many, are light: see [`Products::multiply_light`].
fn is_light(group: &[i8], step: usize) -> bool {
    group.chunks_exact(2 * step).all(|two| {
        let (a, b) = two.split_at(step);
        let mut most = 0;
        for (a, b) in a.as_chunks::<2>().0.iter().zip(b.as_chunks::<2>().0) {
            let weights = [a[0], a[1], b[0], b[1]].map(i16::from);
            let high: i16 = weights.iter().map(|w| (*w).max(0)).sum();
            let low: i16 = weights.iter().map(|w| (*w).min(0)).sum();
            most = most.max(high).max(-low);
        }
        most <= MOST_LIGHT
    })
}

/// Quantized rows of activations, packed for one backend. Its memory is kept from one use to the next.
#[derive(Debug, Clone)]
pub struct Rows {
    operand: Operand,
    /// Codes, `[group of rows][k / depth][row]`, of whole groups along `k`.
    words: Vec<i32>,
    /// `[group of rows][group][row]`.
    ranges: Vec<Range>,
}

/// How the codes of a group are read: `x = (code + offset) * scale`.
#[derive(Debug, Clone, Copy)]
struct Range {
    scale: f32,
    /// `-z`, as the lower half of a pair of `i16` whose upper half is zero.
    offset: i32,
}

impl Rows {
    /// No rows yet.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        let operand = Operand { backend, lines: 0, inputs: 0 };
        Self { operand, words: Vec::new(), ranges: Vec::new() }
    }

    /// Quantizes `x`, f32[rows, inputs], each row and group with its own scale; the values are finite. Allocates only when
    /// `x` has more values than any before.
    ///
    /// Errors: [`KernelError::Shape`] when `x` holds no whole rows.
    pub fn quantize(&mut self, inputs: usize, x: &[f32]) -> Result<(), KernelError> {
        let rows = x.len().checked_div(inputs).unwrap_or(0);
        require_len("x", rows * inputs, x.len())?;
        (self.operand.lines, self.operand.inputs) = (rows, inputs);
        let backend = self.operand.backend;
        let groups = inputs.div_ceil(GROUP);
        grow(&mut self.words, rows * groups * (GROUP / backend.tile().depth), 0);
        grow(&mut self.ranges, rows * groups, Range { scale: 0.0, offset: 0 });
        let (words, ranges) = (&mut self.words, &mut self.ranges);
        backend.run(Quantize { x, inputs, rows, words, ranges });
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
    words: &'a mut [i32],
    ranges: &'a mut [Range],
}

impl Op for Quantize<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let inputs = self.inputs;
        let ranges = inputs.div_ceil(GROUP);
        let steps = ranges * (GROUP / S::DEPTH);
        let groups = Groups::new(self.rows, S::ROWS);
        for g in 0..groups.count() {
            let (first, count) = groups.get(g);
            let words = &mut self.words[first * steps..][..count * steps];
            let ranges = &mut self.ranges[first * ranges..][..count * ranges];
            for r in 0..count {
                let x = &self.x[(first + r) * inputs..][..inputs];
                let words = words.chunks_exact_mut(count * (GROUP / S::DEPTH));
                for ((x, words), ranges) in
                    x.chunks(GROUP).zip(words).zip(ranges.chunks_exact_mut(count))
                {
                    let whole = x.try_into().unwrap_or_else(|_| padded(x));
                    ranges[r] = quantize_group(s, &whole, words, count, r);
                }
            }
        }
    }
}

/// Fewer than [`GROUP`] values with zeros behind them, which change neither range nor sum.
#[inline(always)]
fn padded(x: &[f32]) -> [f32; GROUP] {
    let mut whole = [0.0; GROUP];
    whole[..x.len()].copy_from_slice(x);
    whole
}

/// Quantizes one group of row `r` of `rows`; `words` is the group's part of all of them.
#[inline(always)]
fn quantize_group<S: Simd>(
    s: S,
    x: &[f32; GROUP],
    words: &mut [i32],
    rows: usize,
    r: usize,
) -> Range {
    let x = x.as_chunks::<LANES>().0;
    let zero = s.splat(0.0);
    let (mut high, mut low) = (zero, zero);
    for x in x {
        let x = s.load(x);
        high = s.max(high, x);
        // The greatest of the negatives.
        low = s.max(low, s.sub(zero, x));
    }
    let (high, low) = (max_lanes(s, high), max_lanes(s, low));
    // Divided before they are added: the sum of the two largest floats is infinite.
    let scale = high / STEPS + low / STEPS;
    let usable = scale >= SMALLEST_SCALE;
    let (scale, inverse) = if usable { (scale, 1.0 / scale) } else { (0.0, 0.0) };
    let offset = (low * inverse).round_ties_even();
    let (inverse, shift) = (s.splat(inverse), s.splat(offset));
    for (x, words) in x.as_chunks::<4>().0.iter().zip(words.chunks_mut(rows * (BLOCK / S::DEPTH))) {
        let mut block = [0; 16];
        s.round_words(x.map(|x| s.add(s.mul(s.load(&x), inverse), shift)), &mut block);
        for (step, word) in words.chunks_exact_mut(rows).zip(block) {
            step[r] = word;
        }
    }
    Range { scale, offset: -(offset as i32) & 0xffff }
}

struct Product<'a> {
    weights: &'a Matrix,
    rows: &'a Rows,
    finish: Finish,
    out: &'a mut [f32],
}

impl Op for Product<'_> {
    type Output = ();
    const PRODUCTS: bool = true;
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
        let (inputs, outputs) = (weights.inputs(), weights.outputs());
        let ranges = inputs.div_ceil(GROUP);
        let steps = ranges * (GROUP / S::DEPTH);
        let groups = Groups::new(rows.operand.lines, S::ROWS);
        let bytes = C * LANES * S::DEPTH * steps;
        for panel in 0..outputs.div_ceil(C * LANES) {
            let codes = &weights.codes[panel * bytes..][..bytes];
            let sums = &weights.sums[panel * ranges * C..][..ranges * C];
            let light = &weights.light[panel * ranges..][..ranges];
            let column = panel * C * LANES;
            let scales = &weights.scales[panel * C..][..C];
            let bias = &weights.bias[panel * C..][..C];
            for g in 0..groups.count() {
                let (row, count) = groups.get(g);
                let words = &rows.words[row * steps..][..count * steps];
                let ranges = &rows.ranges[row * ranges..][..count * ranges];
                let to = Corner { out: &mut *self.out, columns: outputs, row, column };
                with_rows!(S, count, R => {
                    let (words, ranges) = (words.as_chunks::<R>().0, ranges.as_chunks::<R>().0);
                    let sums = sums.as_chunks::<C>().0;
                    let mut tile = s.vectorize(Tile::<R, C> { words, ranges, codes, sums, light, ones: &ONES });
                    for c in 0..C {
                        let (scale, bias) = (s.load(&scales[c]), s.load(&bias[c]));
                        for r in 0..R {
                            let y = s.add(s.mul(s.load(&tile[r][c]), scale), bias);
                            s.store(y, &mut tile[r][c]);
                        }
                    }
                    write_tile(s, &tile, self.finish, to);
                });
            }
        }
    }
}

/// `R` rows by `C` vectors of columns, summed over all of `k`: the loop in which nearly all of the time goes.
struct Tile<'a, const R: usize, const C: usize> {
    words: &'a [[i32; R]],
    ranges: &'a [[Range; R]],
    codes: &'a [i8],
    sums: &'a [[[i16; 2 * LANES]; C]],
    light: &'a [bool],
    /// In memory, and so a constant that no loop makes anew.
    ones: &'a i32,
}

impl<const R: usize, const C: usize> Op for Tile<'_, R, C> {
    type Output = Sums<R, C>;
    const PRODUCTS: bool = true;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Sums<R, C> {
        let steps = GROUP / S::DEPTH;
        let codes = S::steps(self.codes).as_chunks::<C>().0;
        let mut out = [[[0.0; LANES]; C]; R];
        let ones = s.broadcast(self.ones);
        let groups = self.words.chunks_exact(steps).zip(codes.chunks_exact(steps));
        let ranges = self.ranges.iter().zip(self.sums.iter().zip(self.light));
        for ((words, codes), (ranges, (sums, light))) in groups.zip(ranges) {
            let mut acc = [[s.zero(); C]; R];
            for r in 0..R {
                let offset = s.broadcast(&ranges[r].offset);
                for c in 0..C {
                    acc[r][c] = s.dot(acc[r][c], offset, s.load_i16(&sums[c]));
                }
            }
            if S::LIGHT && *light {
                let twos = words.as_chunks::<2>().0.iter().zip(codes.as_chunks::<2>().0);
                for (words, codes) in twos {
                    let step = |c: usize| codes.map(|codes| s.load_step(&codes[c]));
                    let mut weights = [step(0); C];
                    for c in 1..C {
                        weights[c] = step(c);
                    }
                    for r in 0..R {
                        let codes = words.map(|words| s.broadcast_codes(&words[r]));
                        for c in 0..C {
                            acc[r][c] = s.multiply_light(acc[r][c], weights[c], codes, ones);
                        }
                    }
                }
            } else {
                for (words, codes) in words.iter().zip(codes) {
                    let mut weights = [s.load_step(&codes[0]); C];
                    for c in 1..C {
                        weights[c] = s.load_step(&codes[c]);
                    }
                    for r in 0..R {
                        let codes = s.broadcast_codes(&words[r]);
                        for c in 0..C {
                            acc[r][c] = s.multiply(acc[r][c], weights[c], codes);
                        }
                    }
                }
            }
            for r in 0..R {
                let scale = s.splat(ranges[r].scale);
                for c in 0..C {
                    let sum = s.mul(s.to_floats(acc[r][c]), scale);
                    s.store(s.add(s.load(&out[r][c]), sum), &mut out[r][c]);
                }
            }
        }
        out
    }
}
