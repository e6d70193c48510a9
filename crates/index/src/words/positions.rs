//! A positions shard: where in each passage the terms of one words shard stand. Quoted phrases need
//! it, and nothing else does, so it is a file of its own.

use super::shard::Entry;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, HEADER, Kind};
use sextant_core::wire::{Reader, put_varint};

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
pub struct Positions {
    name: String,
    file: Vec<u8>,
    terms: u32,
    lengths: usize,
    lists: usize,
}

impl Positions {
    /// Opens a positions shard. `file` is the inflated file, `name` its name for messages; `terms`
    /// is the number of terms of the words shard beside it.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or `terms`.
    //
    // body: terms   varint
    //       lengths, terms times: varint   bytes of the term's list
    //       lists, terms times, a posting after the other:
    //         count   varint   occurrences in that passage
    //         count times: varint   difference to the position before, the first to 0
    pub fn open(file: Vec<u8>, name: &str, terms: u32) -> Result<Self, BundleError> {
        let body = frame::open(&file, Kind::Positions, name)?;
        let mut reader = Reader::new(body);
        let found = reader.varint32()?;
        if found != terms {
            return Err(reader.fault(format!("positions of {found} terms beside {terms}")));
        }
        let at = |reader: &Reader<'_>| HEADER + body.bytes.len() - reader.remaining();
        let lengths = at(&reader);
        let mut sum = 0u64;
        for _ in 0..terms {
            sum = sum.saturating_add(u64::from(reader.varint32()?));
        }
        if sum != reader.remaining() as u64 {
            let what = format!("lists of {sum} bytes in a part of {}", reader.remaining());
            return Err(reader.fault(what));
        }
        let lists = at(&reader);
        Ok(Self { name: name.to_owned(), file, terms, lengths, lists })
    }

    /// Gives the positions of `entry`'s postings: `visit(n, positions)` for its `n`th posting, in the
    /// order of its postings.
    ///
    /// # Errors
    /// [`BundleError::Content`] when the lists contradict the entry.
    pub fn lists(
        &self,
        entry: Entry,
        mut visit: impl FnMut(usize, &[u32]),
    ) -> Result<(), BundleError> {
        let lengths = self.file.get(self.lengths..self.lists).unwrap_or_default();
        let mut reader = Reader::over(lengths, &self.name);
        if entry.ordinal >= self.terms {
            return Err(reader.fault(format!("term {} of {}", entry.ordinal, self.terms)));
        }
        let mut start = self.lists;
        for _ in 0..entry.ordinal {
            start += reader.varint32()? as usize;
        }
        let length = reader.varint32()? as usize;
        let list = self.file.get(start..start + length).unwrap_or_default();
        let mut reader = Reader::over(list, &self.name);
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
