//! The protobuf wire format, as far as an ONNX file needs it: fields out of bytes, nothing copied.
//!
//! A generated reader would copy every weight; this one hands out slices of the file.

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// Wire type 0: an integer, an enum, a flag.
    Varint(u64),
    /// Wire type 2: a string, bytes, a message, packed numbers.
    Bytes(&'a [u8]),
    /// Wire type 5: a float.
    Fixed32([u8; 4]),
    /// Wire type 1: a double.
    Fixed64,
}

impl<'a> Value<'a> {
    /// The bytes, or none for another wire type.
    pub(super) fn bytes(self) -> &'a [u8] {
        if let Self::Bytes(bytes) = self { bytes } else { &[] }
    }

    /// The text, or nothing for another wire type and for bytes that are no UTF-8.
    pub(super) fn text(self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// Appends the integers of a repeated field, whether packed or one by one.
    pub(super) fn push_integers(self, out: &mut Vec<i64>) {
        match self {
            Self::Varint(value) => out.push(value.cast_signed()),
            Self::Bytes(mut packed) => {
                while let Some(value) = varint(&mut packed) {
                    out.push(value.cast_signed());
                }
            }
            Self::Fixed32(_) | Self::Fixed64 => {}
        }
    }

    /// Appends the floats of a repeated field as little-endian bytes, whether packed or one by one.
    pub(super) fn push_floats(self, out: &mut Vec<u8>) {
        match self {
            Self::Fixed32(bytes) => out.extend_from_slice(&bytes),
            Self::Bytes(packed) => out.extend_from_slice(packed),
            Self::Varint(_) | Self::Fixed64 => {}
        }
    }
}

/// The fields of a message in the order in which they stand, each with its number. Ends with one
/// `None` item where the bytes break off or are no protobuf.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

pub(super) fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = field(&mut self.rest);
        if field.is_none() {
            self.rest = &[];
        }
        Some(field)
    }
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let key = varint(rest)?;
    let value = match key & 7 {
        0 => Value::Varint(varint(rest)?),
        1 => take(rest, 8).map(|_| Value::Fixed64)?,
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            Value::Bytes(take(rest, length)?)
        }
        5 => Value::Fixed32(*take(rest, 4)?.first_chunk()?),
        _ => return None,
    };
    Some((key >> 3, value))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_known_message_come_out() {
        // 1: 150, 2: "testing", 3: 1.0f32, as in the format's own documentation.
        let message = b"\x08\x96\x01\x12\x07testing\x1d\x00\x00\x80\x3f";
        let read: Vec<_> = fields(message).map(Option::unwrap).collect();
        assert!(matches!(read[0], (1, Value::Varint(150))));
        assert_eq!((read[1].0, read[1].1.text()), (2, "testing"));
        assert!(matches!(read[2], (3, Value::Fixed32([0, 0, 0x80, 0x3f]))));
    }

    #[test]
    fn a_message_that_breaks_off_ends_with_none() {
        for length in 1..14 {
            let message = &b"\x12\x07testing\x1d\x00\x00\x80\x3f"[..length];
            let whole = length == 9;
            assert_eq!(fields(message).last().unwrap().is_some(), whole, "{length} bytes");
        }
    }
}
