//! An answer as JavaScript gets it: [`Response`] in camel case.

use crate::values::object;
use js_sys::Array;
use sextant_search::{Facets, PageResult, Response, SubResult};
use sextant_text::excerpt::Segment;
use wasm_bindgen::JsValue;

pub(crate) fn response(response: &Response) -> JsValue {
    let Response { mode, results, total, facets: counted, timing, degraded } = response;
    let stage = |(stage, ms): &(&str, f64)| array([(*stage).into(), (*ms).into()]);
    object([
        ("mode", mode.name().into()),
        ("results", array(results.iter().map(page))),
        ("total", total.map_or(JsValue::NULL, JsValue::from)),
        ("facets", facets(counted)),
        ("timing", array(timing.iter().map(stage))),
        ("degraded", array(degraded.iter().map(|missing| missing.to_string().into()))),
    ])
}

fn facets(Facets(keys): &Facets) -> JsValue {
    let counts = |values: &[(String, u32)]| {
        object(values.iter().map(|(value, count)| (value.as_str(), (*count).into())))
    };
    object(keys.iter().map(|(key, values)| (key.as_str(), counts(&values.0))))
}

fn page(result: &PageResult) -> JsValue {
    let PageResult { url, title, score, meta, anchor, heading, excerpt, sub_results } = result;
    let texts = |values: &[String]| array(values.iter().map(JsValue::from));
    object([
        ("url", url.into()),
        ("title", title.into()),
        ("score", (*score).into()),
        ("meta", object(meta.iter().map(|(key, values)| (key.as_str(), texts(values))))),
        ("anchor", text_or_null(anchor.as_deref())),
        ("heading", heading.into()),
        ("excerpt", segments(excerpt)),
        ("subResults", array(sub_results.iter().map(section))),
    ])
}

fn section(result: &SubResult) -> JsValue {
    let SubResult { title, url, anchor, score, excerpt } = result;
    object([
        ("title", title.into()),
        ("url", url.into()),
        ("anchor", text_or_null(anchor.as_deref())),
        ("score", (*score).into()),
        ("excerpt", segments(excerpt)),
    ])
}

fn segments(excerpt: &[Segment]) -> JsValue {
    let segment = |Segment { text, marked }: &Segment| {
        object([("text", text.into()), ("marked", (*marked).into())])
    };
    array(excerpt.iter().map(segment))
}

fn array(items: impl IntoIterator<Item = JsValue>) -> JsValue {
    items.into_iter().collect::<Array>().into()
}

fn text_or_null(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::NULL, JsValue::from_str)
}
