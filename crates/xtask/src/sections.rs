//! A wasm module as the list of its sections (WebAssembly core specification, binary format).

use std::borrow::Cow;
use wasmparser::{BinaryReaderError, Parser};

/// Bytes before the first section: magic and version.
const PREAMBLE: usize = 8;

/// Numbers of sections.
pub const CUSTOM: u8 = 0;
pub const IMPORT: u8 = 2;
pub const CODE: u8 = 10;

/// `wasm` with the sections that `change` makes of each one's number and content; none where it is to go.
pub fn changed<'w>(
    wasm: &'w [u8],
    mut change: impl FnMut(u8, &'w [u8]) -> Result<Option<Cow<'w, [u8]>>, BinaryReaderError>,
) -> Result<Vec<u8>, BinaryReaderError> {
    let mut out = wasm.get(..PREAMBLE).unwrap_or_default().to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let Some((id, range)) = payload?.as_section() else { continue };
        if let Some(content) = change(id, wasm.get(range).unwrap_or_default())? {
            put_section(&mut out, id, &content);
        }
    }
    Ok(out)
}

/// Appends a section.
pub fn put_section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    put_number(out, content.len());
    out.extend_from_slice(content);
}

/// Appends a name: its length, then its bytes.
pub fn put_name(out: &mut Vec<u8>, name: &str) {
    put_number(out, name.len());
    out.extend_from_slice(name.as_bytes());
}

/// Appends an unsigned LEB128 number.
pub fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
