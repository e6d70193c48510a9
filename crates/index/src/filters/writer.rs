//! Collects the values of pages and writes filters shards; `shard.rs` draws them.

use super::bitmap::put_set;
use super::order::ValueKind;
use super::{Role, shard};
use sextant_core::frame::{self, Kind};
use sextant_core::passage::PageId;
use sextant_core::wire::{put_str, put_varint};
use std::collections::BTreeMap;

/// The pages of every value of a key.
type Values = BTreeMap<String, Vec<u32>>;

/// Collects which page has which value of which key.
#[derive(Debug, Default)]
pub struct FiltersWriter {
    keys: BTreeMap<(String, Role), Values>,
}

/// A finished shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiltersPart {
    /// Names of its keys, ascending.
    pub keys: Vec<String>,
    /// The framed shard.
    pub file: Vec<u8>,
}

impl FiltersWriter {
    /// Notes that `page` has `value` of `key`. In any order, as often as it may be.
    pub fn add(&mut self, page: PageId, key: &str, role: Role, value: &str) {
        let values = self.keys.entry((key.to_owned(), role)).or_default();
        values.entry(value.to_owned()).or_default().push(page.0);
    }

    /// Cuts what was added into shards of about `shard_bytes` ([`super::SHARD_BYTES`]), at least one
    /// key each. `pages`: how many the bundle has, above every page that was added.
    #[must_use]
    pub fn finish(self, pages: u32, shard_bytes: usize) -> Vec<FiltersPart> {
        let mut parts = vec![];
        let (mut names, mut bodies) = (vec![], vec![]);
        for ((name, role), values) in self.keys {
            let body = key(&name, role, values);
            if !names.is_empty() && bodies.len() + body.len() > shard_bytes {
                parts.push(part(pages, std::mem::take(&mut names), &std::mem::take(&mut bodies)));
            }
            names.push(name);
            bodies.extend_from_slice(&body);
        }
        if !names.is_empty() {
            parts.push(part(pages, names, &bodies));
        }
        parts
    }
}

fn part(pages: u32, keys: Vec<String>, bodies: &[u8]) -> FiltersPart {
    let mut body = Vec::with_capacity(bodies.len() + 10);
    put_varint(&mut body, u64::from(pages));
    put_varint(&mut body, keys.len() as u64);
    body.extend_from_slice(bodies);
    FiltersPart { keys, file: frame::write(Kind::Filters, &body) }
}

fn key(name: &str, role: Role, values: Values) -> Vec<u8> {
    let kind = ValueKind::of(values.keys().map(String::as_str));
    let mut placed: Vec<_> =
        values.into_iter().map(|(text, pages)| (kind.place(&text), text, pages)).collect();
    placed.sort_by(|a, b| a.0.compare(&b.0).then_with(|| a.1.cmp(&b.1)));
    let (mut texts, mut sets) = (vec![], vec![]);
    let mut previous = String::new();
    for (_, text, mut pages) in placed {
        pages.sort_unstable();
        pages.dedup();
        let before = sets.len();
        put_set(&mut sets, &pages);
        let shared = shard::shared(&previous, &text);
        put_varint(&mut texts, shared as u64);
        put_str(&mut texts, text.get(shared..).unwrap_or_default());
        put_varint(&mut texts, pages.len() as u64);
        put_varint(&mut texts, (sets.len() - before) as u64);
        previous = text;
    }
    let mut out = vec![];
    put_str(&mut out, name);
    out.push(role as u8);
    out.push(kind as u8);
    put_varint(&mut out, texts.len() as u64);
    out.extend_from_slice(&texts);
    put_varint(&mut out, sets.len() as u64);
    out.extend_from_slice(&sets);
    out
}
