//! Filters as a list of texts, which JavaScript hands over: far less code in the browser than a parser or
//! nested data would take. Each step makes a filter, of itself or of those that the steps before it made.
//!
//! ```text
//! is KEY VALUE | min KEY BOUND | max KEY BOUND | between KEY MIN MAX
//! not            of the last one
//! and N | or N   of the last N
//! ```
//!
//! `web/src/filters.ts` writes them.

use super::{Filter, MOST_DEPTH};
use std::ops::Bound;

impl Filter {
    /// Reads a filter from its steps; none restrict nothing. `None` for what is none, or is nested too
    /// deep.
    #[must_use]
    pub fn from_steps(steps: &[String]) -> Option<Self> {
        let mut steps = steps.iter().cloned();
        // With how deep each is.
        let mut made: Vec<(Self, usize)> = vec![];
        while let Some(step) = steps.next() {
            let mut next = || steps.next();
            let (filter, depth) = match step.as_str() {
                "is" => (Self::Is { key: next()?, value: next()? }, 0),
                "min" => {
                    let (key, min) = (next()?, Bound::Included(next()?));
                    (Self::Range { key, min, max: Bound::Unbounded }, 0)
                }
                "max" => {
                    let (key, max) = (next()?, Bound::Included(next()?));
                    (Self::Range { key, min: Bound::Unbounded, max }, 0)
                }
                "between" => {
                    let (key, min) = (next()?, Bound::Included(next()?));
                    (Self::Range { key, min, max: Bound::Included(next()?) }, 0)
                }
                "not" => {
                    let (filter, depth) = made.pop()?;
                    (Self::Not(Box::new(filter)), depth)
                }
                operator => {
                    let count: usize = next()?.parse().ok()?;
                    let parts = made.split_off(made.len().checked_sub(count)?);
                    let depth = parts.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
                    let filters = parts.into_iter().map(|(filter, _)| filter).collect();
                    let filter = match operator {
                        "and" => Self::And(filters),
                        "or" => Self::Or(filters),
                        _ => return None,
                    };
                    (filter, depth)
                }
            };
            if depth >= MOST_DEPTH {
                return None;
            }
            made.push((filter, depth + 1));
        }
        match made.len() {
            0 => Some(Self::And(vec![])),
            1 => made.pop().map(|(filter, _)| filter),
            _ => None,
        }
    }
}
