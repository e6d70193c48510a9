//! Encoders are imported by what their files say, and refused by what they lack.
//!
//! Loss it prevents: an encoder imported with the wrong pooling, length or prompt ranks badly and nobody sees why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use std::fs;
use std::path::Path;

use safetensors::tensor::Dtype;
use serde_json::{Value, json};
use sextant_encoder::config::Pooling;
use sextant_encoder::import::{self, Options, Precision, Source};
use sextant_encoder::{Encoder, EncoderError, Scratch};
use support::onnx;
use support::tiny::{HIDDEN, TOKENS, Tensor, Tiny};

fn read(tiny: &Tiny, options: &Options) -> Result<Source, EncoderError> {
    let directory = tempfile::tempdir().unwrap();
    tiny.write(directory.path());
    import::read(directory.path(), &Options { name: Some("tiny".to_owned()), ..options.clone() })
}

fn import(tiny: &Tiny) -> Vec<u8> {
    import::write(&read(tiny, &Options::default()).unwrap(), Precision::Int8).unwrap()
}

fn encoder(tiny: &Tiny, options: &Options) -> Encoder {
    Encoder::open(import::write(&read(tiny, options).unwrap(), Precision::F32).unwrap()).unwrap()
}

fn fails(tiny: &Tiny) -> EncoderError {
    read(tiny, &Options::default()).unwrap_err()
}

/// The tiny encoder with some values of its configuration replaced.
fn with_config(changes: Value) -> Tiny {
    let mut tiny = Tiny::default();
    tiny.config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    tiny
}

#[test]
fn half_precision_weights_and_old_names_and_prefixes_give_the_same_container() {
    let expected = import(&Tiny::default());

    let mut half = Tiny::default();
    for (_, dtype, _, bytes) in &mut half.tensors {
        // The tiny encoder's values have few bits: each is the same number in all three types.
        *dtype = Dtype::BF16;
        *bytes = bytes.chunks_exact(4).flat_map(|f32| [f32[2], f32[3]]).collect();
    }
    assert!(import(&half) == expected, "bfloat16");
    for (_, dtype, _, bytes) in &mut half.tensors {
        *dtype = Dtype::F16;
        *bytes = bytes
            .chunks_exact(2)
            .flat_map(|bf16| {
                half::f16::from_f32(half::bf16::from_le_bytes([bf16[0], bf16[1]]).to_f32())
                    .to_le_bytes()
            })
            .collect();
    }
    assert!(import(&half) == expected, "half precision");

    let mut prefixed = Tiny::default();
    prefixed.rename(|name| format!("bert.{name}"));
    assert!(import(&prefixed) == expected, "bert.");
    prefixed.rename(|name| {
        name.replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta")
    });
    assert!(import(&prefixed) == expected, "gamma and beta");
}

#[test]
fn a_token_table_with_more_rows_than_tokens_is_cut() {
    let mut tiny = Tiny::default();
    let (_, _, shape, bytes) =
        tiny.tensors.iter_mut().find(|(name, ..)| name.contains("word_embeddings")).unwrap();
    shape[0] += 6;
    bytes.extend([0; 6 * HIDDEN * 4]);
    assert!(import(&tiny) == import(&Tiny::default()));
}

#[test]
fn an_onnx_file_gives_the_same_container_as_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    onnx::write(&Tiny::default(), directory.path(), &[]);
    let file = directory.path().join("model.onnx");
    let options = Options { name: Some("tiny".to_owned()), ..Options::default() };

    let error = import::read(&file, &options).unwrap_err();
    assert!(
        matches!(&error, EncoderError::Unsaid { remedy, .. } if remedy.contains("--pooling")),
        "{error}"
    );

    let options = Options { pooling: Some(Pooling::Mean), ..options };
    let source = import::read(&file, &options).unwrap();
    assert!(import::write(&source, Precision::Int8).unwrap() == import(&Tiny::default()));

    let pooling = directory.path().join("1_Pooling");
    fs::create_dir(&pooling).unwrap();
    fs::write(pooling.join("config.json"), r#"{"pooling_mode_cls_token": true}"#).unwrap();
    let source = import::read(&file, &Options::default()).unwrap();
    assert_eq!((source.pooling(), source.name()), (Pooling::Cls, "model"));
}

#[test]
fn an_onnx_file_that_breaks_off_or_hides_a_matrix_or_is_quantized_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    onnx::write(&Tiny::default(), directory.path(), &[]);
    let file = directory.path().join("model.onnx");
    let options = Options { pooling: Some(Pooling::Mean), ..Options::default() };
    let whole = fs::read(&file).unwrap();
    for length in (0..whole.len()).step_by(97) {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(import::read(&file, &options).is_err(), "{length} of {} bytes", whole.len());
    }
    let text = |from: &[u8], to: &[u8]| {
        let at = whole.windows(from.len()).position(|window| window == from).unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + from.len()].copy_from_slice(to);
        fs::write(&file, bytes).unwrap();
        import::read(&file, &options).unwrap_err()
    };
    let error = text(b"onnx::MatMul_1", b"onnx::MatMul_X");
    assert!(
        matches!(&error, EncoderError::Unsupported { what, .. } if what.contains("not to be found")),
        "{error}"
    );

    onnx::write(&Tiny::default(), directory.path(), &["DequantizeLinear"]);
    let error = import::read(&file, &options).unwrap_err();
    assert!(
        matches!(&error, EncoderError::Unsupported { what, .. } if what.contains("quantized")),
        "{error}"
    );
}

#[test]
fn pooling_is_read_in_both_spellings_and_the_option_wins() {
    let mut tiny = Tiny::default();
    for (config, expected) in [
        (json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}), Pooling::Cls),
        (json!({"pooling_mode": "cls"}), Pooling::Cls),
        (json!({"pooling_mode": "mean", "include_prompt": true}), Pooling::Mean),
    ] {
        tiny.pooling = Some(config);
        assert_eq!(read(&tiny, &Options::default()).unwrap().pooling(), expected);
    }
    let option = Options { pooling: Some(Pooling::Cls), ..Options::default() };
    assert_eq!(read(&Tiny::default(), &option).unwrap().pooling(), Pooling::Cls);
    let same = |a: &Tiny, b: &Tiny, text| {
        let vector =
            |tiny| encoder(tiny, &Options::default()).encode_query(&mut Scratch::default(), text);
        vector(a) == vector(b)
    };
    tiny.pooling = Some(json!({"pooling_mode": "cls"}));
    assert!(
        !same(&tiny, &Tiny::default(), "stone river"),
        "the two poolings give different vectors"
    );
}

#[test]
fn pooling_that_is_not_said_or_not_ours_is_refused() {
    let mut tiny = Tiny { pooling: None, ..Tiny::default() };
    assert_eq!(fails(&tiny).code(), "encoder/unsaid");
    for config in [
        json!({"pooling_mode_max_tokens": true}),
        json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}),
    ] {
        tiny.pooling = Some(config);
        assert_eq!(fails(&tiny).code(), "encoder/unsupported");
    }
    tiny.pooling = Some(json!({}));
    assert_eq!(fails(&tiny).code(), "encoder/malformed");
}

#[test]
fn prompts_are_put_in_front_of_queries_and_passages() {
    let prompts =
        json!({"prompts": {"query": "river ", "document": "index "}, "default_prompt_name": null});
    let prompted =
        encoder(&Tiny { prompts: Some(prompts), ..Tiny::default() }, &Options::default());
    let plain = encoder(&Tiny::default(), &Options::default());
    assert_eq!(prompted.description().query_prefix, "river ");
    assert_eq!(
        prompted.encode_query(&mut Scratch::default(), "stone"),
        plain.encode_passages(&["river stone"])
    );
    assert_eq!(
        prompted.encode_passages(&["stone", "a"]),
        plain.encode_passages(&["index stone", "index a"])
    );

    let by_option = Options {
        query_prefix: Some("river ".to_owned()),
        passage_prefix: Some(String::new()),
        ..Options::default()
    };
    let by_option = encoder(&Tiny::default(), &by_option);
    assert_eq!(
        by_option.encode_query(&mut Scratch::default(), "stone"),
        plain.encode_passages(&["river stone"])
    );
    assert_eq!(by_option.fingerprint(), plain.fingerprint(), "a query's prompt moves no passage");
    assert_ne!(prompted.fingerprint(), plain.fingerprint());
}

#[test]
fn the_fingerprint_is_of_what_was_read_not_of_how_it_is_kept() {
    let source = read(&Tiny::default(), &Options::default()).unwrap();
    let fingerprint = |precision| {
        let encoder = Encoder::open(import::write(&source, precision).unwrap()).unwrap();
        encoder.fingerprint().to_owned()
    };
    assert_eq!(fingerprint(Precision::F32), fingerprint(Precision::Int8));
    assert_eq!(fingerprint(Precision::F32), source.fingerprint());

    let mut other = Tiny::default();
    other.tensors[0].3[2] ^= 1;
    let cls = Options { pooling: Some(Pooling::Cls), ..Options::default() };
    let short = Options { max_tokens: Some(8), ..Options::default() };
    let cased = {
        let mut tiny = Tiny::default();
        tiny.tokenizer["normalizer"]["lowercase"] = json!(false);
        tiny
    };
    for (what, (tiny, options)) in [
        ("a weight", (&other, &Options::default())),
        ("pooling", (&Tiny::default(), &cls)),
        ("length", (&Tiny::default(), &short)),
        ("tokenizer", (&cased, &Options::default())),
    ] {
        assert_ne!(read(tiny, options).unwrap().fingerprint(), source.fingerprint(), "{what}");
    }
}

#[test]
fn the_longest_text_is_what_sentence_transformers_says_within_the_positions() {
    let length = |sentence: Option<Value>, option| {
        let tiny = Tiny { sentence, ..Tiny::default() };
        read(&tiny, &Options { max_tokens: option, ..Options::default() })
            .map(|source| source.max_tokens())
    };
    assert_eq!(length(None, None), Ok(12));
    assert_eq!(length(Some(json!({"max_seq_length": 7, "do_lower_case": false})), None), Ok(7));
    assert_eq!(length(Some(json!({"max_seq_length": 7})), Some(9)), Ok(9));
    assert_eq!(
        length(Some(json!({"max_seq_length": 512})), None).unwrap_err().code(),
        "encoder/unsupported"
    );
    assert_eq!(length(None, Some(2)).unwrap_err().code(), "encoder/unsupported");

    let short = encoder(&Tiny::default(), &Options { max_tokens: Some(4), ..Options::default() });
    assert_eq!(
        short.encode_passages(&["stone river index a"]),
        short.encode_passages(&["stone river"])
    );
}

#[test]
fn another_architecture_is_refused_by_name() {
    for (config, expected) in [
        (json!({"model_type": "mpnet"}), "mpnet"),
        (json!({"position_embedding_type": "relative_key"}), "relative_key"),
        (json!({"hidden_act": "silu"}), "silu"),
        (json!({"is_decoder": true}), "decoder"),
    ] {
        let error = fails(&with_config(config));
        assert!(
            matches!(&error, EncoderError::Unsupported { what, .. } if what.contains(expected)),
            "{error}"
        );
    }
    for config in [
        json!({"num_attention_heads": 3}),
        json!({"hidden_size": null}),
        json!({"max_position_embeddings": 13}),
    ] {
        assert_eq!(fails(&with_config(config.clone())).code(), "encoder/malformed", "{config}");
    }
    let dense = json!([{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]);
    let error = fails(&Tiny { modules: Some(dense), ..Tiny::default() });
    assert!(
        matches!(&error, EncoderError::Unsupported { what, .. } if what.contains("Dense")),
        "{error}"
    );
}

#[test]
fn another_tokenizer_is_refused_by_name() {
    for (pointer, value, expected) in [
        ("/model/type", json!("Unigram"), "Unigram"),
        ("/model/continuing_subword_prefix", json!("@@"), "@@"),
        ("/model/unk_token", json!("<unk>"), "<unk>"),
        ("/normalizer/type", json!("NFKC"), "NFKC"),
        ("/normalizer/clean_text", json!(false), "control characters"),
        ("/pre_tokenizer/type", json!("Metaspace"), "Metaspace"),
        ("/post_processor/type", json!("RobertaProcessing"), "[CLS]"),
        ("/post_processor/single", json!([{"Sequence": {"id": "A"}}]), "template"),
    ] {
        let mut tiny = Tiny::default();
        *tiny.tokenizer.pointer_mut(pointer).unwrap() = value;
        let error = fails(&tiny);
        assert!(
            matches!(&error, EncoderError::Unsupported { what, .. } if what.contains(expected)),
            "{error}"
        );
    }
    for token in ["[UNK]", "stone", "a"] {
        let mut tiny = Tiny::default();
        tiny.tokenizer["model"]["vocab"].as_object_mut().unwrap().remove(token);
        // The last token leaves no hole, but one row of the table that no text can reach: that is no fault.
        let result = read(&tiny, &Options::default());
        assert_eq!(result.is_ok(), token == TOKENS[9], "{token}");
    }
}

#[test]
fn missing_and_foreign_files_are_named_with_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let read = || import::read(directory.path(), &Options::default()).unwrap_err();
    let names =
        |error: EncoderError, file: &str| assert!(error.to_string().contains(file), "{error}");
    names(read(), "config.json");
    Tiny::default().write(directory.path());
    for file in ["tokenizer.json", "model.safetensors"] {
        let path = directory.path().join(file);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = read();
        assert_eq!(error.code(), "encoder/read");
        names(error, file);
        fs::write(&path, "{").unwrap();
        let error = read();
        assert_eq!(error.code(), "encoder/malformed", "{error}");
        names(error, file);
        fs::write(&path, bytes).unwrap();
    }
    fs::remove_file(directory.path().join("model.safetensors")).unwrap();
    for other in ["pytorch_model.bin", "model.safetensors.index.json"] {
        fs::write(directory.path().join(other), "").unwrap();
        let error = read();
        assert_eq!(error.code(), "encoder/unsupported");
        names(error, other);
    }
    let nowhere = import::read(Path::new("no/such/model.bin"), &Options::default()).unwrap_err();
    assert!(nowhere.to_string().contains("no such file"), "{nowhere}");
}

#[test]
fn weights_that_are_missing_or_not_finite_or_too_few_are_named() {
    let name = "encoder.layer.1.attention.self.key.weight";
    let spoil = |change: &dyn Fn(&mut Tensor)| {
        let mut tiny = Tiny::default();
        change(tiny.tensors.iter_mut().find(|(other, ..)| other == name).unwrap());
        fails(&tiny)
    };
    let error = spoil(&|tensor| tensor.0.push('x'));
    assert!(
        matches!(&error, EncoderError::Malformed { what, .. } if what.contains(&format!("{name} is missing"))),
        "{error}"
    );
    let error = spoil(&|tensor| tensor.3[..4].copy_from_slice(&f32::NAN.to_le_bytes()));
    assert!(
        matches!(&error, EncoderError::Malformed { what, .. } if what.contains("not finite")),
        "{error}"
    );
    let error = spoil(&|tensor| {
        tensor.2 = vec![4, 8];
        tensor.3.truncate(128);
    });
    assert!(
        matches!(&error, EncoderError::Malformed { what, .. } if what.contains("32 numbers where [8, 8]")),
        "{error}"
    );
}
