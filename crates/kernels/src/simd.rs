//! The vector traits that every loop of this crate is written over.
//!
//! An instruction set is a zero-size token (`arch`) that exists only where the CPU has it, so its operations are
//! safe calls. A float vector has eight lanes *everywhere*: where registers are narrower it is two of them. Together with
//! two rules this makes every float kernel give the same bits on every backend:
//! 1. products and sums are separate, rounded operations (no fused multiply-add: WebAssembly has none to match);
//! 2. a reduction runs down the lanes in the order of its input, and [`sum_lanes`] is the one way across them.

/// Lanes of a float vector, and columns of an integer accumulator.
pub(crate) const LANES: usize = 8;

/// Eight `f32` at a time. Every operation is the IEEE 754 one, lane by lane.
pub(crate) trait Floats: Copy {
    /// Eight `f32`.
    type F: Copy;
    /// `value` in every lane.
    fn splat(self, value: f32) -> Self::F;
    /// Eight values from memory.
    fn load(self, values: &[f32; LANES]) -> Self::F;
    /// Eight values to memory.
    fn store(self, v: Self::F, to: &mut [f32; LANES]);
    /// `a + b`.
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a - b`.
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b`.
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a / b`.
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `if a < b { b } else { a }`. With NaN or two zeros either operand may come back: with relaxed SIMD the compiler makes
    /// its own maximum of it.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
}

/// Adding 1.5 * 2^23 rounds a float below 2^22 to an integer, ties to even; taking it away again leaves that integer.
pub(crate) const ROUNDER: f32 = 12_582_912.0;

/// Conversions between floats and integers.
pub(crate) trait Conversions: Floats + Dots {
    /// `2^n`, given `n + ROUNDER`, for integral `n` in `-126..=127`: there the lowest bits of the float are those of `n`.
    fn pow2(self, rounded: Self::F) -> Self::F;
    /// The nearest float of each lane.
    fn to_floats(self, v: Self::I) -> Self::F;
}

/// Products of 16-bit integers, summed in pairs into 32 bits. Exact while the sums fit; see each kernel's budget.
pub(crate) trait Dots: Copy {
    /// Sixteen `i16`.
    type W: Copy;
    /// Eight `i32`.
    type I: Copy;
    /// Eight zeros.
    fn zero(self) -> Self::I;
    /// Sixteen bytes, sign-extended.
    fn widen(self, codes: &[i8; 16]) -> Self::W;
    /// Sixteen `i16` from memory.
    fn load_i16(self, codes: &[i16; 16]) -> Self::W;
    /// One pair of `i16`, the earlier one in the lower half, eight times.
    fn broadcast(self, pair: &i32) -> Self::W;
    /// `acc[i] + a[2i] * b[2i] + a[2i + 1] * b[2i + 1]`, wrapping.
    fn dot(self, acc: Self::I, a: Self::W, b: Self::W) -> Self::I;
    /// The sum of the lanes, wrapping.
    fn sum(self, v: Self::I) -> i32;
}

/// What weights may sum to whose products with codes of 127 fit an `i16`.
pub(crate) const MOST_LIGHT: i16 = i16::MAX / 127;

/// Products of weights, signed bytes, with codes of activations, `0..=127`, summed into 32 bits. Exact: where an
/// instruction set forms the sum of two products in 16 bits, it is at most 2 * 127 * 128 = 32,512.
pub(crate) trait Products: Conversions {
    /// Neighbours along `k` that one multiplication takes from each column: 2 or 4.
    const DEPTH: usize;
    /// The weights of [`LANES`] columns at one step along `k`: `[i8; LANES * DEPTH]`, `[column][neighbour]`.
    type Step: Copy;
    /// A register of weights or of codes.
    type Bytes: Copy;
    /// Weights, step by step.
    fn steps(weights: &[i8]) -> &[Self::Step];
    /// The weights of one step.
    fn load_step(self, step: &Self::Step) -> Self::Bytes;
    /// One word of codes, that is `DEPTH` neighbours of a row, for each column.
    fn broadcast_codes(self, word: &i32) -> Self::Bytes;
    /// `acc[column] +` the sum of the products of neighbours.
    fn multiply(self, acc: Self::I, weights: Self::Bytes, codes: Self::Bytes) -> Self::I;
    /// Whether [`Products::multiply_light`] is less work than two of [`Products::multiply`].
    const LIGHT: bool = false;
    /// [`Products::multiply`] of two steps, whose weights are light: of each two neighbours, taken from both steps, the
    /// positive weights sum to at most [`MOST_LIGHT`], and so do the negative ones, so that the four products fit 16 bits.
    /// `ones`: sixteen of them, which a browser would make anew each time.
    #[inline(always)]
    fn multiply_light(
        self,
        acc: Self::I,
        weights: [Self::Bytes; 2],
        codes: [Self::Bytes; 2],
        _ones: Self::W,
    ) -> Self::I {
        self.multiply(self.multiply(acc, weights[0], codes[0]), weights[1], codes[1])
    }
    /// 32 values, rounded to the nearest integer (ties to even) and in `0..=127` then, as `32 / DEPTH` words, the first
    /// ones of `words`; the earlier of two neighbours lies in the lower bits.
    fn round_words(self, values: [Self::F; 4], words: &mut [i32; 16]);
}

/// Codes of a few bits, looked up in a table of sixteen levels.
pub(crate) trait Lookups: Dots {
    /// Sixteen bytes.
    type B: Copy;
    /// Sixteen bytes from memory.
    fn load_bytes(self, bytes: &[u8; 16]) -> Self::B;
    /// `levels` at the lowest `BITS` (1, 2 or 4) of each byte, as signed bytes, sign-extended.
    fn lookup<const BITS: usize>(self, levels: Self::B, codes: Self::B) -> Self::W;
    /// The lower `8 - BITS` bits of each byte become those from `BITS` on; what comes into the upper `BITS` is anything.
    fn shift_right<const BITS: usize>(self, codes: Self::B) -> Self::B;
    /// The lower and the upper four bits of each byte.
    fn halves(self, codes: Self::B) -> [Self::B; 2];
    /// `table` at each byte of `at`, which lie in `0..=15`.
    fn pick(self, table: Self::B, at: Self::B) -> Self::B;
    /// `a + b`, wrapping.
    fn add_bytes(self, a: Self::B, b: Self::B) -> Self::B;
    /// `acc` plus sixteen unsigned bytes, wrapping.
    fn add_widened(self, acc: Self::W, bytes: Self::B) -> Self::W;
    /// A bit for each lane, the first one lowest: whether it is `least` or more.
    fn at_least(self, v: Self::W, least: i16) -> u16;
    /// Sixteen `i16` to memory.
    fn store_i16(self, v: Self::W, to: &mut [i16; 16]);
}

/// The lowest `bits` bits of a byte.
pub(crate) const fn low(bits: usize) -> u8 {
    (1 << bits) - 1
}

/// One instruction set: its operations, the tile its registers hold, and the way into code compiled for it.
pub(crate) trait Simd: Floats + Dots + Conversions + Products + Lookups {
    /// Rows of a product's tile: 4 to 6, or [`MAX_ROWS`].
    const ROWS: usize;
    /// Vectors of [`LANES`] columns of a product's tile: 1 or 2.
    const VECTORS: usize;
    /// Runs `op` compiled with this instruction set.
    fn vectorize<O: Op>(self, op: O) -> O::Output;
}

/// The most rows any backend's tile has.
pub(crate) const MAX_ROWS: usize = 8;

/// A loop, generic over the instruction set. `run` and all it calls are `#[inline(always)]`: only code inlined into
/// [`Simd::vectorize`] is compiled with the instructions.
pub(crate) trait Op {
    /// What the loop returns.
    type Output;
    /// Whether the loop uses [`Products`]. Tokens that differ in nothing else share the code of the other loops.
    #[allow(dead_code, reason = "a target of one token has nothing to share")]
    const PRODUCTS: bool = false;
    /// The loop.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// The sum across lanes, in one order on every backend.
#[inline(always)]
pub(crate) fn sum_lanes<S: Floats>(s: S, v: S::F) -> f32 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// The largest lane.
#[inline(always)]
pub(crate) fn max_lanes<S: Floats>(s: S, v: S::F) -> f32 {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    let mut max = l[0];
    for v in l {
        max = if max < v { v } else { max };
    }
    max
}

/// Up to eight values; the missing lanes are zero.
#[inline(always)]
pub(crate) fn load_padded<S: Floats>(s: S, values: &[f32]) -> S::F {
    let mut l = [0.0; LANES];
    let n = values.len().min(LANES);
    l[..n].copy_from_slice(&values[..n]);
    s.load(&l)
}

/// The first lanes, as many as `to` has room for.
#[inline(always)]
pub(crate) fn store_cut<S: Floats>(s: S, v: S::F, to: &mut [f32]) {
    let mut l = [0.0; LANES];
    s.store(v, &mut l);
    let n = to.len().min(LANES);
    to[..n].copy_from_slice(&l[..n]);
}
