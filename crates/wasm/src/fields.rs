//! Reading of JavaScript objects by their keys.

use crate::fault::fault;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// An object that somebody else made, by its keys. What is `undefined` or `null` is absent.
pub(crate) struct Fields<'v>(pub &'v JsValue);

impl Fields<'_> {
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, JsValue> {
        self.read(key, "a text", |value| value.as_string())
    }

    #[cfg(feature = "search")]
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, JsValue> {
        self.read(key, "a boolean", |value| value.as_bool())
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>, JsValue> {
        self.read(key, "a number", |value| value.as_f64())
    }

    /// A number of things: fractions are cut off, and what is no count is 0 or all.
    pub(crate) fn count(&self, key: &str) -> Result<Option<usize>, JsValue> {
        Ok(self.number(key)?.map(|number| number as usize))
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, JsValue> {
        self.read(key, "an array of texts", |value| {
            value.dyn_ref::<Array>()?.iter().map(|item| item.as_string()).collect()
        })
    }

    fn read<T>(
        &self,
        key: &str,
        what: &str,
        as_what: impl FnOnce(&JsValue) -> Option<T>,
    ) -> Result<Option<T>, JsValue> {
        let odd = || fault("query/options", &format!("{key}: not {what}"), None);
        let value = Reflect::get(self.0, &key.into()).map_err(|_| odd())?;
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        as_what(&value).map(Some).ok_or_else(odd)
    }
}
