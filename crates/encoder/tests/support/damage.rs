//! Containers spoiled at one place, and what every reader of one must survive.

use sextant_encoder::EncoderError;

/// Every length of `bytes` below the whole is an error.
pub fn refuse_cuts<T>(bytes: &[u8], open: impl Fn(Vec<u8>) -> Result<T, EncoderError>) {
    for length in 0..bytes.len() {
        assert!(open(bytes[..length].to_vec()).is_err(), "{length} of {} bytes", bytes.len());
    }
}

/// A flipped byte is an error, or `works` with what is opened: weights may be any. Most of a tiny file is its header, so most are errors.
pub fn survive_flips<T>(
    bytes: &[u8],
    open: impl Fn(Vec<u8>) -> Result<T, EncoderError>,
    mut works: impl FnMut(T),
) {
    let mut refused = 0;
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= flip;
            match open(damaged) {
                Ok(opened) => works(opened),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > bytes.len() / 2, "{refused}");
}

/// The container with `from` replaced in its header, whose length is put right.
pub fn with_header(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(from), "{from} is in {header}");
    let header = header.replacen(from, to, 1);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat()
}

/// Where a tensor's bytes are in the file.
pub fn position(bytes: &[u8], name: &str) -> usize {
    let (length, metadata) = safetensors::SafeTensors::read_metadata(bytes).unwrap();
    8 + length + metadata.info(name).unwrap().data_offsets.0
}

/// The container with some bytes of a tensor replaced.
pub fn with_bytes(mut bytes: Vec<u8>, name: &str, offset: usize, new: &[u8]) -> Vec<u8> {
    let at = position(&bytes, name) + offset;
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}
