//! The `sextant` command.

mod bundle;
mod carried;
mod commands;
mod config;
mod device;
mod dir_sink;
mod disk_cache;
mod eval;
mod failure;
mod http;
mod memory_shards;
mod partial_file;
mod plans;
mod progress;
mod query_encoder;
mod sources;
mod summary;
mod term;
mod vector_args;
mod vector_files;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Semantic search for static sites
///
/// `sextant build` turns a site, a folder of documents or a JSON Lines file into a bundle of static files that answers
/// by meaning and by words in the reader's browser.
#[derive(Parser, Debug)]
#[command(name = "sextant", version, max_term_width = 100, disable_help_subcommand = false)]
#[command(after_help = "\
Exit codes: 0 done; 1 failed; 2 the command line or configuration makes no sense; 3 built, but pages were broken and --strict is given.

Flags of build, query, serve and eval can also stand in ./sextant.toml (`root-selector = \"main\"`) or in the environment (SEXTANT_ROOT_SELECTOR=main). The command line wins over the environment, and that over the file.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Build(Box<commands::build::BuildArgs>),
    Query(commands::query::QueryArgs),
    Serve(commands::serve::ServeArgs),
    Inspect(commands::inspect::InspectArgs),
    Export(commands::export::ExportArgs),
    Eval(commands::eval::EvalArgs),
    Model(commands::model::ModelArgs),
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => match error.downcast::<clap::Error>() {
            // Prints help and version too, in its own words.
            Ok(usage) => usage.exit(),
            Err(error) => failure::report(&error),
        },
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let around = config::Surroundings::of_process();
    let warn = |warning| {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    };
    let matches = config::layered(&Cli::command(), &argv, &around, warn)?;
    match Cli::from_arg_matches(&matches)?.command {
        Command::Build(args) => return commands::build::run(&args),
        Command::Query(args) => commands::query::run(&args)?,
        Command::Serve(args) => commands::serve::run(&args)?,
        Command::Inspect(args) => commands::inspect::run(&args)?,
        Command::Export(args) => commands::export::run(&args)?,
        Command::Eval(args) => commands::eval::run(&args)?,
        Command::Model(args) => commands::model::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}
