//! Dot products of one query with rows of 4-, 2- or 1-bit codes, each code a level of a table.
//!
//! A row is a run of 16-byte blocks. A block of `b`-bit codes holds `128 / b` dimensions: bits `b * k ..` of byte `i` are
//! dimension `16 * k + i` of the block. So sixteen codes that are looked up at once are sixteen consecutive dimensions,
//! and one shift, one mask and one shuffle make them levels.
//!
//! Integer budget: levels of 8 bits (-127..=127) by a query of 12 bits (-2047..=2047) fit 32 bits up to
//! [`MAX_DIM_PACKED`] dimensions, so sums are exact and the same on every backend.

use crate::backend::Backend;
use crate::error::{KernelError, require_len};
use crate::simd::{Op, Simd};

/// Bytes of a block.
pub const BLOCK_BYTES: usize = 16;
/// The longest row, in dimensions: `127 * 2047 * 8192 < 2^31`.
pub const MAX_DIM_PACKED: usize = 8_192;
/// Rows that share a load of the query.
const ROWS: usize = 4;

/// Bits of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// Two levels.
    One,
    /// Four levels.
    Two,
    /// Sixteen levels.
    Four,
}

impl Bits {
    /// 1, 2 or 4.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Dimensions of a block: 128, 64 or 32.
    #[must_use]
    pub const fn block(self) -> usize {
        8 * BLOCK_BYTES / self.count()
    }

    /// Bytes of a row of `dim` dimensions; those up to the end of the last block are padding.
    #[must_use]
    pub const fn row_bytes(self, dim: usize) -> usize {
        dim.div_ceil(self.block()) * BLOCK_BYTES
    }
}

/// `out[r] = sum(query[d] * levels[plane[r,d]])`, exactly.
///
/// `levels`: what each code stands for, `-127..=127`; of fewer than 4 bits the first ones count. `query`: i16 in
/// `-2047..=2047` (beyond, sums may wrap), whole blocks long, zero where a row has padding. `plane`: the rows'
/// blocks, one row after the other. `out`: i32[rows]. One pass over the plane.
///
/// Errors: [`KernelError::Shape`] for lengths that do not fit together, [`KernelError::Range`] above
/// [`MAX_DIM_PACKED`].
pub fn dot_packed(
    bits: Bits,
    levels: &[i8; 16],
    query: &[i16],
    plane: &[u8],
    out: &mut [i32],
) -> Result<(), KernelError> {
    dot_packed_on(Backend::best(), bits, levels, query, plane, out)
}

/// [`dot_packed`] on a backend of choice.
pub fn dot_packed_on(
    backend: Backend,
    bits: Bits,
    levels: &[i8; 16],
    query: &[i16],
    plane: &[u8],
    out: &mut [i32],
) -> Result<(), KernelError> {
    let row = bits.row_bytes(query.len());
    require_len("query", query.len().next_multiple_of(bits.block()), query.len())?;
    if query.len() > MAX_DIM_PACKED {
        return Err(KernelError::Range { what: "dim", limit: MAX_DIM_PACKED, found: query.len() });
    }
    require_len("plane", row.saturating_mul(out.len()), plane.len())?;
    match bits {
        Bits::One => backend.run(Packed::<1> { levels, query, plane, out }),
        Bits::Two => backend.run(Packed::<2> { levels, query, plane, out }),
        Bits::Four => backend.run(Packed::<4> { levels, query, plane, out }),
    }
    Ok(())
}

struct Packed<'a, const BITS: usize> {
    levels: &'a [i8; 16],
    query: &'a [i16],
    plane: &'a [u8],
    out: &'a mut [i32],
}

impl<const BITS: usize> Op for Packed<'_, BITS> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let query = self.query.as_chunks::<16>().0;
        let row = query.len() * 2 * BITS;
        if row == 0 {
            self.out.fill(0);
            return;
        }
        let levels = s.load_bytes(&self.levels.map(|level| level as u8));
        let (blocks, rest) = self.out.as_chunks_mut::<ROWS>();
        let (plane, plane_rest) = self.plane.split_at(blocks.len() * ROWS * row);
        for (rows, out) in plane.chunks_exact(ROWS * row).zip(blocks) {
            packed_rows::<S, BITS, ROWS>(s, levels, query, rows, out);
        }
        for (rows, out) in plane_rest.chunks_exact(row).zip(rest.as_chunks_mut::<1>().0) {
            packed_rows::<S, BITS, 1>(s, levels, query, rows, out);
        }
    }
}

/// `R` rows at once.
#[inline(always)]
fn packed_rows<S: Simd, const BITS: usize, const R: usize>(
    s: S,
    levels: S::B,
    query: &[[i16; 16]],
    rows: &[u8],
    out: &mut [i32; R],
) {
    let row = query.len() * 2 * BITS;
    let mut blocks = [&[] as &[[u8; BLOCK_BYTES]]; R];
    for r in 0..R {
        blocks[r] = rows[r * row..(r + 1) * row].as_chunks().0;
    }
    let mut acc = [s.zero(); R];
    for (at, query) in query.chunks_exact(8 / BITS).enumerate() {
        let mut codes = [s.load_bytes(&blocks[0][at]); R];
        for r in 1..R {
            codes[r] = s.load_bytes(&blocks[r][at]);
        }
        for query in query {
            let query = s.load_i16(query);
            for r in 0..R {
                acc[r] = s.dot(acc[r], query, s.lookup::<BITS>(levels, codes[r]));
                codes[r] = s.shift_right::<BITS>(codes[r]);
            }
        }
    }
    for r in 0..R {
        out[r] = s.sum(acc[r]);
    }
}
