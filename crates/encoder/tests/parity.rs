//! The encoder gives what reference implementations give.
//!
//! Loss it prevents: vectors that look right and rank wrong, because one token in a thousand, one pooling or
//! one layer differs from the encoder that was evaluated.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use sextant_encoder::import::{self, Options, Precision};
use sextant_encoder::{Encoder, Scratch};
use support::{Fixture, Text, assert_cosines, cosines, published_minilm, texts};
use tokenizers::{Tokenizer, TruncationParams};

/// Measured: 0.8497 for the worst of 208 texts, which is `[MASK]` alone, and 0.9702 in the mean. Bounds just below: they see a
/// small form that got worse, and say nothing about what is good enough.
const SMALL_LEAST: f64 = 0.84;
const SMALL_MEAN: f64 = 0.965;

fn import_minilm(precision: Precision) -> Vec<u8> {
    let options = Options { name: Some("all-MiniLM-L6-v2".to_owned()), ..Options::default() };
    let source = import::read_hugging_face(&published_minilm(), &options).unwrap();
    import::write(&source, precision).unwrap()
}

/// The texts of a fixture, in the order of its rows.
fn of_fixture<'a>(fixture: &Fixture, texts: &'a [Text]) -> Vec<&'a str> {
    fixture.rows.iter().map(|row| texts[row.text].text.as_str()).collect()
}

fn ids(encoder: &Encoder, text: &str, max_tokens: usize) -> Vec<u32> {
    let mut ids = Vec::new();
    encoder.tokenizer().encode(text, max_tokens, &mut ids);
    ids
}

#[test]
fn the_fixtures_cover_many_kinds_of_text() {
    let texts = texts();
    let kinds: std::collections::BTreeSet<&str> =
        texts.iter().map(|text| text.kind.as_str()).collect();
    assert!(
        texts.len() >= 200 && kinds.len() >= 20,
        "{} texts of {} kinds",
        texts.len(),
        kinds.len()
    );
    assert_eq!(Fixture::open("minilm").rows.len(), texts.len());
}

#[test]
fn ids_are_those_of_the_reference_tokenizer_in_the_fixtures_and_now() {
    let encoder = Encoder::open(support::default_container()).unwrap();
    let fixture = Fixture::open("minilm");
    let texts = texts();
    let mut reference = Tokenizer::from_file(published_minilm().join("tokenizer.json")).unwrap();
    reference.with_padding(None);
    reference.with_truncation(None).unwrap();
    let mut cut = reference.clone();
    let truncation =
        TruncationParams { max_length: fixture.max_tokens, ..TruncationParams::default() };
    cut.with_truncation(Some(truncation)).unwrap();

    assert_eq!(encoder.max_tokens(), fixture.max_tokens);
    for row in &fixture.rows {
        let Text { kind, text } = &texts[row.text];
        let ours = ids(&encoder, text, fixture.max_tokens);
        assert_eq!(ours, row.ids, "{kind}: {text:?} (fixture)");
        assert_eq!(
            ours,
            cut.encode(text.as_str(), true).unwrap().get_ids(),
            "{kind}: {text:?} (library)"
        );
        let uncut = ids(&encoder, text, usize::MAX);
        assert_eq!(
            uncut,
            reference.encode(text.as_str(), true).unwrap().get_ids(),
            "{kind}: {text:?} (uncut)"
        );
        assert_eq!(uncut.len(), row.uncut, "{kind}: {text:?}");
    }
}

#[test]
fn fp32_vectors_are_those_of_the_reference_within_a_ten_thousandth() {
    let encoder = Encoder::open(import_minilm(Precision::F32)).unwrap();
    let fixture = Fixture::open("minilm");
    let texts = texts();
    let texts = of_fixture(&fixture, &texts);
    let vectors = encoder.encode_passages(&texts);
    assert_cosines(&cosines(&vectors, &fixture.vectors(), fixture.dimensions), 0.9999, &texts);
}

#[test]
fn int8_vectors_are_those_of_the_reference_within_a_hundredth() {
    let encoder = Encoder::open(support::default_container()).unwrap();
    let fixture = Fixture::open("minilm");
    let texts = texts();
    let texts = of_fixture(&fixture, &texts);
    let vectors = encoder.encode_passages(&texts);
    assert_cosines(&cosines(&vectors, &fixture.vectors(), fixture.dimensions), 0.99, &texts);
}

/// The small form turns vectors much less than it turns the rankings they give: `docs/decisions.md` has those.
#[test]
fn small_vectors_are_near_those_of_the_reference_and_may_be_compared_with_them() {
    let bytes = support::small_container();
    assert!(bytes.len() <= 9_600_000, "{} bytes to fetch", bytes.len());
    let encoder = Encoder::open(bytes).unwrap();
    let passages = Encoder::open(support::default_container()).unwrap();
    assert_eq!(encoder.fingerprint(), passages.fingerprint());
    let fixture = Fixture::open("minilm");
    let texts = texts();
    let texts = of_fixture(&fixture, &texts);
    let vectors = encoder.encode_passages(&texts);
    let cosines = cosines(&vectors, &fixture.vectors(), fixture.dimensions);
    assert_cosines(&cosines, SMALL_LEAST, &texts);
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    assert!(mean >= SMALL_MEAN, "{mean}");
}

#[test]
#[should_panic(expected = "below 0.99")]
fn the_comparison_notices_vectors_in_another_order() {
    let fixture = Fixture::open("minilm");
    let mut vectors = fixture.vectors();
    vectors.rotate_left(40 * fixture.dimensions);
    let texts = texts();
    let cosines = cosines(&vectors, &fixture.vectors(), fixture.dimensions);
    assert_cosines(&cosines, 0.99, &of_fixture(&fixture, &texts));
}

#[test]
fn the_committed_encoder_is_what_an_import_makes_bit_for_bit() {
    assert!(import_minilm(Precision::Int8) == support::default_container(), "run models/remake.sh");
}

#[test]
fn a_text_has_the_same_vector_alone_and_among_others_and_on_any_number_of_threads() {
    let encoder = Encoder::open(support::default_container()).unwrap();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| encoder.encode_passages(&texts))
    };
    let together = on(1);
    assert!(on(3) == together, "three threads");
    let mut scratch = Scratch::default();
    for (text, row) in texts.iter().zip(together.chunks_exact(encoder.dimensions())) {
        assert!(encoder.encode_query(&mut scratch, text) == row, "{text:?} alone");
    }
}
