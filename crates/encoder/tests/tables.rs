//! The token table: what it gives, and that a damaged one is refused with the reason and never brings the program down.
//!
//! Loss it prevents: a bundle whose instant answers are nonsense, because rows were read at the wrong place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use sextant_encoder::coding::product::{ENTRIES, ProductTable};
use sextant_encoder::config::TokenizerOptions;
use sextant_encoder::table::{TableDescription, TableFit, write_table};
use sextant_encoder::{EncoderError, TokenTable};
use support::damage::{refuse_cuts, survive_flips, with_bytes, with_header};
use support::tiny::TOKENS;

const FILE: &str = "table.safetensors";
const WORDS: [&str; 2] = ["riverstone", "indices"];

/// Row `r` is `[r, 2 r]` times its scale.
fn table() -> Vec<u8> {
    let description = TableDescription {
        format: 1,
        encoder: "tiny".to_owned(),
        fingerprint: "0".repeat(32),
        dimensions: 2,
        tokenizer: TokenizerOptions {
            lowercase: true,
            strip_accents: true,
            chinese_chars: true,
            max_chars_per_word: 100,
            unknown: "[UNK]".to_owned(),
            first: "[CLS]".to_owned(),
            last: "[SEP]".to_owned(),
        },
        fit: TableFit {
            text: String::new(),
            texts: 0,
            ridge: 1.0,
            heading_weight: 1.0,
            word_weight: 1.0,
            steps: 0,
            rounds: 0,
            seed: 0,
        },
    };
    let rows = TOKENS.len() + WORDS.len();
    let codebook = |factor: usize| (0..ENTRIES).map(move |entry| (entry * factor) as f32);
    let rows = ProductTable {
        bytes: 2,
        codes: (0..rows as u8).flat_map(|row| [row, row]).collect(),
        codebooks: codebook(1).chain(codebook(2)).collect(),
    };
    let mut scales = vec![1.0; TOKENS.len() + WORDS.len()];
    scales[5] = 0.5;
    let owned =
        |list: &[&str]| -> Vec<String> { list.iter().map(|text| (*text).to_owned()).collect() };
    write_table(&description, &owned(&TOKENS), &owned(&WORDS), &rows, &scales).unwrap()
}

fn open(bytes: Vec<u8>) -> Result<TokenTable, EncoderError> {
    TokenTable::open_named(FILE, bytes)
}

fn content(result: Result<TokenTable, EncoderError>) -> String {
    support::content(result, FILE)
}

#[test]
fn a_word_is_the_sum_of_its_pieces_and_of_its_own_row() {
    let table = open(table()).unwrap();
    // stone 5 at half its length, ##s 6.
    assert_eq!(table.word_row("stone"), Some(vec![2.5, 5.0]));
    assert_eq!(table.word_row("stones"), Some(vec![8.5, 17.0]));
    // index 8; `indices` cannot be spelled and has a row of its own, 11.
    assert_eq!(table.word_row("index"), Some(vec![8.0, 16.0]));
    assert_eq!(table.word_row("indices"), Some(vec![11.0, 22.0]));
    assert_eq!(table.word_row("unknown"), None);
}

#[test]
fn a_text_is_the_unit_sum_of_its_words_whatever_stands_between_them() {
    let table = open(table()).unwrap();
    let unit = [1.0 / 5.0f32.sqrt(), 2.0 / 5.0f32.sqrt()];
    for text in ["stone", "a STONE; unknown::stones!", "Indices"] {
        let vector = table.encode(text);
        for (value, unit) in vector.iter().zip(unit) {
            assert!((value - unit).abs() < 1e-6, "{text}: {vector:?}");
        }
    }
    assert_eq!(table.encode("unknown!"), [0.0, 0.0]);
    assert_eq!(table.encode(""), [0.0, 0.0]);
}

#[test]
fn the_words_it_knows_without_a_site_are_whole_words() {
    let table = open(table()).unwrap();
    let mut words: Vec<&str> = table.words().collect();
    words.sort_unstable();
    assert_eq!(words, ["a", "index", "indices", "river", "riverstone", "stone"]);
}

#[test]
fn every_truncation_is_an_error() {
    refuse_cuts(&table(), open);
}

#[test]
fn a_flipped_byte_is_an_error_or_changes_a_row_but_never_panics() {
    survive_flips(&table(), open, |table| {
        assert_eq!(table.encode("stones a river").len(), table.dimensions());
    });
}

#[test]
fn what_is_no_table_is_called_so_and_what_contradicts_itself_is_named() {
    let error = open(b"<!doctype html>".to_vec()).unwrap_err();
    assert_eq!(error.code(), "encoder/container");

    let newer = open(with_header(&table(), r#"\"format\":1"#, r#"\"format\":2"#)).unwrap_err();
    assert_eq!(newer.code(), "encoder/version");

    let what = content(open(with_header(&table(), r#"\"dimensions\":2"#, r#"\"dimensions\":3"#)));
    assert!(what.contains("2 codes a row do not divide 3 dimensions"), "{what}");

    let what = content(open(with_header(&table(), r#""rows.scales""#, r#""rows.others""#)));
    assert!(what.contains("rows.scales is missing"), "{what}");

    let infinite = f32::INFINITY.to_le_bytes();
    let what = content(open(with_bytes(table(), "rows.scales", 8, &infinite)));
    assert!(what.contains("rows.scales has a number at 2 that is not finite"), "{what}");
}
