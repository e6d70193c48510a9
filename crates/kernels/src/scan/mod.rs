//! Dot products of one query with every row of a plane: codes of 8 bits and floats here, fewer bits in [`packed`], rough sums
//! for many rows in [`sketch`].
//!
//! Integer budget: a sum of `dim` products of `i8` fits 32 bits up to 131,071 dimensions; with a query of 12 bits
//! (-2047..=2047) up to 8,195. Integers are exact; floats have the same bits on every backend.

pub mod packed;
pub mod sketch;

use crate::backend::Backend;
use crate::error::{KernelError, require_len};
use crate::simd::{Dots, Floats, LANES, Op, Simd, load_padded, sum_lanes};

/// Bytes of a row that are widened and multiplied at a time.
const STEP: usize = 16;
/// Rows that share a load of the query.
const BLOCK: usize = 4;

/// The longest row for codes of 8 bits on both sides.
pub const MAX_DIM_I8: usize = 131_071;
/// The longest row for a query of 12 bits.
pub const MAX_DIM_I12: usize = 8_195;

/// `out[r] = sum(query[d] * plane[r,d])`, exactly.
///
/// `query`: i8[dim], `plane`: i8[rows, dim], `out`: i32[rows]. One pass over the plane.
/// Errors: [`KernelError::Shape`] for lengths that do not fit together, [`KernelError::Range`] above [`MAX_DIM_I8`].
pub fn dot_i8(query: &[i8], plane: &[i8], dim: usize, out: &mut [i32]) -> Result<(), KernelError> {
    dot_i8_on(Backend::best(), query, plane, dim, out)
}

/// [`dot_i8`] on a backend of choice.
pub fn dot_i8_on(
    backend: Backend,
    query: &[i8],
    plane: &[i8],
    dim: usize,
    out: &mut [i32],
) -> Result<(), KernelError> {
    check(query.len(), plane.len(), dim, MAX_DIM_I8, out.len())?;
    backend.run(Integers { query, plane, out });
    Ok(())
}

/// `out[r] = sum(query[d] * plane[r,d])` for a finer query: 12 bits, `-2047..=2047` (beyond, sums may wrap).
///
/// Shapes and errors as in [`dot_i8`], with [`MAX_DIM_I12`].
pub fn dot_i12(
    query: &[i16],
    plane: &[i8],
    dim: usize,
    out: &mut [i32],
) -> Result<(), KernelError> {
    dot_i12_on(Backend::best(), query, plane, dim, out)
}

/// [`dot_i12`] on a backend of choice.
pub fn dot_i12_on(
    backend: Backend,
    query: &[i16],
    plane: &[i8],
    dim: usize,
    out: &mut [i32],
) -> Result<(), KernelError> {
    check(query.len(), plane.len(), dim, MAX_DIM_I12, out.len())?;
    backend.run(Integers { query, plane, out });
    Ok(())
}

/// `out[r] = sum(query[d] * plane[r,d])`, all f32: `query` [dim], `plane` [rows, dim], `out` [rows].
///
/// Errors: [`KernelError::Shape`] for lengths that do not fit together.
pub fn dot_f32(
    query: &[f32],
    plane: &[f32],
    dim: usize,
    out: &mut [f32],
) -> Result<(), KernelError> {
    dot_f32_on(Backend::best(), query, plane, dim, out)
}

/// [`dot_f32`] on a backend of choice.
pub fn dot_f32_on(
    backend: Backend,
    query: &[f32],
    plane: &[f32],
    dim: usize,
    out: &mut [f32],
) -> Result<(), KernelError> {
    check(query.len(), plane.len(), dim, usize::MAX, out.len())?;
    backend.run(FloatRows { query, plane, out });
    Ok(())
}

fn check(
    query: usize,
    plane: usize,
    dim: usize,
    limit: usize,
    rows: usize,
) -> Result<(), KernelError> {
    require_len("query", dim, query)?;
    if dim > limit {
        return Err(KernelError::Range { what: "dim", limit, found: dim });
    }
    require_len("plane", dim.saturating_mul(rows), plane)
}

/// A query's element: how sixteen of them become a vector of `i16`.
trait Code: Copy + Into<i32> {
    /// Sixteen elements as `i16`.
    fn vector<S: Dots>(s: S, codes: &[Self; STEP]) -> S::W;
}

impl Code for i8 {
    #[inline(always)]
    fn vector<S: Dots>(s: S, codes: &[Self; STEP]) -> S::W {
        s.widen(codes)
    }
}

impl Code for i16 {
    #[inline(always)]
    fn vector<S: Dots>(s: S, codes: &[Self; STEP]) -> S::W {
        s.load_i16(codes)
    }
}

struct Integers<'a, Q> {
    query: &'a [Q],
    plane: &'a [i8],
    out: &'a mut [i32],
}

impl<Q: Code> Op for Integers<'_, Q> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let dim = self.query.len();
        if dim == 0 {
            self.out.fill(0);
            return;
        }
        let (blocks, rest) = self.out.as_chunks_mut::<BLOCK>();
        let (plane, plane_rest) = self.plane.split_at(blocks.len() * BLOCK * dim);
        for (rows, out) in plane.chunks_exact(BLOCK * dim).zip(blocks) {
            integer_rows(s, self.query, rows, out);
        }
        for (row, out) in plane_rest.chunks_exact(dim).zip(rest.as_chunks_mut::<1>().0) {
            integer_rows(s, self.query, row, out);
        }
    }
}

/// `R` rows at once.
#[inline(always)]
fn integer_rows<S: Simd, Q: Code, const R: usize>(
    s: S,
    query: &[Q],
    rows: &[i8],
    out: &mut [i32; R],
) {
    let dim = query.len();
    let (query, query_tail) = query.as_chunks::<STEP>();
    let mut acc = [s.zero(); R];
    let mut parts = [(&[] as &[[i8; STEP]], &[] as &[i8]); R];
    for r in 0..R {
        parts[r] = rows[r * dim..(r + 1) * dim].as_chunks::<STEP>();
    }
    for (i, q) in query.iter().enumerate() {
        let q = Q::vector(s, q);
        for r in 0..R {
            acc[r] = s.dot(acc[r], q, s.widen(&parts[r].0[i]));
        }
    }
    for r in 0..R {
        let mut sum = s.sum(acc[r]);
        for (q, x) in query_tail.iter().zip(parts[r].1) {
            let q: i32 = (*q).into();
            sum = sum.wrapping_add(q * i32::from(*x));
        }
        out[r] = sum;
    }
}

struct FloatRows<'a> {
    query: &'a [f32],
    plane: &'a [f32],
    out: &'a mut [f32],
}

impl Op for FloatRows<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let dim = self.query.len();
        if dim == 0 {
            self.out.fill(0.0);
            return;
        }
        let (blocks, rest) = self.out.as_chunks_mut::<BLOCK>();
        let (plane, plane_rest) = self.plane.split_at(blocks.len() * BLOCK * dim);
        for (rows, out) in plane.chunks_exact(BLOCK * dim).zip(blocks) {
            float_rows(s, self.query, rows, out);
        }
        for (row, out) in plane_rest.chunks_exact(dim).zip(rest.as_chunks_mut::<1>().0) {
            float_rows(s, self.query, row, out);
        }
    }
}

/// `R` rows at once.
#[inline(always)]
fn float_rows<S: Floats, const R: usize>(s: S, query: &[f32], rows: &[f32], out: &mut [f32; R]) {
    let dim = query.len();
    let (query, query_tail) = query.as_chunks::<LANES>();
    let query_tail = load_padded(s, query_tail);
    let mut acc = [s.splat(0.0); R];
    let mut parts = [(&[] as &[[f32; LANES]], &[] as &[f32]); R];
    for r in 0..R {
        parts[r] = rows[r * dim..(r + 1) * dim].as_chunks::<LANES>();
        acc[r] = s.mul(query_tail, load_padded(s, parts[r].1));
    }
    for (i, q) in query.iter().enumerate() {
        let q = s.load(q);
        for r in 0..R {
            acc[r] = s.add(acc[r], s.mul(q, s.load(&parts[r].0[i])));
        }
    }
    for r in 0..R {
        out[r] = sum_lanes(s, acc[r]);
    }
}
