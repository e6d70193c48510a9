//! Writes `classes_table.rs` into the build's output: Unicode classes as short range tables.
//!
//! The classes come from the crates that `tokenizers` itself uses (`unicode_categories`, and the Unicode 9
//! `unicode-normalization-alignments`), so that our WordPiece sees the same letters. The lower-case mapping comes from the
//! compiler's own `char::to_lowercase`, whose tables cost 11 KB in wasm where these cost 2.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use unicode_categories::UnicodeCategories as _;

/// A packed range holds its first character in the upper 21 bits and its length less one in these lower ones.
const LENGTH_BITS: u32 = 11;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let mut code = String::new();
    ranges(&mut code, "NONSPACING", |c| c.is_mark_nonspacing())?;
    ranges(&mut code, "PUNCTUATION", |c| !c.is_ascii() && c.is_punctuation())?;
    ranges(&mut code, "OTHER", |c| !c.is_ascii() && c.is_other())?;
    ranges(&mut code, "NEWER_THAN_REFERENCE", is_normalised_otherwise)?;
    lower(&mut code)?;
    let folder = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&folder).join("classes_table.rs"), code)?;
    Ok(())
}

/// Whether today's Unicode decomposes or orders `c` in another way than the reference's Unicode 9 does.
fn is_normalised_otherwise(c: char) -> bool {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::canonical_combining_class as class_now;
    use unicode_normalization_alignments::char::canonical_combining_class as class_then;

    let now: String = std::iter::once(c).nfd().collect();
    let mut then = String::new();
    unicode_normalization_alignments::char::decompose_canonical(c, |part| then.push(part));
    now != then || class_now(c) != class_then(c)
}

/// Writes `NAME: [u32; n]`, the packed ranges of the characters for which `is_member` holds, in order.
fn ranges(code: &mut String, name: &str, is_member: impl Fn(char) -> bool) -> std::fmt::Result {
    let mut packed: Vec<(u32, u32)> = Vec::new();
    for c in ('\0'..=char::MAX).filter(|&c| is_member(c)) {
        let c = u32::from(c);
        match packed.last_mut() {
            Some((start, length)) if *start + *length == c && *length < 1 << LENGTH_BITS => {
                *length += 1;
            }
            _ => packed.push((c, 1)),
        }
    }
    writeln!(code, "static {name}: [u32; {}] = [", packed.len())?;
    for (start, length) in packed {
        writeln!(code, "    {},", (start << LENGTH_BITS) | (length - 1))?;
    }
    writeln!(code, "];")
}

/// Writes `LOWER: [(u32, u16, u16, i32); n]`: first upper-case letter, how many, how far apart (1 or 2), and what to add.
/// Characters that become several are left to the code: there is one, and the build fails should there be more.
fn lower(code: &mut String) -> Result<(), Box<dyn Error>> {
    let mut runs: Vec<(u32, u16, u16, i32)> = Vec::new();
    for c in '\u{80}'..=char::MAX {
        let mut lowered = c.to_lowercase();
        let (Some(first), None) = (lowered.next(), lowered.next()) else {
            if c == '\u{130}' {
                continue;
            }
            return Err(format!("{c:?} has a lower case of several characters").into());
        };
        if first == c {
            continue;
        }
        let (start, delta) =
            (u32::from(c), i32::try_from(u32::from(first))? - i32::try_from(u32::from(c))?);
        if let Some((run, count, stride, run_delta)) = runs.last_mut()
            && *run_delta == delta
        {
            let last = *run + u32::from((*count - 1) * *stride);
            let step = u16::try_from(start - last).unwrap_or(u16::MAX);
            if step <= 2 && (*count == 1 || step == *stride) {
                *stride = step;
                *count += 1;
                continue;
            }
        }
        runs.push((start, 1, 1, delta));
    }
    writeln!(code, "static LOWER: [(u32, u16, u16, i32); {}] = {runs:?};", runs.len())?;
    Ok(())
}
