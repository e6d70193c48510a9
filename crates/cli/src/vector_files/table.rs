//! Vectors as any of the formats gives them: checked row by row, and named.

use crate::failure::Failure;
use sextant_index::vectors::MAX_DIMENSIONS;
use std::collections::HashMap;
use std::fmt;

/// Below this the length of a vector says nothing of its direction: as the planes' writer has it.
const SHORTEST: f64 = f32::MIN_POSITIVE as f64 * 256.0;

/// What a row is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The id of its document.
    Id,
    /// The sha256 of a passage's text, see [`super::Exported::text_sha256`].
    Text,
    /// The file does not say: the first row is the first document's.
    Order,
}

impl Naming {
    /// The field or column.
    pub fn field(self) -> &'static str {
        match self {
            Self::Id | Self::Order => "id",
            Self::Text => "text_sha256",
        }
    }
}

/// Where in its file a row stands, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// From 0, as programs that make such files count.
    Row(usize),
    /// From 1, as editors count.
    Line(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(formatter, "row {row} (counted from 0)"),
            Self::Line(line) => write!(formatter, "line {line}"),
        }
    }
}

/// The vectors of a file: at least one, all of one length, finite and with a direction.
#[derive(Clone, Debug)]
pub struct VectorTable {
    /// The file, as messages call it.
    pub file: String,
    /// Length of a vector, `1..=8192`.
    pub dimensions: usize,
    /// What [`VectorTable::names`] are.
    pub naming: Naming,
    /// One a row; none where rows go by order.
    pub names: Vec<String>,
    /// The fingerprint that the file declares.
    pub fingerprint: Option<String>,
    values: Vec<f32>,
    places: Vec<Place>,
}

impl VectorTable {
    /// A table without rows.
    pub fn new(file: &str, naming: Naming) -> Self {
        Self {
            file: file.to_owned(),
            dimensions: 0,
            naming,
            names: Vec::new(),
            fingerprint: None,
            values: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.places.len()
    }

    /// The vector of a row; `None` behind the last.
    pub fn vector(&self, row: usize) -> Option<&[f32]> {
        self.values.chunks_exact(self.dimensions.max(1)).nth(row)
    }

    /// Where a row stands.
    pub fn place(&self, row: usize) -> Place {
        self.places.get(row).copied().unwrap_or(Place::Row(row))
    }

    /// `FILE: line 3: what`.
    pub fn fault(&self, place: Place, what: impl fmt::Display) -> Failure {
        Failure::new(format!("{}: {place}: {what}", self.file))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// For another length than the first row's, for NaN and infinity, and for zeros.
    pub fn push(&mut self, place: Place, vector: &[f32]) -> Result<(), Failure> {
        let (found, most) = (vector.len(), MAX_DIMENSIONS as usize);
        if !(1..=most).contains(&found) {
            let what = format!("a vector of {found} numbers");
            return Err(self.fault(place, what).hint(format!("1 to {most} are possible")));
        }
        if self.rows() == 0 {
            self.dimensions = found;
        }
        if found != self.dimensions {
            let (first, expected) = (self.place(0), self.dimensions);
            let what = format!("a vector of {found} numbers, but {first} has {expected}");
            return Err(self.fault(place, what).hint("all vectors must be of one encoder"));
        }
        if let Some(at) = vector.iter().position(|value| !value.is_finite()) {
            let value = vector.get(at).copied().unwrap_or(f32::NAN);
            let what = format!("number {at} of the vector is {value}");
            return Err(self
                .fault(place, what)
                .hint("encode this document again, or leave it out of file and sources"));
        }
        let norm = vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
        if norm < SHORTEST {
            return Err(self.fault(place, "a vector of zeros, which has no direction").hint(
                "encode this document again (was its text empty?), or leave it out of file and sources",
            ));
        }
        self.values.extend_from_slice(vector);
        self.places.push(place);
        Ok(())
    }

    /// Notes the fingerprint that a row declares.
    ///
    /// # Errors
    /// When another row has declared another one.
    pub fn declare(&mut self, place: Place, fingerprint: String) -> Result<(), Failure> {
        match &self.fingerprint {
            Some(other) if *other != fingerprint => {
                let what = format!("made by encoder {fingerprint}, the rows before by {other}");
                Err(self.fault(place, what).hint("all vectors must be of one encoder"))
            }
            _ => {
                self.fingerprint = Some(fingerprint);
                Ok(())
            }
        }
    }

    /// The table, once all rows are there and have names that tell them apart.
    ///
    /// # Errors
    /// For no rows, and for a name that two rows have: for texts only if the vectors differ.
    pub fn checked(self) -> Result<Self, Failure> {
        if self.rows() == 0 {
            return Err(Failure::new(format!("{}: no vectors in it", self.file))
                .hint("each document needs one; was the collection empty?"));
        }
        let mut seen: HashMap<&str, usize> = HashMap::with_capacity(self.names.len());
        for (row, name) in self.names.iter().enumerate() {
            let Some(first) = seen.insert(name, row) else { continue };
            if self.naming == Naming::Text && self.vector(first) == self.vector(row) {
                continue;
            }
            let what = format!(
                "the {} {name:?} is that of {} too",
                self.naming.field(),
                self.place(first)
            );
            return Err(self
                .fault(self.place(row), what)
                .hint("each row needs a name of its own; remove one of the two"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(naming: Naming, rows: &[(&str, &[f32])]) -> Result<VectorTable, Failure> {
        let mut table = VectorTable::new("v", naming);
        for (row, (name, vector)) in rows.iter().enumerate() {
            table.push(Place::Row(row), vector)?;
            table.names.push((*name).to_owned());
        }
        table.checked()
    }

    #[test]
    fn rows_that_cannot_be_indexed_are_named() {
        for (odd, word) in [
            (&[1.0f32][..], "1 numbers"),
            (&[], "0 numbers"),
            (&[1.0, f32::NAN], "number 1 of the vector is NaN"),
            (&[f32::NEG_INFINITY, 1.0], "number 0 of the vector is -inf"),
            (&[0.0, -0.0], "zeros"),
            (&[1e-40, 0.0], "zeros"),
        ] {
            let error = table(Naming::Id, &[("a", &[1.0, 2.0]), ("b", odd)]).unwrap_err();
            let said = error.to_string();
            assert!(said.starts_with("v: row 1") && said.contains(word), "{said}");
        }
        assert!(table(Naming::Id, &[]).unwrap_err().to_string().contains("no vectors"));
        let long = vec![1.0; 8193];
        assert!(table(Naming::Id, &[("a", &long)]).unwrap_err().to_string().contains("8193"));
    }

    #[test]
    fn an_id_may_come_once_and_a_text_again_with_the_same_vector() {
        let twice: [(&str, &[f32]); 2] = [("a", &[1.0, 2.0]), ("a", &[1.0, 2.0])];
        let error = table(Naming::Id, &twice).unwrap_err().to_string();
        assert!(error.contains("row 1") && error.contains("row 0"), "{error}");
        assert_eq!(table(Naming::Text, &twice).unwrap().rows(), 2);
        let differ: [(&str, &[f32]); 2] = [("a", &[1.0, 2.0]), ("a", &[1.0, 3.0])];
        assert!(table(Naming::Text, &differ).is_err());
    }

    #[test]
    fn two_encoders_in_one_file_are_refused() {
        let mut table = VectorTable::new("v", Naming::Id);
        table.declare(Place::Line(1), "a".into()).unwrap();
        table.declare(Place::Line(2), "a".into()).unwrap();
        let error = table.declare(Place::Line(3), "b".into()).unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
