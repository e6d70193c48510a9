//! Lists beside a words shard, one a term, in a shard of their own: read in place, found by counting.

use sextant_core::error::BundleError;
use sextant_core::frame::{self, HEADER, Kind};
use sextant_core::wire::{Reader, put_varint};

/// Frames `lists` one after the other, their lengths in front.
pub(super) fn write(kind: Kind, lists: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::with_capacity(lists.iter().map(|list| list.len() + 3).sum::<usize>() + 5);
    put_varint(&mut body, lists.len() as u64);
    lists.iter().for_each(|list| put_varint(&mut body, list.len() as u64));
    lists.iter().for_each(|list| body.extend_from_slice(list));
    frame::write(kind, &body)
}

/// The lists of one shard.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    name: String,
    file: Vec<u8>,
    count: u32,
    lengths: usize,
    start: usize,
}

impl Lists {
    /// Opens a shard of `count` lists. `file` is the inflated file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or `count`.
    //
    // body: count   varint
    //       lengths, count times: varint   bytes of the list
    //       lists, in the same order
    pub fn open(file: Vec<u8>, kind: Kind, name: &str, count: u32) -> Result<Self, BundleError> {
        let body = frame::open(&file, kind, name)?;
        let mut reader = Reader::new(body);
        let found = reader.varint32()?;
        if found != count {
            return Err(reader.fault(format!("{} of {found} terms beside {count}", kind.name())));
        }
        let at = |reader: &Reader<'_>| HEADER + body.bytes.len() - reader.remaining();
        let lengths = at(&reader);
        let mut sum = 0u64;
        for _ in 0..count {
            sum = sum.saturating_add(u64::from(reader.varint32()?));
        }
        if sum != reader.remaining() as u64 {
            let what = format!("lists of {sum} bytes in a part of {}", reader.remaining());
            return Err(reader.fault(what));
        }
        let start = at(&reader);
        Ok(Self { name: name.to_owned(), file, count, lengths, start })
    }

    /// A reader of list `n`.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] where there is no such list.
    pub fn list(&self, n: u32) -> Result<Reader<'_>, BundleError> {
        let lengths = self.file.get(self.lengths..self.start).unwrap_or_default();
        let mut reader = Reader::over(lengths, &self.name);
        if n >= self.count {
            return Err(reader.fault(format!("term {n} of {}", self.count)));
        }
        let mut start = self.start;
        for _ in 0..n {
            start += reader.varint32()? as usize;
        }
        let length = reader.varint32()? as usize;
        Ok(Reader::over(self.file.get(start..start + length).unwrap_or_default(), &self.name))
    }
}
