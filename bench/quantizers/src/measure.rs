//! Recall, error of the cosine and time of each quantizer, held against exact float32.

use crate::error::Error;
use crate::input::Input;
use crate::quantizers::{Exact, Quantizer};
use serde::Serialize;
use sextant_index::vectors::{Best, Scored};
use std::hint::black_box;
use std::time::Instant;

/// Neighbours that count.
const DEPTH: usize = 10;

/// What was measured, and of what.
#[derive(Serialize)]
pub struct Report {
    /// Vectors that were coded.
    pub vectors: usize,
    /// Dimensions of each.
    pub dimensions: usize,
    /// Questions of readers among the queries.
    pub questions: usize,
    /// Queries; those that are no questions are held-out passages.
    pub queries: usize,
    /// A row a quantizer.
    pub rows: Vec<Row>,
}

/// What was measured of one quantizer.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub quantizer: String,
    /// Bytes of a vector.
    pub bytes: usize,
    /// Bytes that all vectors share, such as a codebook.
    pub shared_bytes: usize,
    /// The share of the ten nearest by float32 that are among its ten nearest, mean over the questions.
    #[serde(rename = "recall@10_questions")]
    pub recall_questions: f64,
    /// The same over the held-out passages.
    #[serde(rename = "recall@10_passages")]
    pub recall_passages: f64,
    /// Mean absolute difference of its cosines and those of float32, over all queries and vectors.
    pub cosine_error: f64,
    /// Nanoseconds of a search for the ten nearest, divided by the number of vectors: least of all queries.
    pub ns_min: f64,
    /// The same, median of all queries.
    pub ns_median: f64,
    /// Seconds that learning and coding all vectors took.
    pub encode_s: f64,
}

/// Measures one after the other on this thread, and shows each row to `done`.
///
/// # Errors
/// What a quantizer says of the vectors.
pub fn all(
    input: &Input,
    quantizers: &mut [Box<dyn Quantizer>],
    done: impl Fn(&Row),
) -> Result<Vec<Row>, Error> {
    let mut exact = Exact::new(input.width);
    exact.encode(&input.rows)?;
    let mut rows = Vec::with_capacity(quantizers.len());
    for quantizer in quantizers {
        let row = measured(input, &exact, quantizer.as_mut())?;
        done(&row);
        rows.push(row);
    }
    Ok(rows)
}

fn measured(input: &Input, exact: &Exact, quantizer: &mut dyn Quantizer) -> Result<Row, Error> {
    let start = Instant::now();
    quantizer.encode(&input.rows)?;
    let encode_s = start.elapsed().as_secs_f64();
    let vectors = input.vectors() as f64;
    let (mut recalls, mut times, mut error) = (Vec::new(), Vec::new(), 0.0);
    for query in input.asking.chunks_exact(input.width) {
        let truth = exact.scores(query)?;
        let start = Instant::now();
        let found = black_box(quantizer.nearest(black_box(query), DEPTH)?);
        times.push(start.elapsed().as_secs_f64() * 1e9 / vectors);
        recalls.push(recall(&best(&truth, DEPTH), &found));
        let scores = quantizer.scores(query)?;
        let off = |(a, b): (&f32, &f32)| f64::from((a - b).abs());
        error += scores.iter().zip(&truth).map(off).sum::<f64>() / vectors;
    }
    let (questions, passages) = recalls.split_at(input.questions.min(recalls.len()));
    times.sort_by(f64::total_cmp);
    Ok(Row {
        quantizer: quantizer.name(),
        bytes: quantizer.bytes(),
        shared_bytes: quantizer.shared_bytes(),
        recall_questions: mean(questions),
        recall_passages: mean(passages),
        cosine_error: error / recalls.len() as f64,
        ns_min: times.first().copied().unwrap_or_default(),
        ns_median: times.get(times.len() / 2).copied().unwrap_or_default(),
        encode_s,
    })
}

/// The rows of the `count` highest scores, best first; of equal ones the lower row.
pub fn best(scores: &[f32], count: usize) -> Vec<Scored> {
    let mut best = Best::new(count);
    (0..).zip(scores).for_each(|(row, score)| best.push(row, *score));
    best.finish()
}

fn recall(truth: &[Scored], found: &[Scored]) -> f64 {
    let hit = |right: &&Scored| found.iter().any(|hit| hit.row == right.row);
    truth.iter().filter(hit).count() as f64 / truth.len() as f64
}

/// The mean; nothing of nothing is 0.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantizers::testing::units;

    /// Scores every vector too high by a hundredth and knows nothing of the second half of them.
    struct Wrong(Exact, usize);

    impl Quantizer for Wrong {
        fn name(&self) -> String {
            "wrong".into()
        }
        fn bytes(&self) -> usize {
            1
        }
        fn encode(&mut self, rows: &[f32]) -> Result<(), Error> {
            self.0.encode(rows)
        }
        fn scores(&self, query: &[f32]) -> Result<Vec<f32>, Error> {
            let mut scores = self.0.scores(query)?;
            scores.iter_mut().for_each(|score| *score += 0.01);
            Ok(scores)
        }
        fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Scored>, Error> {
            Ok(best(&self.scores(query)?[..self.1], count))
        }
    }

    #[test]
    fn what_is_wrong_is_seen_and_float32_is_right() {
        let (rows, asking) = (units(40, 8, 1), units(6, 8, 2));
        let input = Input { width: 8, rows, asking, questions: 2 };
        let mut quantizers: Vec<Box<dyn Quantizer>> = vec![
            Box::new(Exact::new(8)),
            Box::new(Wrong(Exact::new(8), 20)),
            Box::new(Wrong(Exact::new(8), 0)),
        ];
        let rows = all(&input, &mut quantizers, |_| ()).unwrap();
        assert_eq!((rows[0].recall_questions, rows[0].recall_passages), (1.0, 1.0));
        assert_eq!(rows[0].cosine_error, 0.0);
        assert!(rows[1].recall_passages > 0.0 && rows[1].recall_passages < 1.0);
        assert!((rows[1].cosine_error - 0.01).abs() < 1e-6);
        assert_eq!((rows[2].recall_questions, rows[2].recall_passages), (0.0, 0.0));
    }
}
