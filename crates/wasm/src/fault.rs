//! Errors on their way to JavaScript: plain objects `{ code, message, file? }`.

use crate::values::object;
#[cfg(any(feature = "search", feature = "encoder"))]
use sextant_core::BundleError;
use wasm_bindgen::JsValue;

/// An object with the error's stable code, its sentence, and the file it is about.
pub(crate) fn fault(code: &str, message: &str, file: Option<&str>) -> JsValue {
    let mut entries = vec![("code", code.into()), ("message", message.into())];
    entries.extend(file.map(|file| ("file", file.into())));
    object(entries)
}

/// What a bundle's own error says.
#[cfg(any(feature = "search", feature = "encoder"))]
pub(crate) fn bundle_fault(error: &BundleError) -> JsValue {
    fault(error.code(), &error.to_string(), Some(error.file()))
}
