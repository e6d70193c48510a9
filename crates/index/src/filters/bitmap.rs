//! Compressed sets of pages, after roaring bitmaps: the numbers are cut into chunks of 65,536, and each
//! chunk is a list, a list of runs or a row of bits, whichever is shortest. Read in order and never
//! changed in place, so lists and runs are differences in varints: a value that one page has costs
//! five bytes.
//!
//! Source of the idea: Chambi, Lemire, Kaser, Godin: "Better bitmap performance with Roaring bitmaps",
//! 2016, doi:10.1002/spe.2325; runs: doi:10.1002/spe.2402. Why not the `roaring` crate: see
//! `docs/decisions.md`.

use sextant_core::error::BundleError;
use sextant_core::wire::{Reader, put_varint};
use std::ops::Range;

/// Numbers of a chunk.
const CHUNK: u32 = 1 << 16;
/// Bytes of a chunk's row of bits, at most.
const ROW: usize = CHUNK as usize / 8;

const LIST: u8 = 0;
const RUNS: u8 = 1;
const BITS: u8 = 2;

/// Appends a set. `numbers`: ascending, without repeats.
pub(super) fn put_set(out: &mut Vec<u8>, numbers: &[u32]) {
    let chunks: Vec<&[u32]> = numbers.chunk_by(|a, b| a / CHUNK == b / CHUNK).collect();
    put_varint(out, chunks.len() as u64);
    let mut next = 0;
    for chunk in chunks {
        let number = chunk.first().map_or(0, |first| first / CHUNK);
        put_varint(out, u64::from(number - next));
        next = number + 1;
        let inside: Vec<u32> = chunk.iter().map(|number| number % CHUNK).collect();
        let forms = [(LIST, list(&inside)), (RUNS, runs(&inside)), (BITS, bits(&inside))];
        // Of forms as short the first: `min_by_key` keeps it.
        if let Some((form, bytes)) = forms.into_iter().min_by_key(|(_, bytes)| bytes.len()) {
            out.push(form);
            out.extend_from_slice(&bytes);
        }
    }
}

fn list(numbers: &[u32]) -> Vec<u8> {
    let mut out = vec![];
    put_varint(&mut out, numbers.len() as u64 - 1);
    let mut next = 0;
    for number in numbers {
        put_varint(&mut out, u64::from(number - next));
        next = number + 1;
    }
    out
}

fn runs(numbers: &[u32]) -> Vec<u8> {
    let runs: Vec<&[u32]> = numbers.chunk_by(|a, b| a + 1 == *b).collect();
    let mut out = vec![];
    put_varint(&mut out, runs.len() as u64 - 1);
    let mut next = 0;
    for run in runs {
        let (first, length) = (run.first().copied().unwrap_or(next), run.len() as u32);
        put_varint(&mut out, u64::from(first - next));
        put_varint(&mut out, u64::from(length - 1));
        // Between two runs there is a number at least.
        next = first + length + 1;
    }
    out
}

fn bits(numbers: &[u32]) -> Vec<u8> {
    let length = numbers.last().map_or(0, |last| *last as usize / 8 + 1);
    let mut row = vec![0u8; length];
    for number in numbers {
        if let Some(byte) = row.get_mut(*number as usize / 8) {
            *byte |= 1 << (number % 8);
        }
    }
    let mut out = vec![];
    put_varint(&mut out, length as u64 - 1);
    out.extend_from_slice(&row);
    out
}

/// Reads a set and gives its members as ranges, ascending, none of them empty. `limit`: what no member
/// reaches.
///
/// # Errors
/// `Content` of [`BundleError`] for a set that contradicts itself, has no member, or one at or above `limit`.
//
// set: chunks  varint   at least 1
//      chunks times:
//        skip  varint   chunks of 65,536 numbers that are left out before this one
//        form  u8       0: list, 1: runs, 2: bits
//        list: count - 1 varint; count times:
//                skip     varint   numbers left out before this one
//        runs: count - 1 varint; count times:
//                skip     varint   numbers left out before this run, past the one that ends the last
//                length-1 varint
//        bits: length - 1 varint, at most 8192 bytes; bit n % 8 of byte n / 8; the last is not 0
pub(super) fn read_set(
    reader: &mut Reader<'_>,
    limit: u32,
    visit: &mut dyn FnMut(Range<u32>),
) -> Result<(), BundleError> {
    let chunks = reader.varint32()?;
    if chunks == 0 {
        return Err(reader.fault("a set without a member"));
    }
    let mut chunk = 0u64;
    for _ in 0..chunks {
        chunk += u64::from(reader.varint32()?);
        let base = chunk * u64::from(CHUNK);
        if base >= u64::from(limit) {
            return Err(reader.fault(format!("chunk {chunk} of a set of numbers below {limit}")));
        }
        chunk += 1;
        // Below a limit of 32 bits, so the base fits too.
        let base = base as u32;
        let place = (base, CHUNK.min(limit - base));
        match reader.u8()? {
            LIST => read_runs(reader, place, false, visit)?,
            RUNS => read_runs(reader, place, true, visit)?,
            BITS => read_bits(reader, place, visit)?,
            form => return Err(reader.fault(format!("form {form} of a set, not 0 to 2"))),
        }
    }
    Ok(())
}

/// A list is runs of one number that may touch. Numbers of a chunk count from its `base`, to its `room`.
fn read_runs(
    reader: &mut Reader<'_>,
    (base, room): (u32, u32),
    long: bool,
    visit: &mut dyn FnMut(Range<u32>),
) -> Result<(), BundleError> {
    let count = u64::from(reader.varint32()?) + 1;
    let mut next = 0u64;
    for _ in 0..count {
        let start = next + u64::from(reader.varint32()?);
        let length = if long { u64::from(reader.varint32()?) + 1 } else { 1 };
        let end = start + length;
        if end > u64::from(room) {
            return Err(reader.fault(format!("{start}..{end} of {room} in a set")));
        }
        visit(base + start as u32..base + end as u32);
        next = end + u64::from(long);
    }
    Ok(())
}

fn read_bits(
    reader: &mut Reader<'_>,
    (base, room): (u32, u32),
    visit: &mut dyn FnMut(Range<u32>),
) -> Result<(), BundleError> {
    let length = reader.varint32()? as usize;
    if length >= ROW {
        return Err(reader.fault(format!("a row of {length} bytes and one, at most {ROW}")));
    }
    let row = reader.bytes(length + 1)?;
    let last = row.last().copied().unwrap_or(0);
    let end = length as u32 * 8 + (u8::BITS - last.leading_zeros());
    if last == 0 || end > room {
        return Err(reader.fault(format!("a row of bits that ends at {end} of {room}")));
    }
    let mut start = None;
    let all =
        (0u32..).zip(row).flat_map(|(at, byte)| (0..8).map(move |n| (at * 8 + n, byte >> n & 1)));
    for (number, bit) in all {
        match (start, bit) {
            (None, 1) => start = Some(number),
            (Some(first), 0) => {
                visit(base + first..base + number);
                start = None;
            }
            _ => {}
        }
    }
    start.into_iter().for_each(|first| visit(base + first..base + end));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn written(numbers: &[u32]) -> Vec<u8> {
        let mut out = vec![];
        put_set(&mut out, numbers);
        out
    }

    fn read(bytes: &[u8], limit: u32) -> Result<Vec<u32>, BundleError> {
        let mut reader = Reader::over(bytes, "x");
        let mut numbers = vec![];
        read_set(&mut reader, limit, &mut |run| numbers.extend(run))?;
        reader.end()?;
        Ok(numbers)
    }

    #[test]
    fn the_golden_bytes_are_written() {
        assert_eq!(written(&[7]), [1, 0, LIST, 0, 7]);
        assert_eq!(written(&[3, 4, 5, 6, 200, 201]), [1, 0, RUNS, 1, 3, 3, 0xc0, 1, 1]);
        let odd: Vec<u32> = (1..80).step_by(2).collect();
        let row = [0xaa; 10];
        assert_eq!(written(&odd), [&[1, 0, BITS, 9][..], &row].concat());
        assert_eq!(written(&[5, 3 * CHUNK]), [2, 0, LIST, 0, 5, 2, LIST, 0, 0]);
    }

    #[test]
    fn what_lies_at_or_above_the_limit_is_refused() {
        for numbers in [&[9][..], &[0, 1, 2, 3, 9], &[CHUNK * 2 + 1]] {
            let last = *numbers.last().unwrap();
            assert_eq!(read(&written(numbers), last + 1).unwrap(), numbers);
            assert!(read(&written(numbers), last).is_err(), "{last}");
        }
        let odd: Vec<u32> = (1..80).step_by(2).collect();
        assert!(read(&written(&odd), 79).is_err());
    }

    #[test]
    fn sets_that_no_writer_writes_are_refused() {
        for bytes in [
            &[0u8][..],
            &[1, 0, 3, 0, 7],
            &[1, 0, BITS, 0, 0],
            &[1, 0, BITS, 0x80, 0x40],
            &[1, 0, LIST, 0xff, 0xff, 0xff, 0xff, 0xf],
            &[0xff, 0xff, 0xff, 0xff, 0xf, 0xff, 0xff, 0xff, 0xff, 0xf],
        ] {
            assert!(read(bytes, 1000).is_err(), "{bytes:?}");
        }
    }

    fn sets() -> impl Strategy<Value = BTreeSet<u32>> {
        let spread = proptest::collection::btree_set(0u32..300_000, 1..200);
        let dense = (0u32..140_000, 1u32..4000, 1usize..9)
            .prop_map(|(start, length, step)| (start..start + length).step_by(step).collect());
        prop_oneof![spread, dense]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(a in sets(), b in sets()) {
            let numbers: Vec<u32> = (&a | &b).into_iter().collect();
            prop_assert_eq!(read(&written(&numbers), u32::MAX).unwrap(), numbers);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, limit: u32) {
            if let Ok(numbers) = read(&bytes, limit.min(1 << 20)) {
                prop_assert!(numbers.is_sorted_by(|a, b| a < b));
                prop_assert!(numbers.last().is_some_and(|last| *last < limit.min(1 << 20)));
            }
        }
    }
}
