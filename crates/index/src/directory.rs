//! The directory: which page a passage is part of and how long it is, all that ranking by words
//! needs besides postings. One shard a bundle, about two bytes a passage.

use crate::error::IndexError;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::passage::{PageId, PassageId};
use sextant_core::wire::{Reader, put_varint};

/// Collects pages and lengths in the order of passages.
#[derive(Debug, Default)]
pub struct DirectoryWriter {
    body: Vec<u8>,
    passages: u32,
    pages: u32,
    last_page: u32,
}

impl DirectoryWriter {
    /// Adds the next passage: its `page` and its `length` in terms, as `WordsWriter::add` gives it.
    /// Passages of a page need not be consecutive.
    pub fn add(&mut self, page: PageId, length: u32) {
        put_varint(&mut self.body, zigzag(i64::from(page.0) - i64::from(self.last_page)));
        put_varint(&mut self.body, u64::from(length));
        self.last_page = page.0;
        self.pages = self.pages.max(page.0.saturating_add(1));
        self.passages += 1;
    }

    /// The framed shard.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.body.len() + 10);
        put_varint(&mut body, u64::from(self.passages));
        put_varint(&mut body, u64::from(self.pages));
        body.extend_from_slice(&self.body);
        frame::write(Kind::Directory, &body)
    }
}

/// Pages and lengths of all passages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    pages: Vec<u32>,
    lengths: Vec<u32>,
    page_count: u32,
}

impl Directory {
    /// Reads a directory shard. `file` is the inflated file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself.
    //
    // body: passages varint
    //       pages    varint   highest page + 1
    //       passages times:
    //         page   varint   zigzag difference to the passage before, the first to 0
    //         length varint   in terms, title and trail included
    pub fn open(file: &[u8], name: &str) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(file, Kind::Directory, name)?);
        let header = reader.varint32()?;
        let page_count = reader.varint32()?;
        if header as usize > reader.remaining() / 2 {
            let what = format!("{header} passages in {} bytes", reader.remaining());
            return Err(reader.fault(what));
        }
        let mut pages = Vec::with_capacity(header as usize);
        let mut lengths = Vec::with_capacity(header as usize);
        let mut page = 0i64;
        for passage in 0..header {
            page = page.wrapping_add(unzigzag(reader.varint()?));
            match u32::try_from(page) {
                Ok(page) if page < page_count => pages.push(page),
                _ => {
                    return Err(
                        reader.fault(format!("passage {passage}: page {page} of {page_count}"))
                    );
                }
            }
            lengths.push(reader.varint32()?);
        }
        reader.end()?;
        Ok(Self { pages, lengths, page_count })
    }

    /// Number of passages.
    #[must_use]
    pub fn passages(&self) -> u32 {
        self.pages.len() as u32
    }

    /// Highest page number plus one; 0 without passages.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.page_count
    }

    /// The page of `passage`, where there is such a passage.
    #[must_use]
    pub fn page(&self, passage: PassageId) -> Option<PageId> {
        self.pages.get(passage.0 as usize).copied().map(PageId)
    }

    /// Lengths of all passages in terms, in the order of passages.
    #[must_use]
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// The error of a writer that gets passages out of order.
pub(crate) fn require_ascending(last: Option<u32>, next: PassageId) -> Result<(), IndexError> {
    match last {
        Some(last) if next.0 <= last => Err(IndexError::Order { last, found: next.0 }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep;
    use proptest::prelude::*;

    fn written(passages: &[(u32, u32)]) -> Vec<u8> {
        let mut writer = DirectoryWriter::default();
        for (page, length) in passages {
            writer.add(PageId(*page), *length);
        }
        writer.finish()
    }

    #[test]
    fn the_golden_bytes_are_written() {
        let file = written(&[(0, 7), (2, 300), (1, 0)]);
        assert_eq!(file[frame::HEADER..], [3, 3, 0, 7, 4, 0xac, 2, 1, 0]);
    }

    #[test]
    fn every_cut_and_every_flip_is_refused() {
        sweep::damage(&written(&[(0, 7), (2, 300)]), |file| Directory::open(file, "x").is_err());
    }

    #[test]
    fn a_page_beyond_the_pages_is_refused() {
        let file = frame::write(Kind::Directory, &[1, 1, 2, 5]);
        assert!(matches!(Directory::open(&file, "x"), Err(BundleError::Content { .. })));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(passages in proptest::collection::vec((0u32..9000, 0u32..5000), 0..50)) {
            let directory = Directory::open(&written(&passages), "x").unwrap();
            prop_assert_eq!(directory.passages() as usize, passages.len());
            for (n, (page, length)) in passages.iter().enumerate() {
                prop_assert_eq!(directory.page(PassageId(n as u32)), Some(PageId(*page)));
                prop_assert_eq!(directory.lengths()[n], *length);
            }
        }

        #[test]
        fn no_body_makes_it_panic(file in sweep::lies(Kind::Directory, &written(&[(0, 7), (2, 300), (1, 0)]))) {
            let _ = Directory::open(&file, "x");
        }
    }
}
