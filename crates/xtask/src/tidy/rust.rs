//! Rules about Rust sources: what each file opens with, where `unsafe` is, and who may reach outside.

use super::Fault;

/// Every source file opens with `//!`, which says its one subject. That of `x/tests.rs` is `x`.
pub fn header(name: &str, text: &str) -> Vec<Fault> {
    if !name.ends_with(".rs") || name.ends_with("/tests.rs") || text.starts_with("//!") {
        return Vec::new();
    }
    vec![Fault::at(1, "the file does not open with a `//!` header that says its subject")]
}

/// `unsafe` is written in `crates/kernels` alone.
pub fn unsafe_only_in_kernels(name: &str, text: &str) -> Vec<Fault> {
    if !name.ends_with(".rs") || name.starts_with("crates/kernels/") {
        return Vec::new();
    }
    // Spelt in two halves, or this line would be a fault.
    let words = [concat!("uns", "afe {"), concat!("uns", "afe fn"), concat!("uns", "afe impl")];
    lines_with(code_of(text), &words, |word| format!("`{word}` outside crates/kernels"))
}

/// The rooms below `cli` are given bytes and never fetch them: no files, no network, no environment.
/// Importing an encoder is the exception, and it is native only.
pub fn no_outside_world(name: &str, text: &str) -> Vec<Fault> {
    const ROOMS: [&str; 8] =
        ["core", "kernels", "gpu", "text", "source", "encoder", "index", "search"];
    if !is_in(name, &ROOMS) || name.starts_with("crates/encoder/src/import") {
        return Vec::new();
    }
    let words = ["std::fs", "std::net", "std::env::", "std::process", "std::thread::spawn"];
    lines_with(code_of(text), &words, |word| format!("`{word}` in a room that is given bytes"))
}

/// The browser's own API is for `wasm`; `text` alone asks it for Unicode normalization.
pub fn no_browser_below_wasm(name: &str, text: &str) -> Vec<Fault> {
    const ROOMS: [&str; 8] =
        ["core", "kernels", "gpu", "source", "encoder", "index", "search", "build"];
    if !is_in(name, &ROOMS) {
        return Vec::new();
    }
    lines_with(code_of(text), &["web_sys", "js_sys", "wasm_bindgen"], |word| {
        format!("`{word}` below crates/wasm")
    })
}

fn is_in(name: &str, rooms: &[&str]) -> bool {
    let room = name.strip_prefix("crates/").and_then(|rest| rest.split_once("/src/"));
    name.ends_with(".rs")
        && room.is_some_and(|(room, file)| {
            rooms.contains(&room) && file != "tests.rs" && !file.ends_with("/tests.rs")
        })
}

/// The lines in front of the unit tests, numbered from 1, without comments.
fn code_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .map(|(number, line)| (number, line.split("//").next().unwrap_or("")))
}

fn lines_with<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    words: &[&str],
    what: impl Fn(&str) -> String,
) -> Vec<Fault> {
    let found = |line: &str| words.iter().find(|word| line.contains(**word)).copied();
    lines.filter_map(|(number, line)| Some(Fault::at(number, what(found(line)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_by_the_rooms_that_may_and_by_no_other() {
        let text = "//! A file.\nuse std::fs;\n";
        assert_eq!(no_outside_world("crates/index/src/words.rs", text).len(), 1);
        assert_eq!(no_outside_world("crates/cli/src/serve.rs", text), vec![]);
        assert_eq!(no_outside_world("crates/encoder/src/import/mod.rs", text), vec![]);
        assert_eq!(no_outside_world("crates/encoder/src/cpu.rs", text).len(), 1);
    }

    #[test]
    fn comments_and_unit_tests_may_say_what_code_may_not() {
        let text = "//! No std::fs here.\n// std::fs\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert_eq!(no_outside_world("crates/index/src/words.rs", text), vec![]);
    }

    #[test]
    fn unsafe_code_is_found_with_its_line() {
        let text = concat!("//! A file.\nfn f() { uns", "afe { g() } }\n");
        assert_eq!(unsafe_only_in_kernels("crates/index/src/a.rs", text)[0].line, 2);
        assert_eq!(unsafe_only_in_kernels("crates/kernels/src/a.rs", text), vec![]);
    }

    #[test]
    fn a_file_without_a_header_is_a_fault() {
        assert_eq!(header("crates/index/src/a.rs", "use std::fmt;\n").len(), 1);
        assert_eq!(header("crates/index/src/a.rs", "//! Subject.\n"), vec![]);
        assert_eq!(header("web/src/a.ts", "import"), vec![]);
    }

    #[test]
    fn the_browser_is_met_in_wasm_only() {
        let text = "//! A file.\nuse js_sys::Array;\n";
        assert_eq!(no_browser_below_wasm("crates/search/src/a.rs", text).len(), 1);
        assert_eq!(no_browser_below_wasm("crates/wasm/src/a.rs", text), vec![]);
        assert_eq!(no_browser_below_wasm("crates/text/src/fold.rs", text), vec![]);
    }
}
