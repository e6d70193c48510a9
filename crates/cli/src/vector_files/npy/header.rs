//! The beginning of an `.npy` file.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1 to 3.

use std::io::Read;

/// The first bytes of every such file.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header that is read, in bytes; those of two-dimensional arrays have about a hundred.
const LONGEST_HEADER: usize = 1 << 16;
/// The header is padded so that numbers begin at a multiple of this.
const ALIGN: usize = 64;

/// What the header says.
#[derive(Debug, PartialEq)]
pub struct Header {
    /// Type of a number: `<f4`.
    pub descr: String,
    /// Whether columns lie together instead of rows.
    pub fortran: bool,
    /// Numbers along each axis.
    pub shape: Vec<u64>,
}

impl Header {
    /// Reads up to the first number; the error says what is wrong.
    pub fn read(reader: &mut impl Read) -> Result<Self, String> {
        let text = text(reader)?;
        Self::parse(&text).ok_or_else(|| format!("{:?} is no header of an array", text.trim()))
    }

    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }`; `None` for anything else.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = Literal(text);
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        rest.eat('{')?;
        while rest.eat('}').is_none() {
            let key = rest.string()?;
            rest.eat(':')?;
            match key {
                "descr" => descr = Some(rest.string()?.to_owned()),
                "fortran_order" => fortran = Some(rest.truth()?),
                "shape" => shape = Some(rest.tuple()?),
                _ => return None,
            }
            if rest.eat(',').is_none() {
                rest.eat('}')?;
                break;
            }
        }
        let whole = rest.0.trim().is_empty();
        whole.then_some(Self { descr: descr?, fortran: fortran?, shape: shape? })
    }
}

/// The rest of a Python literal.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    fn eat(&mut self, wanted: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(wanted)?;
        Some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (text, rest) = rest.strip_prefix(quote)?.split_once(quote)?;
        self.0 = rest;
        Some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        let rest = self.0.trim_start();
        let (value, rest) = match rest.strip_prefix("True") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("False")?),
        };
        self.0 = rest;
        Some(value)
    }

    fn tuple(&mut self) -> Option<Vec<u64>> {
        self.eat('(')?;
        let (text, rest) = self.0.split_once(')')?;
        self.0 = rest;
        let text = text.trim();
        let text = text.strip_suffix(',').unwrap_or(text);
        if text.is_empty() {
            return Some(Vec::new());
        }
        text.split(',').map(|number| number.trim().parse().ok()).collect()
    }
}

/// The text between the magic and the numbers.
//
// offset size
//      0    6  magic 93 "NUMPY"
//      6    2  major and minor version
//      8    2  length of the header in version 1; 4 bytes in 2 and 3; little endian
//      -    -  header: a Python dictionary, padded with spaces, ended by a line feed
fn text(reader: &mut impl Read) -> Result<String, &'static str> {
    let cut = |_| "the file ends inside its header";
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(cut)?;
    let mut length = [0; 4];
    match start[6] {
        1 => reader.read_exact(&mut length[..2]),
        2 | 3 => reader.read_exact(&mut length),
        _ => return Err("of a version that is not known; 1 to 3 are read"),
    }
    .map_err(cut)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEADER {
        return Err("a header too long for an array of numbers");
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text).map_err(cut)?;
    String::from_utf8(text).map_err(|_| "a header that is not text")
}

/// Magic, version and header of a `<f4` array.
pub fn of_floats(rows: u64, width: usize) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    let begun = MAGIC.len() + 4 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', begun.next_multiple_of(ALIGN) - begun));
    text.push('\n');
    let mut bytes = [MAGIC, &[1, 0]].concat();
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_header_is_what_numpy_writes() {
        // numpy 2.4: numpy.save(f, numpy.zeros((3, 384), '<f4')), the first 128 bytes.
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }";
        let expected =
            [b"\x93NUMPY\x01\0v\0".to_vec(), format!("{text:<117}\n").into_bytes()].concat();
        assert_eq!(of_floats(3, 384), expected);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(text in "[{}'a-z_:,()0-9 ]{0,60}") {
            let _ = Header::parse(&text);
        }

        #[test]
        fn every_shape_is_read_back(rows: u64, width: u32) {
            let bytes = of_floats(rows, width as usize);
            prop_assert!(bytes.len().is_multiple_of(ALIGN));
            let header = Header::read(&mut &bytes[..]).unwrap();
            prop_assert_eq!(header.shape, vec![rows, u64::from(width)]);
        }
    }
}
