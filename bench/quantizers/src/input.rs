//! The vectors of the scan bench, read back: see bench/scan/vectors.mjs.

use crate::error::Error;
use serde::Deserialize;
use sextant_index::vectors::unit_vector;
use std::fs;
use std::path::Path;

/// Vectors that are coded and vectors that ask, all of length 1.
#[derive(Debug)]
pub struct Input {
    /// Dimensions.
    pub width: usize,
    /// f32[vectors, width], row by row.
    pub rows: Vec<f32>,
    /// f32[queries, width], row by row: questions, then passages that are not among the rows.
    pub asking: Vec<f32>,
    /// How many of the queries are questions of readers.
    pub questions: usize,
}

/// `vectors.json`; what else is in it is about where the vectors came from.
#[derive(Deserialize)]
struct About {
    dimensions: usize,
    real: usize,
    queries: Queries,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queries {
    questions: usize,
    held_out: usize,
}

impl Input {
    /// Reads `vectors.json`, `real.f32` and `queries.f32` of `dir`.
    ///
    /// # Errors
    /// A file that is missing or does not have what the description says, or a vector without a direction.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("vectors.json");
        let text = fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let About { dimensions, real, queries } =
            serde_json::from_slice(&text).map_err(|source| Error::Json { path, source })?;
        let Queries { questions, held_out } = queries;
        let asking = questions.saturating_add(held_out);
        Ok(Self {
            width: dimensions,
            rows: units(&dir.join("real.f32"), real, dimensions)?,
            asking: units(&dir.join("queries.f32"), asking, dimensions)?,
            questions,
        })
    }

    /// Number of vectors that are coded.
    pub fn vectors(&self) -> usize {
        self.rows.len() / self.width
    }

    /// Number of queries.
    pub fn queries(&self) -> usize {
        self.asking.len() / self.width
    }
}

/// A file of little-endian float32, at least one row, each row with length 1.
fn units(path: &Path, rows: usize, width: usize) -> Result<Vec<f32>, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
    let found = bytes.len();
    let expected = rows.checked_mul(width).and_then(|values| values.checked_mul(size_of::<f32>()));
    if expected != Some(found) || found == 0 {
        return Err(Error::Length { path: path.into(), found, rows, width });
    }
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|v| f32::from_le_bytes(*v)).collect();
    let mut units = Vec::with_capacity(values.len());
    for (row, vector) in values.chunks_exact(width).enumerate() {
        units.extend(unit_vector(vector, row)?);
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with these files, removed when it is dropped.
    struct Dir(std::path::PathBuf);

    impl Dir {
        fn new(name: &str, about: &str, real: &[f32], queries: &[f32]) -> Self {
            let name = format!("sextant-quantizers-{}-{name}", std::process::id());
            let dir = std::env::temp_dir().join(name);
            fs::create_dir_all(&dir).unwrap();
            let bytes =
                |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
            fs::write(dir.join("vectors.json"), about).unwrap();
            fs::write(dir.join("real.f32"), bytes(real)).unwrap();
            fs::write(dir.join("queries.f32"), bytes(queries)).unwrap();
            Self(dir)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    const ABOUT: &str =
        r#"{"dimensions": 2, "real": 2, "queries": {"questions": 1, "heldOut": 1}, "sources": []}"#;

    #[test]
    fn vectors_are_read_and_brought_to_length_1() {
        let dir = Dir::new("whole", ABOUT, &[3.0, 4.0, 0.0, 2.0], &[1.0, 0.0, 0.0, -5.0]);
        let input = Input::read(&dir.0).unwrap();
        assert_eq!(input.rows, [0.6, 0.8, 0.0, 1.0]);
        assert_eq!(input.asking, [1.0, 0.0, 0.0, -1.0]);
        assert_eq!((input.vectors(), input.queries(), input.questions), (2, 2, 1));
    }

    #[test]
    fn files_that_do_not_fit_their_description_are_refused() {
        let rows = [1.0f32; 4];
        let short = Dir::new("short", ABOUT, &rows[..3], &rows);
        assert!(matches!(Input::read(&short.0), Err(Error::Length { found: 12, rows: 2, .. })));
        let zero = Dir::new("zero", ABOUT, &rows, &[1.0, 1.0, 0.0, 0.0]);
        assert!(matches!(Input::read(&zero.0), Err(Error::Index(_))));
        let torn = Dir::new("torn", &ABOUT[..30], &rows, &rows);
        assert!(matches!(Input::read(&torn.0), Err(Error::Json { .. })));
        for lie in ["0", "9223372036854775807"] {
            let about = ABOUT.replace("\"real\": 2", &format!("\"real\": {lie}"));
            let lying = Dir::new("lying", &about, &rows, &rows);
            assert!(matches!(Input::read(&lying.0), Err(Error::Length { .. })), "{lie}");
        }
        assert!(matches!(Input::read(Path::new("no such directory")), Err(Error::Io { .. })));
    }
}
