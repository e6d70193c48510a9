//! Product quantization (Jégou, Douze and Schmid, 2011): the small form of the token table.
//!
//! ```text
//! NAME              U8  [rows, bytes]               one code a run of hidden / bytes channels
//! NAME.codebooks    F16 [bytes, 256, hidden / bytes]
//!
//! row[run * length ..][.. length] = codebooks[run][codes[row][run]]
//! ```
//! Rows are gathered when a token is met; the table is never expanded.

/// Entries of a codebook: what a byte tells apart.
pub const ENTRIES: usize = 256;

/// Adds the row that `codes` name to `to`. `codebooks`: f32[codes, 256, to / codes].
pub(crate) fn add_row(codes: &[u8], codebooks: &[f32], to: &mut [f32]) {
    add_scaled(codes, codebooks, 1.0, to);
}

/// Adds `scale` times that row.
pub(crate) fn add_scaled(codes: &[u8], codebooks: &[f32], scale: f32, to: &mut [f32]) {
    let Some(length) = to.len().checked_div(codes.len()).filter(|length| *length > 0) else {
        return;
    };
    let books = codebooks.chunks_exact(ENTRIES * length);
    for ((to, code), book) in to.chunks_exact_mut(length).zip(codes).zip(books) {
        let entry = book.chunks_exact(length).nth(usize::from(*code)).unwrap_or_default();
        for (to, value) in to.iter_mut().zip(entry) {
            *to += scale * value;
        }
    }
}

/// A table that was quantized to this coding.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductTable {
    /// Codes of a row: a divisor of its length.
    pub bytes: usize,
    /// u8[rows, bytes].
    pub codes: Vec<u8>,
    /// Half-precision numbers, f32[bytes, 256, hidden / bytes].
    pub codebooks: Vec<f32>,
}

impl ProductTable {
    /// The rows that the codes stand for, f32[rows, hidden].
    #[must_use]
    pub fn rows(&self) -> Vec<f32> {
        let hidden = self.codebooks.len() / ENTRIES;
        let mut table = vec![0.0; self.codes.len() / self.bytes.max(1) * hidden];
        let codes = self.codes.chunks_exact(self.bytes.max(1));
        for (row, codes) in table.chunks_exact_mut(hidden.max(1)).zip(codes) {
            add_row(codes, &self.codebooks, row);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_put_together_from_its_runs_and_added() {
        // Two runs of three channels; entry e of run r is [r, e, 1].
        let codebooks: Vec<f32> = (0..2)
            .flat_map(|run| (0..ENTRIES).flat_map(move |entry| [run as f32, entry as f32, 1.0]))
            .collect();
        let mut row = [10.0; 6];
        add_row(&[7, 255], &codebooks, &mut row);
        assert_eq!(row, [10.0, 17.0, 11.0, 11.0, 265.0, 11.0]);
        let table = ProductTable { bytes: 2, codes: vec![7, 255, 0, 1], codebooks };
        assert_eq!(table.rows(), [0.0, 7.0, 1.0, 1.0, 255.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn lengths_that_do_not_belong_together_add_nothing() {
        let mut row = [1.0; 2];
        add_row(&[], &[5.0; 512], &mut row);
        add_row(&[1, 2, 3], &[5.0; 512], &mut row);
        add_row(&[9], &[5.0; 4], &mut row);
        assert_eq!(row, [1.0; 2]);
    }
}
