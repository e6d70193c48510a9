//! A positions shard: where in each passage the terms of one words shard stand. Quoted phrases need
//! it, and nothing else does, so it is a file of its own.

use super::lists::Lists;
use super::shard::Entry;
use sextant_core::error::BundleError;
use sextant_core::frame::Kind;
use sextant_core::wire::put_varint;

/// Appends the positions of a term in one passage, ascending.
pub(super) fn put_positions(out: &mut Vec<u8>, positions: &[u32]) {
    put_varint(out, positions.len() as u64);
    let mut last = 0;
    for position in positions {
        put_varint(out, u64::from(position.saturating_sub(last)));
        last = *position;
    }
}

/// The positions of the terms of one words shard.
#[derive(Clone, Debug)]
pub struct Positions(Lists);

impl Positions {
    /// Opens a positions shard. `file` is the inflated file, `name` its name for messages; `terms`
    /// is the number of terms of the words shard beside it.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or `terms`.
    //
    // lists of a term, a posting after the other in the order of passages:
    //   count   varint   occurrences in that passage
    //   count times: varint   difference to the position before, the first to 0
    pub fn open(file: Vec<u8>, name: &str, terms: u32) -> Result<Self, BundleError> {
        Lists::open(file, Kind::Positions, name, terms).map(Self)
    }

    /// Gives the positions of `entry`'s postings: `visit(n, positions)` for the `n`th of all of them, in the
    /// order of passages.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when the lists contradict the entry.
    pub fn lists(
        &self,
        entry: Entry,
        mut visit: impl FnMut(usize, &[u32]),
    ) -> Result<(), BundleError> {
        let mut reader = self.0.list(entry.ordinal)?;
        let mut positions = Vec::new();
        for n in 0..entry.df as usize {
            positions.clear();
            let mut position = 0u32;
            for _ in 0..reader.count(1)? {
                position = position.saturating_add(reader.varint32()?);
                positions.push(position);
            }
            visit(n, &positions);
        }
        reader.end()
    }
}
