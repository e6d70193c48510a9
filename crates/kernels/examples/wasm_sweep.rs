//! The sweep of `tests/sweep` as a WebAssembly module: `node crates/kernels/tests/wasm/run.mjs` builds and runs it, without SIMD, with
//! `simd128` and with relaxed SIMD. Nothing of this ships.
//!
//! Exports: `checks()`, their number; `run(i)`, which traps when check `i` fails; `name(i)` and `message()`, each the address of a
//! UTF-8 text whose length `length()` then gives; `backends()`, the names of the backends there are, likewise.
#![allow(unsafe_code, missing_docs)]

#[path = "../tests/sweep/mod.rs"]
mod sweep;

use std::cell::RefCell;

use sextant_kernels::Backend;

thread_local! {
    /// The text that was asked for last, or what the last panic said.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

fn give(text: String) -> *const u8 {
    TEXT.with_borrow_mut(|to| {
        *to = text;
        to.as_ptr()
    })
}

// SAFETY, for every export below: the names are not used elsewhere in this module, which links nothing but Rust's own library.
#[unsafe(no_mangle)]
pub extern "C" fn checks() -> usize {
    sweep::CHECKS.len()
}

#[unsafe(no_mangle)]
pub extern "C" fn run(index: usize) {
    std::panic::set_hook(Box::new(|info| {
        give(info.to_string());
    }));
    (sweep::CHECKS[index].1)();
}

#[unsafe(no_mangle)]
pub extern "C" fn name(index: usize) -> *const u8 {
    give(sweep::CHECKS[index].0.to_owned())
}

#[unsafe(no_mangle)]
pub extern "C" fn backends() -> *const u8 {
    let names: Vec<_> = Backend::available().iter().map(|b| b.name()).collect();
    give(names.join(", "))
}

#[unsafe(no_mangle)]
pub extern "C" fn message() -> *const u8 {
    TEXT.with_borrow(|text| text.as_ptr())
}

#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    TEXT.with_borrow(String::len)
}
