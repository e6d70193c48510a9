//! What encodes passages: the CPU, or a GPU that was found to give its vectors.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use anyhow::Result;
use clap::ValueEnum;
use sextant_build::{ContainerEncoder, PassageEncoder};
use sextant_encoder::gpu::{Gpu, GpuEncoder, GpuError, Loader, Options};
use sextant_encoder::lend::Lender;
use sextant_encoder::{Encoder, EncoderError};

/// Cosines of the self-test below this say that the GPU is wrong.
const LEAST_COSINE: f64 = 0.999;
/// How many times the CPU's speed a GPU has to have before it is chosen unasked: a tie is not worth other bits.
const WORTH: f64 = 1.2;
/// Passages of the self-test and of what is timed, as many as keep either device busy.
const SAMPLES: usize = 64;

/// What `--device` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// All cores: the same bytes on every machine.
    #[default]
    Cpu,
    /// A GPU; an error where there is none, or where it gives other vectors.
    Gpu,
    /// A GPU where there is one that gives the CPU's vectors and is faster, else the CPU.
    Auto,
}

/// Opens what `device` names for an encoder; `None` is the CPU. `container`: the encoder's own.
pub fn open<'a>(
    device: Device,
    cpu: &'a ContainerEncoder,
    file: &str,
    container: Vec<u8>,
) -> Result<Option<GpuPassages<'a>>> {
    let options = Options::default();
    let opened = match device {
        Device::Cpu => return Ok(None),
        Device::Gpu => GpuPassages::open(cpu, file, container, &options),
        Device::Auto => match GpuPassages::open(cpu, file, container, &options) {
            Ok(gpu) if gpu.is_worth_it() => Ok(gpu),
            _ => return Ok(None),
        },
    };
    match opened {
        Ok(gpu) => Ok(Some(gpu)),
        Err(error) => {
            let hint = "leave --device gpu out, or say --device auto";
            Err(Failure::new(error.to_string()).hint(hint).into())
        }
    }
}

/// Passages on a GPU. If that fails on the way, the CPU does the rest.
pub struct GpuPassages<'a> {
    cpu: &'a ContainerEncoder,
    device: RefCell<Option<GpuEncoder>>,
    software: bool,
    identity: String,
}

impl<'a> GpuPassages<'a> {
    /// Opens the GPU, loads the encoder and tests it against the CPU.
    fn open(
        cpu: &'a ContainerEncoder,
        file: &str,
        container: Vec<u8>,
        options: &Options,
    ) -> Result<Self> {
        let gpu = Arc::new(pollster::block_on(Gpu::open(options))?);
        let mut lender = Lender::open(file, container)?;
        let mut loader = Loader::new(Arc::clone(&gpu), *lender.model())?;
        while let Some(part) = lender.next_part()? {
            loader.put(&part)?;
        }
        let mut device = loader.finish()?;
        let adapter = gpu.adapter();
        test(cpu.encoder(), &mut device)?;
        // Another adapter may round otherwise.
        let arithmetic = device.status().arithmetic;
        let identity =
            format!("{}/gpu/{arithmetic}/{}/{}", cpu.identity(), adapter.name, adapter.driver);
        let software = adapter.software;
        Ok(Self { cpu, device: RefCell::new(Some(device)), software, identity })
    }

    /// Whether it is faster than all cores, on passages as long as real ones are.
    fn is_worth_it(&self) -> bool {
        // A program that emulates a GPU on the CPU cannot be.
        if self.software {
            return false;
        }
        let texts = samples();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut device = self.device.borrow_mut();
        let Some(device) = device.as_mut() else { return false };
        let mut on_gpu = || encode(self.cpu.encoder(), device, &texts).is_ok();
        // The first call compiles shaders and makes room.
        let Some(gpu) = on_gpu().then(|| timed(on_gpu)).flatten() else { return false };
        let cpu = timed(|| !self.cpu.encoder().encode_passages(&texts).is_empty());
        cpu.is_some_and(|cpu| cpu.as_secs_f64() > WORTH * gpu.as_secs_f64())
    }
}

impl PassageEncoder for GpuPassages<'_> {
    fn name(&self) -> &str {
        self.cpu.name()
    }
    fn fingerprint(&self) -> &str {
        self.cpu.fingerprint()
    }
    fn identity(&self) -> &str {
        &self.identity
    }
    fn dimensions(&self) -> usize {
        self.cpu.dimensions()
    }
    fn encode(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let mut slot = self.device.borrow_mut();
        if let Some(device) = slot.as_mut() {
            match encode(self.cpu.encoder(), device, texts) {
                Ok(vectors) => return Ok(vectors),
                Err(error) => {
                    let _ =
                        writeln!(std::io::stderr(), "warning: {error}; the CPU encodes the rest");
                    *slot = None;
                }
            }
        }
        self.cpu.encode(texts)
    }
}

fn encode(
    cpu: &Encoder,
    device: &mut GpuEncoder,
    texts: &[&str],
) -> std::result::Result<Vec<f32>, GpuError> {
    let (ids, starts) = cpu.passage_tokens(texts);
    pollster::block_on(device.encode(&ids, &starts))
}

/// Whether the device gives the CPU's vectors.
fn test(cpu: &Encoder, device: &mut GpuEncoder) -> std::result::Result<(), GpuError> {
    let texts = samples();
    let texts: Vec<&str> = texts.iter().take(4).map(String::as_str).collect();
    let (found, expected) = (encode(cpu, device, &texts)?, cpu.encode_passages(&texts));
    let rows = found.chunks_exact(cpu.dimensions()).zip(expected.chunks_exact(cpu.dimensions()));
    let cosine = |(a, b): (&[f32], &[f32])| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let least = rows.map(cosine).fold(f64::INFINITY, f64::min);
    if least >= LEAST_COSINE {
        return Ok(());
    }
    Err(GpuError::Wrong { what: format!("its vectors have cosine {least:.4} to the CPU's") })
}

/// Passages of some hundred words.
fn samples() -> Vec<String> {
    const SENTENCES: [&str; 4] = [
        "A bundle is a directory of static files that any web server can hand out.",
        "The build reads the pages of a site, cuts them into passages and encodes each of them.",
        "Readers ask in their own words, and the nearest passages are found in their browser.",
        "What was encoded once is kept, so that a second build has little left to do.",
    ];
    let passage = |number: usize| {
        let sentences = (0..8).filter_map(|at| SENTENCES.get((number + at) % SENTENCES.len()));
        format!("Passage {number}. {}", sentences.copied().collect::<Vec<_>>().join(" "))
    };
    (0..SAMPLES).map(passage).collect()
}

/// How long `work` takes, if it succeeds.
fn timed(mut work: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    work().then(|| start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_computes_wrongly_is_refused() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/all-MiniLM-L6-v2");
        let container = std::fs::read(format!("{root}/query.safetensors")).unwrap();
        let cpu = ContainerEncoder::open("query.safetensors", container.clone()).unwrap();
        let options = Options { wrong: true, ..Options::default() };
        let opened = GpuPassages::open(&cpu, "query.safetensors", container, &options);
        let error = opened.err().unwrap();
        match error.downcast_ref::<GpuError>() {
            Some(GpuError::Wrong { what }) => assert!(what.contains("cosine"), "{what}"),
            Some(GpuError::Absent { .. }) if option_env!("CI") != Some("true") => {
                println!("skipped: {error}");
            }
            _ => panic!("{error}: install mesa-vulkan-drivers"),
        }
    }
}
