//! The product in f32: the reference precision, and the two products of attention.
//!
//! Each result is summed in the order of `k`, one rounded product and one rounded sum at a time, so backends give the same bits.

use super::{Corner, Finish, Groups, Operand, Sums, check, with_rows, write_tile};
use crate::backend::Backend;
use crate::error::{KernelError, require_finite, require_len};
use crate::simd::{LANES, Op, Simd};

/// Rows of a weight matrix as they are stored.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a> {
    /// f32[outputs, inputs], row-major, finite.
    pub weights: &'a [f32],
    /// f32[outputs], finite.
    pub bias: &'a [f32],
}

/// Weights packed for one backend.
#[derive(Debug, Clone)]
pub struct Matrix {
    operand: Operand,
    /// `[panel][k][vector][column]`.
    weights: Vec<f32>,
    /// `[panel][vector][column]`.
    bias: Vec<[f32; LANES]>,
}

impl Matrix {
    /// Packs `parts`, whose rows follow each other, for `backend`.
    ///
    /// Errors: [`KernelError::Shape`] when a part's lengths disagree, [`KernelError::NotFinite`] for a value that is not finite.
    pub fn new(backend: Backend, inputs: usize, parts: &[Plain<'_>]) -> Result<Self, KernelError> {
        let mut outputs = 0;
        for part in parts {
            require_len("weights", part.bias.len().saturating_mul(inputs), part.weights.len())?;
            require_finite("weights", part.weights)?;
            require_finite("bias", part.bias)?;
            outputs += part.bias.len();
        }
        let columns = backend.tile().vectors * LANES;
        let panels = outputs.div_ceil(columns);
        let mut weights = vec![0.0; panels * columns * inputs];
        let mut bias = vec![[0.0; LANES]; panels * columns / LANES];
        let mut output = 0;
        for part in parts {
            for (row, value) in part.bias.iter().enumerate() {
                let (panel, column) = (output / columns, output % columns);
                let panel = &mut weights[panel * columns * inputs..][..columns * inputs];
                let source = &part.weights[row * inputs..][..inputs];
                for (to, from) in panel.chunks_exact_mut(columns).zip(source) {
                    to[column] = *from;
                }
                bias[output / LANES][output % LANES] = *value;
                output += 1;
            }
        }
        Ok(Self { operand: Operand { backend, lines: outputs, inputs }, weights, bias })
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

/// Rows of activations, packed for one backend. Its memory is kept from one use to the next.
#[derive(Debug, Clone)]
pub struct Rows {
    operand: Operand,
    /// `[group][k][row]`.
    values: Vec<f32>,
}

impl Rows {
    /// No rows yet.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self { operand: Operand { backend, lines: 0, inputs: 0 }, values: Vec::new() }
    }

    /// Packs `x`, f32[rows, inputs]. Allocates only when `x` has more values than any before.
    ///
    /// Errors: [`KernelError::Shape`] when `x` holds no whole rows.
    pub fn pack(&mut self, inputs: usize, x: &[f32]) -> Result<(), KernelError> {
        let rows = x.len().checked_div(inputs).unwrap_or(0);
        require_len("x", rows * inputs, x.len())?;
        (self.operand.lines, self.operand.inputs) = (rows, inputs);
        if self.values.len() < x.len() {
            self.values.resize(x.len(), 0.0);
        }
        let groups = Groups::new(rows, self.operand.backend.tile().rows);
        for g in 0..groups.count() {
            let (first, count) = groups.get(g);
            let group = &mut self.values[first * inputs..][..count * inputs];
            for (r, row) in x[first * inputs..][..count * inputs].chunks_exact(inputs).enumerate() {
                for (to, from) in group.chunks_exact_mut(count).zip(row) {
                    to[r] = *from;
                }
            }
        }
        Ok(())
    }
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
        let (inputs, outputs) = (weights.inputs(), weights.outputs());
        let groups = Groups::new(rows.operand.lines, S::ROWS);
        let panels = outputs.div_ceil(C * LANES);
        for panel in 0..panels {
            let columns = &weights.weights[panel * C * LANES * inputs..][..C * LANES * inputs];
            let columns = columns.as_chunks::<LANES>().0.as_chunks::<C>().0;
            let column = panel * C * LANES;
            let bias = &weights.bias[panel * C..][..C];
            for g in 0..groups.count() {
                let (row, count) = groups.get(g);
                let values = &rows.values[row * inputs..][..count * inputs];
                let to = Corner { out: &mut *self.out, columns: outputs, row, column };
                with_rows!(S, count, R => {
                    let rows = values.as_chunks::<R>().0;
                    let mut sums = s.vectorize(Tile::<R, C> { rows, columns });
                    for c in 0..C {
                        let bias = s.load(&bias[c]);
                        for r in 0..R {
                            s.store(s.add(s.load(&sums[r][c]), bias), &mut sums[r][c]);
                        }
                    }
                    write_tile(s, &sums, self.finish, to);
                });
            }
        }
    }
}

/// `R` rows by `C` vectors of columns, summed over all of `k`.
pub(crate) struct Tile<'a, const R: usize, const C: usize> {
    /// A group, step by step.
    pub rows: &'a [[f32; R]],
    /// A panel, step by step.
    pub columns: &'a [[[f32; LANES]; C]],
}

impl<const R: usize, const C: usize> Op for Tile<'_, R, C> {
    type Output = Sums<R, C>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Sums<R, C> {
        let mut sums = [[s.splat(0.0); C]; R];
        for (row, columns) in self.rows.iter().zip(self.columns) {
            let mut vectors = [s.load(&columns[0]); C];
            for c in 1..C {
                vectors[c] = s.load(&columns[c]);
            }
            for r in 0..R {
                let value = s.splat(row[r]);
                for c in 0..C {
                    sums[r][c] = s.add(sums[r][c], s.mul(value, vectors[c]));
                }
            }
        }
        let mut out = [[[0.0; LANES]; C]; R];
        for r in 0..R {
            for c in 0..C {
                s.store(sums[r][c], &mut out[r][c]);
            }
        }
        out
    }
}
