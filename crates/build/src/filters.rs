//! Which metadata can be filtered, counted and sorted by, and the shards of it.
//!
//! What authors mark is taken. Of other metadata, by default, what sorts pages into groups or can be
//! put in an order: a tag, an author, a year, a date; not a description or the address of a picture.

use crate::error::BuildError;
use crate::store::Store;
use serde::Serialize;
use sextant_core::manifest::{FiltersEntry, ShardEntry};
use sextant_core::{Document, PageId};
use sextant_index::filters::{FiltersWriter, Role, SHARD_BYTES, ValueKind};
use std::collections::{BTreeMap, BTreeSet};

/// Metadata that is there to be shown, not asked for.
const SHOWN: [&str; 3] = ["description", "image", "image_alt"];
/// Text of more characters than this in the mean is prose.
const MEAN_LENGTH: usize = 60;
/// With this many values or fewer a key is fit for a list of choices, however few pages there are.
const FEW_VALUES: usize = 24;
/// With more values, each must be on this many pages in the mean, or it tells pages apart instead of
/// grouping them.
const PAGES_A_VALUE: usize = 2;

/// A key that pages can be filtered or sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterKey {
    /// Its name.
    pub key: String,
    /// `text`, `number` or `date`.
    pub kind: &'static str,
    /// Whether these are the values that an author marked for sorting, which nothing is counted by.
    pub sort: bool,
    /// Number of its values.
    pub values: usize,
    /// Pages that have one.
    pub pages: usize,
}

/// What can be filtered by, and what cannot and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Filters {
    /// Ascending by name.
    pub keys: Vec<FilterKey>,
    /// Metadata that was left out, with the reason.
    #[serde(rename = "leftOut")]
    pub left_out: Vec<(String, &'static str)>,
    /// Keys that were asked for and that no page has.
    pub absent: Vec<String>,
}

/// Values of a key, with the pages that have each.
type Values<'a> = BTreeMap<&'a str, BTreeSet<u32>>;
/// All keys.
type Keys<'a> = BTreeMap<&'a str, Values<'a>>;

/// Which keys are wanted.
struct Wanted<'a> {
    named: Vec<&'a str>,
    excluded: Vec<&'a str>,
}

impl<'a> Wanted<'a> {
    /// `names`: keys, and `!key` for those to leave out.
    fn new(names: &'a [String]) -> Self {
        let (excluded, named): (Vec<&str>, Vec<&str>) =
            names.iter().map(String::as_str).partition(|name| name.starts_with('!'));
        Self {
            named,
            excluded: excluded.iter().filter_map(|name| name.strip_prefix('!')).collect(),
        }
    }

    /// Why a key that no author marked is left out.
    fn unfit(&self, key: &str, values: &Values<'_>) -> Option<&'static str> {
        if self.named.contains(&key) {
            return None;
        }
        if !self.named.is_empty() {
            return Some("not asked for");
        }
        if SHOWN.contains(&key) {
            return Some("shown only");
        }
        let length: usize = values.keys().map(|value| value.chars().count()).sum();
        if length > MEAN_LENGTH * values.len() {
            return Some("long text");
        }
        if ValueKind::of(values.keys().copied()) != ValueKind::Text {
            return None;
        }
        let pages: usize = values.values().map(BTreeSet::len).sum();
        let groups = values.len() <= FEW_VALUES || pages >= values.len() * PAGES_A_VALUE;
        (!groups).then_some("another value on most pages")
    }
}

/// Writes the filters of `pages`. `names`: see [`crate::Options::filters`].
pub(crate) fn write(
    pages: &[&Document],
    names: &[String],
    store: &mut Store<'_>,
) -> Result<(Vec<FiltersEntry>, Filters), BuildError> {
    let wanted = Wanted::new(names);
    let marked = collect(pages, |page| &page.filters);
    let sorts = collect(pages, |page| &page.sorts);
    let meta = collect(pages, |page| &page.meta);
    let mut writer = FiltersWriter::default();
    let mut filters = Filters::default();
    let mut take = |key: &str, role: Role, values: &Values<'_>| {
        let kind = ValueKind::of(values.keys().copied()).name();
        let having: BTreeSet<u32> = values.values().flatten().copied().collect();
        for (value, pages) in values {
            pages.iter().for_each(|page| writer.add(PageId(*page), key, role, value));
        }
        FilterKey {
            key: key.to_owned(),
            kind,
            sort: role == Role::Sort,
            values: values.len(),
            pages: having.len(),
        }
    };
    let known: BTreeSet<&str> =
        [&marked, &sorts, &meta].into_iter().flat_map(|keys| keys.keys().copied()).collect();
    for key in &known {
        if wanted.excluded.contains(key) {
            filters.left_out.push(((*key).to_owned(), "not wanted"));
            continue;
        }
        if let Some(values) = marked.get(key) {
            filters.keys.push(take(key, Role::Filter, values));
        } else if let Some(values) = meta.get(key) {
            match wanted.unfit(key, values) {
                None => filters.keys.push(take(key, Role::Filter, values)),
                // What sorts is not left out, though its text is only shown.
                Some(_) if sorts.contains_key(key) => {}
                Some(reason) => filters.left_out.push(((*key).to_owned(), reason)),
            }
        }
        if let Some(values) = sorts.get(key) {
            filters.keys.push(take(key, Role::Sort, values));
        }
    }
    let absent = wanted.named.iter().filter(|key| !known.contains(*key));
    filters.absent = absent.map(|key| (*key).to_owned()).collect();
    let mut entries = vec![];
    for part in writer.finish(pages.len() as u32, SHARD_BYTES) {
        let ShardEntry { file, bytes } = store.shard("filters", &part.file)?;
        entries.push(FiltersEntry { keys: part.keys, file, bytes });
    }
    Ok((entries, filters))
}

/// The values of all pages, trimmed; blank ones are none.
fn collect<'a>(
    pages: &[&'a Document],
    of: impl Fn(&'a Document) -> &'a BTreeMap<String, Vec<String>>,
) -> Keys<'a> {
    let mut keys = Keys::new();
    for (number, page) in (0u32..).zip(pages) {
        for (key, values) in of(page) {
            for value in values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
                let pages = keys.entry(key.as_str()).or_default().entry(value).or_default();
                pages.insert(number);
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::MemorySink;

    type Fields = &'static [(&'static str, &'static [&'static str])];

    fn fields(of: Fields) -> BTreeMap<String, Vec<String>> {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        of.iter().map(|(key, values)| ((*key).to_owned(), owned(values))).collect()
    }

    fn page(meta: Fields, filters: Fields, sorts: Fields) -> Document {
        let (meta, filters, sorts) = (fields(meta), fields(filters), fields(sorts));
        Document { meta, filters, sorts, ..Document::default() }
    }

    fn written(pages: &[Document], names: &[&str]) -> Filters {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut sink = MemorySink::default();
        let pages: Vec<&Document> = pages.iter().collect();
        write(&pages, &names, &mut Store::new(&mut sink)).unwrap().1
    }

    fn kept(filters: &Filters) -> Vec<(&str, String, usize, usize)> {
        let kind = |k: &FilterKey| format!("{}{}", k.kind, if k.sort { ", sort" } else { "" });
        filters.keys.iter().map(|k| (k.key.as_str(), kind(k), k.values, k.pages)).collect()
    }

    fn expected(
        keys: &[(&'static str, &str, usize, usize)],
    ) -> Vec<(&'static str, String, usize, usize)> {
        let owned = |(key, kind, values, pages): &(_, &str, _, _)| {
            (*key, (*kind).to_owned(), *values, *pages)
        };
        keys.iter().map(owned).collect()
    }

    /// A hundred pages, each with an author of ten, a date, a serial name and a picture of its own.
    fn hundred() -> Vec<Document> {
        (0..100)
            .map(|n| {
                let meta = [
                    ("author", format!("Author {}", n % 10)),
                    ("date", format!("2024-01-{:02}", n % 28 + 1)),
                    ("serial", format!("S-{n}")),
                    ("image", "one.png".to_owned()),
                    ("abstract", "word ".repeat(20)),
                    ("blank", " ".to_owned()),
                ];
                let meta = meta.map(|(key, value)| (key.to_owned(), vec![value]));
                Document { meta: meta.into(), ..Document::default() }
            })
            .collect()
    }

    #[test]
    fn by_default_what_groups_or_orders_pages_is_taken() {
        let filters = written(&hundred(), &[]);
        assert_eq!(
            kept(&filters),
            expected(&[("author", "text", 10, 100), ("date", "date", 28, 100)])
        );
        let left_out: Vec<_> =
            filters.left_out.iter().map(|(key, why)| (key.as_str(), *why)).collect();
        assert_eq!(
            left_out,
            [
                ("abstract", "long text"),
                ("image", "shown only"),
                ("serial", "another value on most pages")
            ]
        );
    }

    #[test]
    fn named_keys_alone_are_taken_and_those_that_no_page_has_are_told() {
        let filters = written(&hundred(), &["serial", "image", "tgas"]);
        assert_eq!(
            kept(&filters),
            expected(&[("image", "text", 1, 100), ("serial", "text", 100, 100)])
        );
        assert_eq!(filters.absent, ["tgas"]);
        let filters = written(&hundred(), &["!date"]);
        assert_eq!(kept(&filters), expected(&[("author", "text", 10, 100)]));
    }

    #[test]
    fn what_authors_mark_goes_before_metadata_of_its_name() {
        let pages = [
            page(
                &[("date", &["17 May"]), ("kind", &["a"])],
                &[("date", &["2024"])],
                &[("date", &["2024-05-17"])],
            ),
            page(&[("date", &["18 May"]), ("kind", &["b"])], &[], &[("weight", &["3"])]),
        ];
        let all = [
            ("date", "number", 1, 1),
            ("date", "date, sort", 1, 1),
            ("kind", "text", 2, 2),
            ("weight", "number, sort", 1, 1),
        ];
        assert_eq!(kept(&written(&pages, &[])), expected(&all));
        assert_eq!(kept(&written(&pages, &["kind"])), expected(&all));
        assert_eq!(kept(&written(&pages, &["!date", "!kind"])), expected(&all[3..]));
    }
}
