//! Matrix products with their bias, activation or residual in the same pass.
//!
//! ```text
//! y[t,n] = finish(sum over k of x[t,k] * w[n,k] + bias[n])        x f32[T,K]   w [N,K]   y f32[T,N]
//! ```
//! Weights are packed once into *panels* of as many columns `n` as a tile has; activations, each time, into *groups* of as
//! many rows `t` as a tile has, evened out so that no group is nearly empty. Both lie in the order in which the inner loop
//! reads them:
//! ```text
//! panel  [N / columns][K / depth][columns][depth]      for each panel:            one panel stays in the first-level cache
//! group  [T / rows]   [K / depth][rows]   [depth]        for each group: one tile, in registers over the whole of K
//! ```
//! `depth` is 4 or 2 for [`int8`] (what the instruction set multiplies at once) and 1 for [`float`]. Missing columns are zero and never written out.

pub mod float;
pub mod int8;
mod lines;

use crate::backend::Backend;
use crate::error::{KernelError, require_len};
use crate::math::{Activation, activate};
use crate::simd::{LANES, Simd, load_padded, store_cut};

/// What happens to `product + bias` on its way to the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Written as it is.
    Store,
    /// Written after the activation.
    Activate(Activation),
    /// Added to what the output holds: the residual.
    Accumulate,
}

impl Finish {
    /// What is left to do when all tiles are written: activations, which keep their constants at hand only in a loop of their own.
    pub(crate) fn complete(self, backend: Backend, out: &mut [f32]) {
        if let Self::Activate(activation) = self {
            activate(backend, activation, out);
        }
    }
}

/// One side of a product, as it was packed: `lines` are outputs of the weights or rows of activations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand {
    pub backend: Backend,
    pub lines: usize,
    pub inputs: usize,
}

/// Errors unless both sides are packed for one backend and of one length, and `out` has room for the product.
pub(crate) fn check(weights: &Operand, rows: &Operand, out: usize) -> Result<(), KernelError> {
    if rows.backend != weights.backend {
        let (expected, found) = (weights.backend.name(), rows.backend.name());
        return Err(KernelError::Backend { what: "rows", expected, found });
    }
    require_len("rows", weights.inputs, rows.inputs)?;
    require_len("out", rows.lines * weights.lines, out)
}

/// Rows split into groups of nearly equal size, none above the tile's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Groups {
    rows: usize,
    count: usize,
}

impl Groups {
    #[inline(always)]
    pub(crate) fn new(rows: usize, tile_rows: usize) -> Self {
        Self { rows, count: rows.div_ceil(tile_rows) }
    }

    #[inline(always)]
    pub(crate) fn count(self) -> usize {
        self.count
    }

    /// First row and number of rows of group `g`.
    #[inline(always)]
    pub(crate) fn get(self, g: usize) -> (usize, usize) {
        let first = self.rows * g / self.count;
        (first, self.rows * (g + 1) / self.count - first)
    }
}

/// Runs an expression with a constant for the number of rows, `1..=S::ROWS`.
macro_rules! with_rows {
    ($S:ident, $rows:expr, $R:ident => $body:expr) => {
        match $rows {
            1 => {
                const $R: usize = 1;
                $body
            }
            2 => {
                const $R: usize = 2;
                $body
            }
            3 => {
                const $R: usize = 3;
                $body
            }
            4 => {
                const $R: usize = 4;
                $body
            }
            // The guards are constants: tiles that a backend never uses are not compiled for it.
            5 if $S::ROWS >= 5 => {
                const $R: usize = 5;
                $body
            }
            6 if $S::ROWS >= 6 => {
                const $R: usize = 6;
                $body
            }
            7 if $S::ROWS >= 7 => {
                const $R: usize = 7;
                $body
            }
            _ if $S::ROWS >= 8 => {
                const $R: usize = $crate::simd::MAX_ROWS;
                $body
            }
            _ => unreachable!("groups have at most as many rows as a tile"),
        }
    };
}
pub(crate) use with_rows;

/// A tile of sums, `[row][vector][column]`.
///
/// It goes through memory because the loop that makes it is a function of its own ([`Simd::vectorize`]): inlined among other code, V8
/// keeps some of the sums of the inner loop in memory, at half the speed.
pub(crate) type Sums<const R: usize, const C: usize> = [[[f32; LANES]; C]; R];

/// Where a tile goes: `R` rows of a row-major matrix, from one column on.
pub(crate) struct Corner<'a> {
    /// The whole matrix.
    pub out: &'a mut [f32],
    /// Columns of the matrix.
    pub columns: usize,
    /// The tile's first row.
    pub row: usize,
    /// The tile's first column.
    pub column: usize,
}

/// Writes a tile of `product + bias`, or adds it; columns beyond the matrix are dropped.
#[inline(always)]
pub(crate) fn write_tile<S: Simd, const R: usize, const C: usize>(
    s: S,
    tile: &Sums<R, C>,
    finish: Finish,
    to: Corner<'_>,
) {
    let width = (to.columns - to.column).min(C * LANES);
    for (r, tile) in tile.iter().enumerate() {
        let start = (to.row + r) * to.columns + to.column;
        let row = &mut to.out[start..start + width];
        let (body, tail) = row.as_chunks_mut::<LANES>();
        let full = body.len();
        for (y, v) in body.iter_mut().zip(tile) {
            let v = s.load(v);
            let v = match finish {
                Finish::Store | Finish::Activate(_) => v,
                Finish::Accumulate => s.add(s.load(y), v),
            };
            s.store(v, y);
        }
        if !tail.is_empty() {
            let v = s.load(&tile[full]);
            let v = match finish {
                Finish::Store | Finish::Activate(_) => v,
                Finish::Accumulate => s.add(load_padded(s, tail), v),
            };
            store_cut(s, v, tail);
        }
    }
}
