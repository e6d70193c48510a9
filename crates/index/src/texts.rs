//! Texts: what is shown of passages, and the records of their pages. Fetched for the results that
//! are shown, so a shard holds a few dozen passages; the builder stores it compressed.

use crate::error::{IndexError, require_ascending};
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::passage::{PageId, Passage, PassageId};
use sextant_core::wire::{Reader, put_str, put_varint};
use std::collections::BTreeMap;

/// Raw text a shard at least, in bytes: some three passages, since less would compress badly.
pub const SHARD_BYTES: usize = 2 * 1024;

/// What is shown of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRecord {
    /// What a result links to, relative to the site's root or absolute.
    pub url: String,
    /// The page's title.
    pub title: String,
    /// BCP 47 tag; empty where the page names none.
    pub language: String,
    /// Metadata; a key may have several values.
    pub meta: BTreeMap<String, Vec<String>>,
}

/// A finished shard of consecutive passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextsPart {
    /// Number of its first passage.
    pub start: u32,
    /// Number of passages in it, at least 1.
    pub count: u32,
    /// The framed shard.
    pub file: Vec<u8>,
}

/// Collects passages in ascending order, from 0 and without gaps, into shards.
#[derive(Debug)]
pub struct TextsWriter {
    shard_bytes: usize,
    parts: Vec<TextsPart>,
    start: u32,
    pages: Vec<(PageId, Vec<u8>)>,
    passages: Vec<u8>,
    count: u32,
    bytes: usize,
}

impl TextsWriter {
    /// Shards hold about `shard_bytes` of raw text, at least one passage: [`SHARD_BYTES`] by default.
    #[must_use]
    pub fn new(shard_bytes: usize) -> Self {
        Self {
            shard_bytes,
            parts: vec![],
            start: 0,
            pages: vec![],
            passages: vec![],
            count: 0,
            bytes: 0,
        }
    }

    /// Adds the next passage. `page` is the record of `passage.page`.
    ///
    /// # Errors
    /// [`IndexError::Order`] when `id` is not the next number.
    pub fn add(
        &mut self,
        id: PassageId,
        passage: &Passage,
        page: &PageRecord,
    ) -> Result<(), IndexError> {
        let next = self.start + self.count;
        if id.0 != next {
            require_ascending(next.checked_sub(1), id)?;
            return Err(IndexError::Order { last: next, found: id.0 });
        }
        let known = self.pages.iter().position(|(number, _)| *number == passage.page);
        let index = known.unwrap_or_else(|| {
            let mut record = Vec::new();
            put_page(&mut record, page);
            self.bytes += record.len();
            self.pages.push((passage.page, record));
            self.pages.len() - 1
        });
        let before = self.passages.len();
        put_passage(&mut self.passages, index, passage);
        self.bytes += self.passages.len() - before;
        self.count += 1;
        if self.bytes >= self.shard_bytes {
            self.cut();
        }
        Ok(())
    }

    /// All shards, in the order of passages.
    #[must_use]
    pub fn finish(mut self) -> Vec<TextsPart> {
        self.cut();
        self.parts
    }

    fn cut(&mut self) {
        if self.count == 0 {
            return;
        }
        let mut body = Vec::with_capacity(self.bytes + 16);
        put_varint(&mut body, u64::from(self.start));
        put_varint(&mut body, self.pages.len() as u64);
        for (number, record) in self.pages.drain(..) {
            put_varint(&mut body, u64::from(number.0));
            body.extend_from_slice(&record);
        }
        put_varint(&mut body, u64::from(self.count));
        body.append(&mut self.passages);
        let file = frame::write(Kind::Passages, &body);
        self.parts.push(TextsPart { start: self.start, count: self.count, file });
        self.start += self.count;
        self.count = 0;
        self.bytes = 0;
    }
}

fn put_page(out: &mut Vec<u8>, page: &PageRecord) {
    put_str(out, &page.url);
    put_str(out, &page.title);
    put_str(out, &page.language);
    put_varint(out, page.meta.len() as u64);
    for (key, values) in &page.meta {
        put_str(out, key);
        put_varint(out, values.len() as u64);
        values.iter().for_each(|value| put_str(out, value));
    }
}

fn put_passage(out: &mut Vec<u8>, page: usize, passage: &Passage) {
    put_varint(out, page as u64);
    put_varint(out, passage.trail.len() as u64);
    passage.trail.iter().for_each(|heading| put_str(out, heading));
    out.push(u8::from(passage.anchor.is_some()));
    if let Some(anchor) = &passage.anchor {
        put_str(out, anchor);
    }
    put_str(out, &passage.text);
}

/// The texts of a run of passages, with the records of their pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    start: u32,
    pages: Vec<(PageId, PageRecord)>,
    passages: Vec<(usize, Passage)>,
}

impl Texts {
    /// Reads a texts shard. `file` is the inflated file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself.
    //
    // body: start    varint   number of the first passage
    //       pages    varint
    //       pages times:
    //         number varint
    //         url, title, language   strings, the language empty where there is none
    //         meta   varint, that many times: key string, values varint, that many strings
    //       passages varint
    //       passages times:
    //         page   varint   index into the pages above
    //         trail  varint, that many strings, outermost first
    //         anchor u8       0: none; 1: a string follows
    //         text   string
    pub fn open(file: &[u8], name: &str) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(file, Kind::Passages, name)?);
        let start = reader.varint32()?;
        let count = reader.count(5)?;
        let mut pages = Vec::with_capacity(count);
        for _ in 0..count {
            let number = PageId(reader.varint32()?);
            pages.push((number, read_page(&mut reader)?));
        }
        let count = reader.count(4)?;
        let mut passages = Vec::with_capacity(count);
        for _ in 0..count {
            passages.push(read_passage(&mut reader, &pages)?);
        }
        reader.end()?;
        if start.checked_add(passages.len() as u32).is_none() {
            return Err(reader.fault(format!("passages from {start} on exceed 32 bits")));
        }
        Ok(Self { start, pages, passages })
    }

    /// Number of the first passage.
    #[must_use]
    pub fn start(&self) -> u32 {
        self.start
    }

    /// Number of passages.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.passages.len() as u32
    }

    /// A passage with the record of its page; `None` outside of this shard.
    #[must_use]
    pub fn get(&self, id: PassageId) -> Option<(&Passage, &PageRecord)> {
        let at = id.0.checked_sub(self.start)? as usize;
        let (page, passage) = self.passages.get(at)?;
        Some((passage, &self.pages.get(*page)?.1))
    }

    /// The pages that occur here, with their numbers.
    pub fn pages(&self) -> impl Iterator<Item = (PageId, &PageRecord)> {
        self.pages.iter().map(|(number, page)| (*number, page))
    }
}

fn read_page(reader: &mut Reader<'_>) -> Result<PageRecord, BundleError> {
    let url = reader.str()?.to_owned();
    let title = reader.str()?.to_owned();
    let language = reader.str()?.to_owned();
    let mut meta = BTreeMap::new();
    for _ in 0..reader.count(2)? {
        let key = reader.str()?.to_owned();
        meta.insert(key, read_strings(reader)?);
    }
    Ok(PageRecord { url, title, language, meta })
}

fn read_passage(
    reader: &mut Reader<'_>,
    pages: &[(PageId, PageRecord)],
) -> Result<(usize, Passage), BundleError> {
    let index = reader.varint32()? as usize;
    let Some((page, _)) = pages.get(index) else {
        return Err(reader.fault(format!("page {index} of {} in this shard", pages.len())));
    };
    let trail = read_strings(reader)?;
    let anchor = match reader.u8()? {
        0 => None,
        1 => Some(reader.str()?.to_owned()),
        other => return Err(reader.fault(format!("anchor flag {other}, not 0 or 1"))),
    };
    let text = reader.str()?.to_owned();
    Ok((index, Passage { page: *page, trail, anchor, text }))
}

fn read_strings(reader: &mut Reader<'_>) -> Result<Vec<String>, BundleError> {
    let count = reader.count(1)?;
    (0..count).map(|_| reader.str().map(ToOwned::to_owned)).collect()
}

#[cfg(test)]
mod tests;
