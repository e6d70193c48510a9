//! The frame around every shard: magic, kind, version, length, checksum; then the body.
//!
//! Opening a frame checks all of them, and a body can be had in no other way, so a reader of bodies
//! never meets a file that was cut or damaged on its way.

use crate::error::{BundleError, BundleFault};

/// First bytes of every shard.
pub const MAGIC: [u8; 4] = *b"SXTF";
/// Bytes before the body. A multiple of 16, so that typed arrays can view a body in place.
pub const HEADER: usize = 32;

/// What a shard holds. The number is part of the format: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// Codes of consecutive passages at one precision and prefix.
    Plane = 1,
    /// A run of the lexicon with the postings of its terms.
    Words = 2,
    /// Positions of the terms of one [`Kind::Words`] shard, for phrases.
    Positions = 3,
    // 4 was a directory of pages and lengths.
    /// Text of consecutive passages with the records of their pages.
    Passages = 5,
    /// A consecutive part of the encoder's container.
    Encoder = 6,
    /// The mean and the axes that a plane's codes are written in.
    Basis = 7,
    /// Where the clusters of the inverted file begin.
    Clusters = 8,
    /// Neighbours of passages, for a search along them.
    Graph = 9,
    /// Keys of metadata with their values, and the pages that have each.
    Filters = 10,
    /// The manifest's tables.
    Head = 11,
    /// Rows of words, of which a question's vector is the sum.
    Tokens = 12,
    /// The postings of frequent terms that are not in their [`Kind::Words`] shard.
    Rest = 13,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Plane,
        Self::Words,
        Self::Positions,
        Self::Passages,
        Self::Encoder,
        Self::Basis,
        Self::Clusters,
        Self::Graph,
        Self::Filters,
        Self::Head,
        Self::Tokens,
        Self::Rest,
    ];

    /// The kind's name in messages and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plane => "plane",
            Self::Words => "words",
            Self::Positions => "positions",
            Self::Passages => "passages",
            Self::Encoder => "encoder",
            Self::Basis => "basis",
            Self::Clusters => "clusters",
            Self::Graph => "graph",
            Self::Filters => "filters",
            Self::Head => "head",
            Self::Tokens => "tokens",
            Self::Rest => "rest of postings",
        }
    }

    /// Versions of this kind that are read: oldest and newest. The newest is written.
    #[must_use]
    pub fn versions(self) -> (u16, u16) {
        match self {
            // 1 had int8 codes alone, one plane a shard.
            Self::Plane => (2, 2),
            // 1 had postings of counts by field, scored by a directory of lengths.
            Self::Words => (2, 2),
            _ => (1, 1),
        }
    }

    fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == number)
    }
}

/// The checked body of a shard.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The body's bytes.
    pub bytes: &'a [u8],
    /// The version of its kind, within [`Kind::versions`].
    pub version: u16,
    /// The file's name, for messages.
    pub file: &'a str,
}

/// Frames `body` as a shard of the newest version of `kind`.
#[must_use]
pub fn write(kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER + body.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&(kind as u16).to_le_bytes());
    file.extend_from_slice(&kind.versions().1.to_le_bytes());
    file.extend_from_slice(&(body.len() as u64).to_le_bytes());
    file.extend_from_slice(&0u32.to_le_bytes());
    let checksum = checksum(&file, body);
    file.extend_from_slice(&checksum.to_le_bytes());
    file.extend_from_slice(&[0; 8]);
    file.extend_from_slice(body);
    file
}

/// Checks the frame of a shard and gives its body: the only way to one.
///
/// `name` is the file's name in the bundle, used in errors.
///
/// # Errors
/// `Length`, `Kind`, `Version` or `Checksum` of [`BundleError`], in the order of what can be known.
//
// offset size
//      0    4  magic "SXTF"; integers are little endian
//      4    2  kind
//      6    2  version of that kind, oldest..=newest
//      8    8  body length
//     16    4  flags; an unknown bit is an error, and none is known yet
//     20    4  crc32 (IEEE) of bytes 0..20 and of the body
//     24    8  zero, checked
//     32    -  body
pub fn open<'a>(file: &'a [u8], kind: Kind, name: &'a str) -> Result<Body<'a>, BundleError> {
    let found = file.len() as u64;
    let Some((header, body)) = file.split_at_checked(HEADER) else {
        return Err(
            BundleFault::Length { file: name.into(), expected: HEADER as u64, found }.into()
        );
    };
    let wrong_kind = |found: String| {
        let (file, expected) = (name.into(), kind.name());
        BundleError::from(BundleFault::Kind { file, expected, found })
    };
    let number = |at: usize, size: usize| -> u64 {
        header[at..at + size].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    if header[..4] != MAGIC {
        return Err(wrong_kind("no shard at all".into()));
    }
    let kind_found = number(4, 2) as u16;
    if kind_found != kind as u16 {
        let name = Kind::from_number(kind_found).map(Kind::name);
        return Err(wrong_kind(name.map_or(format!("kind {kind_found}"), Into::into)));
    }
    let version = number(6, 2) as u16;
    let (oldest, newest) = kind.versions();
    if !(oldest..=newest).contains(&version) {
        return Err(
            BundleFault::Version { file: name.into(), found: version, oldest, newest }.into()
        );
    }
    let length = number(8, 8);
    if length != body.len() as u64 {
        let expected = length.saturating_add(HEADER as u64);
        return Err(BundleFault::Length { file: name.into(), expected, found }.into());
    }
    let sound = number(16, 4) == 0
        && number(24, 8) == 0
        && number(20, 4) as u32 == checksum(&header[..20], body);
    if !sound {
        return Err(BundleFault::Checksum { file: name.into() }.into());
    }
    Ok(Body { bytes: body, version, file: name })
}

#[cfg(target_arch = "wasm32")]
fn checksum(header: &[u8], body: &[u8]) -> u32 {
    crate::crc32::checksum([header, body])
}

#[cfg(not(target_arch = "wasm32"))]
fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(body);
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `write(Kind::Passages, b"abc")`, spelled out: the drawing above cannot move without this.
    const GOLDEN: [u8; 35] = [
        0x53, 0x58, 0x54, 0x46, 5, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb6, 0x1f, 0x14,
        0xa4, 0, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', b'c',
    ];

    #[test]
    fn the_golden_bytes_are_written_and_read() {
        assert_eq!(write(Kind::Passages, b"abc"), GOLDEN);
        assert_eq!(open(&GOLDEN, Kind::Passages, "x").unwrap().bytes, b"abc");
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_an_error() {
        for end in 0..GOLDEN.len() {
            assert!(open(&GOLDEN[..end], Kind::Passages, "x").is_err(), "cut at {end}");
        }
        for at in 0..GOLDEN.len() {
            let mut damaged = GOLDEN;
            damaged[at] ^= 0x10;
            assert!(open(&damaged, Kind::Passages, "x").is_err(), "flipped at {at}");
        }
    }

    #[test]
    fn another_kind_and_another_version_are_named() {
        let error = open(&GOLDEN, Kind::Words, "x").unwrap_err();
        assert!(
            matches!(*error, BundleFault::Kind { expected: "words", ref found, .. } if found == "passages")
        );
        let mut newer = GOLDEN;
        newer[6] = 9;
        let error = open(&newer, Kind::Passages, "x").unwrap_err();
        assert!(matches!(*error, BundleFault::Version { found: 9, newest: 1, .. }));
    }
}
