//! What a site's own passages say about its words: rows are moved so that headings and first sentences come nearer to the vectors of
//! their passages, with the shipped rows as the prior. Kept only where it helps headings that it did not see.

use super::{SitePassage, WordRows};
use sextant_encoder::table::ridge::{Problem, Texts, solve};
use sextant_encoder::table::to_unit;
use sextant_text::plain_words;

/// Passages go by blocks of this length, of which one in [`HELD_OUT_ONE_IN`] is held out: neighbours are alike.
const BLOCK: usize = 16;
const HELD_OUT_ONE_IN: usize = 10;
/// Headings that are asked at most.
const MOST_QUESTIONS: usize = 300;
/// Fewer passages say nothing that holds for others.
const LEAST_PASSAGES: usize = 200;
/// What moving a row costs beside squared errors of unit vectors.
const RIDGE: f32 = 1.0;
/// How much a first sentence counts beside a heading.
const SENTENCE_WEIGHT: f32 = 0.5;
/// Steps of the solver: few, since it starts near the end.
const STEPS: usize = 8;
/// How much better held-out headings must find their passages, in mean reciprocal rank.
const LEAST_GAIN: f64 = 0.004;

/// How well headings found their passages among all, as mean reciprocal ranks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adapted {
    /// By the shipped rows.
    pub before: f64,
    /// By rows that were fitted to the other passages.
    pub after: f64,
}

/// Moves `rows` where that helps.
pub(super) fn adapt(rows: &mut WordRows, passages: &[SitePassage<'_>], vectors: &[f32]) {
    let width = rows.dimensions;
    if passages.len() < LEAST_PASSAGES || vectors.len() != passages.len() * width {
        return;
    }
    let questions = questions(rows, passages);
    let rank = |rows: &[f32]| mean_reciprocal_rank(&questions, rows, vectors, width);
    let moved = fitted(rows, passages, vectors, |passage| !is_held_out(passage));
    let report = Adapted { before: rank(&rows.rows), after: rank(&moved) };
    if report.after >= report.before + LEAST_GAIN {
        rows.rows = fitted(rows, passages, vectors, |_| true);
        rows.adapted = Some(report);
    }
}

fn is_held_out(passage: usize) -> bool {
    (passage / BLOCK).is_multiple_of(HELD_OUT_ONE_IN)
}

/// The words of a text as entries of a sum.
fn entries(rows: &WordRows, text: &str) -> Vec<(u32, f32)> {
    let mut entries = Vec::new();
    plain_words(text, |word| entries.extend(rows.find(word).map(|row| (row as u32, 1.0))));
    entries
}

/// Held-out headings with the passages that they stand above, spread over the site.
fn questions(rows: &WordRows, passages: &[SitePassage<'_>]) -> Vec<(usize, Texts)> {
    let held_out: Vec<usize> =
        (0..passages.len()).filter(|passage| is_held_out(*passage)).collect();
    let count = held_out.len().min(MOST_QUESTIONS);
    let spread = (0..count).filter_map(|at| held_out.get(at * held_out.len() / count).copied());
    let asked = spread.filter_map(|number| {
        let entries = entries(rows, passages.get(number)?.heading());
        let mut text = Texts::default();
        text.push(entries);
        Some((number, text))
    });
    asked.collect()
}

/// The rows after a fit to the passages that are `taken`.
fn fitted(
    rows: &WordRows,
    passages: &[SitePassage<'_>],
    vectors: &[f32],
    taken: impl Fn(usize) -> bool,
) -> Vec<f32> {
    let width = rows.dimensions;
    let (mut texts, mut targets) = (Texts::default(), Vec::new());
    let pairs = passages.iter().zip(vectors.chunks_exact(width)).enumerate();
    for (_, (passage, vector)) in pairs.filter(|(number, _)| taken(*number)) {
        for (text, weight) in
            [(passage.heading(), 1.0f32), (passage.first_sentence(), SENTENCE_WEIGHT)]
        {
            let entries = entries(rows, text);
            let sum = sum(&entries, &rows.rows, width);
            let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
            if length > 0.0 {
                let weight = weight.sqrt();
                texts.push(entries.iter().map(|(row, times)| (*row, weight * times / length)));
                targets.extend(
                    vector.iter().zip(&sum).map(|(value, sum)| weight * (value - sum / length)),
                );
            }
        }
    }
    let count = rows.words.len();
    let problem = Problem {
        texts: &texts,
        targets: &targets,
        width,
        rows: count,
        ridge: RIDGE,
        steps: STEPS,
    };
    let mut moved = solve(&problem);
    moved.iter_mut().zip(&rows.rows).for_each(|(moved, row)| *moved += row);
    moved
}

fn sum(entries: &[(u32, f32)], rows: &[f32], width: usize) -> Vec<f32> {
    let mut text = Texts::default();
    text.push(entries.iter().copied());
    text.sums(rows, width)
}

/// How early each question finds its passage among all.
fn mean_reciprocal_rank(
    questions: &[(usize, Texts)],
    rows: &[f32],
    vectors: &[f32],
    width: usize,
) -> f64 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let reciprocal = |(number, text): &(usize, Texts)| {
        let mut asked = text.sums(rows, width);
        to_unit(&mut asked);
        let scores: Vec<f32> =
            vectors.chunks_exact(width).map(|vector| product(&asked, vector)).collect();
        let own = scores.get(*number).copied().unwrap_or(f32::NEG_INFINITY);
        1.0 / scores.iter().filter(|score| **score >= own).count().max(1) as f64
    };
    questions.iter().map(reciprocal).sum::<f64>() / questions.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 12;
    const WORDS: usize = 60;
    const PASSAGES: usize = 800;

    /// Numbers by chance, -1 to 1 (SplitMix64).
    struct Chance(u64);

    impl Chance {
        fn vector(&mut self) -> Vec<f32> {
            let mut next = || {
                self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                ((z ^ (z >> 31)) >> 40) as f32 / 8_388_608.0 - 1.0
            };
            (0..WIDTH).map(|_| next()).collect()
        }
    }

    fn word(at: usize) -> String {
        format!("w{at:02}")
    }

    /// Rows off the truth by chance, headings of three words, and the vectors of their passages: sums of the true rows, or nothing
    /// that headings could tell.
    fn site(told: bool) -> (WordRows, Vec<String>, Vec<f32>) {
        let mut chance = Chance(7);
        let truth: Vec<Vec<f32>> = (0..WORDS).map(|_| chance.vector()).collect();
        let shipped = truth.iter().flat_map(|row| {
            let noise = chance.vector();
            row.iter().zip(noise).map(|(row, noise)| row + noise).collect::<Vec<_>>()
        });
        let rows = WordRows {
            rows: shipped.collect(),
            words: (0..WORDS).map(word).collect(),
            counts: vec![1; WORDS],
            dimensions: WIDTH,
            samples: Vec::new(),
            adapted: None,
        };
        let (mut headings, mut vectors) = (Vec::new(), Vec::new());
        for passage in 0..PASSAGES {
            let words = [passage % WORDS, passage * 7 % WORDS, (passage / 3 + 11) % WORDS];
            headings.push(words.map(word).join(" "));
            let mut vector = chance.vector();
            if told {
                vector = (0..WIDTH)
                    .map(|channel| words.iter().map(|word| truth[*word][channel]).sum())
                    .collect();
            }
            to_unit(&mut vector);
            vectors.extend(vector);
        }
        (rows, headings, vectors)
    }

    fn adapted(told: bool) -> (WordRows, WordRows) {
        let (before, headings, vectors) = site(told);
        let mut after = before.clone();
        let passages: Vec<SitePassage<'_>> =
            headings.iter().map(|title| SitePassage { title, trail: &[], text: "" }).collect();
        adapt(&mut after, &passages, &vectors);
        (before, after)
    }

    #[test]
    fn rows_follow_passages_that_tell_what_words_mean() {
        let (_, after) = adapted(true);
        let report = after.adapted.unwrap();
        assert!(report.after > report.before * 1.5, "{report:?}");
    }

    #[test]
    fn rows_stay_where_passages_tell_nothing_that_holds_for_others() {
        let (before, after) = adapted(false);
        assert_eq!(after.adapted, None);
        assert_eq!(before.rows, after.rows);
    }

    #[test]
    fn a_small_site_and_vectors_that_do_not_belong_to_it_change_nothing() {
        let (mut rows, _, vectors) = site(true);
        let before = rows.rows.clone();
        let passage = SitePassage { title: "w01", trail: &[], text: "" };
        adapt(&mut rows, &[passage; LEAST_PASSAGES - 1], &vectors);
        adapt(&mut rows, &[passage; LEAST_PASSAGES], &vectors);
        assert_eq!(rows.rows, before);
    }
}
