//! A WordPiece vocabulary: all tokens in one string, found through an open-addressing table of ids.
//!
//! For the 30,522 tokens of BERT: 231 KB of text, 122 KB of offsets, 256 KB of table; no allocation a token, none a look-up.

use crate::error::TextError;

/// What marks a piece that does not begin a word. BERT-family vocabularies know no other mark.
const CONTINUATION: &str = "##";

/// Where in its word a piece stands. The two have separate entries, as `##` is no part of what is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the start of a word.
    Start,
    /// After another piece.
    Inside,
}

/// Tokens by id and ids by token.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    text: String,
    /// Token `i` is `text[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<u32>,
    /// Id plus one, 0 for free; a power of two of them, at most three quarters taken.
    slots: Vec<u32>,
    /// Bytes of the longest piece, without its mark.
    longest: usize,
}

impl Vocabulary {
    /// Takes the tokens in the order of their ids. Of two equal tokens the later counts, as in the reference.
    pub(crate) fn new<'a>(tokens: impl Iterator<Item = &'a str>) -> Result<Self, TextError> {
        let mut text = String::new();
        let mut offsets = vec![0];
        for token in tokens {
            text.push_str(token);
            let end = u32::try_from(text.len()).map_err(|_| TextError::VocabularySize {
                bytes: text.len(),
                limit: u32::MAX as usize,
            })?;
            offsets.push(end);
        }
        let tokens = offsets.len() - 1;
        let slots = vec![0; (tokens + tokens / 3 + 1).next_power_of_two()];
        let mut vocabulary = Self { text, offsets, slots, longest: 0 };
        for id in 0..u32::try_from(tokens).unwrap_or(u32::MAX) {
            vocabulary.insert(id);
        }
        Ok(vocabulary)
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Bytes of the longest piece, without its mark.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Token `id` as the vocabulary spells it.
    pub(crate) fn token(&self, id: u32) -> Option<&str> {
        let id = id as usize;
        let (start, end) = (*self.offsets.get(id)?, *self.offsets.get(id + 1)?);
        self.text.get(start as usize..end as usize)
    }

    /// The id of a token as the vocabulary spells it.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        let (place, piece) = split_mark(token);
        let mut hash = PieceHash::new(place);
        hash.update(piece.as_bytes());
        self.find(piece.as_bytes(), place, hash)
    }

    /// The id of `piece` at `place`; `hash` has taken in `place` and the bytes of `piece`.
    #[inline]
    pub(crate) fn find(&self, piece: &[u8], place: Place, hash: PieceHash) -> Option<u32> {
        match *self.slots.get(self.slot(piece, place, hash)?)? {
            0 => None,
            id => Some(id - 1),
        }
    }

    fn insert(&mut self, id: u32) {
        let Some((place, piece)) = self.token(id).map(split_mark) else { return };
        let mut hash = PieceHash::new(place);
        hash.update(piece.as_bytes());
        let longest = self.longest.max(piece.len());
        if let Some(at) = self.slot(piece.as_bytes(), place, hash)
            && let Some(slot) = self.slots.get_mut(at)
        {
            *slot = id + 1;
        }
        self.longest = longest;
    }

    /// The slot that holds the piece, or else the free one where it belongs.
    fn slot(&self, piece: &[u8], place: Place, hash: PieceHash) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash.finish() as usize & mask;
        loop {
            match *self.slots.get(at)? {
                0 => return Some(at),
                id => {
                    let (other_place, other) = split_mark(self.token(id - 1)?);
                    if other_place == place && other.as_bytes() == piece {
                        return Some(at);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }
}

fn split_mark(token: &str) -> (Place, &str) {
    match token.strip_prefix(CONTINUATION) {
        Some(piece) if !piece.is_empty() => (Place::Inside, piece),
        _ => (Place::Start, token),
    }
}

/// A hash that grows byte by byte, so that all prefixes of a word are hashed in one pass.
/// FNV-1a (Fowler, Noll, Vo) over 32 bits with the finish of Murmur 3, as its low bits alone are weak.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PieceHash(u32);

impl PieceHash {
    pub(crate) fn new(place: Place) -> Self {
        Self(match place {
            Place::Start => 0x811c_9dc5,
            Place::Inside => 0x050c_5d1f,
        })
    }

    #[inline]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn finish(self) -> u32 {
        let mixed = (self.0 ^ (self.0 >> 16)).wrapping_mul(0x85eb_ca6b);
        mixed ^ (mixed >> 13)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_found_under_its_own_id_and_place() {
        let tokens: Vec<String> =
            (0..5000).map(|i| format!("{}t{i}", if i % 3 == 0 { "##" } else { "" })).collect();
        let vocabulary = Vocabulary::new(tokens.iter().map(String::as_str)).unwrap();
        for (id, token) in tokens.iter().enumerate() {
            assert_eq!(vocabulary.id(token), Some(id as u32));
            assert_eq!(vocabulary.token(id as u32), Some(token.as_str()));
        }
        assert_eq!(vocabulary.id("t0"), None, "only ##t0 is a token");
        assert_eq!(vocabulary.id("##t1"), None, "only t1 is a token");
        assert_eq!(vocabulary.token(5000), None);
        assert_eq!((vocabulary.len(), vocabulary.longest()), (5000, 5));
    }

    #[test]
    fn a_lone_mark_is_a_token_of_its_own_and_the_later_of_two_equal_ones_counts() {
        let vocabulary = Vocabulary::new(["##", "a", "", "a"].into_iter()).unwrap();
        assert_eq!(vocabulary.id("##"), Some(0));
        assert_eq!(vocabulary.id("a"), Some(3));
    }
}
