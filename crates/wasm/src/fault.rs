//! Errors on their way to JavaScript: plain objects `{ code, message, file? }`.

use js_sys::{Object, Reflect};
use sextant_core::BundleError;
use wasm_bindgen::JsValue;

/// An object with the error's stable code, its sentence, and the file it is about.
pub(crate) fn fault(code: &str, message: &str, file: Option<&str>) -> JsValue {
    let object = Object::new();
    let set = |key: &str, value: &str| {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &key.into(), &value.into());
    };
    set("code", code);
    set("message", message);
    if let Some(file) = file {
        set("file", file);
    }
    object.into()
}

/// What a bundle's own error says.
pub(crate) fn bundle_fault(error: &BundleError) -> JsValue {
    let file = match error {
        BundleError::Version { file, .. }
        | BundleError::Kind { file, .. }
        | BundleError::Length { file, .. }
        | BundleError::Checksum { file }
        | BundleError::Content { file, .. }
        | BundleError::Encoder { file, .. } => file,
    };
    fault(error.code(), &error.to_string(), Some(file))
}
