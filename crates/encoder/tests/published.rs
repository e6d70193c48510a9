//! Published ONNX encoders, imported end to end. Not part of `npm test`: the two files are 224 MB.
//!
//! `tests/fixtures/encoder/fetch_onnx.sh`, then `cargo test -p sextant-encoder --test published -- --ignored`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use sextant_encoder::Encoder;
use sextant_encoder::config::Pooling;
use sextant_encoder::import::{self, Options, Precision};
use support::{Fixture, assert_cosines, cached, cosines, texts};

const FETCH: &str = "tests/fixtures/encoder/fetch_onnx.sh";

fn read(file: &str, options: &Options) -> import::Source {
    import::read_onnx(&cached(file, FETCH), options).unwrap()
}

#[test]
#[ignore = "needs a download of 80 MB"]
fn the_default_encoders_onnx_export_gives_the_committed_container_bit_for_bit() {
    let options = Options {
        name: Some("all-MiniLM-L6-v2".to_owned()),
        pooling: Some(Pooling::Mean),
        max_tokens: Some(256),
        ..Options::default()
    };
    let source = read("all-minilm-l6-v2-onnx/all-minilm-l6-v2.onnx", &options);
    assert!(import::write(&source, Precision::Int8).unwrap() == support::default_container());
}

#[test]
#[ignore = "needs a download of 120 MB"]
fn bge_small_with_cls_pooling_gives_the_vectors_of_the_reference() {
    let options = Options { pooling: Some(Pooling::Cls), ..Options::default() };
    let source = read("bge-small-en-v1.5-onnx/bge-small-en-v1.5.onnx", &options);
    let fixture = Fixture::open("bge");
    let all = texts();
    let texts: Vec<&str> = fixture.rows.iter().map(|row| all[row.text].text.as_str()).collect();
    assert!(texts.len() >= 20);
    for (precision, least) in [(Precision::F32, 0.9999), (Precision::Int8, 0.99)] {
        let encoder = Encoder::open(import::write(&source, precision).unwrap()).unwrap();
        assert_eq!(encoder.max_tokens(), fixture.max_tokens);
        let mut ids = Vec::new();
        for (text, row) in texts.iter().zip(&fixture.rows) {
            encoder.tokenizer().encode(text, fixture.max_tokens, &mut ids);
            assert_eq!(ids, row.ids, "{text:?}");
        }
        let vectors = encoder.encode_passages(&texts);
        assert_cosines(&cosines(&vectors, &fixture.vectors(), fixture.dimensions), least, &texts);
    }
}
