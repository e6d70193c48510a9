//! A question as JavaScript asks it.

use crate::fault::fault;
use crate::fields::Fields;
use sextant_search::{Filter, Mode, Query, Sort};
use wasm_bindgen::JsValue;

/// Reads the fields of [`Query`], in camel case; all but `text` have defaults. `filter` is as
/// [`Filter::from_steps`] takes it, `sort` as [`Sort::parse`] does.
pub(crate) fn query(value: &JsValue) -> Result<Query, JsValue> {
    let odd = |key: &str, what: &str| fault("query/options", &format!("{key}: \"{what}\""), None);
    let fields = Fields(value);
    let mode = |name: String| Mode::named(&name).ok_or_else(|| odd("mode", &name));
    let filter = |steps: Vec<String>| {
        Filter::from_steps(&steps).ok_or_else(|| odd("filter", &steps.join(" ")))
    };
    let sort = |text: String| Sort::parse(&text).ok_or_else(|| odd("sort", &text));
    let text = fields.text("text")?.ok_or_else(|| odd("text", "undefined"))?;
    let default = Query::new(text);
    Ok(Query {
        mode: fields.text("mode")?.map(mode).transpose()?.unwrap_or(default.mode),
        limit: fields.count("limit")?.unwrap_or(default.limit),
        typing: fields.flag("typing")?.unwrap_or(default.typing),
        sub_results: fields.count("subResults")?.unwrap_or(default.sub_results),
        excerpt_words: fields.count("excerptWords")?.unwrap_or(default.excerpt_words),
        cut_off: fields.flag("cutOff")?.unwrap_or(default.cut_off),
        rescore: fields.flag("rescore")?.unwrap_or(default.rescore),
        budget: fields.number("budget")?.map_or(default.budget, |bytes| bytes as u64),
        meaning: fields.number("meaning")?.map(|weight| weight as f32).or(default.meaning),
        filter: fields.texts("filter")?.map(filter).transpose()?,
        facets: fields.texts("facets")?.unwrap_or_default(),
        sort: fields.text("sort")?.map(sort).transpose()?,
        text: default.text,
    })
}
