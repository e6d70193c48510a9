//! `sextant model fit-table`: the token table of an encoder, for questions that are looked up and not run.

use crate::carried;
use crate::commands::build::open_cache;
use crate::dir_sink::write_atomically;
use crate::failure::{Failure, USAGE};
use crate::progress::{Chatter, Meter};
use crate::term;
use anyhow::{Context, Result};
use clap::Args;
use sextant_build::{ContainerEncoder, PassageEncoder, encode_texts};
use sextant_train::{TableSettings, TrainingText, fit_table};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Fit the token table of an encoder: questions by looking up, without running it
///
/// One vector a token and a frequent word, fitted so that the sum over a text's words predicts the encoder's own vector. A build
/// takes what a site's readers need out of it. Encoding the text takes long, once: vectors are cached. The same input gives the
/// same file.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  sextant model fit-table bge.safetensors --text texts.tsv -o bge-table.safetensors"
)]
pub struct FitTableArgs {
    /// The container of the encoder for passages [default: the one inside this command]
    #[arg(value_name = "FILE")]
    from: Option<PathBuf>,
    /// Text to fit on: a line each with a sentence, a heading or a passage; or a heading, a tab and the passage below it
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// The table to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What long rows cost beside errors
    #[arg(long, value_name = "N", default_value_t = TableSettings::default().ridge)]
    ridge: f32,
    /// How much a heading with its passage counts beside a text by itself
    #[arg(long, value_name = "N", default_value_t = TableSettings::default().heading_weight)]
    heading_weight: f32,
    /// How much a word by itself counts beside a text
    #[arg(long, value_name = "N", default_value_t = TableSettings::default().word_weight)]
    word_weight: f32,
    /// Bytes of a row: a divisor of the encoder's dimensions
    #[arg(long, value_name = "N", default_value_t = TableSettings::default().bytes)]
    row_bytes: usize,
    /// Directory of the vector cache [default: the user's cache directory]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// Encodes, fits, and says what came of it.
pub fn run(args: &FitTableArgs) -> Result<()> {
    let weights = [args.heading_weight, args.word_weight];
    let weighs = |weight: &f32| (0.0..=100.0).contains(weight);
    if !(args.ridge > 0.0 && args.ridge.is_finite() && weights.iter().all(weighs)) {
        let what = "--ridge must be above 0, --heading-weight and --word-weight within 0 to 100";
        return Err(Failure::new(what).code(USAGE).into());
    }
    let text = fs::read_to_string(&args.text).map_err(|error| {
        Failure::new(format!("{}: {error}", args.text.display()))
            .hint("give a text file with a line each; `node scripts/table-text.mjs` makes the one of the default encoder")
    })?;
    let container = carried::encoder(args.from.as_deref())?;
    let encoder = ContainerEncoder::open(&container.file, container.bytes)?;
    let mut cache =
        open_cache(args.cache.as_deref(), false, Some((encoder.identity(), encoder.dimensions())));
    let mut meter = Meter::new(if args.quiet { Chatter::Silent } else { Chatter::Normal });
    let text = TrainingText::read(&text, encoder.encoder())?;
    let vectors = encode_texts(&text.targets(), &encoder, &mut *cache, &mut meter)?;

    let settings = TableSettings {
        ridge: args.ridge,
        heading_weight: args.heading_weight,
        word_weight: args.word_weight,
        bytes: args.row_bytes,
        ..TableSettings::default()
    };
    meter.begin("fit", "table", 1);
    let fitted = fit_table(encoder.encoder(), &text, &vectors, &settings)?;
    meter.end();
    write_atomically(&args.output, &fitted.container)
        .with_context(|| format!("{}: cannot be written", args.output.display()))?;
    writeln!(
        std::io::stdout().lock(),
        "{}: {} bytes, fitted on {}, {} with a row of their own; cosine to the encoder's own vectors {:.3} on texts that it was not fitted on",
        args.output.display(),
        term::count(fitted.container.len() as u64),
        term::counted(fitted.texts as u64, "text"),
        term::counted(fitted.words as u64, "word"),
        fitted.cosine,
    )?;
    Ok(())
}
