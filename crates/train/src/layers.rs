//! All matrices of an encoder by GPTQ, in the order in which text goes through them: each is calibrated on what the
//! already quantized ones before it give.

use std::collections::BTreeMap;

use sextant_encoder::coding::int4::Int4Matrix;
use sextant_encoder::import::Source;
use sextant_encoder::layout::{self, in_layer, linear, norm};

use crate::error::TrainError;
use crate::stream::{Embeddings, Linear, Norm, Stream};
use crate::{factor, gptq, moments};

/// Quantizes every matrix of `source`. `tokens`: f32[vocabulary, hidden], the table as readers will have it. `texts`: ids of
/// the calibration passages. `step` is called after each matrix.
pub(crate) fn quantize(
    source: &Source,
    tokens: &[f32],
    texts: &[Vec<u32>],
    damping: f64,
    step: &mut dyn FnMut(),
) -> Result<BTreeMap<String, Int4Matrix>, TrainError> {
    let embeddings = Embeddings {
        tokens,
        positions: values(source, layout::POSITIONS),
        segment: values(source, layout::SEGMENT),
        norm: norm_of(source, layout::EMBEDDING_NORM),
    };
    let mut stream = Stream::start(source.shape(), texts, embeddings)?;
    let backend = stream.backend();
    let mut done = BTreeMap::new();
    for layer in 0..source.shape().layers {
        let name = |part: &str| in_layer(layer, part);
        let mut gptq = |inputs: &[f32], width: usize, parts: &[&str]| {
            let sums = moments::of(backend, inputs, width)?;
            let first = parts.first().map_or_else(String::new, |part| name(part));
            let factor = factor::inverse_factor(&sums, width, damping)
                .ok_or(TrainError::Singular { matrix: first, damping })?;
            let mut weights = Vec::with_capacity(parts.len());
            for part in parts {
                let name = format!("{}.weight", name(part));
                let matrix = gptq::quantize(values(source, &name), width, &factor);
                weights.push(matrix.weights());
                done.insert(name, matrix);
                step();
            }
            Ok::<_, TrainError>(weights)
        };
        let hidden = source.shape().hidden;
        let parts = [linear::QUERY, linear::KEY, linear::VALUE];
        let weights = gptq(&stream.x, hidden, &parts)?;
        let bias = |part: &str| values(source, &format!("{}.bias", name(part)));
        let mut qkv =
            weights.iter().zip(parts).map(|(weights, part)| Linear { weights, bias: bias(part) });
        let none = Linear { weights: &[], bias: &[] };
        let qkv = std::array::from_fn(|_| qkv.next().unwrap_or(none));
        let mixed = stream.attend(qkv)?;

        let weights = gptq(&mixed, hidden, &[linear::ATTENTION_OUTPUT])?.concat();
        let output = Linear { weights: &weights, bias: bias(linear::ATTENTION_OUTPUT) };
        stream.add(&mixed, output, norm_of(source, &name(norm::ATTENTION)))?;
        drop(mixed);

        let weights = gptq(&stream.x, hidden, &[linear::UP])?.concat();
        let wide = stream.widen(Linear { weights: &weights, bias: bias(linear::UP) })?;
        let weights = gptq(&wide, source.shape().intermediate, &[linear::DOWN])?.concat();
        let down = Linear { weights: &weights, bias: bias(linear::DOWN) };
        stream.add(&wide, down, norm_of(source, &name(norm::OUTPUT)))?;
    }
    Ok(done)
}

/// The numbers of a tensor, which a checked source has.
fn values<'a>(source: &'a Source, name: &str) -> &'a [f32] {
    source.values(name).unwrap_or_default()
}

fn norm_of<'a>(source: &'a Source, name: &str) -> Norm<'a> {
    Norm {
        gamma: values(source, &format!("{name}.weight")),
        beta: values(source, &format!("{name}.bias")),
    }
}
