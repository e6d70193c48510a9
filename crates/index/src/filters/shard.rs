//! A filters shard: some keys, their values in order, and the pages that have each.
//!
//! Texts and counts are taken out when it is opened, and every set is read through once to check it;
//! later a query reads the sets of the values it names.

use super::Role;
use super::bitmap::read_set;
use super::bits::Bits;
use super::order::{Span, ValueKind};
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::wire::Reader;
use std::ops::Range;

/// Bytes at the front that two texts share, whole characters of them.
pub(super) fn shared(a: &str, b: &str) -> usize {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    same.map(|(char, _)| char.len_utf8()).sum()
}

/// Some keys of a bundle.
#[derive(Clone, Debug)]
pub struct FiltersShard {
    keys: Vec<Key>,
}

/// A key and its values.
#[derive(Clone, Debug)]
pub struct Key {
    name: String,
    role: Role,
    kind: ValueKind,
    values: Vec<Value>,
    /// The sets of all values, one behind the other.
    sets: Vec<u8>,
    pages: u32,
    file: String,
}

#[derive(Clone, Debug)]
struct Value {
    text: String,
    /// Number of pages that have it.
    count: u32,
    set: Range<usize>,
}

impl FiltersShard {
    /// Reads a filters shard of a bundle of `pages`. `file` is the inflated file, `name` its name for
    /// messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the number of pages.
    //
    // body: pages  varint   of the bundle
    //       keys   varint   at least 1
    //       keys times, ascending by name and role:
    //         name   string
    //         role   u8       0: filter, 1: sort
    //         kind   u8       0: text, 1: numbers, 2: dates; each value is one
    //         texts  varint   bytes of what follows, up to the sets; at least one value
    //         values, in ascending order of the kind:
    //           shared varint   bytes that the text shares with the one before
    //           rest   string
    //           count  varint   pages that have it, at least 1
    //           length varint   bytes of its set
    //         sets   varint   bytes of the sets, which follow in the order of the values: bitmap.rs
    pub fn open(file: &[u8], name: &str, pages: u32) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(file, Kind::Filters, name)?);
        let found = reader.varint32()?;
        if found != pages {
            return Err(reader.fault(format!("{found} pages, the manifest says {pages}")));
        }
        let count = reader.count(6)?;
        let mut keys: Vec<Key> = Vec::with_capacity(count);
        for _ in 0..count {
            let key = read_key(&mut reader, pages, name)?;
            let follows = |before: &Key| (&before.name, before.role) < (&key.name, key.role);
            if !keys.last().is_none_or(follows) {
                return Err(reader.fault(format!("key \"{}\" out of order", key.name)));
            }
            keys.push(key);
        }
        reader.end()?;
        if keys.is_empty() {
            return Err(reader.fault("no key"));
        }
        Ok(Self { keys })
    }

    /// The keys, ascending by name; one that also has a [`Role::Sort`] is there twice.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
}

fn read_key(reader: &mut Reader<'_>, pages: u32, file: &str) -> Result<Key, BundleError> {
    let name = reader.str()?.to_owned();
    let role = match reader.u8()? {
        0 => Role::Filter,
        1 => Role::Sort,
        other => return Err(reader.fault(format!("role {other} of key \"{name}\", not 0 or 1"))),
    };
    let kind = match reader.u8()? {
        0 => ValueKind::Text,
        1 => ValueKind::Number,
        2 => ValueKind::Date,
        other => return Err(reader.fault(format!("kind {other} of key \"{name}\", not 0 to 2"))),
    };
    let length = reader.count(1)?;
    let mut texts = Reader::over(reader.bytes(length)?, file);
    let length = reader.count(1)?;
    let sets = reader.bytes(length)?;
    let values = read_values(&mut texts, kind)?;
    let there = values.last().map(|value| value.set.end);
    if there != Some(sets.len()) {
        let what =
            format!("key \"{name}\": {} bytes of sets are not those of its values", sets.len());
        return Err(reader.fault(what));
    }
    let key = Key { name, role, kind, values, sets: sets.to_vec(), pages, file: file.to_owned() };
    for value in &key.values {
        let mut count = 0u64;
        key.visit(value, &mut |run| count += u64::from(run.end - run.start))?;
        if count != u64::from(value.count) {
            let what = format!("value \"{}\": {count} pages, not {}", value.text, value.count);
            return Err(reader.fault(what));
        }
    }
    Ok(key)
}

fn read_values(reader: &mut Reader<'_>, kind: ValueKind) -> Result<Vec<Value>, BundleError> {
    let mut values: Vec<Value> = vec![];
    let mut least = f64::NEG_INFINITY;
    while reader.remaining() > 0 {
        let previous = values.last().map_or("", |value| &value.text);
        let shared = reader.varint32()? as usize;
        let Some(front) = previous.get(..shared) else {
            let what = format!("{shared} bytes shared with a value of {}", previous.len());
            return Err(reader.fault(what));
        };
        let text = format!("{front}{}", reader.str()?);
        let count = reader.varint32()?;
        let start = values.last().map_or(0, |value| value.set.end);
        let Some(end) = start.checked_add(reader.varint32()? as usize) else {
            return Err(reader.fault("sets beyond the address space"));
        };
        // Text is listed as its writer ordered it: the order takes tables that nothing else needs here.
        if kind != ValueKind::Text {
            let Some(span) = kind.span(&text) else {
                return Err(reader.fault(format!("value \"{text}\" is no {}", kind.name())));
            };
            if span.start < least {
                return Err(reader.fault(format!("value \"{text}\" out of order")));
            }
            least = span.start;
        }
        values.push(Value { text, count, set: start..end });
    }
    Ok(values)
}

impl Key {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// What its values are.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// Its values in ascending order, each with the number of pages that have it.
    pub fn values(&self) -> impl ExactSizeIterator<Item = (&str, u32)> {
        self.values.iter().map(|value| (value.text.as_str(), value.count))
    }

    /// Adds the pages that have `text`, exactly so, to `pages`.
    ///
    /// # Errors
    /// None on a shard that was opened; `Content` of [`BundleError`] by its type.
    pub fn is(&self, text: &str, pages: &mut Bits) -> Result<(), BundleError> {
        let same = self.values.iter().filter(|value| value.text == text);
        self.add(same, pages)
    }

    /// Adds the pages that have a value whose place on the scale `holds`. Those of text have none.
    ///
    /// # Errors
    /// As [`Key::is`].
    pub fn within(
        &self,
        holds: impl Fn(Span) -> bool,
        pages: &mut Bits,
    ) -> Result<(), BundleError> {
        let inside = |value: &&Value| self.kind.span(&value.text).is_some_and(&holds);
        self.add(self.values.iter().filter(inside), pages)
    }

    /// How many of `pages` have each value: the values that at least one has, in ascending order.
    ///
    /// # Errors
    /// As [`Key::is`].
    pub fn counts(&self, pages: &Bits) -> Result<Vec<(&str, u32)>, BundleError> {
        let mut counts = vec![];
        for value in &self.values {
            let mut count = 0;
            self.visit(value, &mut |run| count += pages.count_in(run))?;
            if count > 0 {
                counts.push((value.text.as_str(), count));
            }
        }
        Ok(counts)
    }

    /// The rank of every page by its value, from 0, by page; `None` for pages without one. Of several
    /// values the first counts, or with `last` the last.
    ///
    /// # Errors
    /// As [`Key::is`].
    pub fn ranks(&self, last: bool) -> Result<Vec<Option<u32>>, BundleError> {
        let mut ranks = vec![None; self.pages as usize];
        for (rank, value) in (0u32..).zip(&self.values) {
            self.visit(value, &mut |run| {
                let run = run.start as usize..run.end as usize;
                for place in ranks.get_mut(run).into_iter().flatten() {
                    if last || place.is_none() {
                        *place = Some(rank);
                    }
                }
            })?;
        }
        Ok(ranks)
    }

    fn add<'a>(
        &'a self,
        values: impl Iterator<Item = &'a Value>,
        pages: &mut Bits,
    ) -> Result<(), BundleError> {
        for value in values {
            self.visit(value, &mut |run| pages.insert(run))?;
        }
        Ok(())
    }

    fn visit(&self, value: &Value, visit: &mut dyn FnMut(Range<u32>)) -> Result<(), BundleError> {
        let bytes = self.sets.get(value.set.clone()).unwrap_or_default();
        let mut reader = Reader::over(bytes, &self.file);
        read_set(&mut reader, self.pages, visit)?;
        reader.end()
    }
}
