//! `sextant model quantize`: an imported encoder into its small form, the one that readers fetch.

use crate::carried::Container;
use crate::commands::model;
use crate::dir_sink::write_atomically;
use crate::failure::Failure;
use crate::progress::{Chatter, Meter};
use crate::term::{self, Table};
use anyhow::{Context, Result};
use clap::Args;
use sextant_encoder::import;
use sextant_train::{Loss, Part, Report, Settings, Stage, quantize, report};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Make an imported encoder small: the form that readers fetch
///
/// Matrices go to 4 bits a weight by GPTQ, calibrated on your passages, the token table to product codes, the rest as small as it
/// can be without loss. Vectors stay compatible: a bundle built with the encoder it was made from takes questions of the
/// small form. Takes minutes; the same input gives the same file.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  sextant model import ./bge-small-en-v1.5 -o bge.safetensors --precision f32\n  sextant model quantize bge.safetensors --calibration passages.txt -o bge-small.safetensors --tables"
)]
pub struct QuantizeArgs {
    /// The container, best one that `sextant model import --precision f32` wrote
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// Text to calibrate on: a passage a line, a few thousand of the kind that is asked and searched
    #[arg(long, value_name = "FILE")]
    calibration: PathBuf,
    /// The container to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Bytes of a token in the token table: a divisor of the encoder's dimensions
    #[arg(long, value_name = "N", default_value_t = Settings::default().token_bytes)]
    token_bytes: usize,
    /// Most passages that matrices are calibrated on, taken evenly from the text
    #[arg(long, value_name = "N", default_value_t = Settings::default().passages)]
    passages: usize,
    /// Where chance starts from
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    seed: u64,
    /// Print the bytes of each part, and what it loses by itself
    #[arg(long)]
    tables: bool,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// Makes the small form and says what came of it.
pub fn run(args: &QuantizeArgs) -> Result<()> {
    let text = fs::read_to_string(&args.calibration).map_err(|error| {
        Failure::new(format!("{}: {error}", args.calibration.display()))
            .hint("give a text file with a passage a line")
    })?;
    let source = import::read_container(&args.from)?;
    let settings = Settings {
        passages: args.passages,
        token_bytes: args.token_bytes,
        seed: args.seed,
        ..Settings::default()
    };
    let mut meter = Meter::new(if args.quiet { Chatter::Silent } else { Chatter::Normal });
    let mut before = 0;
    let quantized = quantize(source, &text, &settings, &mut |stage| match stage {
        Stage::Tokens => meter.begin("fit", "token table", 1),
        Stage::Matrices(0, all) => {
            meter.end();
            meter.begin("quantize", "tensor", all as u64);
        }
        Stage::Matrices(done, _) => {
            meter.step((done - before) as u64);
            before = done;
        }
    })?;
    meter.end();
    write_atomically(&args.output, &quantized.container)
        .with_context(|| format!("{}: cannot be written", args.output.display()))?;
    let name = args.output.display().to_string();
    writeln!(std::io::stdout().lock(), "{name}")?;
    model::describe(Container { file: name, bytes: quantized.container.clone() })?;
    if args.tables {
        let report = report(&quantized)?;
        std::io::stdout().lock().write_all(tables(&report).as_bytes())?;
    }
    Ok(())
}

fn tables(report: &Report) -> String {
    let mut table = Table::new(1);
    table.row(["part", "bytes", "loss", "worst"]);
    let all = std::iter::once(&report.all);
    for Part { name, bytes, loss } in report.parts.iter().chain(all) {
        let cell = |share: fn(&Loss) -> f64| {
            loss.as_ref().map_or("-".to_owned(), |loss| format!("{:.5}", share(loss)))
        };
        let bytes = term::count(*bytes as u64);
        table.row([(*name).to_owned(), bytes, cell(|loss| loss.mean), cell(|loss| loss.worst)]);
    }
    let passages = term::counted(report.passages as u64, "passage");
    format!(
        "\n{}\n  loss: 1 - cosine to the encoder it was made from, over {passages} that it was not calibrated on\n",
        table.render("  ")
    )
}
