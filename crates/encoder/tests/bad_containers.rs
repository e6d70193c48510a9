//! A damaged or foreign container is refused with the reason, and never brings the program down.
//!
//! Loss it prevents: a half-fetched encoder that answers with nonsense, or a page whose worker dies of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use sextant_encoder::import::{self, Options, Precision};
use sextant_encoder::{Encoder, EncoderError, Scratch};
use support::damage::{refuse_cuts, survive_flips, with_bytes, with_header};
use support::tiny::Tiny;

const FILE: &str = "encoder/tiny.safetensors";

fn container(precision: Precision) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    Tiny::default().write(directory.path());
    let source = import::read_hugging_face(directory.path(), &Options::default()).unwrap();
    import::write(&source, precision).unwrap()
}

fn open(bytes: Vec<u8>) -> Result<Encoder, EncoderError> {
    Encoder::open_named(FILE, bytes)
}

fn content(result: Result<Encoder, EncoderError>) -> String {
    support::content(result, FILE)
}

#[test]
fn the_undamaged_container_opens_and_encodes_and_the_formats_own_library_reads_it() {
    for precision in [Precision::F32, Precision::Int8] {
        let bytes = container(precision);
        assert!(safetensors::SafeTensors::deserialize(&bytes).unwrap().len() > 30);
        let vector = open(bytes).unwrap().encode_query(&mut Scratch::default(), "stones a river");
        let squares: f32 = vector.iter().map(|value| value * value).sum();
        assert!((squares - 1.0).abs() < 1e-5, "{squares}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    for precision in [Precision::F32, Precision::Int8] {
        refuse_cuts(&container(precision), open);
    }
}

#[test]
fn a_flipped_byte_is_an_error_or_changes_a_weight_but_never_panics() {
    let mut scratch = Scratch::default();
    survive_flips(&container(Precision::Int8), open, |encoder| {
        let vector = encoder.encode_query(&mut scratch, "stone");
        assert_eq!(vector.len(), encoder.dimensions());
    });
}

#[test]
fn what_is_no_container_is_called_so() {
    let foreign: [&[u8]; 4] = [b"", b"<!doctype html>not found", b"{}", &[0; 64]];
    for bytes in foreign {
        let error = open(bytes.to_vec()).unwrap_err();
        assert_eq!(error.code(), "encoder/container", "{error}");
    }
    let none: [(&str, safetensors::tensor::TensorView<'_>); 0] = [];
    let plain = safetensors::serialize(none, None).unwrap();
    let error = open(plain).unwrap_err();
    assert!(
        matches!(&error, EncoderError::NotAContainer { file, what } if file == FILE && what.contains("sextant"))
    );
    assert!(error.to_string().contains("sextant model import"), "{error}");
}

#[test]
fn another_format_is_refused_with_both_numbers_even_if_the_rest_is_unknown() {
    let bytes =
        with_header(&container(Precision::Int8), r#"\"format\":1"#, r#"\"format\":3,\"new\":[]"#);
    let expected = EncoderError::Version { file: FILE.to_owned(), found: 3, oldest: 1, newest: 2 };
    assert_eq!(open(bytes).unwrap_err(), expected);
}

#[test]
fn a_tensor_of_another_shape_or_type_or_none_at_all_is_named() {
    let good = container(Precision::F32);
    let name = "encoder.layer.1.intermediate.dense.weight";
    let entry = format!(r#""{name}":{{"dtype":"F32","shape":"#);
    let turned = with_header(&good, &format!("{entry}[16, 8]"), &format!("{entry}[8, 16]"));
    let what = content(open(turned));
    assert!(what.contains(name) && what.contains("[8, 16]") && what.contains("[16, 8]"), "{what}");

    let what = content(open(with_header(&good, name, "encoder.layer.1.intermediate.dense.other")));
    assert!(what.contains(&format!("{name} is missing")), "{what}");

    let coded =
        with_header(&container(Precision::Int8), r#"\"linear\":\"int8\""#, r#"\"linear\":\"f32\""#);
    let what = content(open(coded));
    assert!(what.contains("is I8") && what.contains("says F32"), "{what}");
}

#[test]
fn a_tensor_that_the_description_does_not_know_is_refused() {
    let what = content(open(with_header(
        &container(Precision::F32),
        r#"\"layers\":2"#,
        r#"\"layers\":1"#,
    )));
    assert!(what.contains("38 tensors where its description has 22"), "{what}");
}

#[test]
fn tensors_that_overlap_or_leave_a_gap_or_lie_outside_are_refused() {
    let good = container(Precision::F32);
    // The first two tensors are the norm of the embeddings, 32 bytes each.
    for (to, expected) in [
        ("[31,63]", "starts at byte 31"),
        ("[0,32]", "starts at byte"),
        ("[999999,1000031]", "ends at byte 1000031"),
    ] {
        let what = content(open(with_header(
            &good,
            r#""data_offsets":[32,64]"#,
            &format!(r#""data_offsets":{to}"#),
        )));
        assert!(what.contains(expected), "{to}: {what}");
    }
    let what =
        content(open(with_header(&good, r#""data_offsets":[32,64]"#, r#""data_offsets":[64,32]"#)));
    assert!(what.contains("tensor"), "{what}");
}

#[test]
fn counts_out_of_bounds_are_refused_before_anything_is_allocated_by_them() {
    let good = container(Precision::F32);
    for (from, to) in [
        (r#"\"layers\":2"#, r#"\"layers\":4000000000"#),
        (r#"\"hidden\":8"#, r#"\"hidden\":9007199254740993"#),
        (r#"\"heads\":2"#, r#"\"heads\":0"#),
        (r#"\"heads\":2"#, r#"\"heads\":3"#),
        (r#"\"positions\":12"#, r#"\"positions\":18446744073709551615"#),
        (r#"\"vocabulary\":10"#, r#"\"vocabulary\":0"#),
        (r#"\"max_tokens\":12"#, r#"\"max_tokens\":13"#),
        (r#"\"max_tokens\":12"#, r#"\"max_tokens\":2"#),
        (r#"\"dimensions\":8"#, r#"\"dimensions\":7"#),
        (r#"\"layer_norm_epsilon\":1e-12"#, r#"\"layer_norm_epsilon\":-1.0"#),
        (r#"\"layers\":2"#, r#"\"layers\":-2"#),
        (r#"\"pooling\":\"mean\""#, r#"\"pooling\":\"max\""#),
    ] {
        let error = open(with_header(&good, from, to)).unwrap_err();
        assert_eq!(error.code(), "encoder/content", "{to}: {error}");
    }
}

#[test]
fn numbers_that_are_not_finite_and_scales_not_above_zero_are_refused() {
    let good = container(Precision::Int8);
    for name in ["embeddings.word_embeddings.weight", "encoder.layer.0.output.dense.weight"] {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -1.0] {
            let what = content(open(with_bytes(
                good.clone(),
                &format!("{name}.scales"),
                4,
                &bad.to_le_bytes(),
            )));
            assert!(what.contains(name), "{bad}: {what}");
        }
        let what = content(open(with_bytes(good.clone(), name, 3, &i8::MIN.to_le_bytes())));
        assert!(what.contains("-128 at 3"), "{what}");
    }
    let bias = "encoder.layer.1.output.LayerNorm.bias";
    let what = content(open(with_bytes(good.clone(), bias, 0, &f32::NAN.to_le_bytes())));
    assert!(what.contains(bias), "{what}");
    let plain = with_bytes(
        container(Precision::F32),
        "embeddings.position_embeddings.weight",
        0,
        &f32::NAN.to_le_bytes(),
    );
    assert!(content(open(plain)).contains("embeddings.position_embeddings.weight"));
}

#[test]
fn finite_weights_whose_products_overflow_are_refused() {
    let huge = [f32::MAX; 8].map(f32::to_le_bytes).concat();
    let bytes =
        with_bytes(container(Precision::F32), "encoder.layer.1.output.LayerNorm.bias", 0, &huge);
    let bytes = with_bytes(bytes, "encoder.layer.1.output.LayerNorm.weight", 0, &huge);
    let what = content(open(bytes));
    assert!(what.contains("the empty text"), "{what}");
}

#[test]
fn a_vocabulary_without_a_needed_token_or_with_too_few_is_refused() {
    let good = container(Precision::Int8);
    let vocabulary = |offset: usize, new: &[u8]| {
        let result = open(with_bytes(good.clone(), "tokenizer.vocabulary", offset, new));
        match result {
            Err(EncoderError::Vocabulary { file, what }) if file == FILE => what,
            other => panic!("expected Vocabulary, got {other:?}"),
        }
    };
    // "[PAD]\n[UNK]\n[CLS]\n[SEP]\n": six bytes a token.
    for (line, token) in [(1, "[UNK]"), (2, "[CLS]"), (3, "[SEP]")] {
        let what = vocabulary(line * 6, b"[XXX]");
        assert!(what.contains(token), "{what}");
    }
    assert!(vocabulary(5, b" ").contains("9 tokens, the token table 10 rows"));
    assert!(vocabulary(7, b"\xff").contains("not UTF-8"));
}
