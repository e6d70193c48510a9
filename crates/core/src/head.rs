//! The head: the one shard that every search starts from. It holds the whole [`Manifest`], the tables of
//! shards in columns, with of each file's name only its hash.
//!
//! A file's name is `room/hash.sxt`, [`HASH_BYTES`] of the content's sha256 in hexadecimal. Of the few thousand
//! files that a bundle and the ones before it have, two share the 48 bits with a probability of 10^-7. Shards
//! that share a file follow one another in it ([`crate::place`]), so their lengths say where each begins.

use crate::directory::Directory;
use crate::error::BundleError;
use crate::frame::{self, Kind};
use crate::manifest::{
    ClustersEntry, CodesEntry, FiltersEntry, GraphEntry, Manifest, PlaneEntry, RangeEntry,
    ShardEntry, SketchEntry, TokensBlockEntry, TokensEntry, VectorsEntry, WordsEntry,
    WordsShardEntry,
};
use crate::passage::PageId;
use crate::place::{Place, part_of};
use crate::wire::{Reader, put_str, put_varint};

/// Bytes of a content's hash in its file's name.
pub const HASH_BYTES: usize = 6;
/// What the names of shards end with.
const SUFFIX: &str = ".sxt";
/// Most bytes that what is read once may add to each of many: so a head's tables stay in proportion to it.
const MOST_SHARED: usize = 255;

/// The framed head of `manifest`.
///
/// # Errors
/// `Content` of [`BundleError`] for a table of shards whose files are not all `room/hash.sxt` in one room.
pub fn write(manifest: &Manifest) -> Result<Vec<u8>, BundleError> {
    let mut out = Vec::new();
    put_varint(&mut out, manifest.pages.into());
    for page in (0..manifest.pages).map(PageId) {
        put_varint(&mut out, manifest.directory.range(page).len() as u64);
    }
    put_option(&mut out, manifest.vectors.as_ref(), put_vectors)?;
    put_words(&mut out, &manifest.words)?;
    put_ranges(&mut out, &manifest.texts)?;
    put_list(&mut out, &manifest.filters, |out, entry| {
        put_list(out, &entry.keys, |out, key| put_str(out, key));
        put_file(out, &entry.file, entry.bytes);
    });
    Ok(frame::write(Kind::Head, &out))
}

/// Reads a head and checks the manifest in it. `file` is the inflated file, `name` its name for messages.
///
/// # Errors
/// [`BundleError`]: the frame, or a content that contradicts itself.
//
// body: pages     varint, that many times: passages varint, at least 1
//       vectors   option of: of, dimensions varint, basis option of file, codes, rescore option of codes,
//                 clusters option of: count varint, starts, centroids file;
//                 graph option of: file, beam varint; tokens option of: twice files, firsts;
//                 plans option of file
//       words     language string, terms, length varint, files, positions files, firsts: first terms,
//                 rests files, that many: varint, words shards without one before the shard that it is of
//       texts     ranges
//       filters   list of: keys list of string, file
//
// option: u8, 0 or 1, and then what it is; list: count varint, that many times
// file:   path string, bytes varint
// codes:  planes list of: code string, from, to, keep varint; option of: dimensions, keep varint   of
//         sketches; ranges
// firsts: of what it begins with, front coded, in three columns: shared varint, length of the suffix varint, suffix
// files:  room string, count varint; that many hashes of 6 bytes; that many times: shards in the file varint; in two columns: the
//         lowest byte of each shard's length, the rest of it varint
// ranges: files; that many counts of passages varint
pub fn read(file: &[u8], name: &str) -> Result<Manifest, BundleError> {
    let mut reader = Reader::new(frame::open(file, Kind::Head, name)?);
    let reader = &mut reader;
    let directory = directory(reader)?;
    let manifest = Manifest {
        pages: directory.pages(),
        passages: directory.passages(),
        directory,
        vectors: option(reader, vectors)?,
        words: words(reader)?,
        texts: ranges(reader)?,
        filters: list(reader, 4, |reader| {
            let keys = list(reader, 1, |reader| Ok(reader.str()?.to_owned()))?;
            let ShardEntry { file, bytes } = shard(reader)?;
            Ok(FiltersEntry { keys, file, bytes })
        })?,
    };
    reader.end()?;
    manifest.check()?;
    Ok(manifest)
}

fn directory(reader: &mut Reader<'_>) -> Result<Directory, BundleError> {
    let mut directory = Directory::default();
    for page in 0..reader.count(1)? {
        let passages = reader.varint32()?;
        if !directory.add(passages) {
            return Err(reader.fault(format!("{passages} passages of page {page}")));
        }
    }
    Ok(directory)
}

fn put_list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    put: impl Fn(&mut Vec<u8>, T),
) {
    let items = items.into_iter();
    put_varint(out, items.len() as u64);
    items.for_each(|item| put(out, item));
}

fn list<'a, T>(
    reader: &mut Reader<'a>,
    smallest: usize,
    item: impl Fn(&mut Reader<'a>) -> Result<T, BundleError>,
) -> Result<Vec<T>, BundleError> {
    let count = reader.count(smallest)?;
    (0..count).map(|_| item(reader)).collect()
}

fn put_option<T>(
    out: &mut Vec<u8>,
    item: Option<&T>,
    put: impl Fn(&mut Vec<u8>, &T) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    out.push(u8::from(item.is_some()));
    item.map_or(Ok(()), |item| put(out, item))
}

fn option<'a, T>(
    reader: &mut Reader<'a>,
    item: impl Fn(&mut Reader<'a>) -> Result<T, BundleError>,
) -> Result<Option<T>, BundleError> {
    match reader.u8()? {
        0 => Ok(None),
        1 => item(reader).map(Some),
        other => Err(reader.fault(format!("option {other}, not 0 or 1"))),
    }
}

fn put_file(out: &mut Vec<u8>, file: &str, bytes: u64) {
    put_str(out, file);
    put_varint(out, bytes);
}

fn put_shard(out: &mut Vec<u8>, shard: &ShardEntry) {
    put_file(out, &shard.file, shard.bytes);
}

fn put_some_shard(out: &mut Vec<u8>, shard: &ShardEntry) -> Result<(), BundleError> {
    put_shard(out, shard);
    Ok(())
}

fn shard(reader: &mut Reader<'_>) -> Result<ShardEntry, BundleError> {
    Ok(ShardEntry { file: reader.str()?.to_owned(), bytes: reader.varint()? })
}

fn put_vectors(out: &mut Vec<u8>, entry: &VectorsEntry) -> Result<(), BundleError> {
    put_varint(out, entry.of.into());
    put_varint(out, entry.dimensions.into());
    put_option(out, entry.basis.as_ref(), put_some_shard)?;
    put_codes(out, &entry.codes)?;
    put_option(out, entry.rescore.as_ref(), put_codes)?;
    put_option(out, entry.clusters.as_ref(), |out, clusters| {
        put_varint(out, clusters.count.into());
        put_shard(out, &clusters.starts);
        put_some_shard(out, &clusters.centroids)
    })?;
    put_option(out, entry.graph.as_ref(), |out, graph| {
        put_file(out, &graph.file, graph.bytes);
        put_varint(out, graph.beam.into());
        Ok(())
    })?;
    put_option(out, entry.tokens.as_ref(), |out, tokens| {
        put_blocks(out, &tokens.often)?;
        put_blocks(out, &tokens.rare)
    })?;
    put_option(out, entry.plans.as_ref(), put_some_shard)
}

fn vectors(reader: &mut Reader<'_>) -> Result<VectorsEntry, BundleError> {
    Ok(VectorsEntry {
        of: reader.varint32()?,
        dimensions: reader.varint32()?,
        basis: option(reader, shard)?,
        codes: codes(reader)?,
        rescore: option(reader, codes)?,
        clusters: option(reader, |reader| {
            let count = reader.varint32()?;
            Ok(ClustersEntry { count, starts: shard(reader)?, centroids: shard(reader)? })
        })?,
        graph: option(reader, |reader| {
            let ShardEntry { file, bytes } = shard(reader)?;
            Ok(GraphEntry { file, bytes, beam: reader.varint32()? })
        })?,
        tokens: option(reader, |reader| {
            Ok(TokensEntry { often: blocks(reader)?, rare: blocks(reader)? })
        })?,
        plans: option(reader, shard)?,
    })
}

fn put_blocks(out: &mut Vec<u8>, blocks: &[TokensBlockEntry]) -> Result<(), BundleError> {
    put_files(out, blocks.iter().map(|block| (block.file.as_str(), block.bytes)))?;
    put_firsts(out, blocks.iter().map(|block| &*block.first));
    Ok(())
}

fn blocks(reader: &mut Reader<'_>) -> Result<Vec<TokensBlockEntry>, BundleError> {
    let files = files(reader)?;
    let firsts = firsts(reader, files.len())?.into_iter();
    let block = |(first, ShardEntry { file, bytes })| TokensBlockEntry { first, file, bytes };
    Ok(firsts.zip(files).map(block).collect())
}

fn put_codes(out: &mut Vec<u8>, entry: &CodesEntry) -> Result<(), BundleError> {
    put_list(out, &entry.planes, |out, plane| {
        put_str(out, &plane.code);
        for number in [plane.from, plane.to, plane.keep] {
            put_varint(out, number.into());
        }
    });
    put_option(out, entry.sketch.as_ref(), |out, sketch| {
        put_varint(out, sketch.dimensions.into());
        put_varint(out, sketch.keep.into());
        Ok(())
    })?;
    put_ranges(out, &entry.shards)
}

fn codes(reader: &mut Reader<'_>) -> Result<CodesEntry, BundleError> {
    let planes = list(reader, 4, |reader| {
        let code = reader.str()?.to_owned();
        let (from, to, keep) = (reader.varint32()?, reader.varint32()?, reader.varint32()?);
        Ok(PlaneEntry { code, from, to, keep })
    })?;
    let sketch = option(reader, |reader| {
        Ok(SketchEntry { dimensions: reader.varint32()?, keep: reader.varint32()? })
    })?;
    Ok(CodesEntry { planes, sketch, shards: ranges(reader)? })
}

fn put_words(out: &mut Vec<u8>, entry: &WordsEntry) -> Result<(), BundleError> {
    put_str(out, &entry.language);
    put_varint(out, entry.terms.into());
    put_varint(out, entry.length);
    put_files(out, entry.shards.iter().map(|shard| (shard.file.as_str(), shard.bytes)))?;
    let positions = entry.shards.iter().map(|shard| &shard.positions);
    put_files(out, positions.map(|shard| (shard.file.as_str(), shard.bytes)))?;
    put_firsts(out, entry.shards.iter().map(|shard| &*shard.first));
    let rests = || {
        entry.shards.iter().enumerate().filter_map(|(at, shard)| Some((at, shard.rest.as_ref()?)))
    };
    put_files(out, rests().map(|(_, rest)| (rest.file.as_str(), rest.bytes)))?;
    let mut next = 0;
    for (at, _) in rests() {
        put_varint(out, (at - next) as u64);
        next = at + 1;
    }
    Ok(())
}

/// Front coded, in columns, which compress better than one behind the other.
fn put_firsts<'a>(out: &mut Vec<u8>, firsts: impl Iterator<Item = &'a str>) {
    let (mut lengths, mut texts) = (vec![], vec![]);
    let mut previous = "";
    for first in firsts {
        let same = previous.chars().zip(first.chars()).take_while(|(a, b)| a == b);
        let ends = same.scan(0, |end, (a, _)| {
            *end += a.len_utf8();
            Some(*end)
        });
        let shared = ends.take_while(|end| *end <= MOST_SHARED).last().unwrap_or(0);
        let suffix = first.get(shared..).unwrap_or_default();
        put_varint(out, shared as u64);
        put_varint(&mut lengths, suffix.len() as u64);
        texts.extend_from_slice(suffix.as_bytes());
        previous = first;
    }
    out.extend(lengths);
    out.extend(texts);
}

/// What [`put_firsts`] wrote of `count` shards.
fn firsts(reader: &mut Reader<'_>, count: usize) -> Result<Vec<String>, BundleError> {
    let column = |reader: &mut Reader<'_>| -> Result<Vec<u32>, BundleError> {
        (0..count).map(|_| reader.varint32()).collect()
    };
    let (shared, lengths) = (column(reader)?, column(reader)?);
    let mut firsts: Vec<String> = vec![];
    for (shared, length) in shared.into_iter().zip(lengths) {
        let previous = firsts.last().map_or("", String::as_str);
        let start = previous.get(..shared as usize).filter(|start| start.len() <= MOST_SHARED);
        let suffix = str::from_utf8(reader.bytes(length as usize)?).ok();
        let Some((start, suffix)) = start.zip(suffix) else {
            return Err(reader.fault(format!("{shared} bytes shared with \"{previous}\"")));
        };
        firsts.push(format!("{start}{suffix}"));
    }
    Ok(firsts)
}

fn words(reader: &mut Reader<'_>) -> Result<WordsEntry, BundleError> {
    let language = reader.str()?.to_owned();
    let (terms, length) = (reader.varint32()?, reader.varint()?);
    let (shards, positions) = (files(reader)?, files(reader)?);
    if shards.len() != positions.len() {
        let what = format!("{} words shards beside {} of positions", shards.len(), positions.len());
        return Err(reader.fault(what));
    }
    let firsts = firsts(reader, shards.len())?.into_iter();
    let shards = firsts.zip(shards.into_iter().zip(positions));
    let mut shards: Vec<WordsShardEntry> = shards
        .map(|(first, (ShardEntry { file, bytes }, positions))| WordsShardEntry {
            first,
            file,
            bytes,
            positions,
            rest: None,
        })
        .collect();
    let mut following = shards.iter_mut();
    for rest in files(reader)? {
        let skipped = reader.varint32()? as usize;
        let shard = following.nth(skipped);
        let shard = shard.ok_or_else(|| reader.fault("a rest of no words shard"))?;
        shard.rest = Some(rest);
    }
    Ok(WordsEntry { language, terms, length, shards })
}

fn put_ranges(out: &mut Vec<u8>, ranges: &[RangeEntry]) -> Result<(), BundleError> {
    put_files(out, ranges.iter().map(|range| (range.file.as_str(), range.bytes)))?;
    ranges.iter().for_each(|range| put_varint(out, range.count.into()));
    Ok(())
}

fn ranges(reader: &mut Reader<'_>) -> Result<Vec<RangeEntry>, BundleError> {
    let mut start = 0u32;
    let mut ranges = vec![];
    for ShardEntry { file, bytes } in files(reader)? {
        let count = reader.varint32()?;
        ranges.push(RangeEntry { file, bytes, start, count });
        start = start
            .checked_add(count)
            .ok_or_else(|| reader.fault(format!("{count} passages from {start} on")))?;
    }
    Ok(ranges)
}

fn put_files<'a>(
    out: &mut Vec<u8>,
    shards: impl Iterator<Item = (&'a str, u64)> + Clone,
) -> Result<(), BundleError> {
    let places = shards.clone().map(|(name, _)| Place::of(name));
    let mut files: Vec<(&str, u64)> = vec![];
    let mut next = 0;
    for Place { path, bytes } in places {
        let start = bytes.as_ref().map_or(0, |bytes| bytes.start);
        let gap =
            || BundleError::content(path, format!("a shard from {start} on, not from {next}"));
        match files.last_mut() {
            _ if start == 0 => files.push((path, 1)),
            Some((last, count)) if *last == path && start == next => *count += 1,
            _ => return Err(gap()),
        }
        next = bytes.map_or(0, |bytes| bytes.end);
    }
    let room = files.first().and_then(|(path, _)| path.rsplit_once('/'));
    let room = room.map_or("", |(room, _)| room);
    put_str(out, room);
    put_varint(out, files.len() as u64);
    for (path, _) in &files {
        let name = path.strip_prefix(room).and_then(|name| name.strip_prefix('/'));
        let hash = name.and_then(|name| name.strip_suffix(SUFFIX)).and_then(hash_of);
        let odd = || BundleError::content(path, format!("not {room}/HASH{SUFFIX}"));
        out.extend_from_slice(&hash.ok_or_else(odd)?);
    }
    files.iter().for_each(|(_, count)| put_varint(out, *count));
    // The lower byte of a length is as good as random, the others are not: apart they compress better.
    out.extend(shards.clone().map(|(_, bytes)| bytes as u8));
    shards.for_each(|(_, bytes)| put_varint(out, bytes >> 8));
    Ok(())
}

fn files(reader: &mut Reader<'_>) -> Result<Vec<ShardEntry>, BundleError> {
    let room = reader.str()?;
    if room.len() > MOST_SHARED {
        return Err(reader.fault(format!("a directory's name of {} bytes", room.len())));
    }
    let files = reader.count(HASH_BYTES + 2)?;
    let hashes = reader.bytes(files * HASH_BYTES)?;
    let (hashes, _) = hashes.as_chunks::<HASH_BYTES>();
    let counts: Vec<u32> = (0..files).map(|_| reader.varint32()).collect::<Result<_, _>>()?;
    let all = counts.iter().fold(0usize, |all, count| all.saturating_add(*count as usize));
    let mut lows = reader.bytes(all)?.iter();
    let mut shards = vec![];
    for (hash, count) in hashes.iter().zip(counts) {
        let path = format!("{room}/{}{SUFFIX}", hex(hash));
        let mut end = 0u64;
        for _ in 0..count {
            let (start, high) = (end, reader.varint()?.checked_mul(256));
            let bytes = high.zip(lows.next()).map(|(high, low)| high | u64::from(*low));
            let reached = bytes.and_then(|bytes| start.checked_add(bytes));
            end = reached
                .ok_or_else(|| reader.fault(format!("a shard without end from {start} on")))?;
            let file = if count == 1 { path.clone() } else { part_of(&path, start..end) };
            shards.push(ShardEntry { file, bytes: end - start });
        }
    }
    Ok(shards)
}

/// The shortest beginning of `first` that lies behind `last`: enough to tell the shard that begins with `first` from the one
/// before it, which ends with `last`.
#[must_use]
pub fn separator<'a>(last: &str, first: &'a str) -> &'a str {
    let same =
        last.chars().zip(first.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8());
    let shared: usize = same.sum();
    let next = first.get(shared..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    first.get(..shared + next).unwrap_or(first)
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The hash that a name of lower-case digits stands for.
fn hash_of(name: &str) -> Option<[u8; HASH_BYTES]> {
    let mut hash = [0; HASH_BYTES];
    let value = u64::from_str_radix(name, 16).ok()?;
    hash.copy_from_slice(value.to_be_bytes().get(8 - HASH_BYTES..)?);
    (hex(&hash) == name).then_some(hash)
}

#[cfg(test)]
mod tests;
