//! An index as one file, and plans by name: for the bench that times every plan in a page. What can only be
//! built natively, or takes more memory than a page has, is built there and opened here. Nothing of this
//! ships, and there is one reader and one writer of the same day, so there is no version.
//!
//! A file is a list of blobs, the length of each in front of it (u32, little endian): the description as
//! JSON, then the basis if there is one, all shards of codes, those of finer codes, the clusters with
//! their centroids, the graph, and the order (u32 each).

use super::VectorIndex;
use crate::vectors::coded::{Coded, Keep};
use crate::vectors::plan::Axes;
use crate::vectors::walked::Walked;
use crate::vectors::{Search, VectorOptions, VectorReport};
use serde::{Deserialize, Serialize};
use sextant_index::vectors::clusters::centroid_planes;
use sextant_index::vectors::{Basis, Clusters, Code, Codes, CodesPart, Graph, Spec};

/// What is wrong with a plan's name or a packed index.
type Fault = String;

impl VectorOptions {
    /// The options that `plan` names: words with `-` between them, which are a code, the number of dimensions,
    /// `random` or `principal`, `clusters` or `graph`, and behind `+` the code that rescores, as in
    /// `4bit-192-principal-clusters+int8`.
    ///
    /// # Errors
    /// The word that is not understood.
    pub fn of_plan(plan: &str) -> Result<Self, Fault> {
        let (scanned, rescore) = match plan.split_once('+') {
            Some((scanned, rescore)) => (scanned, Some(rescore)),
            None => (plan, None),
        };
        let code = |name: &str| Code::named(name).ok_or(format!("{plan}: what is {name}?"));
        let rescore = rescore.map(code).transpose()?;
        let mut options = Self { rescore, search: Some(Search::Scan), ..Self::default() };
        for word in scanned.split('-') {
            match (word, word.parse()) {
                ("random", _) => options.axes = Some(Axes::Random),
                ("principal", _) => options.axes = Some(Axes::Principal),
                ("clusters", _) => options.search = Some(Search::Clusters),
                #[cfg(feature = "graph")]
                ("graph", _) => options.search = Some(Search::Graph(Default::default())),
                (_, Ok(dimensions)) => options.dimensions = Some(dimensions),
                _ => options.code = Some(code(word)?),
            }
        }
        Ok(options)
    }
}

/// What the blobs are.
#[derive(Serialize, Deserialize)]
struct Description {
    width: usize,
    codes: CodesDescription,
    fine: Option<CodesDescription>,
    keep_sketch: u32,
    keep: Vec<u32>,
    clusters: bool,
    beam: Option<u32>,
    order: bool,
    report: VectorReport,
}

#[derive(Serialize, Deserialize)]
struct CodesDescription {
    /// Name of the code, first dimension, the one behind the last.
    planes: Vec<(String, u32, u32)>,
    sketch: Option<u32>,
    basis: bool,
    /// First passage and number of passages of each shard.
    parts: Vec<(u32, u32)>,
}

impl CodesDescription {
    fn of(coded: &Coded) -> Self {
        let plane = |spec: &Spec| (spec.code.name().to_owned(), spec.from, spec.to);
        Self {
            planes: coded.planes().iter().map(plane).collect(),
            sketch: coded.sketch(),
            basis: coded.basis().is_some(),
            parts: coded.parts().iter().map(|part| (part.start, part.count)).collect(),
        }
    }

    fn open(&self, width: usize, blobs: &mut Blobs<'_>) -> Result<Coded, Fault> {
        let plane = |(code, from, to): &(String, u32, u32)| {
            let code = Code::named(code).ok_or(format!("a code {code}"))?;
            Ok(Spec::new(code, *from, *to))
        };
        let planes = self.planes.iter().map(plane).collect::<Result<Vec<_>, Fault>>()?;
        let basis = match self.basis {
            true => Some(Basis::open(blobs.next()?, "basis", width as u32).map_err(fault)?),
            false => None,
        };
        let part = |(start, count): &(u32, u32)| {
            Ok(CodesPart { start: *start, count: *count, file: blobs.next()?.to_vec() })
        };
        let parts = self.parts.iter().map(part).collect::<Result<Vec<_>, Fault>>()?;
        Coded::open(width, planes, basis, parts, self.sketch).map_err(fault)
    }
}

fn fault(error: impl std::fmt::Display) -> Fault {
    error.to_string()
}

/// The blobs of a file, one after the other.
struct Blobs<'a>(&'a [u8]);

impl<'a> Blobs<'a> {
    fn next(&mut self) -> Result<&'a [u8], Fault> {
        let cut = || "the file ends early".to_owned();
        let (length, rest) = self.0.split_first_chunk().ok_or_else(cut)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (blob, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(blob)
    }
}

impl VectorIndex {
    /// The index as one file.
    ///
    /// # Errors
    /// A part of 4 GB or more.
    pub fn packed(&self) -> Result<Vec<u8>, Fault> {
        let description = Description {
            width: self.width,
            codes: CodesDescription::of(&self.coded),
            fine: self.fine.as_ref().map(CodesDescription::of),
            keep_sketch: self.keep.sketch,
            keep: self.keep.planes.clone(),
            clusters: self.clusters.is_some(),
            beam: self.graph.as_ref().map(|walked| walked.beam),
            order: self.order.is_some(),
            report: self.report.clone(),
        };
        let mut file = vec![];
        let mut put = |blob: &[u8]| -> Result<(), Fault> {
            file.extend_from_slice(&u32::try_from(blob.len()).map_err(fault)?.to_le_bytes());
            file.extend_from_slice(blob);
            Ok(())
        };
        put(&serde_json::to_vec(&description).map_err(fault)?)?;
        for coded in std::iter::once(&self.coded).chain(&self.fine) {
            if let Some(basis) = coded.basis() {
                put(&basis.write())?;
            }
            for part in coded.parts() {
                put(&part.file)?;
            }
        }
        if let Some((clusters, part, _)) = &self.clusters {
            put(&clusters.write())?;
            put(&part.file)?;
        }
        if let Some(walked) = &self.graph {
            put(walked.graph.file())?;
        }
        if let Some(order) = &self.order {
            put(&order.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>())?;
        }
        Ok(file)
    }

    /// The index of a file that [`VectorIndex::packed`] gave.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn unpacked(file: &[u8]) -> Result<Self, Fault> {
        let mut blobs = Blobs(file);
        let description = serde_json::from_slice(blobs.next()?).map_err(fault)?;
        let Description { width, codes, fine, keep_sketch, keep, clusters, beam, order, report } =
            description;
        let passages = codes.parts.last().map_or(0, |(start, count)| start + count);
        let coded = codes.open(width, &mut blobs)?;
        let fine = fine.map(|fine| fine.open(width, &mut blobs)).transpose()?;
        let clusters = match clusters {
            true => {
                let starts = Clusters::open(blobs.next()?, "clusters", passages).map_err(fault)?;
                let (file, count) = (blobs.next()?.to_vec(), starts.len() as u32);
                let planes = centroid_planes(coded.planes());
                let codes =
                    Codes::open(file.clone(), "centroids", &planes, count).map_err(fault)?;
                Some((starts, CodesPart { start: 0, count, file }, codes))
            }
            false => None,
        };
        let graph = match beam {
            Some(beam) => {
                let graph = Graph::open(blobs.next()?.to_vec(), "graph", passages);
                Some(Walked { graph: graph.map_err(fault)?, beam })
            }
            None => None,
        };
        let order = match order {
            true => {
                let (rows, _) = blobs.next()?.as_chunks();
                Some(rows.iter().map(|row| u32::from_le_bytes(*row)).collect())
            }
            false => None,
        };
        let keep = Keep { sketch: keep_sketch, planes: keep };
        Ok(Self { coded, fine, keep, order, clusters, graph, report, width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_index_answers_as_before() {
        let vector =
            |n: u32| (0..64).map(move |d| ((n + 1) as f32 * (0.3 + 0.01 * d as f32)).sin());
        let rows: Vec<f32> = (0..12_000).flat_map(vector).collect();
        let mut plans = vec!["2bit+int8", "4bit-32-principal-clusters+int8", "int8"];
        if cfg!(feature = "graph") {
            plans.push("2bit-graph+float32");
        }
        for plan in plans {
            let options = VectorOptions::of_plan(plan).unwrap();
            let rows = if plan.contains("graph") { &rows[..64 * 500] } else { &rows[..] };
            let index = VectorIndex::build(rows.to_vec(), 64, &[], &options).unwrap();
            let file = index.packed().unwrap();
            let read = VectorIndex::unpacked(&file).unwrap();
            assert_eq!(read.report(), index.report());
            assert_eq!(
                (read.memory(), read.fetched_bytes()),
                (index.memory(), index.fetched_bytes())
            );
            for question in rows.chunks_exact(64).step_by(97) {
                let (a, b) = (read.nearest(question, 10, true), index.nearest(question, 10, true));
                assert_eq!(a.unwrap(), b.unwrap(), "{plan}");
            }
            for end in (0..file.len()).step_by(file.len() / 50) {
                assert!(VectorIndex::unpacked(&file[..end]).is_err(), "{plan}: cut at {end}");
            }
        }
        assert!(VectorOptions::of_plan("2bit-round").is_err());
    }
}
