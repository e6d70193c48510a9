//! How many passages a CPU-second rten takes, on one thread: a peer of `npm run bench -- encode --native`.
//!
//! Usage: passages MODEL.onnx TOKENIZER.json TEXTS ROUNDS, with RTEN_NUM_THREADS=1
//!
//! Batches of 32 passages of like length, padded to the longest of each; tokenizing and pooling are included, as they are in ours. Prints
//! a line of JSON a round.

use rten_text::Tokenizer;
use sextant_bench_rten::Encoder;
use std::error::Error;

const BATCH: usize = 32;
const MAX_TOKENS: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, tokenizer, texts, rounds] = arguments.as_slice() else {
        return Err("usage: passages MODEL.onnx TOKENIZER.json TEXTS ROUNDS".into());
    };
    let encoder = Encoder::open(std::fs::read(model)?)?;
    let tokenizer = Tokenizer::from_file(tokenizer)?;
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<&str> = texts.lines().collect();
    all(&encoder, &tokenizer, texts.get(..BATCH).unwrap_or(&texts))?;
    for _ in 0..rounds.parse()? {
        let before = cpu_seconds()?;
        all(&encoder, &tokenizer, &texts)?;
        let seconds = cpu_seconds()? - before;
        println!("{{\"passages\": {}, \"seconds\": {seconds:.4}}}", texts.len());
    }
    Ok(())
}

fn all(encoder: &Encoder, tokenizer: &Tokenizer, texts: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut encoded = vec![];
    for text in texts {
        let ids = tokenizer.encode(*text, None)?;
        let ids: Vec<i32> = ids.token_ids().iter().map(|id| *id as i32).collect();
        encoded.push(match ids.split_last() {
            Some((end, _)) if ids.len() > MAX_TOKENS => [&ids[..MAX_TOKENS - 1], &[*end]].concat(),
            _ => ids,
        });
    }
    encoded.sort_by_key(Vec::len);
    for batch in encoded.chunks(BATCH) {
        let width = batch.iter().map(Vec::len).max().unwrap_or(0);
        let lengths: Vec<usize> = batch.iter().map(Vec::len).collect();
        let padded = batch.iter().flat_map(|ids| {
            ids.iter().copied().chain(std::iter::repeat_n(0, width - ids.len()))
        });
        encoder.encode(padded.collect(), &lengths)?;
    }
    Ok(())
}

/// Seconds of CPU that all threads of this process have used, as Linux counts them.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += stat.split(' ').next().ok_or("no time")?.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}
