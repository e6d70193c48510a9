//! The text of shaders as it ships: without comments and indentation, which are for people and cost readers 3 KB.

/// The bare text of a file beside this one, made when the crate is compiled.
macro_rules! wgsl {
    ($file:literal) => {{
        const TEXT: &str = include_str!($file);
        const LENGTH: usize = $crate::source::length(TEXT);
        const BARE: [u8; LENGTH] = $crate::source::bare(TEXT);
        match core::str::from_utf8(&BARE) {
            Ok(text) => text,
            Err(_) => TEXT,
        }
    }};
}
pub(crate) use wgsl;

/// Bytes of [`bare`].
pub(crate) const fn length(text: &str) -> usize {
    write(text.as_bytes(), &mut [])
}

/// `text` without comments, indentation and empty lines. WGSL has no strings in which `//` could stand.
pub(crate) const fn bare<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    write(text.as_bytes(), &mut out);
    out
}

/// Writes as much as there is room for; gives how much there is.
const fn write<const ROOM: usize>(text: &[u8], out: &mut [u8; ROOM]) -> usize {
    let (mut at, mut length, mut starts_line) = (0, 0, true);
    while at < text.len() {
        let byte = text[at];
        if byte == b'/' && at + 1 < text.len() && text[at + 1] == b'/' {
            while at < text.len() && text[at] != b'\n' {
                at += 1;
            }
            continue;
        }
        if !(starts_line && (byte == b' ' || byte == b'\n')) {
            if length < ROOM {
                out[length] = byte;
            }
            length += 1;
        }
        starts_line = byte == b'\n' || starts_line && byte == b' ';
        at += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_indentation_and_empty_lines_are_left_out_and_nothing_else() {
        const TEXT: &str = "// What.\n\nfn a() {\n  let b = 4 / 2; // two\n    // three\n}\n";
        let expected = b"fn a() {\nlet b = 4 / 2; \n}\n";
        assert_eq!(length(TEXT), expected.len());
        assert_eq!(bare::<27>(TEXT), *expected);
    }
}
