//! Filters: which pages may be in an answer, by their metadata.
//!
//! A [`Filter`] comes from text ([`Filter::parse`], for people) or from steps ([`Filter::from_steps`], for
//! JavaScript) and is computed over sets of pages.

mod parse;
mod steps;

use crate::error::FilterError;
use crate::keys::Keys;
use crate::response::Degraded;
use crate::{SearchError, gather};
use sextant_index::filters::{Bits, Key, Role, Span, ValueKind};
use std::ops::Bound;

/// How deep filters may be nested: more than any that a person writes, and far less than a stack holds.
const MOST_DEPTH: usize = 64;

/// Which pages may be in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Pages that pass all of these; of none, every page.
    And(Vec<Filter>),
    /// Pages that pass one of these; of none, no page.
    Or(Vec<Filter>),
    /// Pages that do not pass.
    Not(Box<Filter>),
    /// Pages that have exactly this value among those of a key.
    Is {
        /// The key.
        key: String,
        /// As the page has it, capitals and all.
        value: String,
    },
    /// Pages with a value between two bounds, for keys whose values are all numbers or all dates. A
    /// value counts by where it begins; a bound of a day, a month or a year is all of it.
    Range {
        /// The key.
        key: String,
        /// A number or a date.
        min: Bound<String>,
        /// A number or a date.
        max: Bound<String>,
    },
}

impl Filter {
    /// Adds the names of its keys to `names`; one that is used twice twice.
    pub(crate) fn keys<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().for_each(|filter| filter.keys(names));
            }
            Self::Not(filter) => filter.keys(names),
            Self::Is { key, .. } | Self::Range { key, .. } => names.push(key),
        }
    }

    /// The pages that pass. What cannot be asked (a key that no page has, a range of text) no page
    /// passes, and `odd` says so.
    ///
    /// # Errors
    /// [`SearchError`] where a shard is missing: pages that do not pass must not be shown.
    pub(crate) fn pages(
        &self,
        keys: &Keys,
        pages: u32,
        odd: &mut Vec<Degraded>,
    ) -> Result<Bits, SearchError> {
        match self {
            Self::And(filters) => filters.iter().try_fold(Bits::all(pages), |mut all, filter| {
                all.and(&filter.pages(keys, pages, odd)?);
                Ok(all)
            }),
            Self::Or(filters) => filters.iter().try_fold(Bits::none(pages), |mut any, filter| {
                any.or(&filter.pages(keys, pages, odd)?);
                Ok(any)
            }),
            Self::Not(filter) => {
                let mut others = filter.pages(keys, pages, odd)?;
                others.not();
                Ok(others)
            }
            Self::Is { key: name, .. } | Self::Range { key: name, .. } => {
                let mut found = Bits::none(pages);
                let asked = match keys.find(name, Role::Filter)? {
                    Some(key) => self.of_key(key, &mut found)?,
                    None => false,
                };
                if !asked {
                    gather::note(odd, Degraded::odd_filter(name));
                }
                Ok(found)
            }
        }
    }

    /// Adds the pages of `key` that pass to `found`; `false` where that cannot be asked.
    fn of_key(&self, key: &Key, found: &mut Bits) -> Result<bool, SearchError> {
        match self {
            Self::Is { value, .. } => key.is(value, found)?,
            Self::Range { min, max, .. } => {
                let bounds = (span(key.kind(), min), span(key.kind(), max));
                let (Ok(min), Ok(max)) = bounds else { return Ok(false) };
                key.within(|value| is_above(value, &min) && is_below(value, &max), found)?;
            }
            Self::And(_) | Self::Or(_) | Self::Not(_) => {}
        }
        Ok(true)
    }

    /// Checks what can be asked of the bundle's keys. `known`: their names.
    ///
    /// # Errors
    /// [`FilterError`], and [`SearchError`] where a shard is missing.
    pub(crate) fn check(&self, keys: &Keys, known: &[&str]) -> Result<(), SearchError> {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().try_for_each(|filter| filter.check(keys, known))
            }
            Self::Not(filter) => filter.check(keys, known),
            Self::Is { key, .. } => keys.require(key, Role::Filter, known).map(|_| ()),
            Self::Range { key: name, min, max } => {
                let kind = keys.require(name, Role::Filter, known)?.kind();
                let fault = |bound: String| FilterError::Bound { key: name.clone(), bound, kind };
                span(kind, min)
                    .and(span(kind, max))
                    .map(|_| ())
                    .map_err(|bound| fault(bound).into())
            }
        }
    }
}

/// A bound on a key's scale; what was written where that is none.
fn span(kind: ValueKind, bound: &Bound<String>) -> Result<Bound<Span>, String> {
    let of = |text: &String| kind.span(text).ok_or_else(|| text.clone());
    Ok(match bound {
        Bound::Included(text) => Bound::Included(of(text)?),
        Bound::Excluded(text) => Bound::Excluded(of(text)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

fn is_above(value: Span, min: &Bound<Span>) -> bool {
    match min {
        Bound::Included(min) => value.start >= min.start,
        // Behind all of a day, and not at a point.
        Bound::Excluded(min) => value.start >= min.end && value.start > min.start,
        Bound::Unbounded => true,
    }
}

fn is_below(value: Span, max: &Bound<Span>) -> bool {
    match max {
        Bound::Included(max) => value.start < max.end || value.start <= max.start,
        Bound::Excluded(max) => value.start < max.start,
        Bound::Unbounded => true,
    }
}

#[cfg(test)]
mod tests;
