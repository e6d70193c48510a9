//! Numbers and strings in shard bodies: little endian, LEB128 varints, lengths before contents.
//!
//! The reader checks every bound and never allocates more than the bytes that are left could fill.

use crate::error::BundleError;
use crate::frame::Body;

/// Appends a varint: seven bits a byte, low bits first, the high bit set on all but the last.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a string: its length in bytes as a varint, then UTF-8.
pub fn put_str(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A cursor over a body.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    file: &'a str,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `body`.
    #[must_use]
    pub fn new(body: Body<'a>) -> Self {
        Self::over(body.bytes, body.file)
    }

    /// Reads `bytes`, a part of a checked body of `file`.
    #[must_use]
    pub fn over(bytes: &'a [u8], file: &'a str) -> Self {
        Self { rest: bytes, file }
    }

    /// Bytes that are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// An error about this file: `what` is wrong with its content.
    #[must_use]
    pub fn fault(&self, what: impl Into<String>) -> BundleError {
        BundleError::content(self.file, what)
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when fewer are left.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], BundleError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.fault(format!("{count} bytes wanted, {} left", self.rest.len())));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BundleError> {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.fault(format!("{N} bytes wanted, {} left", self.rest.len())));
        };
        self.rest = rest;
        Ok(*taken)
    }

    /// A byte.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] at the end.
    pub fn u8(&mut self) -> Result<u8, BundleError> {
        Ok(self.array::<1>()?[0])
    }

    /// A 32-bit number.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when fewer than four bytes are left.
    pub fn u32(&mut self) -> Result<u32, BundleError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A 32-bit float, which may be any bit pattern: check what is used.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when fewer than four bytes are left.
    pub fn f32(&mut self) -> Result<f32, BundleError> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    /// A varint of at most 64 bits.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when it does not end, or does not fit.
    pub fn varint(&mut self) -> Result<u64, BundleError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault("a number longer than 64 bits"))
    }

    /// A varint that fits 32 bits.
    ///
    /// # Errors
    /// As [`Reader::varint`], and when it is larger.
    pub fn varint32(&mut self) -> Result<u32, BundleError> {
        let value = self.varint()?;
        u32::try_from(value).map_err(|_| self.fault(format!("{value} does not fit 32 bits")))
    }

    /// The number of items that follow, each of at least `smallest` bytes: safe to allocate for.
    ///
    /// # Errors
    /// As [`Reader::varint`], and when the bytes that are left could not hold that many.
    pub fn count(&mut self, smallest: usize) -> Result<usize, BundleError> {
        let count = self.varint()?;
        let most = (self.rest.len() / smallest.max(1)) as u64;
        if count > most {
            return Err(self.fault(format!("{count} items in {} bytes", self.rest.len())));
        }
        Ok(count as usize)
    }

    /// A string.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when it is cut or not UTF-8.
    pub fn str(&mut self) -> Result<&'a str, BundleError> {
        let length = self.count(1)?;
        let bytes = self.bytes(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.fault("text that is not UTF-8"))
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// `Content` of [`BundleError`] when something is.
    pub fn end(&self) -> Result<(), BundleError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(self.fault(format!("{left} bytes after the end"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_put_is_read(values: Vec<u64>, text: String) {
            let mut out = Vec::new();
            for value in &values {
                put_varint(&mut out, *value);
            }
            put_str(&mut out, &text);
            let mut reader = Reader::over(&out, "x");
            for value in &values {
                prop_assert_eq!(reader.varint().unwrap(), *value);
            }
            prop_assert_eq!(reader.str().unwrap(), text);
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut reader = Reader::over(&bytes, "x");
            let _ = reader.clone().varint();
            let _ = reader.clone().count(3);
            let _ = reader.clone().array::<4>();
            let _ = reader.str();
        }
    }
}
