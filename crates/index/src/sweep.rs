//! What every reader of a shard must survive: cuts, flipped bytes, and bodies that lie.

use proptest::prelude::*;
use sextant_core::frame::{self, Kind};

/// Cuts `file` at every length and flips a bit of every byte: `refuses` must hold for each.
pub fn damage(file: &[u8], refuses: impl Fn(&[u8]) -> bool) {
    for end in 0..file.len() {
        assert!(refuses(&file[..end]), "cut at {end}");
    }
    let mut damaged = file.to_vec();
    for at in 0..file.len() {
        damaged[at] ^= 0x10;
        assert!(refuses(&damaged), "flipped at {at}");
        damaged[at] ^= 0x10;
    }
}

/// Bodies with a good checksum whose content is arbitrary, or `sound` with some bytes replaced:
/// what a faulty writer could leave. Framed as `kind`.
pub fn lies(kind: Kind, sound: &[u8]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let body = sound.get(frame::HEADER..).unwrap_or_default().to_vec();
    let length = body.len();
    let changed = proptest::collection::vec((0..length.max(1), any::<u8>()), 1..4);
    let cut = 0..=length;
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        (changed, cut).prop_map(move |(changes, cut)| {
            let mut body = body.clone();
            for (at, byte) in changes {
                if let Some(place) = body.get_mut(at) {
                    *place = byte;
                }
            }
            if cut % 3 == 0 {
                body.truncate(cut);
            }
            body
        }),
    ]
    .prop_map(move |body| frame::write(kind, &body))
}
