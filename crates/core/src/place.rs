//! Where a shard lies: in a file of its own, or with others in one.
//!
//! A shard that shares a file is named as browsers name a part of one: `words/0123456789ab.sxt#0-900`, its first byte and the one
//! behind its last. Who can ask for those bytes alone does; who cannot takes the file and cuts them out.

use std::ops::Range;

/// The parts of a shard's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file's path in the bundle.
    pub path: &'a str,
    /// Which bytes of it, start first; absent for all.
    pub bytes: Option<Range<u64>>,
}

impl<'a> Place<'a> {
    /// Reads the name of a shard. What is no range of bytes stays a part of the path, which then is none of a bundle's.
    #[must_use]
    pub fn of(name: &'a str) -> Self {
        let parts = name.rsplit_once('#').and_then(|(path, bytes)| {
            let (from, to) = bytes.split_once('-')?;
            let bytes = from.parse().ok()?..to.parse().ok()?;
            (bytes.start <= bytes.end).then_some((path, bytes))
        });
        match parts {
            Some((path, bytes)) => Self { path, bytes: Some(bytes) },
            None => Self { path: name, bytes: None },
        }
    }

    /// The shard's bytes out of the file's; `None` where the file is shorter.
    #[must_use]
    pub fn cut<'f>(&self, file: &'f [u8]) -> Option<&'f [u8]> {
        let Some(Range { start, end }) = self.bytes else { return Some(file) };
        file.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

/// The name of the shard that is `bytes` of the file `path`.
#[must_use]
pub fn part_of(path: &str, bytes: Range<u64>) -> String {
    format!("{path}#{}-{}", bytes.start, bytes.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let name = part_of("words/a.sxt", 3..5);
        assert_eq!(name, "words/a.sxt#3-5");
        assert_eq!(Place::of(&name), Place { path: "words/a.sxt", bytes: Some(3..5) });
        assert_eq!(Place::of("words/a.sxt"), Place { path: "words/a.sxt", bytes: None });
    }

    #[test]
    fn what_is_no_range_stays_in_the_path() {
        for name in ["a#", "a#1", "a#1-", "a#-1", "a#5-3", "a#1-x", "a#1-99999999999999999999"] {
            assert_eq!(Place::of(name), Place { path: name, bytes: None });
        }
    }

    #[test]
    fn bytes_are_cut_out_of_their_file_or_are_not_there() {
        let file = [0, 1, 2, 3];
        assert_eq!(Place::of("a#1-3").cut(&file), Some(&file[1..3]));
        assert_eq!(Place::of("a#4-4").cut(&file), Some(&file[4..]));
        assert_eq!(Place::of("a").cut(&file), Some(&file[..]));
        assert_eq!(Place::of("a#1-5").cut(&file), None);
    }
}
