//! Short names for what a module imports from its glue.
//!
//! wasm-bindgen names each import by what it does and a hash, some 35 bytes, and that stands in the wasm and in the glue,
//! which lies uncompressed on many hosts. Both belong together and nobody else reads them.

use crate::sections::{IMPORT, changed, put_name, put_number};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{BinaryReader, BinaryReaderError};

/// What an imported function's description begins with.
const FUNCTION: u8 = 0;

/// `wasm` and its `glue` with short names. They depend on the long ones alone, so that two builds with one glue still have one.
pub fn shorten(wasm: &[u8], glue: &str) -> Result<(Vec<u8>, String), BinaryReaderError> {
    let mut glue = glue.to_owned();
    let wasm = changed(wasm, |id, content| {
        let imports = if id == IMPORT { imports(content)? } else { None };
        let Some(imports) = imports else { return Ok(Some(Cow::Borrowed(content))) };
        let names: BTreeSet<&str> = imports.iter().map(|import| import.name).collect();
        let mut short = BTreeMap::new();
        for (number, name) in names.into_iter().enumerate() {
            let (key, letters) = (format!(" {name}: function("), letters(number));
            if glue.matches(&key).count() == 1 {
                glue = glue.replace(&key, &format!(" {letters}: function("));
                short.insert(name, letters);
            }
        }
        let mut out = vec![];
        put_number(&mut out, imports.len());
        for Import { module, name, r#type } in imports {
            put_name(&mut out, module);
            put_name(&mut out, short.get(name).map_or(name, String::as_str));
            out.push(FUNCTION);
            put_number(&mut out, r#type as usize);
        }
        Ok(Some(Cow::Owned(out)))
    })?;
    Ok((wasm, glue))
}

/// An imported function.
struct Import<'w> {
    module: &'w str,
    name: &'w str,
    r#type: u32,
}

/// The imports of a section; none where not all of them are functions.
fn imports(content: &[u8]) -> Result<Option<Vec<Import<'_>>>, BinaryReaderError> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32()?;
    let mut imports = vec![];
    for _ in 0..count {
        let (module, name) = (reader.read_string()?, reader.read_string()?);
        if reader.read_u8()? != FUNCTION {
            return Ok(None);
        }
        imports.push(Import { module, name, r#type: reader.read_var_u32()? });
    }
    Ok(Some(imports))
}

/// `a` to `z`, `aa`, `ba`, …
fn letters(mut number: usize) -> String {
    let mut letters = String::new();
    loop {
        letters.push(char::from(b'a' + (number % 26) as u8));
        match number / 26 {
            0 => return letters,
            rest => number = rest - 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::put_section;

    fn module(names: &[&str]) -> Vec<u8> {
        let mut imports = vec![names.len() as u8];
        for name in names {
            put_name(&mut imports, "./glue.js");
            put_name(&mut imports, name);
            imports.extend([FUNCTION, 0]);
        }
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        put_section(&mut wasm, 1, &[1, 0x60, 0, 0]);
        put_section(&mut wasm, IMPORT, &imports);
        wasm
    }

    #[test]
    fn names_are_the_same_in_wasm_and_glue_whatever_their_order() {
        let glue = "{\n  __wbg_b_2: function(x) {},\n  __wbg_a_1: function() {},\n}";
        let short = "{\n  b: function(x) {},\n  a: function() {},\n}";
        for (long, expected) in
            [(["__wbg_a_1", "__wbg_b_2"], ["a", "b"]), (["__wbg_b_2", "__wbg_a_1"], ["b", "a"])]
        {
            assert_eq!(
                shorten(&module(&long), glue).unwrap(),
                (module(&expected), short.to_owned())
            );
        }
    }

    #[test]
    fn what_the_glue_does_not_define_keeps_its_name() {
        let wasm = module(&["__wbg_a_1", "memory_of"]);
        let (shortened, _) = shorten(&wasm, "{ __wbg_a_1: function() {} }").unwrap();
        assert_eq!(shortened, module(&["a", "memory_of"]));
    }

    #[test]
    fn every_number_has_letters_of_its_own() {
        let all: Vec<String> = (0..800).map(letters).collect();
        assert_eq!(
            [&all[0], &all[25], &all[26], &all[701], &all[702]],
            ["a", "z", "aa", "zz", "aaa"]
        );
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }
}
