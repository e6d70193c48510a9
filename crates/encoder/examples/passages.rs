//! How many passages a CPU-second this encoder takes, on one thread: our side of `npm run bench -- encode --native`.
//!
//! Usage: `cargo run --release -p sextant-encoder --example passages -- CONTAINER TEXTS ROUNDS`. `TEXTS` has a passage a line, and each round
//! encodes all of them. Prints a line of JSON a round: passages, CPU-seconds of all threads and the instruction set, tokenizing included.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Instant;

use sextant_encoder::Encoder;
use sextant_kernels::Backend;

fn main() {
    let [_, container, texts, rounds] = &std::env::args().collect::<Vec<_>>()[..] else {
        eprintln!("usage: passages CONTAINER TEXTS ROUNDS");
        std::process::exit(2);
    };
    let encoder = Encoder::open(std::fs::read(container).unwrap()).unwrap();
    let texts = std::fs::read_to_string(texts).unwrap();
    let texts: Vec<&str> = texts.lines().collect();
    let start = Instant::now();
    let cpu = || on_cpu().unwrap_or_else(|| start.elapsed().as_secs_f64());
    // What is there once and for all, such as the first page faults, is not counted.
    std::hint::black_box(encoder.encode_passages(&texts[..texts.len().min(32)]));
    for _ in 0..rounds.parse().unwrap() {
        let before = cpu();
        std::hint::black_box(encoder.encode_passages(&texts));
        let (seconds, backend) = (cpu() - before, Backend::best().name());
        let passages = texts.len();
        println!(r#"{{"passages":{passages},"seconds":{seconds:.4},"backend":"{backend}"}}"#);
    }
}

/// Seconds that all threads of this process were on a CPU, where Linux says so: with the feature `parallel` none of the work is
/// the main thread's.
fn on_cpu() -> Option<f64> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let stat = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += stat.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 / 1e9)
}
