//! What a query asks of metadata: the shards that need be fetched, facets, and the order of pages.

use crate::error::SearchError;
use crate::gather::note;
use crate::keys::Keys;
use crate::query::Query;
use crate::response::{Counts, Degraded, Facets};
use sextant_core::manifest::FiltersEntry;
use sextant_index::filters::{Bits, Key, Role};

/// The filters shards that `query` needs, ascending. `entries`: those of the manifest.
pub fn shards(entries: &[FiltersEntry], query: &Query) -> Vec<usize> {
    let names = query.keys();
    let has = |entry: &FiltersEntry| entry.keys.iter().any(|key| names.contains(&key.as_str()));
    let needed = entries.iter().enumerate().filter(|(_, entry)| has(entry));
    needed.map(|(number, _)| number).collect()
}

/// How many of the pages that answer have each value of the keys that `query` asks for. A key that no
/// page has, or whose shard is missing, is noted and left out.
///
/// # Errors
/// Of a shard that contradicts itself.
pub fn facets(
    query: &Query,
    keys: &Keys,
    answering: &Bits,
    degraded: &mut Vec<Degraded>,
) -> Result<Facets, SearchError> {
    let mut facets = Facets::default();
    for name in &query.facets {
        let Some(key) = wanted(keys, name, Role::Filter, degraded) else { continue };
        if key.role() == Role::Sort {
            // Values that are marked for sorting are no choices.
            note(degraded, Degraded::no_key(name));
        } else if facets.get(name).is_none() {
            let counts = key.counts(answering)?.into_iter();
            let counts = counts.map(|(value, count)| (value.to_owned(), count)).collect();
            facets.0.push((name.clone(), Counts(counts)));
        }
    }
    Ok(facets)
}

/// Where each page comes by what `query` sorts by, by page: lower is first, and [`u32::MAX`] for pages
/// without a value. Empty where it sorts by score. Of several values the one counts that comes first. A
/// key that no page has, or whose shard is missing, is noted and sorts nothing.
///
/// # Errors
/// Of a shard that contradicts itself.
pub fn places(
    query: &Query,
    keys: &Keys,
    degraded: &mut Vec<Degraded>,
) -> Result<Vec<u32>, SearchError> {
    let Some(sort) = &query.sort else { return Ok(vec![]) };
    let Some(key) = wanted(keys, &sort.key, Role::Sort, degraded) else { return Ok(vec![]) };
    let place = |rank: Option<u32>| match rank {
        Some(rank) if sort.descending => u32::MAX - 1 - rank,
        Some(rank) => rank,
        None => u32::MAX,
    };
    Ok(key.ranks(sort.descending)?.into_iter().map(place).collect())
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
