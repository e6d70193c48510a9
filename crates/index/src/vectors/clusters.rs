//! The inverted file: passages are numbered so that clusters are runs of them, and a question fetches and
//! looks into the clusters whose centroids are nearest to it.
//!
//! How many those are depends on the question: all whose centroids score so near to the best one, for how far
//! that stands out from all. A question about one thing has few, one about everything many; that a question
//! lies further from all passages than another changes nothing. Of a passage whose cluster is not
//! there, the cluster's mean says what to expect.

use super::cascade::{CodeSet, Part, Scan, Turned, Within};
use super::code::{Code, Spec};
use super::select::Scored;
use super::{Bits, Codes};
use crate::error::IndexError;
use sextant_core::error::BundleError;
use sextant_core::frame::{self, Kind};
use sextant_core::sort_by;
use sextant_core::wire::{Reader, put_varint};
use std::ops::Range;

/// What 1 of a stored length is worth: means of unit vectors are 1 long at most.
const LENGTH_UNIT: f32 = 1.0 / 255.0;

/// Where clusters begin, how alike their passages are, and how far a question looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// The first passage of each cluster and, last, the number of passages: ascending.
    bounds: Vec<u32>,
    /// The length of each cluster's mean, in [`LENGTH_UNIT`].
    lengths: Vec<u8>,
    /// How far behind the best a centroid may score and still be probed, as by [`Reach::behind`].
    margin: f32,
}

impl Clusters {
    /// Clusters that begin at `starts`, ascending from 0, of `passages` in all. `lengths`: of the mean of
    /// each cluster's unit vectors, `0..=1`.
    ///
    /// # Errors
    /// [`IndexError::Clusters`] unless they ascend, none is empty and each has a length, or for a margin
    /// below 0.
    pub fn new(
        starts: &[u32],
        lengths: &[f32],
        passages: u32,
        margin: f32,
    ) -> Result<Self, IndexError> {
        let mut bounds = starts.to_vec();
        bounds.push(passages);
        let sound = bounds.is_sorted_by(|a, b| a < b)
            && starts.first() == Some(&0)
            && lengths.len() == starts.len();
        if !(sound && margin.is_finite() && margin >= 0.0) {
            let what = format!("{} starts among {passages} passages", starts.len());
            return Err(IndexError::Clusters { what });
        }
        // A cast keeps to 0..=255, and makes 0 of what is no number.
        let lengths = lengths.iter().map(|length| (length / LENGTH_UNIT).round() as u8).collect();
        Ok(Self { bounds, lengths, margin })
    }

    /// Number of clusters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The passages of cluster `cluster`.
    #[must_use]
    pub fn passages(&self, cluster: u32) -> Range<u32> {
        let at = cluster as usize;
        match (self.bounds.get(at), self.bounds.get(at + 1)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        }
    }

    /// The cluster of `passage`.
    #[must_use]
    pub fn of(&self, passage: u32) -> Option<u32> {
        let at = self.bounds.partition_point(|bound| *bound <= passage).checked_sub(1)?;
        (at < self.len()).then_some(at as u32)
    }

    /// The first passage of each cluster.
    #[must_use]
    pub fn starts(&self) -> &[u32] {
        self.bounds.get(..self.len()).unwrap_or_default()
    }

    /// The cosine to expect of a passage of `cluster`, whose centroid has the cosine `score`: that of the
    /// mean, so that over the whole cluster the error is none.
    #[must_use]
    pub fn expected(&self, cluster: u32, score: f32) -> f32 {
        let length = self.lengths.get(cluster as usize).copied().unwrap_or(0);
        score * f32::from(length) * LENGTH_UNIT
    }

    /// The clusters to look into, by the scores of all centroids, best first: those that are no further
    /// behind the best than the margin.
    #[must_use]
    pub fn probes<'a>(&self, scored: &'a [Scored]) -> &'a [Scored] {
        let reach = Reach::of(scored);
        let count = scored.partition_point(|hit| reach.behind(hit.score) <= self.margin);
        scored.get(..count).unwrap_or_default()
    }

    /// The runs of passages of these clusters, ascending, those that touch joined.
    #[must_use]
    pub fn ranges(&self, clusters: &[Scored]) -> Vec<Range<u32>> {
        let mut rows: Vec<Range<u32>> = clusters.iter().map(|hit| self.passages(hit.row)).collect();
        sort_by(&mut rows, |a, b| a.start.cmp(&b.start));
        let mut joined: Vec<Range<u32>> = Vec::with_capacity(rows.len());
        for range in rows.into_iter().filter(|range| !range.is_empty()) {
            match joined.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        joined
    }

    /// The framed shard.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut body = self.margin.to_le_bytes().to_vec();
        put_varint(&mut body, self.len() as u64);
        for pair in self.bounds.windows(2) {
            if let [start, end] = pair {
                put_varint(&mut body, u64::from(end - start));
            }
        }
        body.extend_from_slice(&self.lengths);
        frame::write(Kind::Clusters, &body)
    }

    /// Reads the clusters of `passages`, as the manifest says. `file` is the inflated file, `name` its name
    /// for messages.
    ///
    /// # Errors
    /// [`BundleError`]: the frame, or a content that contradicts itself or the manifest.
    //
    // body: margin   f32, 0 or more: how far behind the best a probed centroid may be
    //       clusters varint, that many times:
    //         passages varint, at least 1
    //       lengths  u8 each, of their means, in 255ths
    pub fn open(file: &[u8], name: &str, passages: u32) -> Result<Self, BundleError> {
        let mut reader = Reader::new(frame::open(file, Kind::Clusters, name)?);
        let margin = reader.f32()?;
        if !(margin.is_finite() && margin >= 0.0) {
            return Err(reader.fault("a margin below 0, or none"));
        }
        let count = reader.count(1)?;
        let mut bounds = Vec::with_capacity(count + 1);
        bounds.push(0u32);
        let mut end = 0u32;
        for cluster in 0..count {
            let size = reader.varint32()?;
            end = match end.checked_add(size).filter(|end| size > 0 && *end <= passages) {
                Some(end) => end,
                None => return Err(reader.fault(format!("cluster {cluster} of {size} passages"))),
            };
            bounds.push(end);
        }
        let lengths = reader.bytes(count)?.to_vec();
        reader.end()?;
        if end != passages {
            return Err(reader.fault(format!("clusters of {end} passages, not {passages}")));
        }
        Ok(Self { bounds, lengths, margin })
    }
}

/// How centroids' scores for one question fall off.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    best: f32,
    /// How far the best stands out from the mean.
    spread: f32,
}

impl Reach {
    /// Below it the scores of 8-bit codes are noise.
    const LEAST_SPREAD: f32 = 1e-4;

    /// That of the scores of all centroids, best first.
    #[must_use]
    pub fn of(scored: &[Scored]) -> Self {
        let best = scored.first().map_or(0.0, |hit| hit.score);
        let sum: f32 = scored.iter().map(|hit| hit.score).sum();
        let mean = sum / scored.len().max(1) as f32;
        Self { best, spread: (best - mean).max(Self::LEAST_SPREAD) }
    }

    /// How far `score` is behind the best: 0 for that, 1 for the mean of all.
    #[must_use]
    pub fn behind(self, score: f32) -> f32 {
        (self.best - score) / self.spread
    }
}

/// The planes that the centroids of passages in `planes` are coded in. Where passages have several, of axes in the order of how much
/// they tell, it is one of all these axes with a bit each: there is one centroid for dozens of passages, but all are fetched, and
/// what finer ones cost would bring in further clusters. Else they are coded as the passages are.
#[must_use]
pub fn centroid_planes(planes: &[Spec]) -> Vec<Spec> {
    let leveled = planes.iter().all(|plane| matches!(plane.code, Code::Levels(_)));
    match planes {
        [first, .., last] if leveled => {
            vec![Spec::new(Code::Levels(Bits::One), first.from, last.to)]
        }
        _ => planes.to_vec(),
    }
}

/// The scores of all centroids for `question`, best first. `planes`: those of the passages.
///
/// # Errors
/// As [`Scan::turned`].
pub fn score_centroids(
    centroids: &Codes,
    planes: &[Spec],
    question: &Turned,
) -> Result<Vec<Scored>, IndexError> {
    let count = centroids.rows();
    let parts = [Part { start: 0, count: count as u32, codes: Some(centroids) }];
    let planes = &centroid_planes(planes);
    let keep = vec![count as u32; planes.len()];
    let set = CodeSet { planes, keep: &keep, sketch: None, parts: &parts };
    Ok(Scan::turned(set, question)?.nearest(count, &Within::ALL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep;
    use proptest::prelude::*;

    fn clusters() -> Clusters {
        Clusters::new(&[0, 3, 5], &[1.0, 0.5, 0.0], 9, 0.25).unwrap()
    }

    fn scored(list: &[(u32, f32)]) -> Vec<Scored> {
        list.iter().map(|(row, score)| Scored { row: *row, score: *score }).collect()
    }

    #[test]
    fn how_far_behind_a_score_is_does_not_depend_on_how_far_all_are() {
        let near = scored(&[(2, 0.9), (1, 0.7), (0, 0.5)]);
        let far = scored(&[(2, 0.3), (1, 0.2), (0, 0.1)]);
        for scores in [&near, &far] {
            let reach = Reach::of(scores);
            let behind: Vec<f32> = scores.iter().map(|hit| reach.behind(hit.score)).collect();
            assert!(behind.iter().zip([0.0, 1.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-5));
        }
        assert_eq!(Reach::of(&scored(&[(0, 0.4)])).behind(0.4), 0.0);
        assert_eq!(Reach::of(&[]).behind(0.0), 0.0);
    }

    #[test]
    fn passages_and_clusters_lead_to_each_other() {
        let clusters = clusters();
        assert_eq!(clusters.passages(1), 3..5);
        assert_eq!(clusters.passages(3), 0..0);
        let of: Vec<_> = [0, 2, 3, 8].iter().filter_map(|p| clusters.of(*p)).collect();
        assert_eq!(of, [0, 0, 1, 2]);
        assert_eq!(clusters.of(9), None);
    }

    #[test]
    fn a_passage_is_expected_to_be_as_its_cluster_is_alike() {
        let clusters = clusters();
        assert_eq!(clusters.expected(0, 0.6), 0.6);
        assert!((clusters.expected(1, 0.6) - 0.3).abs() < 0.01);
        assert_eq!((clusters.expected(2, 0.6), clusters.expected(3, 0.6)), (0.0, 0.0));
    }

    #[test]
    fn centroids_of_several_planes_have_a_bit_an_axis() {
        let plane = |bits, from, to| Spec::new(Code::Levels(bits), from, to);
        let planes = [plane(Bits::Four, 0, 64), plane(Bits::Four, 64, 192)];
        assert_eq!(centroid_planes(&planes), [plane(Bits::One, 0, 192)]);
        for alone in [plane(Bits::Two, 0, 384), Spec::new(Code::Int8, 0, 384)] {
            assert_eq!(centroid_planes(&[alone]), [alone]);
        }
    }

    #[test]
    fn probes_end_where_scores_fall_off_and_their_passages_are_joined() {
        let clusters = clusters();
        // Of a mean of 0.5: the second is a fifth as far behind as that, the third beyond it.
        let scores = scored(&[(2, 0.9), (1, 0.82), (0, -0.22)]);
        let probes = clusters.probes(&scores);
        assert_eq!(probes.len(), 2);
        assert_eq!(clusters.ranges(probes), vec![Range { start: 3, end: 9 }]);
        assert_eq!(clusters.ranges(&scored(&[(2, 0.0), (0, 0.0)])), [0..3, 5..9]);
        assert!(clusters.probes(&[]).is_empty());
    }

    #[test]
    fn what_was_written_is_read_and_every_damage_is_refused() {
        let file = clusters().write();
        assert_eq!(Clusters::open(&file, "x", 9).unwrap(), clusters());
        assert!(Clusters::open(&file, "x", 10).is_err() && Clusters::open(&file, "x", 8).is_err());
        sweep::damage(&file, |file| Clusters::open(file, "x", 9).is_err());
    }

    #[test]
    fn clusters_that_are_none_are_refused() {
        for (starts, margin) in
            [(vec![], 0.1), (vec![1], 0.1), (vec![0, 0], 0.1), (vec![0, 3], 0.1), (vec![0], -0.1)]
        {
            let lengths = vec![1.0; starts.len()];
            let result = Clusters::new(&starts, &lengths, 3, margin);
            assert!(matches!(result, Err(IndexError::Clusters { .. })), "{starts:?}");
        }
        assert!(Clusters::new(&[0, 1], &[1.0], 3, 0.1).is_err(), "a cluster without a length");
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(file in sweep::lies(Kind::Clusters, &clusters().write())) {
            if let Ok(clusters) = Clusters::open(&file, "x", 9) {
                prop_assert!((0..9).all(|p| clusters.of(p).is_some()));
            }
        }
    }
}
