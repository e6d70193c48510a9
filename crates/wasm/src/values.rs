//! JavaScript values, made by hand: serde's way costs 60 KB of wasm for a few objects.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// A plain object.
pub(crate) fn object<'k>(entries: impl IntoIterator<Item = (&'k str, JsValue)>) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &key.into(), &value);
    }
    object.into()
}
