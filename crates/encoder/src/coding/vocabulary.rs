//! The vocabulary, plain or as a zlib stream (RFC 1950), whose checksum is checked.

use std::borrow::Cow;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::config::Packing;

/// A longer vocabulary is refused while it is inflated: 32 MiB, a hundred times that of BERT.
const LONGEST: usize = 32 << 20;

/// The text of a stored vocabulary, or what is wrong with it.
pub(crate) fn read(stored: &[u8], packing: Packing) -> Result<Cow<'_, str>, String> {
    let not_utf8 = |valid: usize| format!("the vocabulary is not UTF-8 after byte {valid}");
    match packing {
        Packing::Plain => std::str::from_utf8(stored)
            .map(Cow::Borrowed)
            .map_err(|error| not_utf8(error.valid_up_to())),
        Packing::Zlib => {
            let bytes = decompress_to_vec_zlib_with_limit(stored, LONGEST)
                .map_err(|error| format!("the vocabulary does not inflate ({error})"))?;
            String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|error| not_utf8(error.utf8_error().valid_up_to()))
        }
    }
}

/// The bytes of `vocabulary` as they are stored.
#[cfg(feature = "import")]
pub(crate) fn write(vocabulary: &str, packing: Packing) -> Vec<u8> {
    /// The slowest and smallest.
    const LEVEL: u8 = 10;
    match packing {
        Packing::Plain => vocabulary.as_bytes().to_vec(),
        Packing::Zlib => miniz_oxide::deflate::compress_to_vec_zlib(vocabulary.as_bytes(), LEVEL),
    }
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;

    #[test]
    fn a_vocabulary_comes_back_from_either_packing() {
        let vocabulary = "[PAD]\n[UNK]\n##ö\n".repeat(100);
        for packing in [Packing::Plain, Packing::Zlib] {
            let stored = write(&vocabulary, packing);
            assert_eq!(read(&stored, packing).unwrap(), vocabulary);
        }
        assert!(write(&vocabulary, Packing::Zlib).len() * 10 < vocabulary.len());
    }

    #[test]
    fn every_cut_and_flip_of_a_packed_vocabulary_is_refused() {
        let stored = write("[PAD]\n[UNK]\n[CLS]\nstone\nriver", Packing::Zlib);
        for at in 0..stored.len() {
            assert!(read(&stored[..at], Packing::Zlib).is_err(), "cut at {at}");
            let mut damaged = stored.clone();
            damaged[at] ^= 0x10;
            let unharmed = read(&damaged, Packing::Zlib)
                .is_ok_and(|text| text.starts_with("[PAD]\n[UNK]\n[CLS]\nstone\nriver"));
            assert!(read(&damaged, Packing::Zlib).is_err() || unharmed, "flip at {at}");
        }
    }

    #[test]
    fn a_stream_that_inflates_without_end_is_refused() {
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'a'; LONGEST + 1], 1);
        assert!(read(&bomb, Packing::Zlib).unwrap_err().contains("does not inflate"));
    }
}
