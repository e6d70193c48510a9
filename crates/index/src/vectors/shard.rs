//! The codes of consecutive passages: read, scored, decoded.

use super::cascade::Room;
use super::code::{Code, PlaneQuery, Spec};
use super::sketch::Sketch;
use super::writer::{ALIGN, FIXED, PLANE_HEADER, code_number};
use super::{basis::Basis, levels};
use sextant_core::error::BundleError;
use sextant_core::frame::{self, HEADER, Kind};
use sextant_core::half::from_half;
use sextant_core::wire::Reader;
use sextant_kernels::as_i8;
use sextant_kernels::scan::{self, packed};
use std::ops::Range;

/// A shard of codes. Scores are cosines, up to what the codes lose: a passage's scale times the sum of
/// what its planes give.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    planes: Vec<Plane>,
    scales: Vec<f32>,
    rows: usize,
    file: Vec<u8>,
    /// The values of a float32 plane, which bytes anywhere in a file cannot be read as.
    floats: Vec<f32>,
    sketch: Option<Sketch>,
}

/// A plane as a device scans it: the score of a passage is the sum of its dimensions' products with the query's
/// codes, times both units, times its scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lent<'a> {
    /// Codes row after row, as they lie in the file.
    pub codes: &'a [u8],
    /// One a passage.
    pub scales: &'a [f32],
    /// What the numbers of levels stand for; nothing for bytes, which stand for themselves.
    pub levels: [i8; 16],
    /// What 1 in those is worth.
    pub unit: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Plane {
    spec: Spec,
    gain: f32,
    /// Where its codes begin in the file.
    at: usize,
}

impl Plane {
    /// Bytes of a passage.
    fn row_bytes(&self) -> usize {
        self.spec.code.row_bytes(self.spec.width())
    }

    /// Products of `query` with `rows`, codes one after the other; gives what one of the passages' units
    /// is worth.
    //
    // Shapes were checked when the shard was opened and the query made; were one wrong, the products would
    // stay 0 and no memory be touched.
    fn integer_dots(&self, query: &[i16], rows: &[u8], dots: &mut [i32]) -> f32 {
        let _shapes = match self.spec.code {
            Code::Levels(bits) => packed::dot_packed(bits, &levels::table(bits), query, rows, dots),
            _ => scan::dot_i12(query, as_i8(rows), self.spec.width(), dots),
        };
        self.unit()
    }

    /// What 1 in a passage's codes is worth, before its scale.
    fn unit(&self) -> f32 {
        match self.spec.code {
            Code::Levels(bits) => levels::unit(bits) * self.gain,
            _ => 1.0,
        }
    }
}

impl Codes {
    /// Reads a shard of `rows` passages with these planes, as the manifest says. `file` is the inflated
    /// file, `name` its name for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the manifest.
    //
    // offset in the body    size
    //      0                   4  passages
    //      4                   4  planes
    //      8                   8  zero, checked
    //     16     16 a plane: code u32 (0 float32, 1 int8, 17 1bit, 33 2bit, 65 4bit), from u32, to u32,
    //            gain f32 above 0: what values were divided by before they were coded
    //      -     scales, one a passage: f32 for int8, f16 for levels, none for float32
    //      -     for each plane: zero up to a multiple of 16, checked; then the codes, row after row
    pub fn open(
        file: Vec<u8>,
        name: &str,
        planes: &[Spec],
        rows: u32,
    ) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(&file, Kind::Plane, name)?);
        let body = reader.remaining();
        let (found_rows, found_planes) = (reader.u32()?, reader.u32()?);
        if found_rows != rows || found_planes as usize != planes.len() {
            return Err(reader.fault(format!(
                "{found_rows} vectors in {found_planes} planes, the manifest says {rows} in {}",
                planes.len()
            )));
        }
        if reader.array::<8>()? != [0; 8] {
            return Err(reader.fault("a byte that no writer writes"));
        }
        debug_assert_eq!(body - reader.remaining(), FIXED);
        let mut opened = Vec::with_capacity(planes.len());
        for spec in planes {
            let (code, from, to) = (reader.u32()?, reader.u32()?, reader.u32()?);
            let gain = reader.f32()?;
            if (code, from, to) != (code_number(spec.code), spec.from, spec.to) {
                let Spec { code: name, from: begin, to: end } = spec;
                let says = format!("the manifest says {} {begin}..{end}", name.name());
                return Err(reader.fault(format!("a plane of code {code} {from}..{to}, {says}")));
            }
            if !(gain.is_finite() && gain > 0.0) {
                return Err(reader.fault("a plane with a gain that is not above 0"));
            }
            opened.push(Plane { spec: *spec, gain, at: 0 });
        }
        debug_assert_eq!(body - reader.remaining(), FIXED + planes.len() * PLANE_HEADER);
        let rows = rows as usize;
        let mut floats = vec![];
        let scales = read_scales(&mut reader, planes.first().map(|plane| plane.code), rows)?;
        for plane in &mut opened {
            let used = body - reader.remaining();
            let gap = reader.bytes(used.next_multiple_of(ALIGN) - used)?;
            plane.at = HEADER + used + gap.len();
            let row = plane.spec.code.row_bytes(plane.spec.width());
            let bytes = row.checked_mul(rows).filter(|bytes| *bytes <= reader.remaining());
            let Some(bytes) = bytes else {
                let what = format!("{rows} rows of {row} bytes in {}", reader.remaining());
                return Err(reader.fault(what));
            };
            let codes = reader.bytes(bytes)?;
            let sound = match plane.spec.code {
                Code::Float32 => {
                    floats = codes.as_chunks().0.iter().map(|v| f32::from_le_bytes(*v)).collect();
                    floats.iter().all(|v| v.is_finite())
                }
                Code::Int8 => !as_i8(codes).contains(&i8::MIN),
                Code::Levels(_) => true,
            };
            if !sound || gap.iter().any(|b| *b != 0) {
                return Err(reader.fault("a code that no writer writes"));
            }
        }
        reader.end()?;
        Ok(Self { planes: opened, scales, rows, file, floats, sketch: None })
    }

    /// The same with sketches of the first `dimensions`, as [`super::sketch::fault`] allows them.
    #[must_use]
    pub fn with_sketches(mut self, dimensions: u32) -> Self {
        let planes: Vec<Spec> = self.planes.iter().map(|plane| plane.spec).collect();
        let code =
            |plane: usize, row| self.planes.get(plane).map_or(&[][..], |p| self.code(p, row));
        self.sketch = Some(Sketch::new(&planes, dimensions, self.rows, code));
        self
    }

    /// Plane `plane` for a device; nothing where there is no such plane, or it is of floats.
    #[must_use]
    pub fn lend(&self, plane: usize) -> Option<Lent<'_>> {
        let plane = self.planes.get(plane).filter(|plane| plane.spec.code != Code::Float32)?;
        let levels = match plane.spec.code {
            Code::Levels(bits) => levels::table(bits),
            _ => [0; 16],
        };
        let codes = self.file.get(plane.at..plane.at + self.rows * plane.row_bytes())?;
        Some(Lent { codes, scales: &self.scales, levels, unit: plane.unit() })
    }

    /// How many first dimensions its sketches have; 0 without.
    pub(super) fn sketched(&self) -> u32 {
        self.sketch.as_ref().map_or(0, |sketch| sketch.dimensions)
    }

    /// `count` blocks of sketches from block `first` on.
    pub(super) fn sketches(&self, first: usize, count: usize) -> &[u8] {
        self.sketch.as_ref().map_or(&[], |sketch| sketch.blocks(first, count))
    }

    /// What the signs of the first `dimensions` tell of their products with `query`.
    pub(super) fn weights(&self, query: &[f32], dimensions: u32) -> Vec<f32> {
        let weight = |(d, value): (u32, &f32)| {
            let holds = |plane: &&Plane| (plane.spec.from..plane.spec.to).contains(&d);
            self.planes.iter().find(holds).map_or(0.0, |plane| plane.gain * value)
        };
        (0..dimensions).zip(query).map(weight).collect()
    }

    /// The bytes of a passage in a plane.
    fn code(&self, plane: &Plane, row: usize) -> &[u8] {
        let bytes = plane.row_bytes();
        let first = plane.at + row * bytes;
        self.file.get(first..first + bytes).unwrap_or_default()
    }

    /// Number of passages.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        let sketch = self.sketch.as_ref().map_or(0, Sketch::memory);
        self.file.len() + (self.scales.len() + self.floats.len()) * size_of::<f32>() + sketch
    }

    /// The factor of a passage's scores.
    pub(super) fn scale(&self, row: usize) -> f32 {
        self.scales.get(row).copied().unwrap_or(1.0)
    }

    /// Appends what plane `plane` adds to the scores of `rows`, before their scales, to the scores of
    /// `room`.
    pub(super) fn partial(
        &self,
        plane: usize,
        query: &PlaneQuery,
        rows: Range<usize>,
        room: &mut Room,
    ) {
        let Some(plane) = self.planes.get(plane) else { return };
        match query {
            PlaneQuery::Float32(query) => {
                let start = room.scores.len();
                room.scores.resize(start + rows.len(), 0.0);
                self.float_dots(query, rows, room.scores.get_mut(start..).unwrap_or_default());
            }
            PlaneQuery::Integers { codes, unit } => {
                let bytes = plane.row_bytes();
                let rows = plane.at + rows.start * bytes..plane.at + rows.end * bytes;
                room.dots.clear();
                room.dots.resize(rows.len() / bytes, 0);
                let found = self.file.get(rows).unwrap_or_default();
                let unit = plane.integer_dots(codes, found, &mut room.dots) * unit;
                room.scores.extend(room.dots.iter().map(|dot| *dot as f32 * unit));
            }
        }
    }

    /// The same for the rows of `room`, wherever they are: their codes are copied together first, so that
    /// the memory is asked for all of them at once.
    pub(super) fn gathered(&self, plane: usize, query: &PlaneQuery, room: &mut Room) {
        let Some(plane) = self.planes.get(plane) else { return };
        match query {
            PlaneQuery::Float32(query) => {
                for row in &room.rows {
                    let mut dot = [0.0];
                    self.float_dots(query, *row..row + 1, &mut dot);
                    room.scores.extend(dot);
                }
            }
            PlaneQuery::Integers { codes, unit } => {
                room.codes.clear();
                for row in &room.rows {
                    room.codes.extend_from_slice(self.code(plane, *row));
                }
                room.dots.clear();
                room.dots.resize(room.rows.len(), 0);
                let unit = plane.integer_dots(codes, &room.codes, &mut room.dots) * unit;
                room.scores.extend(room.dots.iter().map(|dot| *dot as f32 * unit));
            }
        }
    }

    /// The same for one passage.
    pub(super) fn one(&self, plane: usize, query: &PlaneQuery, row: usize) -> f32 {
        let Some(plane) = self.planes.get(plane) else { return 0.0 };
        match query {
            PlaneQuery::Float32(query) => {
                let mut dot = [0.0];
                self.float_dots(query, row..row + 1, &mut dot);
                dot[0]
            }
            PlaneQuery::Integers { codes, unit } => {
                let mut dot = [0];
                let unit = plane.integer_dots(codes, self.code(plane, row), &mut dot) * unit;
                dot[0] as f32 * unit
            }
        }
    }

    fn float_dots(&self, query: &[f32], rows: Range<usize>, out: &mut [f32]) {
        let values = self.floats.get(rows.start * query.len()..rows.end * query.len());
        let _shapes = scan::dot_f32(query, values.unwrap_or_default(), query.len(), out);
    }

    /// The vector of passage `row` of this shard, as its codes have it: f32[inputs of the basis], or
    /// [dimensions] without one. Its length is near 1. What lies outside the planes is the mean's.
    #[must_use]
    pub fn decode(&self, row: usize, basis: Option<&Basis>) -> Vec<f32> {
        let mut values = Vec::new();
        let scale = self.scale(row);
        for plane in &self.planes {
            let width = plane.spec.width();
            let codes = self.code(plane, row);
            match plane.spec.code {
                Code::Float32 => {
                    values.extend(codes.as_chunks().0.iter().map(|v| f32::from_le_bytes(*v)));
                }
                Code::Int8 => values.extend(as_i8(codes).iter().map(|c| f32::from(*c) * scale)),
                Code::Levels(bits) => {
                    let (table, unit) =
                        (levels::table(bits), levels::unit(bits) * plane.gain * scale);
                    let level = |d| table.get(unpack(codes, bits.count(), d)).copied().unwrap_or(0);
                    values.extend((0..width).map(|d| f32::from(level(d)) * unit));
                }
            }
        }
        match basis {
            Some(basis) if self.planes.iter().any(|plane| plane.spec.code.needs_basis()) => {
                basis.restored(&values)
            }
            _ => values,
        }
    }
}

fn unpack(row: &[u8], bits: usize, d: usize) -> usize {
    let block = 8 / bits * ALIGN;
    let (at, within) = (d / block * ALIGN + d % ALIGN, d % block / ALIGN);
    usize::from(row.get(at).copied().unwrap_or(0) >> (bits * within)) & ((1 << bits) - 1)
}

fn read_scales(
    reader: &mut Reader<'_>,
    code: Option<Code>,
    rows: usize,
) -> Result<Vec<f32>, BundleError> {
    let size = code.map_or(0, Code::scale_bytes);
    if rows.checked_mul(size).is_none_or(|bytes| bytes > reader.remaining()) {
        return Err(reader.fault(format!("{rows} vectors in {} bytes", reader.remaining())));
    }
    if size == 0 {
        return Ok(vec![]);
    }
    let mut scales = Vec::with_capacity(rows);
    for row in 0..rows {
        let scale = match code {
            Some(Code::Int8) => reader.f32()?,
            _ => from_half(u16::from_le_bytes(reader.array()?)),
        };
        // A vector that equals the mean has no direction from it: scale 0.
        if !(scale.is_finite() && scale >= 0.0) {
            return Err(reader.fault(format!("vector {row} has a scale below 0, or none")));
        }
        scales.push(scale);
    }
    Ok(scales)
}
