//! Metadata that a page's author wrote into it: `data-sextant-meta`, `-filter`, `-sort`, `-default-meta`
//! and `-ignore`, each with a `data-pagefind-*` twin that means the same.
//!
//! A value is a list, separated by commas, of `key` (the element's text), `key[attribute]`, and last
//! `key:value`, which goes to the end.

use std::collections::BTreeMap;

use scraper::ElementRef;

use super::{
    anchors, boilerplate,
    dom::{self, Line, Visitor},
};

/// How much of an element an ignore attribute leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ignore {
    /// Bare or `index`: its text, but not its metadata and filters.
    Text,
    /// `all`.
    All,
}

/// The value of `data-sextant-{name}` or of its twin; empty where the attribute is bare.
pub(super) fn data<'a>(element: ElementRef<'a>, name: &str) -> Option<&'a str> {
    element
        .value()
        .attrs()
        .find(|(key, _)| suffix(key) == Some(name))
        .map(|(_, value)| value.trim())
}

/// What an element's ignore attribute says. A value that is not known counts as bare.
pub(super) fn ignore(element: ElementRef<'_>) -> Option<Ignore> {
    let value = data(element, "ignore")?;
    Some(if value.eq_ignore_ascii_case("all") { Ignore::All } else { Ignore::Text })
}

/// Metadata, filters and what to sort by of one page.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// One value a metadata key, the last one set; where there is none, all values of its filter.
    pub(super) meta: BTreeMap<String, Vec<String>>,
    /// All values of a filter, each once.
    pub(super) filters: BTreeMap<String, Vec<String>>,
    /// One value a key, the last one set.
    pub(super) sorts: BTreeMap<String, Vec<String>>,
    /// Ignore values that mean nothing, each once.
    pub(super) unknown_ignore_values: Vec<String>,
}

impl Attributes {
    /// Collects what stands on `root` and below it, inside body regions or not, but not under
    /// `ignore="all"`.
    pub(super) fn of(root: ElementRef<'_>) -> Self {
        let mut collector = Collector::default();
        if collector.open(root) {
            dom::walk(root, &mut collector);
        }
        let Collector { meta, filters: marked, sorts, defaults, unknown_ignore_values } = collector;
        let last = |pairs: Vec<(String, String)>| pairs.into_iter().map(|(key, v)| (key, vec![v]));
        let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in marked {
            let values = filters.entry(key).or_default();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let mut merged: BTreeMap<String, Vec<String>> = defaults;
        merged.extend(last(meta));
        for (key, values) in &filters {
            merged.entry(key.clone()).or_insert_with(|| values.clone());
        }
        Self { meta: merged, filters, sorts: last(sorts).collect(), unknown_ignore_values }
    }

    /// Takes a key that is no metadata but a part of the document.
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        self.meta.remove(key)?.into_iter().next()
    }
}

#[derive(Default)]
struct Collector {
    meta: Vec<(String, String)>,
    filters: Vec<(String, String)>,
    sorts: Vec<(String, String)>,
    defaults: BTreeMap<String, Vec<String>>,
    unknown_ignore_values: Vec<String>,
}

impl<'a> Visitor<'a> for Collector {
    fn open(&mut self, element: ElementRef<'a>) -> bool {
        for (key, value) in element.value().attrs() {
            match suffix(key) {
                Some("meta") => self.meta.extend(pairs(element, value)),
                Some("filter") => self.filters.extend(pairs(element, value)),
                Some("sort") => self.sorts.extend(pairs(element, value)),
                Some("default-meta") => {
                    for (key, value) in pairs(element, value) {
                        self.defaults.entry(key).or_insert_with(|| vec![value]);
                    }
                }
                Some("ignore") => {
                    let value = value.trim().to_ascii_lowercase();
                    let known = matches!(value.as_str(), "" | "index" | "all" | "true");
                    if !known && !self.unknown_ignore_values.contains(&value) {
                        self.unknown_ignore_values.push(value);
                    }
                }
                _ => {}
            }
        }
        ignore(element) != Some(Ignore::All)
    }

    fn close(&mut self, _: ElementRef<'a>) {}

    fn text(&mut self, _: &'a str) {}
}

/// `meta` for `data-sextant-meta` and for `data-pagefind-meta`.
fn suffix(attribute: &str) -> Option<&str> {
    let rest = attribute.strip_prefix("data-")?;
    rest.strip_prefix("sextant-").or_else(|| rest.strip_prefix("pagefind-"))
}

/// The keys and values that one attribute value names; those without a value are left out.
fn pairs(element: ElementRef<'_>, specification: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = specification;
    while !rest.trim().is_empty() {
        let end = rest.find([',', ':', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let value = if let Some(value) = after.strip_prefix(':') {
            rest = "";
            Some(value.trim().to_owned())
        } else if let Some((attribute, after)) =
            after.strip_prefix('[').and_then(|inner| inner.split_once(']'))
        {
            rest = after.trim_start().trim_start_matches(',');
            dom::filled(element, attribute.trim()).map(Into::into)
        } else {
            rest = after.get(1..).unwrap_or_default();
            Some(text(element))
        };
        let value = value.filter(|value| !value.is_empty());
        if let Some(value) = value.filter(|_| !key.trim().is_empty()) {
            pairs.push((key.trim().to_owned(), value));
        }
    }
    pairs
}

/// An element's text as a reader sees it, without permalinks.
fn text(element: ElementRef<'_>) -> String {
    struct Visible(Line);
    impl<'a> Visitor<'a> for Visible {
        fn open(&mut self, element: ElementRef<'a>) -> bool {
            if dom::name(element) == "br" {
                self.0.push(" ");
            }
            !(boilerplate::is_never_text(element)
                || boilerplate::is_hidden(element)
                || anchors::is_permalink(element)
                || ignore(element).is_some())
        }
        fn close(&mut self, _: ElementRef<'a>) {}
        fn text(&mut self, text: &'a str) {
            self.0.push(text);
        }
    }
    let mut visible = Visible(Line::default());
    dom::walk(element, &mut visible);
    visible.0.take()
}
