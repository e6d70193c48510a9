//! `cargo xtask simd`: reads the wasm that ships and counts its SIMD instructions.
//!
//! `-C target-feature=+simd128` is easily lost on the way, and nothing but speed tells. So the shipped
//! file itself is looked at: a module that lacks the instructions it claims fails, and so does one that has others.

use crate::error::XtaskError;
use crate::modules::{MODULES, Module, Simd};
use crate::repo::{Repo, files_below};
use flate2::read::GzDecoder;
use lzma_rust2::LzmaReader;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use wasmparser::{Parser, Payload};

/// What WebAssembly begins with.
const WASM: [u8; 4] = *b"\0asm";
/// Kilobytes that unpacking LZMA may take.
const LZMA_MEMORY: u32 = 1 << 17;
/// What gzip begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// First byte of every instruction of the SIMD proposals; the relaxed ones follow from [`RELAXED`] on.
const PREFIX: u8 = 0xfd;
/// First opcode behind the prefix that belongs to relaxed SIMD (WebAssembly core specification 3.0).
const RELAXED: u32 = 0x100;
/// The relaxed products of bytes: `i16x8.relaxed_dot_i8x16_i7x16_s` and `i32x4.relaxed_dot_i8x16_i7x16_add_s`.
const DOTS: [u32; 2] = [0x112, 0x113];

/// What a module is made of, in instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub all: u64,
    /// Those of 128-bit SIMD, relaxed ones included.
    pub simd: u64,
    /// Those of relaxed SIMD.
    pub relaxed: u64,
    /// Those of relaxed SIMD that multiply bytes.
    pub dots: u64,
}

/// Checks every wasm file in `dist/engine` and `pkg`; each module must be in both.
pub fn check(repo: &Repo) -> Result<(), XtaskError> {
    let mut faults = 0;
    println!("simd: {:<52} {:>9} {:>7} {:>8} {:>6}", "file", "all", "v128", "relaxed", "dots");
    for place in ["dist/engine", "pkg"] {
        let dir = repo.at(place);
        if !dir.is_dir() {
            return Err(XtaskError::Missing { path: dir, command: "npm run build" });
        }
        let mut absent: BTreeSet<&str> = MODULES.iter().map(|module| module.name).collect();
        for file in files_below(&dir, &["node_modules"])? {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            if !name.ends_with(".wasm") && !name.ends_with(".wasmz") {
                continue;
            }
            let found = count(&wasm_of(&file)?, &file)?;
            let Count { all, simd, relaxed, dots } = found;
            println!("simd: {:<52} {all:>9} {simd:>7} {relaxed:>8} {dots:>6}", repo.name(&file));
            let fault = match Module::of_file(&name) {
                None => Some("belongs to no module of crates/xtask/src/modules.rs".to_owned()),
                Some(module) => {
                    absent.remove(module.name);
                    fault_of(module, found)
                }
            };
            if let Some(fault) = fault {
                faults += 1;
                eprintln!("simd: {}: {fault}", repo.name(&file));
            }
        }
        for name in absent {
            faults += 1;
            eprintln!("simd: {place}: no wasm file of the module {name}; run `npm run build`");
        }
    }
    if faults > 0 { Err(XtaskError::Faults { check: "simd", faults }) } else { Ok(()) }
}

/// The wasm in `file`, which is it or what it was packed to.
fn wasm_of(file: &Path) -> Result<Vec<u8>, XtaskError> {
    let stored = fs::read(file).map_err(XtaskError::io(file))?;
    if stored.starts_with(&WASM) {
        return Ok(stored);
    }
    let mut wasm = vec![];
    let unpacked = match stored.starts_with(&GZIP) {
        true => GzDecoder::new(stored.as_slice()).read_to_end(&mut wasm),
        false => LzmaReader::new_mem_limit(stored.as_slice(), LZMA_MEMORY, None)
            .and_then(|mut reader| reader.read_to_end(&mut wasm)),
    };
    unpacked.map_err(XtaskError::io(file))?;
    Ok(wasm)
}

fn fault_of(module: &Module, found: Count) -> Option<String> {
    let Count { simd, relaxed, dots, .. } = found;
    match (module.simd, simd, relaxed, dots) {
        (Simd::None, 1.., ..) => {
            Some(format!("has {simd} SIMD instructions and must run without SIMD"))
        }
        (Simd::Plain, 0, ..) => {
            Some("has no SIMD instruction; +simd128 was lost in the build".into())
        }
        (Simd::Plain, _, 1.., _) => {
            Some(format!("has {relaxed} relaxed instructions and must run without relaxed SIMD"))
        }
        (Simd::Relaxed, _, _, 0) => {
            Some("has no relaxed product of bytes; +relaxed-simd was lost in the build".into())
        }
        _ => None,
    }
}

/// Counts the instructions of all functions in `wasm`; `file` is for messages.
fn count(wasm: &[u8], file: &Path) -> Result<Count, XtaskError> {
    let fault = |error: wasmparser::BinaryReaderError| XtaskError::Content {
        path: file.to_path_buf(),
        what: format!("not a wasm module: {error}"),
    };
    let mut count = Count::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CodeSectionEntry(body) = payload.map_err(fault)? else { continue };
        for operator in body.get_operators_reader().map_err(fault)?.into_iter_with_offsets() {
            let (_, at) = operator.map_err(fault)?;
            count.all += 1;
            if let Some((PREFIX, opcode)) = wasm
                .get(at..)
                .and_then(|code| code.split_first())
                .map(|(first, rest)| (*first, rest))
            {
                count.simd += 1;
                let opcode = leb128(opcode);
                count.relaxed += u64::from(opcode >= RELAXED);
                count.dots += u64::from(DOTS.contains(&opcode));
            }
        }
    }
    Ok(count)
}

/// The unsigned LEB128 number at the start of `bytes`; opcodes have at most two bytes.
fn leb128(bytes: &[u8]) -> u32 {
    let [low, high] = [0, 1].map(|at| u32::from(bytes.get(at).copied().unwrap_or(0)));
    if low < 0x80 { low } else { (low & 0x7f) | high << 7 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of one function `() -> ()` with this body.
    fn module(body: &[u8]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
        let function = [&[0u8], body, &[0x0b]].concat();
        let size = |n: usize| u8::try_from(n).expect("a short body");
        wasm.extend([0x0a, size(function.len() + 2), 1, size(function.len())]);
        wasm.extend(function);
        wasm
    }

    fn count_of(body: &[u8]) -> Count {
        count(&module(body), Path::new("test.wasm")).expect("a sound module")
    }

    #[test]
    fn a_constant_that_looks_like_a_simd_prefix_is_not_counted() {
        // i32.const 125 is `41 fd 00`: the prefix as an operand.
        assert_eq!(count_of(&[0x41, 0xfd, 0x00, 0x1a]), Count { all: 3, ..Count::default() });
    }

    #[test]
    fn plain_and_relaxed_simd_are_told_apart() {
        // v128.const 0; v128.const 0; f64x2.ne; v128.const 0; i8x16.relaxed_swizzle;
        // v128.const 0; i16x8.relaxed_dot_i8x16_i7x16_s; drop
        let zero = [&[0xfd, 0x0c][..], &[0; 16]].concat();
        let swizzle = [0xfd, 0x80, 0x02];
        let dot = [0xfd, 0x92, 0x02, 0x1a];
        let body = [&zero[..], &zero, &[0xfd, 0x48], &zero, &swizzle, &zero, &dot].concat();
        assert_eq!(count_of(&body), Count { all: 9, simd: 7, relaxed: 2, dots: 1 });
    }

    #[test]
    fn a_module_without_its_simd_and_one_with_too_much_are_faults() {
        let none = Count { all: 9, ..Count::default() };
        let plain = Count { simd: 4, ..none };
        let swizzle = Count { relaxed: 1, ..plain };
        let dots = Count { dots: 1, ..swizzle };
        for module in MODULES {
            let sound: &[Count] = match module.simd {
                Simd::None => &[none],
                Simd::Plain => &[plain],
                Simd::Relaxed => &[dots],
            };
            for count in [none, plain, swizzle, dots] {
                let fault = fault_of(module, count);
                assert_eq!(fault.is_none(), sound.contains(&count), "{} {fault:?}", module.name);
            }
        }
    }

    #[test]
    fn a_file_that_is_not_wasm_is_an_error() {
        let error = count(b"<!doctype html>", Path::new("test.wasm")).expect_err("not wasm");
        assert!(matches!(error, XtaskError::Content { .. }), "{error}");
    }
}
