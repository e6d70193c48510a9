//! Vectors as JSON Lines: an object a line, with `id` or `text_sha256`, `vector` (or `embedding`) and, if
//! it is known, `fingerprint`.

use super::table::{Naming, Place, VectorTable};
use super::{Exported, PassageWriter};
use crate::failure::Failure;
use crate::partial_file::PartialFile;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, StdoutLock, Write};
use std::path::Path;

const SHAPE: &str = r#"a line looks like {"id": "guide/install.html", "vector": [0.1, -0.2]}"#;

/// The fields of a line that count here.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "_id")]
    id: Option<Id>,
    text_sha256: Option<String>,
    #[serde(alias = "embedding")]
    vector: Option<Vec<f32>>,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(serde_json::Number),
}

/// Reads a file of objects with vectors.
///
/// # Errors
/// A [`Failure`] with the line.
pub fn read(path: &Path, file: &str) -> Result<VectorTable> {
    let mut table = VectorTable::new(file, Naming::Order);
    lines(path, file, |place, text| {
        let line = parse(&table, place, text)?;
        let vector = line.vector.as_deref();
        let vector = vector.ok_or_else(|| table.fault(place, "no `vector`").hint(SHAPE))?;
        table.push(place, vector)?;
        name(&mut table, place, line)
    })?;
    Ok(table.checked()?)
}

/// Reads the names of `table`'s rows from the file beside it: objects without vectors.
///
/// # Errors
/// A [`Failure`] with the line.
pub fn read_names(path: &Path, table: &mut VectorTable) -> Result<()> {
    let file = path.display().to_string();
    let mut names = VectorTable::new(&file, Naming::Order);
    lines(path, &file, |place, text| {
        let line = parse(&names, place, text)?;
        name(&mut names, place, line)
    })?;
    table.naming = names.naming;
    table.names = names.names;
    table.fingerprint = names.fingerprint;
    Ok(())
}

fn lines(
    path: &Path,
    file: &str,
    mut each: impl FnMut(Place, &str) -> Result<(), Failure>,
) -> Result<()> {
    let reader = BufReader::new(File::open(path).with_context(|| file.to_owned())?);
    for (at, line) in reader.lines().enumerate() {
        let place = Place::Line(at + 1);
        let line = line.map_err(|error| {
            Failure::new(format!("{file}: {place}: {error}")).hint("JSON Lines are UTF-8")
        })?;
        if !line.trim().is_empty() {
            each(place, &line)?;
        }
    }
    Ok(())
}

fn parse(table: &VectorTable, place: Place, text: &str) -> Result<Line, Failure> {
    serde_json::from_str(text).map_err(|error| {
        // What some programs write where JSON has no word for it.
        let odd = ["NaN", "Infinity"].into_iter().find(|word| text.contains(word));
        match odd.filter(|_| error.is_syntax()) {
            Some(word) => table
                .fault(place, format!("{word} is not JSON, and no number that can be indexed"))
                .hint("encode this document again, or leave it out of file and sources"),
            None => table.fault(place, format!("not a record: {error}")).hint(SHAPE),
        }
    })
}

/// Notes what a line calls its row. All lines must use the same field.
fn name(table: &mut VectorTable, place: Place, line: Line) -> Result<(), Failure> {
    if table.names.is_empty() {
        let has_text = line.text_sha256.is_some();
        table.naming = if has_text { Naming::Text } else { Naming::Id };
    }
    let name = match table.naming {
        Naming::Text => line.text_sha256,
        Naming::Id | Naming::Order => line.id.map(|id| match id {
            Id::Text(text) => text.trim().to_owned(),
            Id::Number(number) => number.to_string(),
        }),
    };
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(table.fault(place, format!("no `{}`", table.naming.field())).hint(SHAPE));
    };
    table.names.push(name);
    match line.fingerprint {
        Some(fingerprint) => table.declare(place, fingerprint),
        None => Ok(()),
    }
}

/// Where lines go.
enum Output {
    File(PartialFile),
    Stdout(StdoutLock<'static>),
}

/// Writes passages as JSON Lines.
pub struct JsonLinesWriter {
    output: Output,
}

impl JsonLinesWriter {
    /// Into a file, or to standard output.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(path: Option<&Path>) -> Result<Self> {
        let output = match path {
            Some(path) => Output::File(PartialFile::new(path)?),
            None => Output::Stdout(std::io::stdout().lock()),
        };
        Ok(Self { output })
    }
}

impl PassageWriter for JsonLinesWriter {
    fn add(&mut self, passage: Exported) -> Result<()> {
        let mut line = serde_json::to_vec(&passage)?;
        line.push(b'\n');
        match &mut self.output {
            Output::File(file) => file.write_all(&line)?,
            Output::Stdout(stdout) => stdout.write_all(&line)?,
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        match self.output {
            Output::File(file) => file.finish(),
            Output::Stdout(mut stdout) => Ok(stdout.flush()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Result<VectorTable> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("v.jsonl");
        std::fs::write(&path, text).unwrap();
        read(&path, "v.jsonl")
    }

    #[test]
    fn ids_may_be_numbers_and_blank_lines_are_passed_over() {
        let table = of("{\"id\": 7, \"vector\": [1, 2.5]}\n\n{\"_id\": \"b\", \"embedding\": [3e0, 4], \"fingerprint\": \"f\"}\n").unwrap();
        assert_eq!((table.naming, table.dimensions, table.rows()), (Naming::Id, 2, 2));
        assert_eq!(table.names, ["7", "b"]);
        assert_eq!(table.vector(1), Some(&[3.0, 4.0][..]));
        assert_eq!(table.place(1), Place::Line(3));
        assert_eq!(table.fingerprint.as_deref(), Some("f"));
    }

    #[test]
    fn a_line_that_is_no_record_is_named() {
        let good = r#"{"id": "a", "vector": [1, 2]}"#;
        for (line, word) in [
            (r#"{"id": "b"}"#, "no `vector`"),
            (r#"{"vector": [1, 2]}"#, "no `id`"),
            (r#"{"id": "", "vector": [1, 2]}"#, "no `id`"),
            (r#"{"id": "b", "vector": [1, null]}"#, "null"),
            (r#"{"id": "b", "vector": [1, NaN]}"#, "NaN"),
            (r#"{"id": "b", "vector": [1, 1e39]}"#, "inf"),
            (r#"{"id": "b", "vector": "AAAA"}"#, "string"),
            (r#"{"id": ["b"], "vector": [1, 2]}"#, "not a record"),
            (r#"{"id": "b", "vector": [1, 2"#, "not a record"),
            (r#"[1, 2]"#, "not a record"),
        ] {
            let error = of(&format!("{good}\n{line}\n")).unwrap_err().to_string();
            assert!(error.contains("v.jsonl: line 2") && error.contains(word), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_float_keeps_its_bits(bits: u32) {
            let value = f32::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = serde_json::to_string(&vec![value]).unwrap();
            let back: Vec<f32> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(back[0].to_bits(), bits);
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = of(&text);
        }
    }
}
