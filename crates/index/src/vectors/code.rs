//! The codes there are, and what one plane of them covers.

use super::int8;
use sextant_kernels::scan::packed::Bits;

/// How the values of a vector are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// As they are: the reference, 4 bytes a dimension.
    Float32,
    /// Whole numbers of 8 bits along the encoder's own axes.
    Int8,
    /// One of 16, 4 or 2 levels along the axes of a [`Basis`](super::Basis).
    Levels(Bits),
}

impl Code {
    /// Every code, the finest first.
    pub const ALL: [Self; 5] = [
        Self::Float32,
        Self::Int8,
        Self::Levels(Bits::Four),
        Self::Levels(Bits::Two),
        Self::Levels(Bits::One),
    ];

    /// Its name in the manifest and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int8 => "int8",
            Self::Levels(Bits::Four) => "4bit",
            Self::Levels(Bits::Two) => "2bit",
            Self::Levels(Bits::One) => "1bit",
        }
    }

    /// The code of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// Whether vectors are turned into a basis before they are coded.
    #[must_use]
    pub fn needs_basis(self) -> bool {
        matches!(self, Self::Levels(_))
    }

    /// Bytes of the codes of `dimensions` values, padding included.
    #[must_use]
    pub fn row_bytes(self, dimensions: usize) -> usize {
        match self {
            Self::Float32 => dimensions * size_of::<f32>(),
            Self::Int8 => dimensions,
            Self::Levels(bits) => bits.row_bytes(dimensions),
        }
    }

    /// Bytes of the scale beside a vector's codes.
    #[must_use]
    pub fn scale_bytes(self) -> usize {
        match self {
            Self::Float32 => 0,
            Self::Int8 => size_of::<f32>(),
            Self::Levels(_) => size_of::<u16>(),
        }
    }
}

/// What a plane covers: dimensions `from..to` of every vector, in one code. A plane that begins at 0
/// stands for itself; the next ones of its shard continue it, so that scores add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// How values are stored.
    pub code: Code,
    /// The first dimension.
    pub from: u32,
    /// The one behind the last.
    pub to: u32,
}

impl Spec {
    /// Dimensions `from..to` as `code`.
    #[must_use]
    pub const fn new(code: Code, from: u32, to: u32) -> Self {
        Self { code, from, to }
    }

    /// Number of dimensions.
    #[must_use]
    pub fn width(self) -> usize {
        self.to.saturating_sub(self.from) as usize
    }

    /// The part of `vector` that this plane covers.
    pub(super) fn part(self, vector: &[f32]) -> &[f32] {
        vector.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

/// Bytes of a passage in a shard of these planes: codes of each and one scale.
#[must_use]
pub fn passage_bytes(planes: &[Spec]) -> usize {
    let codes: usize = planes.iter().map(|plane| plane.code.row_bytes(plane.width())).sum();
    codes + planes.first().map_or(0, |plane| plane.code.scale_bytes())
}

/// Why `planes` cannot make up a shard of vectors of `dimensions`, if so: they must cover a prefix
/// without gaps, whole blocks each but the last, and only codes of levels can continue one another.
#[must_use]
pub fn fault(planes: &[Spec], dimensions: u32) -> Option<String> {
    let mut next = 0;
    for (at, plane) in planes.iter().enumerate() {
        if plane.from != next || plane.to <= plane.from || plane.to > dimensions {
            let Spec { code, from, to } = plane;
            let code = code.name();
            return Some(format!("a {code} plane of {from}..{to} behind {next} of {dimensions}"));
        }
        if planes.len() > 1 && !plane.code.needs_basis() {
            return Some(format!("a plane of {} among {}", plane.code.name(), planes.len()));
        }
        let last = at + 1 == planes.len();
        if let (Code::Levels(bits), false) = (plane.code, last)
            && !plane.width().is_multiple_of(bits.block())
        {
            return Some(format!("{} dimensions are no whole blocks", plane.width()));
        }
        next = plane.to;
    }
    planes.is_empty().then(|| "no plane".to_owned())
}

/// A query as the planes of a code score it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PlaneQuery {
    /// Its values.
    Float32(Vec<f32>),
    /// Whole numbers of 12 bits, and what one of them times one of a passage's is worth.
    Integers { codes: Vec<i16>, unit: f32 },
}

impl PlaneQuery {
    /// `query`: all dimensions, in the space of the plane's code.
    pub(super) fn new(plane: Spec, query: &[f32]) -> Self {
        let part = plane.part(query);
        match plane.code {
            Code::Float32 => Self::Float32(part.to_vec()),
            Code::Int8 => {
                let (codes, unit) = int8::encode12(part, part.len());
                Self::Integers { codes, unit }
            }
            Code::Levels(bits) => {
                let padded = part.len().next_multiple_of(bits.block());
                let (codes, unit) = int8::encode12(part, padded);
                Self::Integers { codes, unit }
            }
        }
    }
}
