//! The graph of neighbours, built by `instant-distance` over vectors of 8 bits. Native only.
//!
//! The order in which passages are put in decides which of them are in the layers above (the first ones)
//! and what each could be linked to when it came.

use super::lid;
use crate::error::BuildError;
use instant_distance::{Builder, Hnsw, Point};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};
use sextant_index::vectors::graph::{self, Links, NONE};
use sextant_index::vectors::int8;

/// Passages that are followed while a new one's neighbours are looked for: `efConstruction` of the paper.
pub const CONSTRUCTION: usize = 100;
/// Neighbours that a passage keeps; `docs/decisions.md` has what more and fewer cost.
pub const DEGREE: usize = 16;
/// The seed of `instant-distance`, which puts points in at random; any will do, as they are laid out so
/// that its random order is ours.
const SEED: u64 = 0;

/// The order in which passages are put into the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As they are numbered.
    AsGiven,
    /// At random, from a seed.
    #[default]
    Shuffled,
    /// Those first around which the collection has the most dimensions.
    Lid,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::AsGiven, Self::Shuffled, Self::Lid];

    /// Its name on the command line and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AsGiven => "as-given",
            Self::Shuffled => "shuffled",
            Self::Lid => "lid",
        }
    }

    /// The passages of `vectors`, unit vectors of `width`, in this order.
    ///
    /// # Errors
    /// [`BuildError::Index`] never for whole rows.
    pub fn of(self, vectors: &[f32], width: usize) -> Result<Vec<u32>, BuildError> {
        let mut order: Vec<u32> = (0..(vectors.len() / width.max(1)) as u32).collect();
        match self {
            Self::AsGiven => {}
            Self::Shuffled => order.sort_by_key(|row| mixed(*row)),
            Self::Lid => {
                let lid = lid::dimensions(vectors, width)?;
                let of = |row: &u32| lid.get(*row as usize).copied().unwrap_or(0.0);
                order.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.cmp(b)));
            }
        }
        Ok(order)
    }
}

/// A number for each row that has nothing to do with it, no two the same: the finisher of SplitMix64
/// (Steele, Lea and Flood 2014).
fn mixed(row: u32) -> u64 {
    let mut x = u64::from(row).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// Passages with their neighbours.
pub struct Neighbours {
    order: Vec<u32>,
    lists: Lists,
}

impl Neighbours {
    /// Finds the neighbours of `vectors`, unit vectors of `width`, put in by `order`, which has each of them
    /// once. `construction`: see [`CONSTRUCTION`]. The same on every machine: passages are put in by one
    /// thread, as those that meet in parallel decide by chance which sees the other.
    ///
    /// # Errors
    /// [`BuildError::Graph`] if `instant-distance` is not what this was written for, or no thread can be
    /// had.
    pub fn find(
        vectors: &[f32],
        width: usize,
        order: Vec<u32>,
        construction: usize,
    ) -> Result<Self, BuildError> {
        let plane = Plane::new(vectors, width);
        let fault = |what: String| BuildError::Graph { what };
        let places = places(order.len());
        let mut points = vec![plane.point(0); order.len()];
        for (passage, place) in order.iter().zip(&places) {
            if let Some(point) = points.get_mut(*place) {
                *point = plane.point(*passage);
            }
        }
        let builder = Builder::default().seed(SEED).ef_construction(construction.max(1));
        let pool = ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|error| fault(error.to_string()))?;
        let (hnsw, nodes) = pool.install(|| builder.build_hnsw(points));
        let is_node = |(node, place): (u32, &usize)| {
            nodes.get(*place).is_some_and(|found| found.into_inner() == node)
        };
        if nodes.len() != order.len() || !(0u32..).zip(&places).all(is_node) {
            return Err(fault("instant-distance puts points in by another order".to_owned()));
        }
        Ok(Self { order, lists: Lists::of(&hnsw)? })
    }

    /// The framed graph, in which a passage keeps at most `degree` neighbours, 1..=64, and half as many in
    /// the layers above.
    ///
    /// # Errors
    /// [`BuildError::Index`] for a degree of 0.
    pub fn write(&self, degree: usize) -> Result<Vec<u8>, BuildError> {
        let layers = self.lists.layers.iter().rev();
        let upper: Vec<Links> = layers.map(|lists| links(lists, degree.div_ceil(2))).collect();
        Ok(graph::write(&self.order, &upper, &links(&self.lists.zero, degree))?)
    }
}

/// Where `instant-distance` must find the points that it puts in first, second and so on: it gives each a
/// random number and sorts by that.
fn places(count: usize) -> Vec<usize> {
    let mut random = SmallRng::seed_from_u64(SEED);
    let mut places: Vec<(u32, usize)> =
        (0..count).map(|place| (random.gen_range(0..count as u32), place)).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

/// Lists cut or filled up to `degree`.
fn links(lists: &[Vec<u32>], degree: usize) -> Links {
    let list = |list: &Vec<u32>| {
        let given = list.iter().copied().take_while(|node| *node != NONE);
        given.chain(std::iter::repeat(NONE)).take(degree).collect::<Vec<u32>>()
    };
    Links { degree, neighbours: lists.iter().flat_map(list).collect() }
}

/// What is private in [`Hnsw`], under the names that its serialization has.
#[derive(Deserialize)]
struct Lists {
    zero: Vec<Vec<u32>>,
    /// From the lowest up.
    layers: Vec<Vec<Vec<u32>>>,
}

impl Lists {
    /// By way of JSON: nearly a kilobyte a passage for a moment, and nothing to maintain.
    fn of(hnsw: &Hnsw<Vector<'_>>) -> Result<Self, BuildError> {
        Ok(serde_json::from_slice(&serde_json::to_vec(hnsw)?)?)
    }
}

/// All vectors as whole numbers.
struct Plane {
    codes: Vec<i8>,
    scales: Vec<f32>,
    width: usize,
}

impl Plane {
    fn new(vectors: &[f32], width: usize) -> Self {
        let mut codes = vec![0i8; vectors.len()];
        let rows = vectors.chunks_exact(width.max(1)).zip(codes.chunks_exact_mut(width.max(1)));
        let scales = rows.map(|(vector, codes)| int8::encode(vector, codes)).collect();
        Self { codes, scales, width }
    }

    fn point(&self, row: u32) -> Vector<'_> {
        let at = row as usize * self.width;
        Vector {
            codes: self.codes.get(at..at + self.width).unwrap_or_default(),
            scale: self.scales.get(row as usize).copied().unwrap_or(0.0),
        }
    }
}

/// A point of the graph.
#[derive(Clone, Serialize)]
struct Vector<'a> {
    #[serde(skip)]
    codes: &'a [i8],
    #[serde(skip)]
    scale: f32,
}

impl Point for Vector<'_> {
    /// 1 less the cosine.
    fn distance(&self, other: &Self) -> f32 {
        1.0 - int8::dot(self.codes, other.codes) as f32 * (self.scale * other.scale)
    }
}

#[cfg(test)]
mod tests;
