//! A words shard: a run of the lexicon, front coded, and the postings of its terms. It is read in
//! place: opening checks the lexicon once, and a look-up walks it, which at some 10 KB a shard takes
//! microseconds and builds nothing.

use super::postings::{self, Posting};
use sextant_core::error::BundleError;
use sextant_core::frame::{self, HEADER, Kind};
use sextant_core::wire::{Reader, put_varint};

/// Appends a lexicon entry of `df` postings, of which those here take `postings` bytes; `previous` is the
/// term before it in the shard, empty for the first. `mean`: of the rest, where there is one.
pub(super) fn put_entry(
    out: &mut Vec<u8>,
    previous: &str,
    term: &str,
    df: u32,
    postings: usize,
    mean: Option<u8>,
) {
    let shared = previous.bytes().zip(term.bytes()).take_while(|(a, b)| a == b).count();
    let suffix = term.as_bytes().get(shared..).unwrap_or_default();
    put_varint(out, shared as u64);
    put_varint(out, suffix.len() as u64);
    out.extend_from_slice(suffix);
    put_varint(out, u64::from(df));
    put_varint(out, postings as u64);
    out.extend(mean);
}

/// A term of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place among the shard's terms, from 0: names its list in the positions shard.
    pub ordinal: u32,
    /// Number of passages that have it.
    pub df: u32,
    /// The postings that are not in this shard.
    pub rest: Option<RestEntry>,
    start: usize,
    length: usize,
}

/// What a term's rest is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestEntry {
    /// Its place among the lists of the rest, from 0.
    pub ordinal: u32,
    /// Number of postings, at least 1.
    pub count: u32,
    mean: u8,
}

impl RestEntry {
    /// How much the term counts in the passages of the rest in the mean, `0..1`.
    #[must_use]
    pub fn saturation(self) -> f32 {
        (f32::from(self.mean) + 0.5) / 256.0
    }
}

/// A run of the lexicon with its postings.
#[derive(Clone, Debug)]
pub struct WordsShard {
    name: String,
    file: Vec<u8>,
    terms: u32,
    /// Postings of a term here, at most.
    most: u32,
    lexicon: usize,
    postings: usize,
    /// Terms that have a rest.
    rests: u32,
}

impl Entry {
    /// Number of postings in the words shard.
    #[must_use]
    pub fn here(&self) -> u32 {
        self.df - self.rest.map_or(0, |rest| rest.count)
    }
}

impl WordsShard {
    /// Opens a words shard. `file` is the inflated file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a lexicon that contradicts itself.
    //
    // body: terms    varint   at least 1
    //       most     varint   postings of a term here, at most
    //       lexicon  varint   bytes of the lexicon
    //       lexicon, terms times, in ascending order of bytes:
    //         shared   varint   bytes that the term shares with the one before
    //         suffix   varint, that many bytes
    //         df       varint   number of postings, at least 1
    //         length   varint   bytes of those that are here
    //         mean     u8       only where df is above most: of the saturations of the rest, in 256ths
    //       postings, of the same terms in the same order, as in `postings.rs`
    pub fn open(file: Vec<u8>, name: &str) -> Result<Self, BundleError> {
        let body = frame::open(&file, Kind::Words, name)?;
        let mut reader = Reader::new(body);
        let terms = reader.varint32()?;
        let most = reader.varint32()?;
        let lexicon_bytes = reader.count(1)?;
        let lexicon = HEADER + body.bytes.len() - reader.remaining();
        reader.bytes(lexicon_bytes)?;
        let postings = lexicon + lexicon_bytes;
        let mut shard =
            Self { name: name.to_owned(), file, terms, most, lexicon, postings, rests: 0 };
        shard.rests = shard.check()?;
        Ok(shard)
    }

    /// Walks the whole lexicon. Gives the number of terms that have a rest.
    fn check(&self) -> Result<u32, BundleError> {
        let mut cursor = self.cursor();
        let mut previous: Option<Vec<u8>> = None;
        let mut end = 0usize;
        while let Some(entry) = cursor.advance()? {
            if previous.as_ref().is_some_and(|previous| *previous >= cursor.term) {
                return Err(cursor.reader.fault(format!("term {} out of order", entry.ordinal)));
            }
            if entry.df == 0 || entry.here() as usize > entry.length {
                let what = format!("{} postings in {} bytes", entry.here(), entry.length);
                return Err(cursor.reader.fault(what));
            }
            cursor.text()?;
            previous = Some(cursor.term.clone());
            end = entry.start + entry.length;
        }
        cursor.reader.end()?;
        let there = self.file.len() - self.postings;
        if end != there {
            let what = format!("postings of {end} bytes in a part of {there}");
            return Err(cursor.reader.fault(what));
        }
        Ok(cursor.rests)
    }

    /// The file's name in the bundle.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of terms.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.terms
    }

    /// Number of terms that have a rest.
    #[must_use]
    pub fn rests(&self) -> u32 {
        self.rests
    }

    /// Whether there are no terms.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms == 0
    }

    /// Walks the terms in order: `visit(term, entry)`, until it gives `false`.
    ///
    /// # Errors
    /// None on a shard that was opened; `Content` of [`BundleError`] by its type.
    pub fn walk(&self, mut visit: impl FnMut(&str, Entry) -> bool) -> Result<(), BundleError> {
        let mut cursor = self.cursor();
        while let Some(entry) = cursor.advance()? {
            if !visit(cursor.text()?, entry) {
                break;
            }
        }
        Ok(())
    }

    /// Looks `term` up.
    ///
    /// # Errors
    /// As [`WordsShard::walk`].
    pub fn find(&self, term: &str) -> Result<Option<Entry>, BundleError> {
        let mut found = None;
        self.walk(|here, entry| {
            if here == term {
                found = Some(entry);
            }
            here < term
        })?;
        Ok(found)
    }

    /// Walks the terms that start with `prefix`, in order.
    ///
    /// # Errors
    /// As [`WordsShard::walk`].
    pub fn walk_prefix(
        &self,
        prefix: &str,
        mut visit: impl FnMut(&str, Entry),
    ) -> Result<(), BundleError> {
        self.walk(|term, entry| {
            let starts = term.starts_with(prefix);
            if starts {
                visit(term, entry);
            }
            starts || term < prefix
        })
    }

    /// Gives the postings of `entry` that are here, in ascending order of passages.
    ///
    /// `passages`: how many the bundle has; none at or above it comes out.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when the postings contradict the entry or the number of passages.
    pub fn postings(
        &self,
        entry: Entry,
        passages: u32,
        visit: impl FnMut(Posting),
    ) -> Result<(), BundleError> {
        let start = self.postings + entry.start;
        let bytes = self.file.get(start..start + entry.length).unwrap_or_default();
        postings::read(Reader::over(bytes, &self.name), entry.here(), passages, visit)
    }

    fn cursor(&self) -> Cursor<'_> {
        let bytes = self.file.get(self.lexicon..self.postings).unwrap_or_default();
        Cursor {
            reader: Reader::over(bytes, &self.name),
            terms: self.terms,
            most: self.most,
            ordinal: 0,
            rests: 0,
            start: 0,
            term: Vec::new(),
        }
    }
}

/// A place in the lexicon.
struct Cursor<'a> {
    reader: Reader<'a>,
    terms: u32,
    most: u32,
    ordinal: u32,
    rests: u32,
    start: usize,
    term: Vec<u8>,
}

impl Cursor<'_> {
    fn advance(&mut self) -> Result<Option<Entry>, BundleError> {
        if self.ordinal == self.terms {
            return Ok(None);
        }
        let shared = self.reader.varint32()? as usize;
        if shared > self.term.len() {
            let what = format!("{shared} bytes shared with a term of {}", self.term.len());
            return Err(self.reader.fault(what));
        }
        self.term.truncate(shared);
        let length = self.reader.count(1)?;
        self.term.extend_from_slice(self.reader.bytes(length)?);
        let df = self.reader.varint32()?;
        let length = self.reader.varint32()? as usize;
        let rest = match df.checked_sub(self.most).filter(|count| *count > 0) {
            Some(count) => {
                self.rests += 1;
                Some(RestEntry { ordinal: self.rests - 1, count, mean: self.reader.u8()? })
            }
            None => None,
        };
        let entry = Entry { ordinal: self.ordinal, df, rest, start: self.start, length };
        self.ordinal += 1;
        self.start = match self.start.checked_add(length) {
            Some(start) => start,
            None => return Err(self.reader.fault("postings beyond the address space")),
        };
        Ok(Some(entry))
    }

    fn text(&self) -> Result<&str, BundleError> {
        std::str::from_utf8(&self.term).map_err(|_| self.reader.fault("a term that is not UTF-8"))
    }
}

#[cfg(test)]
mod tests;
