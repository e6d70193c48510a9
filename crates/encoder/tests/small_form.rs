//! The small form: what is stored is what runs, and a damaged one is refused with the reason.
//!
//! Loss it prevents: a reader whose encoder was cut, flipped or made for another shape, and who gets plausible nonsense.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use sextant_encoder::config::{Coding, Packing};
use sextant_encoder::import::{self, Options, Precision, Source};
use sextant_encoder::lend::{Lender, parts};
use sextant_encoder::{Encoder, EncoderError, Scratch};
use support::damage::{refuse_cuts, survive_flips, with_bytes, with_header};
use support::tiny::{HIDDEN, POSITIONS, Tiny, small};
use support::{assert_cosines, cosines};

const FILE: &str = "encoder/small.safetensors";
const MATRIX: &str = "encoder.layer.1.intermediate.dense.weight";
const TOKENS: &str = "embeddings.word_embeddings.weight";

fn source() -> Source {
    let directory = tempfile::tempdir().unwrap();
    Tiny::default().write(directory.path());
    import::read_hugging_face(directory.path(), &Options::default()).unwrap()
}

fn container() -> Vec<u8> {
    let source = source();
    import::write_small(&source, &small(&source)).unwrap()
}

fn open(bytes: Vec<u8>) -> Result<Encoder, EncoderError> {
    Encoder::open_named(FILE, bytes)
}

fn content(result: Result<Encoder, EncoderError>) -> String {
    support::content(result, FILE)
}

#[test]
fn it_opens_says_what_it_is_and_the_formats_own_library_reads_it() {
    let bytes = container();
    assert!(safetensors::SafeTensors::deserialize(&bytes).unwrap().len() > 30);
    let encoder = open(bytes).unwrap();
    let description = encoder.description();
    assert_eq!(description.format, 2);
    assert_eq!(description.weights.linear, Coding::Int4);
    assert_eq!(description.weights.vocabulary, Packing::Zlib);
    assert_eq!(description.quantization.as_ref().map(|made| made.token_bytes), Some(4));
    assert_eq!(encoder.fingerprint(), source().fingerprint(), "vectors stay comparable");
}

#[test]
fn what_runs_is_what_was_stored_but_for_the_rounding_of_activations() {
    let exact = import::decode(FILE, container()).unwrap();
    let exact = open(import::write(&exact, Precision::F32).unwrap()).unwrap();
    let texts = ["", "stones", "a river index", "stone stone a a river"];
    let small = open(container()).unwrap();
    let found = small.encode_passages(&texts);
    assert_cosines(&cosines(&found, &exact.encode_passages(&texts), HIDDEN), 0.99999, &texts);
    let mut scratch = Scratch::default();
    let again: Vec<f32> =
        texts.iter().flat_map(|text| small.encode_query(&mut scratch, text)).collect();
    assert_eq!(found, again, "bit for bit, one by one and together");
}

#[test]
fn codes_come_back_as_the_weights_they_stand_for() {
    let source = source();
    let small = small(&source);
    let decoded = import::decode(FILE, container()).unwrap();
    for (name, matrix) in &small.linears {
        assert_eq!(decoded.values(name).unwrap(), matrix.weights(), "{name}");
    }
    assert_eq!(decoded.values(TOKENS).unwrap(), small.tokens.rows());
    assert_eq!(decoded.vocabulary(), source.vocabulary());
}

#[test]
fn positions_that_no_text_reaches_are_left_out_and_the_fingerprint_stays() {
    let sentence = Some(serde_json::json!({"max_seq_length": 7}));
    let tiny = Tiny { sentence, ..Tiny::default() };
    let directory = tempfile::tempdir().unwrap();
    tiny.write(directory.path());
    let whole = import::read_hugging_face(directory.path(), &Options::default()).unwrap();
    assert_eq!((whole.shape().positions, whole.max_tokens()), (POSITIONS, 7));
    let cut = whole.clone().without_idle_positions();
    assert_eq!(cut.shape().positions, 7);
    assert_eq!(cut.fingerprint(), whole.fingerprint());
    let encode = |source: &Source| {
        open(import::write(source, Precision::F32).unwrap())
            .unwrap()
            .encode_passages(&["a stone a stone a stone"])
    };
    assert_eq!(encode(&cut), encode(&whole));
}

#[test]
fn a_matrix_of_another_shape_is_not_written() {
    let source = source();
    let mut wrong = small(&source);
    wrong.linears.get_mut(MATRIX).unwrap().scales.pop();
    let error = import::write_small(&source, &wrong).unwrap_err();
    assert!(error.to_string().contains(MATRIX), "{error}");
    let mut wrong = small(&source);
    wrong.tokens.codes.pop();
    assert!(import::write_small(&source, &wrong).unwrap_err().to_string().contains(TOKENS));
}

#[test]
fn a_small_form_is_not_the_source_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("small.safetensors");
    std::fs::write(&path, container()).unwrap();
    let error = import::read_container(&path).unwrap_err();
    assert!(matches!(error, EncoderError::Unsupported { .. }), "{error}");
    std::fs::write(&path, import::write(&source(), Precision::F32).unwrap()).unwrap();
    let read = import::read_container(&path).unwrap();
    assert_eq!(read.fingerprint(), source().fingerprint());
    assert_eq!(read.values(MATRIX), source().values(MATRIX));
}

#[test]
fn every_truncation_is_an_error() {
    refuse_cuts(&container(), open);
}

#[test]
fn a_flipped_byte_is_an_error_or_changes_a_weight_but_never_panics() {
    let mut scratch = Scratch::default();
    survive_flips(&container(), open, |encoder| {
        let vector = encoder.encode_query(&mut scratch, "stone");
        assert_eq!(vector.len(), encoder.dimensions());
    });
}

/// All parts of a container, as a device would take them.
fn lent(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, EncoderError> {
    let mut lender = Lender::open(FILE, bytes)?;
    let mut parts = Vec::new();
    while let Some(part) = lender.next_part()? {
        parts.push(part.into_owned());
    }
    Ok(parts)
}

#[test]
fn what_the_cpu_takes_is_lent_whole_and_damaged_numbers_are_refused_on_the_way() {
    let whole = lent(container()).unwrap().len();
    assert_eq!(whole, parts(Lender::open(FILE, container()).unwrap().model()).len());
    let bytes = container();
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x80;
        let taken = open(damaged.clone()).is_ok();
        match lent(damaged) {
            Ok(parts) => assert!(!taken || parts.len() == whole, "byte {at}"),
            Err(_) => {
                refused += 1;
                assert!(!taken, "byte {at}: the CPU takes it");
            }
        }
    }
    assert!(refused > bytes.len() / 2, "{refused}");
    for (name, at, bad) in [
        (format!("{MATRIX}.scales"), 4, 0f32.to_le_bytes().to_vec()),
        (format!("{MATRIX}.lows"), 2, vec![0x80]),
        (format!("{TOKENS}.codebooks"), 6, 0x7e00u16.to_le_bytes().to_vec()),
        ("encoder.layer.0.output.LayerNorm.bias".to_owned(), 6, 0x7c00u16.to_le_bytes().to_vec()),
    ] {
        let what = support::content(lent(with_bytes(container(), &name, at, &bad)), FILE);
        let tensor = name.trim_end_matches(".lows").trim_end_matches(".scales");
        assert!(what.contains(tensor), "{name}: {what}");
    }
}

#[test]
fn numbers_that_are_not_finite_and_scales_not_above_zero_are_refused() {
    for bad in [f32::NAN, f32::INFINITY, 0.0, -1.0] {
        let name = format!("{MATRIX}.scales");
        let what = content(open(with_bytes(container(), &name, 4, &bad.to_le_bytes())));
        assert!(what.contains(MATRIX), "{bad}: {what}");
    }
    for (name, bits) in [
        (format!("{TOKENS}.codebooks"), 0x7e00u16),
        ("encoder.layer.0.output.LayerNorm.bias".to_owned(), 0x7c00),
    ] {
        let what = content(open(with_bytes(container(), &name, 6, &bits.to_le_bytes())));
        assert!(what.contains(&name) && what.contains("at 3"), "{what}");
    }
}

#[test]
fn a_group_whose_values_leave_the_grid_is_refused() {
    for (part, value) in [("lows", 100u8), ("lows", 0x80), ("spans", 255)] {
        let bytes = with_bytes(container(), &format!("{MATRIX}.{part}"), 2, &[value]);
        let what = content(open(bytes));
        assert!(what.contains("group 2") && what.contains(MATRIX), "{part} {value}: {what}");
    }
}

#[test]
fn shapes_that_do_not_follow_from_the_description_are_named() {
    let entry = |name: &str, rest: &str| format!(r#""{name}":{{"dtype":{rest}"#);
    for (name, from, to) in [
        (MATRIX.to_owned(), r#""U8","shape":[16, 4]"#, r#""U8","shape":[4, 16]"#),
        (format!("{MATRIX}.lows"), r#""I8","shape":[16, 1]"#, r#""I8","shape":[1, 16]"#),
        (format!("{MATRIX}.spans"), r#""U8","shape":[16, 1]"#, r#""I8","shape":[16, 1]"#),
        (
            format!("{TOKENS}.codebooks"),
            r#""F16","shape":[4, 256, 2]"#,
            r#""F16","shape":[4, 2, 256]"#,
        ),
        (
            format!("{TOKENS}.codebooks"),
            r#""F16","shape":[4, 256, 2]"#,
            r#""F16","shape":[2, 256, 4]"#,
        ),
        (
            format!("{TOKENS}.codebooks"),
            r#""F16","shape":[4, 256, 2]"#,
            r#""F16","shape":[512, 2, 2]"#,
        ),
        (TOKENS.to_owned(), r#""U8","shape":[10, 4]"#, r#""U8","shape":[4, 10]"#),
    ] {
        let bytes = with_header(&container(), &entry(&name, from), &entry(&name, to));
        let what = content(open(bytes));
        assert!(what.contains(name.trim_end_matches(".codebooks")), "{name}: {what}");
    }
    let what = content(open(with_header(&container(), &format!("{MATRIX}.lows"), "other")));
    assert!(what.contains(&format!("{MATRIX}.lows is missing")), "{what}");
}

#[test]
fn a_coding_that_a_group_cannot_have_is_refused() {
    for (from, to) in [
        (r#"\"linear\":\"int4\""#, r#"\"linear\":\"product\""#),
        (r#"\"tokens\":\"product\""#, r#"\"tokens\":\"int4\""#),
        (r#"\"positions\":\"int8\""#, r#"\"positions\":\"int4\""#),
        (r#"\"plain\":\"f16\""#, r#"\"plain\":\"int8\""#),
    ] {
        let what = content(open(with_header(&container(), from, to)));
        assert!(what.contains("cannot be coded as"), "{to}: {what}");
    }
}

#[test]
fn a_packed_vocabulary_that_is_damaged_or_belongs_to_other_special_tokens_is_refused() {
    let reason = |bytes: Vec<u8>| match open(bytes) {
        Err(EncoderError::Vocabulary { file, what }) if file == FILE => what,
        other => panic!("expected Vocabulary, got {other:?}"),
    };
    let what = reason(with_bytes(container(), "tokenizer.vocabulary", 9, &[0xff, 0xff]));
    assert!(what.contains("does not inflate"), "{what}");

    // The description's own token is looked for in the vocabulary.
    let what =
        reason(with_header(&container(), r#"\"unknown\":\"[UNK]\""#, r#"\"unknown\":\"[XXX]\""#));
    assert!(what.contains("[UNK]"), "{what}");
}
