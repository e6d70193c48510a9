//! Bytes of a page to text: gzip data is inflated, then the encoding is found as browsers do (byte
//! order mark, then `<meta charset>`), and without either UTF-8 is tried before windows-1252.
//!
//! Source of the order: the HTML standard, "determining the character encoding".

use std::{borrow::Cow, io::Read as _};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::SourceError;

/// Most bytes that one page may inflate to; the largest page seen has 12 MB.
const INFLATED_LIMIT: u64 = 64 << 20;
/// Bytes at the start of a page in which a declared encoding is looked for (HTML standard).
const PRESCAN: usize = 1024;
/// Signatures of files that are often given a wrong ending.
const SIGNATURES: [(&[u8], &str); 5] = [
    (b"%PDF-", "a PDF file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\0asm", "a WebAssembly module"),
];

/// The text of an HTML file.
pub(crate) fn html<'a>(bytes: &'a [u8], file: &str) -> Result<Cow<'a, str>, SourceError> {
    text(bytes, file, declared_encoding)
}

/// The text of a file that is UTF-8 unless it starts with a byte order mark.
pub(crate) fn plain<'a>(bytes: &'a [u8], file: &str) -> Result<Cow<'a, str>, SourceError> {
    text(bytes, file, |_| None)
}

fn text<'a>(
    bytes: &'a [u8],
    file: &str,
    declared: fn(&[u8]) -> Option<&'static Encoding>,
) -> Result<Cow<'a, str>, SourceError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let inflated = inflate(bytes, file)?;
        return Ok(Cow::Owned(decode(&inflated, file, declared)?.into_owned()));
    }
    decode(bytes, file, declared)
}

fn inflate(bytes: &[u8], file: &str) -> Result<Vec<u8>, SourceError> {
    let mut inflated = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(INFLATED_LIMIT + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| SourceError::Gzip { file: file.into(), reason: error.to_string() })?;
    if inflated.len() as u64 > INFLATED_LIMIT {
        return Err(SourceError::TooLarge { file: file.into(), limit: INFLATED_LIMIT });
    }
    Ok(inflated)
}

fn decode<'a>(
    bytes: &'a [u8],
    file: &str,
    declared: fn(&[u8]) -> Option<&'static Encoding>,
) -> Result<Cow<'a, str>, SourceError> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_with_bom_removal(bytes).0);
    }
    let start = bytes.get(..PRESCAN).unwrap_or(bytes);
    if let Some((_, found)) = SIGNATURES.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(SourceError::NotText { file: file.into(), found });
    }
    // A lone NUL is a slip of a generator; many are a binary file.
    if start.iter().filter(|byte| **byte == 0).count() > start.len() / 16 {
        return Err(SourceError::NotText { file: file.into(), found: "NUL bytes" });
    }
    if let Some(encoding) = declared(start) {
        return Ok(encoding.decode_without_bom_handling(bytes).0);
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    })
}

/// The encoding that a `<meta>` among the first bytes names.
fn declared_encoding(start: &[u8]) -> Option<&'static Encoding> {
    let lower = start.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower.get(from..).and_then(|rest| find(rest, b"charset")) {
        let after = from + found + b"charset".len();
        from = after;
        let tag = lower.get(..after)?.iter().rposition(|byte| *byte == b'<');
        let in_meta =
            tag.and_then(|at| lower.get(at..)).is_some_and(|tag| tag.starts_with(b"<meta"));
        let rest = lower.get(after..)?.trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"=").filter(|_| in_meta) else { continue };
        let label: Vec<u8> = rest
            .trim_ascii_start()
            .iter()
            .copied()
            .skip_while(|byte| matches!(byte, b'"' | b'\''))
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte))
            .collect();
        let encoding = Encoding::for_label(&label)?;
        // A page whose ASCII could be read is not UTF-16, whatever it says (HTML standard).
        let wide = encoding == UTF_16LE || encoding == UTF_16BE;
        return Some(if wide { UTF_8 } else { encoding });
    }
    None
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_declared_encoding_is_used() {
        let page = b"<html><head><META http-equiv=Content-Type content='text/html; charset=ISO-8859-2'>\xb1";
        assert!(html(page, "x").unwrap().ends_with('ą'));
    }

    #[test]
    fn a_charset_outside_a_meta_element_is_not_one() {
        let page = "<script charset='iso-8859-2'></script>ą".as_bytes();
        assert!(html(page, "x").unwrap().ends_with('ą'));
    }

    #[test]
    fn a_byte_order_mark_beats_the_declaration_and_is_removed() {
        let page = "\u{feff}<meta charset=windows-1252>é";
        assert_eq!(html(page.as_bytes(), "x").unwrap(), "<meta charset=windows-1252>é");
        let wide: Vec<u8> =
            "\u{feff}é<p>".encode_utf16().flat_map(|unit| unit.to_le_bytes()).collect();
        assert_eq!(html(&wide, "x").unwrap(), "é<p>");
    }

    #[test]
    fn without_a_declaration_utf_8_is_tried_and_then_windows_1252() {
        assert_eq!(html("<p>naïve".as_bytes(), "x").unwrap(), "<p>naïve");
        assert_eq!(html(b"<p>na\xefve", "x").unwrap(), "<p>naïve");
    }

    #[test]
    fn gzip_data_is_inflated_and_cut_gzip_data_is_an_error() {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(b"<p>packed").unwrap();
        let packed = writer.finish().unwrap();
        assert_eq!(html(&packed, "x").unwrap(), "<p>packed");
        let error = html(&packed[..packed.len() / 2], "a.html").unwrap_err();
        assert!(matches!(error, SourceError::Gzip { ref file, .. } if file == "a.html"));
    }

    #[test]
    fn a_file_that_is_no_text_is_named() {
        let error = html(b"\x89PNG\r\n\x1a\n\0\0", "logo.html").unwrap_err();
        assert!(matches!(error, SourceError::NotText { found: "a PNG image", .. }));
        let error = html(&[0; 40], "x").unwrap_err();
        assert!(matches!(error, SourceError::NotText { found: "NUL bytes", .. }));
    }
}
