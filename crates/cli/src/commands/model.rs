//! `sextant model`: encoders from where they are published into containers, and a look into one.

use crate::carried::{self, Container};
use crate::commands::fit_table::{self, FitTableArgs};
use crate::commands::quantize::{self, QuantizeArgs};
use crate::dir_sink::write_atomically;
use crate::query_encoder::QueryEncoder;
use crate::term::{self, Table};
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use sextant_encoder::Encoder;
use sextant_encoder::config::Pooling;
use sextant_encoder::import::{self, Options, Precision};
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// Import encoders, make them small, and look into them
#[derive(Args, Debug)]
pub struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Subcommand, Debug)]
enum ModelCommand {
    Import(ImportArgs),
    Quantize(QuantizeArgs),
    FitTable(FitTableArgs),
    Inspect(InspectModelArgs),
    Encode(EncodeArgs),
}

/// Make a container from a published sentence encoder
///
/// Reads any BERT-family encoder (MiniLM, BGE, E5, GTE, Arctic): a directory in the Hugging Face layout with config.json,
/// tokenizer.json and model.safetensors, or an ONNX file with its tokenizer.json beside it. Pooling, prompts and length come
/// from its own configuration; what it leaves open is asked for.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  sextant model import ./bge-small-en-v1.5 -o bge-small.safetensors --pooling cls"
)]
struct ImportArgs {
    /// The encoder's directory, or its .onnx file
    #[arg(value_name = "DIR|FILE")]
    from: PathBuf,
    /// The container to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How exactly weights are kept
    #[arg(long, value_enum, default_value_t = PrecisionArg::Int8)]
    precision: PrecisionArg,
    /// How token vectors become one vector [default: what 1_Pooling/config.json says]
    #[arg(long, value_enum)]
    pooling: Option<PoolingArg>,
    /// Text put in front of each question [default: the encoder's own prompt, else none]
    #[arg(long, value_name = "TEXT")]
    query_prefix: Option<String>,
    /// Text put in front of each passage [default: the encoder's own prompt, else none]
    #[arg(long, value_name = "TEXT")]
    passage_prefix: Option<String>,
    /// Longest text in tokens [default: what the encoder says]
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// The encoder's name [default: that of the directory or file]
    #[arg(long)]
    name: Option<String>,
}

/// Say what a container holds
#[derive(Args, Debug)]
struct InspectModelArgs {
    /// The container [default: the encoder inside this command]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Turn texts into vectors, as readers' browsers do
///
/// Reads JSON Lines from stdin, each line a string, and prints each one's unit vector as a line with a JSON array.
#[derive(Args, Debug)]
struct EncodeArgs {
    /// The container [default: the small form inside this command]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Round nothing on the way: what the container's weights say, however they are multiplied elsewhere
    #[arg(long)]
    unrounded: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionArg {
    /// One byte a weight, one scale a row: a quarter of the size and no loss that retrieval notices
    Int8,
    /// As they were published
    F32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PoolingArg {
    /// The mean over all tokens
    Mean,
    /// The vector of the first token
    Cls,
}

/// Runs one of the five.
pub fn run(args: &ModelArgs) -> Result<()> {
    match &args.command {
        ModelCommand::Import(args) => import(args),
        ModelCommand::Quantize(args) => quantize::run(args),
        ModelCommand::FitTable(args) => fit_table::run(args),
        ModelCommand::Inspect(args) => {
            let container = carried::encoder(args.file.as_deref())?;
            describe(container)
        }
        ModelCommand::Encode(args) => encode(args),
    }
}

fn import(args: &ImportArgs) -> Result<()> {
    let options = Options {
        name: args.name.clone(),
        pooling: args.pooling.map(|pooling| match pooling {
            PoolingArg::Mean => Pooling::Mean,
            PoolingArg::Cls => Pooling::Cls,
        }),
        query_prefix: args.query_prefix.clone(),
        passage_prefix: args.passage_prefix.clone(),
        max_tokens: args.max_tokens,
    };
    let precision = match args.precision {
        PrecisionArg::Int8 => Precision::Int8,
        PrecisionArg::F32 => Precision::F32,
    };
    let source = import::read(&args.from, &options)?;
    let container = import::write(&source, precision)?;
    write_atomically(&args.output, &container)
        .with_context(|| format!("{}: cannot be written", args.output.display()))?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", args.output.display())?;
    drop(stdout);
    describe(Container { file: args.output.display().to_string(), bytes: container })
}

fn encode(args: &EncodeArgs) -> Result<()> {
    let mut container = carried::query_encoder(args.file.as_deref(), None)?;
    if args.unrounded {
        // Activations are rounded only where weights are.
        let source = import::decode(&container.file, container.bytes)?;
        container.bytes = import::write(&source, Precision::F32)?;
    }
    let mut encoder = QueryEncoder::open(container)?;
    let mut stdout = std::io::stdout().lock();
    for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
        let line = line.context("stdin")?;
        let text: String = serde_json::from_str(&line).with_context(|| {
            format!("stdin, line {number}: not a JSON string, such as \"stop a download\"")
        })?;
        writeln!(stdout, "{}", serde_json::to_string(&encoder.encode(&text))?)?;
    }
    Ok(())
}

/// Prints what a container says about itself.
pub fn describe(container: Container) -> Result<()> {
    let bytes = container.bytes.len() as u64;
    let encoder = Encoder::open_named(&container.file, container.bytes)?;
    let description = encoder.description();
    let mut table = Table::new(2);
    let prefix = |text: &str| if text.is_empty() { "none".to_owned() } else { format!("{text:?}") };
    let shape = &description.architecture;
    let pooling = match description.pooling {
        Pooling::Mean => "mean over all tokens",
        Pooling::Cls => "vector of the first token",
    };
    let layers = format!(
        "{} of {} channels, {} heads, {} inside",
        shape.layers, shape.hidden, shape.heads, shape.intermediate
    );
    let weights = serde_json::to_value(description.weights)?;
    let coding = |key: &str| weights.get(key).and_then(|v| v.as_str()).unwrap_or("f32").to_owned();
    table.row(["name", &description.name]);
    table.row(["fingerprint", &description.fingerprint]);
    table.row(["dimensions", &description.dimensions.to_string()]);
    table.row(["longest text", &format!("{} tokens", description.max_tokens)]);
    table.row(["pooling", pooling]);
    table.row(["query prefix", &prefix(&description.query_prefix)]);
    table.row(["passage prefix", &prefix(&description.passage_prefix)]);
    table.row(["layers", &layers]);
    table.row(["vocabulary", &format!("{} tokens", term::count(shape.vocabulary as u64))]);
    table.row(["weights", &format!("linear {}, tokens {}", coding("linear"), coding("tokens"))]);
    if let Some(made) = &description.quantization {
        let how = format!(
            "{} passages of {} tokens, {} bytes a token, seed {}",
            term::count(made.passages as u64),
            term::count(made.tokens as u64),
            made.token_bytes,
            made.seed
        );
        table.row(["calibrated on", &how]);
    }
    table.row(["size", &format!("{} ({} bytes)", term::bytes(bytes), term::count(bytes))]);
    std::io::stdout().lock().write_all(table.render("  ").as_bytes())?;
    Ok(())
}
