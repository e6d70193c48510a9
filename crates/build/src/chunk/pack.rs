//! Pieces of one section into passages: the cheapest way to cut, found by dynamic programming over all
//! of them, because filling passages one after the other leaves a scrap at the end of every section.

use super::{
    ChunkOptions,
    pieces::{Cut, Piece},
};

/// What a passage costs by itself. It makes fewer, longer passages better than more, shorter ones:
/// each is a vector to compute and to fetch.
const PASSAGE: f64 = 1.0;
/// What a passage costs that has next to none of the words that it should have at least; half of them
/// cost a quarter of it.
const SHORT: f64 = 4.0;
/// What it costs to part a heading, or `as follows:`, from what follows.
const LEADS_ON: f64 = 2.0;

/// What a cut costs. A paragraph is best left whole, but not at the price of a passage.
fn cut_cost(cut: Cut) -> f64 {
    match cut {
        Cut::Blocks => 0.0,
        Cut::Paragraphs => 0.2,
        Cut::Sentences => 0.4,
        Cut::Lines => 0.8,
        Cut::Words => 2.0,
    }
}

/// The texts of the passages, in order, none blank.
pub(super) fn pack(pieces: &[Piece<'_>], options: &ChunkOptions) -> Vec<String> {
    // best[n]: cheapest way to pack the first n pieces, and where its last passage starts.
    let mut best: Vec<(f64, usize)> = vec![(0.0, 0)];
    for end in 1..=pieces.len() {
        let mut cheapest = (f64::INFINITY, end - 1);
        let mut words = 0;
        for start in (0..end).rev() {
            words += pieces.get(start).map_or(0, |piece| piece.words);
            // One piece alone may be too long, more than one may not.
            if words > options.max_words && start + 1 < end {
                break;
            }
            let before = best.get(start).map_or(0.0, |(cost, _)| *cost);
            let cost = before + passage_cost(words, options) + cost_of_cut(pieces, start);
            if cost < cheapest.0 {
                cheapest = (cost, start);
            }
        }
        best.push(cheapest);
    }
    let mut texts = Vec::new();
    let mut end = pieces.len();
    while end > 0 {
        // A start is always before its end: it was chosen from `0..end`.
        let start = best.get(end).map_or(0, |(_, start)| *start).min(end - 1);
        texts.push(text(pieces.get(start..end).unwrap_or_default()));
        end = start;
    }
    texts.reverse();
    texts
}

fn passage_cost(words: usize, options: &ChunkOptions) -> f64 {
    let short = options.min_words.saturating_sub(words) as f64 / options.min_words.max(1) as f64;
    PASSAGE + SHORT * short * short
}

/// What it costs to start a passage at piece `start`.
fn cost_of_cut(pieces: &[Piece<'_>], start: usize) -> f64 {
    let Some((before, piece)) =
        start.checked_sub(1).and_then(|at| pieces.get(at)).zip(pieces.get(start))
    else {
        return 0.0;
    };
    cut_cost(piece.cut) + if before.leads_on { LEADS_ON } else { 0.0 }
}

/// Pieces of one block as they stand in it; blocks on lines of their own.
fn text(pieces: &[Piece<'_>]) -> String {
    let mut text = String::new();
    let mut rest = pieces;
    while let Some(first) = rest.first() {
        let same = |piece: &&Piece<'_>| std::ptr::eq(piece.source, first.source);
        let inside = rest.iter().skip(1).take_while(same).count();
        let end = rest.get(inside).map_or(first.range.end, |last| last.range.end);
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(first.source.get(first.range.start..end).unwrap_or_default());
        rest = rest.get(inside + 1..).unwrap_or_default();
    }
    text
}
