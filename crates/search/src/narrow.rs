//! What a query asks of metadata: the shards that need be fetched, facets, and the order of pages.

use crate::error::SearchError;
use crate::filter::Direction;
use crate::gather::note;
use crate::group::Page;
use crate::keys::Keys;
use crate::query::Query;
use crate::response::{Degraded, Facet};
use sextant_core::manifest::FiltersEntry;
use sextant_index::filters::{Bits, Key, Role};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The filters shards that `query` needs, ascending. `entries`: those of the manifest.
pub fn shards(entries: &[FiltersEntry], query: &Query) -> Vec<usize> {
    let has =
        |entry: &FiltersEntry| query.keys().any(|name| entry.keys.iter().any(|key| key == name));
    let needed = entries.iter().enumerate().filter(|(_, entry)| has(entry));
    needed.map(|(number, _)| number).collect()
}

/// How many of the pages that answer have each value of the keys that `query` asks for. A key that no
/// page has, or whose shard is missing, is noted and left out.
///
/// `count`: pages of the bundle.
pub fn facets(
    query: &Query,
    keys: &Keys,
    pages: &[Page],
    count: u32,
    degraded: &mut Vec<Degraded>,
) -> Result<BTreeMap<String, Facet>, SearchError> {
    let mut facets = BTreeMap::new();
    if query.facets.is_empty() {
        return Ok(facets);
    }
    let mut answering = Bits::none(count);
    pages.iter().for_each(|page| answering.insert(page.page.0..page.page.0 + 1));
    for name in &query.facets {
        if let Some(key) = wanted(keys, name, Role::Filter, degraded) {
            facets.insert(name.clone(), facet(key, &answering)?);
        }
    }
    Ok(facets)
}

/// How many of `pages` have each value of `key`.
pub fn facet(key: &Key, pages: &Bits) -> Result<Facet, SearchError> {
    let counts = key.counts(pages)?.into_iter();
    Ok(Facet(counts.map(|(value, count)| (value.to_owned(), count)).collect()))
}

/// Sorts `pages`, which come best first, as `query` asks; pages of one value stay as they are, and
/// those without one come last. Of several values the lowest counts where the lowest comes first, else
/// the highest. A key that no page has, or whose shard is missing, is noted and sorts nothing.
pub fn sort(
    query: &Query,
    keys: &Keys,
    pages: &mut [Page],
    degraded: &mut Vec<Degraded>,
) -> Result<(), SearchError> {
    let Some(sort) = &query.sort else { return Ok(()) };
    let Some(key) = wanted(keys, &sort.key, Role::Sort, degraded) else { return Ok(()) };
    let descending = sort.direction == Direction::Desc;
    let ranks = key.ranks(descending)?;
    let rank = |page: &Page| ranks.get(page.page.0 as usize).copied().flatten();
    pages.sort_by(|a, b| match (rank(a), rank(b)) {
        (Some(a), Some(b)) if descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    Ok(())
}

/// A key that an answer can do without.
fn wanted<'k>(
    keys: &'k Keys,
    name: &str,
    role: Role,
    degraded: &mut Vec<Degraded>,
) -> Option<&'k Key> {
    match keys.find(name, role) {
        Ok(Some(key)) => Some(key),
        Ok(None) => {
            note(degraded, Degraded::no_key(name));
            None
        }
        Err(error) => {
            note(degraded, Degraded::from(&error));
            None
        }
    }
}
