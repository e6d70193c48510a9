//! Quick sums over sketches: rows of 4-bit codes, each looked up in a table of its own, sixteen rows at a time.
//!
//! A sketch is there to tell which rows are worth a precise score, so its sums are rough and take a few instructions a row.
//! Sixteen rows lie side by side, so that one shuffle looks up the same code of all of them and nothing is summed across
//! lanes. Source: André, Kermarrec, Le Scouarnec 2015, "Cache locality is not enough: high-performance nearest neighbor
//! search with product quantization fast scan" (PVLDB 9).
//!
//! A block of [`ROWS`] rows is `codes / 2` runs of sixteen bytes: byte `i` of run `j` has code `2 j` of row `i` in its low
//! half and code `2 j + 1` in its high half.
//!
//! Integer budget: entries are `0..=MAX_ENTRY`, so four of them fit a byte (`4 * 63 = 252`) and [`MAX_CODES`] of them 15 bits
//! (`512 * 63 = 32,256`): sums are exact and the same on every backend.

use crate::backend::Backend;
use crate::error::{KernelError, require_len};
use crate::simd::{Op, Simd};

/// Rows of a block.
pub const ROWS: usize = 16;
/// The largest entry of a table.
pub const MAX_ENTRY: u8 = 63;
/// The most codes of a row.
pub const MAX_CODES: usize = 512;
/// Codes that are summed in bytes before they are widened.
const STEP: usize = 4;

/// `sums[b][i] = sum(tables[c][code c of row i of block b])`, exactly, and `reached[b]`: a bit for each row, the first one
/// lowest, whose sum is at least `least`.
///
/// `tables`: one a code of a row, entries `0..=MAX_ENTRY` (beyond, sums may wrap); a multiple of four of them. `plane`: the
/// blocks, one after the other. `least`: `0..=32767`. One pass over the plane.
///
/// Errors: [`KernelError::Shape`] for lengths that do not fit together, [`KernelError::Range`] above [`MAX_CODES`].
pub fn sums(
    tables: &[[u8; 16]],
    plane: &[u8],
    least: i16,
    sums: &mut [[i16; ROWS]],
    reached: &mut [u16],
) -> Result<(), KernelError> {
    sums_on(Backend::best(), tables, plane, least, sums, reached)
}

/// [`sums`] on a backend of choice.
pub fn sums_on(
    backend: Backend,
    tables: &[[u8; 16]],
    plane: &[u8],
    least: i16,
    sums: &mut [[i16; ROWS]],
    reached: &mut [u16],
) -> Result<(), KernelError> {
    require_len("tables", tables.len().next_multiple_of(STEP), tables.len())?;
    if tables.len() > MAX_CODES {
        return Err(KernelError::Range { what: "codes", limit: MAX_CODES, found: tables.len() });
    }
    require_len("plane", tables.len() / 2 * ROWS * sums.len(), plane.len())?;
    require_len("reached", sums.len(), reached.len())?;
    backend.run(Sums { tables, plane, least, sums, reached });
    Ok(())
}

struct Sums<'a> {
    tables: &'a [[u8; 16]],
    plane: &'a [u8],
    least: i16,
    sums: &'a mut [[i16; ROWS]],
    reached: &'a mut [u16],
}

impl Op for Sums<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let tables = self.tables.as_chunks::<STEP>().0;
        let mut runs = self.plane.as_chunks::<16>().0.chunks_exact((2 * tables.len()).max(1));
        for (sums, reached) in self.sums.iter_mut().zip(self.reached) {
            let runs = runs.next().unwrap_or_default().as_chunks::<2>().0;
            let mut acc = s.load_i16(&[0; 16]);
            for (runs, tables) in runs.iter().zip(tables) {
                let [a, b] = s.halves(s.load_bytes(&runs[0]));
                let [c, d] = s.halves(s.load_bytes(&runs[1]));
                let found = s.add_bytes(
                    s.add_bytes(
                        s.pick(s.load_bytes(&tables[0]), a),
                        s.pick(s.load_bytes(&tables[1]), b),
                    ),
                    s.add_bytes(
                        s.pick(s.load_bytes(&tables[2]), c),
                        s.pick(s.load_bytes(&tables[3]), d),
                    ),
                );
                acc = s.add_widened(acc, found);
            }
            s.store_i16(acc, sums);
            *reached = s.at_least(acc, self.least);
        }
    }
}
