//! The phrase stage: which passages have quoted words next to each other, in order.

use crate::words::Alternative;
use sextant_core::error::BundleError;
use sextant_core::sort_by;
use sextant_index::words::Positions;
use std::rc::Rc;

/// A word of a phrase: the term of the lexicon, where it is, and its positions if they could be had.
pub struct PhraseTerm {
    pub alternative: Alternative,
    pub positions: Option<Rc<Positions>>,
}

/// A passage and where in it the words so far end; `None`: anywhere.
type Place = (u32, Option<Vec<u32>>);

/// The passages that have the phrase, ascending.
///
/// `terms`: the phrase's words in order, at least one. A word without positions, or with a rest that could
/// not be had, must only be there.
///
/// # Errors
/// `Content` of [`BundleError`] for lists that contradict their shard.
pub fn passages(terms: &[PhraseTerm], passages: u32) -> Result<Vec<u32>, BundleError> {
    let mut found: Option<Vec<Place>> = None;
    for term in terms {
        let places = places(term, passages)?;
        found = Some(match found {
            None => places,
            Some(before) => join(before, &places),
        });
    }
    Ok(found.unwrap_or_default().into_iter().map(|(passage, _)| passage).collect())
}

/// Where `term` stands, by passage.
fn places(term: &PhraseTerm, passages: u32) -> Result<Vec<Place>, BundleError> {
    let mut places = vec![];
    term.alternative.postings(passages, |posting| places.push((posting.passage.0, None)))?;
    sort_by(&mut places, |(a, _), (b, _)| a.cmp(b));
    let whole = places.len() == term.alternative.entry.df as usize;
    if let Some(positions) = term.positions.as_ref().filter(|_| whole) {
        positions.lists(term.alternative.entry, |n, list| {
            if let Some((_, place)) = places.get_mut(n) {
                *place = Some(list.to_vec());
            }
        })?;
    }
    Ok(places)
}

/// The passages of both lists where a place of `next` follows one of `before`.
fn join(before: Vec<Place>, next: &[Place]) -> Vec<Place> {
    let mut joined = vec![];
    for (passage, ends) in before {
        let Ok(at) = next.binary_search_by_key(&passage, |(passage, _)| *passage) else { continue };
        let Some((_, places)) = next.get(at) else { continue };
        let kept = match (ends, places) {
            (Some(ends), Some(places)) => {
                let follows = |place: &&u32| {
                    place.checked_sub(1).is_some_and(|last| ends.binary_search(&last).is_ok())
                };
                let kept: Vec<u32> = places.iter().filter(follows).copied().collect();
                if kept.is_empty() {
                    continue;
                }
                Some(kept)
            }
            _ => None,
        };
        joined.push((passage, kept));
    }
    joined
}

#[cfg(test)]
mod tests;
