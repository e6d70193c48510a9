//! A tiny encoder through all of it.

use super::*;
use crate::stream::{Embeddings, Linear, Norm, Stream};
use crate::tiny::{HIDDEN, LAYERS, Tiny};
use sextant_encoder::layout::{in_layer, linear, norm};

fn tiny() -> Source {
    let directory = tempfile::tempdir().unwrap();
    Tiny::default().write(directory.path());
    let options = import::Options { name: Some("tiny".to_owned()), ..Default::default() };
    import::read_hugging_face(directory.path(), &options).unwrap()
}

/// Passages of the words that the tiny encoder knows.
fn text(passages: usize) -> String {
    const WORDS: [&str; 5] = ["stone", "stones", "river", "index", "a"];
    let mut text = String::new();
    for passage in 0..passages {
        for word in 0..=passage % 7 {
            text.push_str(WORDS[(passage * 3 + word * word) % 5]);
            text.push(' ');
        }
        text.push_str("\n\n");
    }
    text
}

fn settings() -> Settings {
    Settings { token_bytes: 4, rounds: 4, ..Settings::default() }
}

fn quantized(text: &str, settings: &Settings) -> Quantized {
    quantize(tiny(), text, settings, &mut |_| ()).unwrap()
}

#[test]
fn the_stages_of_calibration_are_the_encoders_own_forward() {
    let source = tiny();
    let encoder = Encoder::open(import::write(&source, Precision::F32).unwrap()).unwrap();
    let texts = ["a stone", "", "river index stones a a"];
    let ids: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| {
            let mut ids = Vec::new();
            encoder.tokenizer().encode(text, 12, &mut ids);
            ids
        })
        .collect();
    let values = |name: &str| source.values(name).unwrap();
    let norm_of = |name: String| Norm {
        gamma: values(&format!("{name}.weight")),
        beta: values(&format!("{name}.bias")),
    };
    let embeddings = Embeddings {
        tokens: values(layout::TOKENS),
        positions: values(layout::POSITIONS),
        segment: values(layout::SEGMENT),
        norm: norm_of(layout::EMBEDDING_NORM.to_owned()),
    };
    let mut stream = Stream::start(source.shape(), &ids, embeddings).unwrap();
    for layer in 0..LAYERS {
        let name = |part: &str| in_layer(layer, part);
        let linear_of = |part: &str| Linear {
            weights: values(&format!("{}.weight", name(part))),
            bias: values(&format!("{}.bias", name(part))),
        };
        let qkv = [linear::QUERY, linear::KEY, linear::VALUE].map(linear_of);
        let mixed = stream.attend(qkv).unwrap();
        let after = norm_of(name(norm::ATTENTION));
        stream.add(&mixed, linear_of(linear::ATTENTION_OUTPUT), after).unwrap();
        let wide = stream.widen(linear_of(linear::UP)).unwrap();
        stream.add(&wide, linear_of(linear::DOWN), norm_of(name(norm::OUTPUT))).unwrap();
    }
    let vectors = encoder.encode_passages(&texts);
    let mut rows = stream.x.chunks(HIDDEN);
    for (ids, expected) in ids.iter().zip(vectors.chunks(HIDDEN)) {
        let mut mean = [0.0f64; HIDDEN];
        for row in rows.by_ref().take(ids.len()) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value));
        }
        let length = mean.iter().map(|value| value * value).sum::<f64>().sqrt();
        for (mean, expected) in mean.iter().zip(expected) {
            assert!((mean / length - f64::from(*expected)).abs() < 1e-5, "{mean} {expected}");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads_and_another_seed_others() {
    let text = text(200);
    let on = |threads: usize, settings: &Settings| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| quantized(&text, settings).container)
    };
    let once = on(1, &settings());
    assert!(once == on(3, &settings()), "three threads");
    assert!(once != on(1, &Settings { seed: 2, ..settings() }), "another seed is written down");
}

#[test]
fn the_small_form_opens_keeps_the_fingerprint_and_gives_nearly_the_same_vectors() {
    let source = tiny();
    let exact = Encoder::open(import::write(&source, Precision::F32).unwrap()).unwrap();
    let quantized = quantized(&text(200), &settings());
    let small = Encoder::open(quantized.container.clone()).unwrap();
    assert_eq!(small.fingerprint(), exact.fingerprint());
    let made = small.description().quantization.clone().unwrap();
    assert_eq!((made.passages, made.seed, made.token_bytes), (175, 1, 4));
    assert_eq!(made.calibration.len(), 64);
    assert_eq!(quantized.held_out.len(), 25);
    let texts = ["a stone", "stones river", "index a river stone"];
    let (a, b) = (exact.encode_passages(&texts), small.encode_passages(&texts));
    for (a, b) in a.chunks(HIDDEN).zip(b.chunks(HIDDEN)) {
        let cosine: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.98, "{cosine}");
    }
}

#[test]
fn every_step_is_told_and_the_report_covers_every_byte() {
    let mut stages = Vec::new();
    let settings = settings();
    let quantized =
        quantize(tiny(), &text(200), &settings, &mut |stage| stages.push(stage)).unwrap();
    assert_eq!(stages[..2], [Stage::Tokens, Stage::Matrices(0, 12)]);
    assert_eq!(stages.last(), Some(&Stage::Matrices(12, 12)));
    let report = report(&quantized).unwrap();
    assert_eq!(report.passages, 25);
    let bytes: usize = report.parts.iter().map(|part| part.bytes).sum();
    assert_eq!((bytes, report.all.bytes), (quantized.container.len(), quantized.container.len()));
    for part in &report.parts {
        let silent = matches!(part.name, "vocabulary" | "description");
        assert_eq!(part.loss.is_none(), silent, "{}", part.name);
        assert!(
            part.loss.is_none_or(|loss| loss.mean <= loss.worst && loss.worst < 0.1),
            "{part:?}"
        );
    }
}

#[test]
fn what_cannot_be_quantized_is_an_error_with_numbers() {
    let error = |text: &str, settings: &Settings| {
        quantize(tiny(), text, settings, &mut |_| ()).map(|_| ()).unwrap_err()
    };
    let few = TrainError::Calibration { found: 63, least: 64 };
    assert_eq!(error(&text(63), &settings()), few);
    for bytes in [0, 3, 16] {
        let misfit = TrainError::TokenBytes { bytes, hidden: HIDDEN };
        let settings = Settings { token_bytes: bytes, ..settings() };
        assert_eq!(error(&text(200), &settings), misfit);
    }
}

mod tables {
    use super::*;
    use sextant_encoder::TokenTable;

    fn fitted(settings: &TableSettings) -> (Encoder, FittedTable) {
        let encoder = Encoder::open(import::write(&tiny(), Precision::F32).unwrap()).unwrap();
        let lines = text(200).replace("\n\n", "\n");
        let read = TrainingText::read(&lines, &encoder).unwrap();
        let targets = read.targets();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let vectors = encoder.encode_passages(&targets);
        let table = fit_table(&encoder, &read, &vectors, settings).unwrap();
        (encoder, table)
    }

    fn settings() -> TableSettings {
        TableSettings { bytes: 8, rounds: 4, ridge: 0.01, ..TableSettings::default() }
    }

    #[test]
    fn sums_of_rows_come_near_the_encoders_vectors_and_name_it() {
        let (encoder, fitted) = fitted(&settings());
        assert_eq!(fitted.words, 1, "stones is two tokens and met often");
        assert!(fitted.cosine > 0.9, "{}", fitted.cosine);
        let table = TokenTable::open(fitted.container).unwrap();
        assert_eq!(table.fingerprint(), encoder.fingerprint());
        // What all have in common is gone: of two texts the right one is still nearer.
        let texts = ["river river a", "index stones index"];
        let expected = encoder.encode_passages(&texts);
        let difference = |channel: usize| expected[channel] - expected[HIDDEN + channel];
        let towards = |text| {
            table
                .encode(text)
                .iter()
                .zip(0..)
                .map(|(value, at)| value * difference(at))
                .sum::<f32>()
        };
        assert!(towards("River, river: A!") > towards("index; stones INDEX"));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fitted(&settings()).1.container)
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn too_little_text_and_bytes_that_do_not_divide_are_refused() {
        let (encoder, _) = fitted(&settings());
        let error = TrainingText::read("a stone\n", &encoder).unwrap_err();
        assert!(matches!(error, TrainError::Calibration { found: 1, .. }), "{error}");
        let lines = "a stone\n".repeat(100);
        let read = TrainingText::read(&lines, &encoder).unwrap();
        let odd = TableSettings { bytes: 3, ..settings() };
        let error = fit_table(&encoder, &read, &[], &odd).unwrap_err();
        assert_eq!(error, TrainError::TokenBytes { bytes: 3, hidden: HIDDEN });
    }
}
