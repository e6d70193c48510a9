//! Filters as data, in the shape that Pagefind has, with ranges:
//!
//! ```json
//! { "author": "Ada", "tag": ["sea", "moon"], "year": { "min": 2020, "max": "2024" },
//!   "any": [{ "draft": true }, { "lang": { "none": ["en", "de"] } }] }
//! ```
//!
//! A text, a number or a boolean is a value of the key above it. Lists and objects stand for all of what is in
//! them; `any`, `all`, `none` and `not` say otherwise, at any depth: `not` is "not all of these" and `none` "not one of
//! these". An empty list restricts nothing, whatever stands above it.

use super::{Filter, MOST_DEPTH};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let filters = Shape { key: None, depth: 0 }.deserialize(deserializer)?;
        Ok(Operator::All.of(filters))
    }
}

/// What becomes of the filters that an object or a list holds.
#[derive(Clone, Copy)]
enum Operator {
    All,
    Any,
    None,
    Not,
}

impl Operator {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "any" => Self::Any,
            "none" => Self::None,
            "not" => Self::Not,
            _ => return None,
        })
    }

    fn of(self, mut filters: Vec<Filter>) -> Filter {
        let not = |filter| Filter::Not(Box::new(filter));
        match self {
            _ if filters.is_empty() => Filter::And(filters),
            Self::All if filters.len() == 1 => filters.remove(0),
            Self::All => Filter::And(filters),
            Self::Any => Filter::Or(filters),
            Self::None => not(Filter::Or(filters)),
            Self::Not => not(Filter::And(filters)),
        }
    }
}

/// A value under `key`, if any: gives the filters that it holds.
#[derive(Clone, Copy)]
struct Shape<'k> {
    key: Option<&'k str>,
    depth: usize,
}

impl<'k> Shape<'k> {
    fn inside<E: Error>(self, key: Option<&'k str>) -> Result<Self, E> {
        if self.depth == MOST_DEPTH {
            return Err(E::custom(format!("filters: nested deeper than {MOST_DEPTH} levels")));
        }
        Ok(Self { key, depth: self.depth + 1 })
    }

    fn is<E: Error>(self, value: String) -> Result<Vec<Filter>, E> {
        match self.key {
            Some(key) => Ok(vec![Filter::Is { key: key.to_owned(), value }]),
            None => Err(E::custom(format!("filters: {value:?} stands under no key"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = Vec<Filter>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Filter>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape<'_> {
    type Value = Vec<Filter>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value, or a list or an object of them")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Vec<Filter>, E> {
        self.is(value.to_owned())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Vec<Filter>, E> {
        self.is(if value { "true" } else { "false" }.to_owned())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Vec<Filter>, E> {
        self.is(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Vec<Filter>, E> {
        self.is(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Vec<Filter>, E> {
        self.is(value.to_string())
    }

    /// What is not given restricts nothing.
    fn visit_unit<E: Error>(self) -> Result<Vec<Filter>, E> {
        Ok(vec![])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Filter>, A::Error> {
        let mut filters = vec![];
        let inside = self.inside(self.key)?;
        // What is in one object belongs together, also in a list under `any`.
        while let Some(one) = list.next_element_seed(inside)? {
            filters.push(Operator::All.of(one));
        }
        Ok(filters)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Filter>, A::Error> {
        let mut filters = vec![];
        let (mut min, mut max) = (Bound::Unbounded, Bound::Unbounded);
        while let Some(name) = map.next_key::<String>()? {
            if let Some(operator) = Operator::named(&name) {
                filters.push(operator.of(map.next_value_seed(self.inside(self.key)?)?));
                continue;
            }
            let Some(_) = self.key else {
                let inside = self.inside(Some(&name))?;
                filters.push(Operator::All.of(map.next_value_seed(inside)?));
                continue;
            };
            match name.as_str() {
                "min" => min = map.next_value::<Limit>()?.0,
                "max" => max = map.next_value::<Limit>()?.0,
                _ => {
                    let what = "any, all, none, not, min or max";
                    return Err(A::Error::custom(format!(
                        "filters: {name:?} under a key, not {what}"
                    )));
                }
            }
        }
        if let Some(key) =
            self.key.filter(|_| (&min, &max) != (&Bound::Unbounded, &Bound::Unbounded))
        {
            filters.push(Filter::Range { key: key.to_owned(), min, max });
        }
        Ok(filters)
    }
}

/// A bound: text or a number, or nothing.
struct Limit(Bound<String>);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As a value of a key, it becomes that value as text.
        let shape = Shape { key: Some(""), depth: MOST_DEPTH };
        let fault = |_| D::Error::custom("filters: min and max are numbers or texts");
        Ok(Self(match shape.deserialize(deserializer).map_err(fault)?.pop() {
            Some(Filter::Is { value, .. }) => Bound::Included(value),
            _ => Bound::Unbounded,
        }))
    }
}

/// In which direction results are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Lowest first.
    Asc,
    /// Highest first.
    Desc,
}

/// By what results are sorted instead of by score. As data `{ "date": "desc" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Direction>")]
pub struct Sort {
    /// The key of the metadata.
    pub key: String,
    /// Lowest or highest first; pages without the key come last either way.
    pub direction: Direction,
}

impl TryFrom<BTreeMap<String, Direction>> for Sort {
    type Error = String;

    fn try_from(mut map: BTreeMap<String, Direction>) -> Result<Self, String> {
        match (map.pop_first(), map.len()) {
            (Some((key, direction)), 0) => Ok(Self { key, direction }),
            (first, more) => {
                let keys = usize::from(first.is_some()) + more;
                Err(format!("sort: one key with \"asc\" or \"desc\" is expected, found {keys}"))
            }
        }
    }
}
