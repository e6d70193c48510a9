//! The keys of metadata that a query names, as far as they could be had.

use crate::error::{FilterError, SearchError};
use sextant_index::filters::{FiltersShard, Key, Role};
use std::rc::Rc;

/// Filters shards: all that the query's keys are in.
#[derive(Default)]
pub struct Keys {
    pub shards: Vec<Result<Rc<FiltersShard>, SearchError>>,
}

impl Keys {
    /// The key `name`, with the values for `role` if it has some of its own, else with the others.
    ///
    /// # Errors
    /// Why a shard that may have the key could not be had.
    pub fn find(&self, name: &str, role: Role) -> Result<Option<&Key>, SearchError> {
        let mut found: Option<&Key> = None;
        let mut missing = None;
        for shard in &self.shards {
            match shard {
                Ok(shard) => {
                    for key in shard.keys().iter().filter(|key| key.name() == name) {
                        if key.role() == role || found.is_none() {
                            found = Some(key);
                        }
                    }
                }
                Err(error) => missing = Some(error),
            }
        }
        match (found, missing) {
            (None, Some(error)) => Err(error.clone()),
            (found, _) => Ok(found),
        }
    }

    /// As [`Keys::find`], for a key that must be there. `known`: the names of all.
    ///
    /// # Errors
    /// [`FilterError::Key`] too.
    pub fn require(&self, name: &str, role: Role, known: &[&str]) -> Result<&Key, SearchError> {
        self.find(name, role)?.ok_or_else(|| {
            let known = match known {
                [] => "no page has metadata to filter by".to_owned(),
                names => format!("the keys are {}", names.join(", ")),
            };
            FilterError::Key { key: name.to_owned(), known }.into()
        })
    }
}
