//! The encoder on a GPU gives what it gives on the CPU.
//!
//! Loss it prevents: a shader that is fast and wrong, and ranks by nonsense where nobody looks.
//!
//! Runs on whatever adapter there is. The ignored test takes every text in every batch.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod support;

use std::sync::Arc;

use sextant_encoder::Encoder;
use sextant_encoder::gpu::{Counts, Features, Gpu, GpuEncoder, GpuError, Loader, Options};
use sextant_encoder::import::{self, Options as ImportOptions, Precision};
use sextant_encoder::lend::Lender;
use sextant_gpu::testing::open;
use support::{Text, assert_cosines, cosines, published_minilm, texts};

fn load(gpu: &Arc<Gpu>, container: Vec<u8>) -> GpuEncoder {
    let mut lender = Lender::open("encoder.safetensors", container).unwrap();
    let mut loader = Loader::new(Arc::clone(gpu), *lender.model()).unwrap();
    while let Some(part) = lender.next_part().unwrap() {
        loader.put(&part).unwrap();
    }
    loader.finish().unwrap()
}

/// Ids and starts of `texts`.
fn tokens(encoder: &Encoder, texts: &[&str]) -> (Vec<u32>, Vec<u32>) {
    let (mut all, mut starts, mut ids) = (Vec::new(), vec![0], Vec::new());
    for text in texts {
        encoder.tokenizer().encode(text, encoder.max_tokens(), &mut ids);
        all.extend_from_slice(&ids);
        starts.push(all.len() as u32);
    }
    (all, starts)
}

fn encode(encoder: &Encoder, device: &mut GpuEncoder, texts: &[&str]) -> Vec<f32> {
    let (ids, starts) = tokens(encoder, texts);
    pollster::block_on(device.encode(&ids, &starts)).unwrap()
}

/// How the device is asked to compute.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Single,
    Half,
    Integer,
}

impl By {
    fn options(self) -> Options {
        let (half, packed) = (self == Self::Single, self != Self::Integer);
        Options { without: Features { half, packed }, ..Options::default() }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Half => "half",
            Self::Integer => "integer",
        }
    }
}

/// The weights of a container as floats, so that the CPU rounds no activations.
fn in_floats(container: Vec<u8>) -> Vec<u8> {
    let source = import::decode("encoder.safetensors", container).unwrap();
    import::write(&source, Precision::F32).unwrap()
}

fn published() -> Vec<u8> {
    let source = import::read_hugging_face(&published_minilm(), &ImportOptions::default()).unwrap();
    import::write(&source, Precision::F32).unwrap()
}

/// Texts of the fixtures: short ones of every kind, or all of them.
fn chosen(encoder: &Encoder, texts: &[Text], every: bool) -> Vec<String> {
    let short = |text: &&Text| {
        let (ids, _) = tokens(encoder, &[&text.text]);
        every || ids.len() <= 24
    };
    let texts: Vec<String> = texts.iter().filter(short).map(|text| text.text.clone()).collect();
    let step = if every { 1 } else { texts.len() / 32 };
    texts.into_iter().step_by(step.max(1)).collect()
}

/// The device's vectors of the first `count` of `texts`, in batches of `size` for each pair of `sizes`, against those of `cpu`.
fn compare(
    cpu: &Encoder,
    device: &mut GpuEncoder,
    texts: &[&str],
    sizes: &[(usize, usize)],
    least: f64,
) {
    let expected = cpu.encode_passages(texts);
    for (size, count) in sizes {
        let texts = &texts[..texts.len().min(*count)];
        let expected = &expected[..texts.len() * cpu.dimensions()];
        let batches = texts.chunks(*size);
        let found: Vec<f32> = batches.flat_map(|texts| encode(cpu, device, texts)).collect();
        print!("batches of {size}: ");
        assert_cosines(&cosines(&found, expected, cpu.dimensions()), least, texts);
    }
}

/// The device by one arithmetic, or `None` where the adapter has not got it.
fn device(by: By, container: Vec<u8>) -> Option<GpuEncoder> {
    let gpu = open(&by.options())?;
    let features = gpu.features();
    if (by == By::Half && !features.half) || (by == By::Integer && !features.packed) {
        println!("skipped: the adapter does not compute by {}", by.name());
        return None;
    }
    let device = load(&gpu, container);
    assert_eq!(device.status().arithmetic, by.name());
    Some(device)
}

/// `sizes`: batches, and how many texts are tried in each.
fn parity(
    cpu: Vec<u8>,
    container: Vec<u8>,
    by: By,
    least: f64,
    sizes: &[(usize, usize)],
    every: bool,
) {
    let Some(mut device) = device(by, container) else { return };
    let cpu = Encoder::open(cpu).unwrap();
    let texts = chosen(&cpu, &texts(), every);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    compare(&cpu, &mut device, &texts, sizes, least);
}

/// A few of everything; what takes an hour is below, and ignored.
const FEW: &[(usize, usize)] = &[(1, 3), (2, 4), (7, 14), (32, 32)];
const BATCH: &[(usize, usize)] = &[(1, 1), (32, 32)];
const EVERY: &[(usize, usize)] =
    &[(1, usize::MAX), (2, usize::MAX), (7, usize::MAX), (32, usize::MAX)];

#[test]
fn with_float_weights_vectors_are_those_of_the_cpu_within_a_ten_thousandth() {
    parity(published(), published(), By::Single, 0.9999, FEW, false);
}

#[test]
fn weights_of_8_and_4_bits_are_read_as_the_cpu_reads_them() {
    for container in [support::default_container(), support::small_container()] {
        parity(in_floats(container.clone()), container, By::Single, 0.9999, BATCH, false);
    }
}

#[test]
fn half_precision_stays_within_a_thousandth() {
    for container in [support::default_container(), support::small_container()] {
        parity(in_floats(container.clone()), container, By::Half, 0.999, BATCH, false);
    }
}

/// As most GPUs compute.
#[test]
fn every_text_in_every_batch_by_packed_products() {
    for container in [support::default_container(), support::small_container()] {
        parity(in_floats(container.clone()), container, By::Integer, 0.999, EVERY, true);
    }
}

#[test]
#[ignore = "takes an hour on a software adapter"]
fn every_text_in_every_batch_with_float_weights() {
    parity(published(), published(), By::Single, 0.9999, EVERY, true);
}

#[test]
#[ignore = "takes an hour on a software adapter, an arithmetic"]
fn every_text_in_every_batch_with_weights_of_8_bits() {
    every_arithmetic(support::default_container());
}

#[test]
#[ignore = "takes an hour on a software adapter, an arithmetic"]
fn every_text_in_every_batch_with_weights_of_4_bits() {
    every_arithmetic(support::small_container());
}

fn every_arithmetic(container: Vec<u8>) {
    let exact = in_floats(container.clone());
    for (by, least) in [(By::Half, 0.999), (By::Single, 0.9999)] {
        parity(exact.clone(), container.clone(), by, least, EVERY, true);
    }
}

#[test]
fn a_forward_is_five_dispatches_a_layer_one_submit_and_one_read_back() {
    let container = support::small_container();
    let bytes = container.len() as u64;
    let Some(mut device) = device(By::Single, container.clone()) else { return };
    let before = device.status();
    assert!(before.bytes < bytes + bytes / 10, "4 bits stay 4 bits: {} of {bytes}", before.bytes);
    let cpu = Encoder::open(container).unwrap();
    encode(&cpu, &mut device, &["one", "two words"]);
    let status = device.status();
    let dispatches = 5 * status.layers as u32 + 2;
    assert_eq!(status.counts, Counts { dispatches, submits: 1, readbacks: 1 });
    encode(&cpu, &mut device, &["again"]);
    assert_eq!(device.status(), status, "buffers are kept");
}

#[test]
fn what_is_no_batch_is_refused_before_anything_runs() {
    let Some(mut device) = device(By::Single, support::small_container()) else { return };
    let mut refuses = |ids: &[u32], starts: &[u32]| {
        let found = pollster::block_on(device.encode(ids, starts));
        assert!(matches!(found, Err(GpuError::Shape { .. })), "{starts:?}: {found:?}");
    };
    refuses(&[101, 102], &[]);
    refuses(&[101, 102], &[1, 2]);
    refuses(&[101, 102], &[0, 1]);
    refuses(&[101, 102], &[0, 2, 2]);
    refuses(&[101, 102], &[0, 5, 2]);
    refuses(&[101, 99_999], &[0, 2]);
    refuses(&[101; 300], &[0, 300]);
    assert_eq!(pollster::block_on(device.encode(&[], &[0])), Ok(vec![]), "no texts, no vectors");
}

#[test]
fn a_lost_device_is_an_error_and_stays_one() {
    let Some(mut device) = device(By::Single, support::small_container()) else { return };
    device.gpu().destroy();
    for _ in 0..2 {
        let found = pollster::block_on(device.encode(&[101, 102], &[0, 2]));
        assert!(matches!(found, Err(GpuError::Lost { .. })), "{found:?}");
    }
}

#[test]
fn limits_that_the_adapter_has_not_got_fall_back_to_its_own_and_small_ones_give_small_tiles() {
    if open(&Options::default()).is_none() {
        return;
    }
    let container = support::small_container();
    let exact = Encoder::open(in_floats(container.clone())).unwrap();
    for bytes in [16_384, u32::MAX] {
        let options = Options { workgroup_bytes: Some(bytes), ..By::Single.options() };
        let gpu = Arc::new(pollster::block_on(Gpu::open(&options)).unwrap());
        let had = gpu.workgroup_bytes();
        assert!(had == bytes || bytes == u32::MAX && had >= 16_384, "{had}");
        let mut device = load(&gpu, container.clone());
        compare(&exact, &mut device, &["a text", "another one"], &[(2, 2)], 0.9999);
    }
}

#[test]
fn parts_of_another_length_or_number_are_refused() {
    let Some(gpu) = open(&By::Single.options()) else { return };
    let mut lender = Lender::open("encoder.safetensors", support::small_container()).unwrap();
    let mut loader = Loader::new(gpu, *lender.model()).unwrap();
    let part = lender.next_part().unwrap().unwrap();
    assert!(matches!(loader.put(&part[1..]), Err(GpuError::Shape { .. })));
    loader.put(&part).unwrap();
    assert!(matches!(loader.finish(), Err(GpuError::Shape { what: "parts", .. })));
}
