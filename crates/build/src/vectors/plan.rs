//! What vectors become: which planes, along which axes, and how they are searched.

use super::axes;
use crate::error::BuildError;
use sextant_index::vectors::basis::{Basis, Principal, Seeded, Turn};
use sextant_index::vectors::{Bits, Code, Spec, passage_bytes, sketch};

/// The seed of random turns. Any would do; the bundle says which it was.
const SEED: u64 = 0x5e_874_a17;
/// Passages from which a cascade pays: below, all codes are scanned in less than a millisecond.
const CASCADE_FROM: usize = 10_000;
/// Most dimensions of a sketch: more signs cost as much to scan as they save in scores.
const SKETCH_DIMENSIONS: u32 = 256;
/// Most vectors that axes are learned from.
const LEARN_FROM: usize = 20_000;

/// Along which axes codes of levels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// Random ones, from a seed: nothing to fetch.
    Random,
    /// The corpus' own, the most telling first: fewer dimensions do, and the axes are fetched.
    Principal,
}

impl Axes {
    /// Its name on the command line and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Principal => "principal",
        }
    }
}

/// How vectors are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The code of what is scanned.
    pub code: Code,
    /// How many dimensions are coded, after the turn.
    pub dimensions: u32,
    /// Along which axes, for codes of levels.
    pub axes: Axes,
}

impl Plan {
    /// `4bit principal 192`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.code.needs_basis() {
            true => format!("{} {} {}", self.code.name(), self.axes.name(), self.dimensions),
            false => format!("{} {}", self.code.name(), self.dimensions),
        }
    }

    /// The planes for a collection of `passages`: a short one in front where a cascade pays.
    #[must_use]
    pub fn planes(&self, passages: usize) -> Vec<Spec> {
        let whole = Spec::new(self.code, 0, self.dimensions);
        let Code::Levels(bits) = self.code else { return vec![whole] };
        let first = first_plane(bits, self.dimensions);
        if passages < CASCADE_FROM || first >= self.dimensions {
            return vec![whole];
        }
        vec![Spec::new(self.code, 0, first), Spec::new(self.code, first, self.dimensions)]
    }

    /// How many dimensions the sketches in front of these planes have, where a cascade pays.
    #[must_use]
    pub fn sketch(&self, planes: &[Spec], passages: usize) -> Option<u32> {
        let dimensions = self.dimensions.min(SKETCH_DIMENSIONS) / sketch::STEP * sketch::STEP;
        let made = passages >= CASCADE_FROM && sketch::fault(planes, dimensions).is_none();
        made.then_some(dimensions)
    }

    /// Bytes of a passage's codes.
    #[must_use]
    pub fn passage_bytes(&self) -> usize {
        passage_bytes(&[Spec::new(self.code, 0, self.dimensions)])
    }

    /// Learns the basis from `vectors`, unit vectors of `width`, for these planes.
    ///
    /// # Errors
    /// [`BuildError::Index`] for more axes than there are dimensions.
    pub fn basis(
        &self,
        vectors: &[f32],
        width: usize,
        planes: &[Spec],
    ) -> Result<Option<Basis>, BuildError> {
        if !self.code.needs_basis() {
            return Ok(None);
        }
        let sample = sample(vectors, width, LEARN_FROM);
        let mean = axes::mean(&sample, width);
        let turn = match self.axes {
            Axes::Random => Turn::Seeded(Seeded::new(width, SEED)),
            Axes::Principal => {
                let count = self.dimensions as usize;
                let mut axes = axes::principal(&sample, width, &mean, count);
                spread(&mut axes, width, planes);
                Turn::Principal(Principal::new(width, &axes)?)
            }
        };
        Ok(Some(Basis::new(&mean, turn)))
    }
}

/// Dimensions of the plane in front: about a third, in whole blocks and steps of a sketch.
fn first_plane(bits: Bits, dimensions: u32) -> u32 {
    let block = (bits.block() as u32).max(sketch::STEP);
    (dimensions / 3).next_multiple_of(block).max(block)
}

/// Turns the axes of each plane among themselves at random, so that its dimensions carry alike: levels
/// are for one spread. What a plane as a whole carries stays what the axes gave it.
fn spread(axes: &mut [f32], width: usize, planes: &[Spec]) {
    for plane in planes {
        let turn = Seeded::new(plane.width(), SEED);
        let range = plane.from as usize * width..plane.to as usize * width;
        let Some(block) = axes.get_mut(range) else { continue };
        for d in 0..width {
            let column: Vec<f32> = block.iter().skip(d).step_by(width).copied().collect();
            let turned = turn.apply(&column);
            block.iter_mut().skip(d).step_by(width).zip(turned).for_each(|(v, t)| *v = t);
        }
    }
}

/// At most `most` of the rows of `vectors`, evenly spread.
#[must_use]
pub fn sample(vectors: &[f32], width: usize, most: usize) -> Vec<f32> {
    let rows = vectors.len() / width.max(1);
    let step = rows.div_ceil(most.max(1)).max(1);
    vectors.chunks_exact(width.max(1)).step_by(step).flatten().copied().collect()
}
